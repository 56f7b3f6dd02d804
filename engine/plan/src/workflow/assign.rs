//! Who is meant: authored assignees to active people, each once, with the reason.

use kezhi_types::Id;
use kezhi_types::def::workflow::{AssigneeDef, OnEmpty, SelfApproval};
use kezhi_types::run::TaskState;
use serde_json::{Value, json};

use super::plan::{Desk, Settings};
use super::state::{Context, RunSnapshot};
use super::value;

/// Who works at a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Seats {
    /// Active people, each once, in the order in which they are asked.
    pub people: Vec<Seat>,
    /// What was done because nobody was found.
    pub fallback: Option<OnEmpty>,
}

/// One person and why they were chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    /// The person.
    pub person: Id,
    /// The assignee that named them, for the explanation.
    pub why: Value,
    /// Whether the vote passes without being asked.
    pub skip: bool,
}

/// The people of a fill-in task.
pub fn for_task(desk: &Desk, run: &RunSnapshot, context: &Context<'_>) -> Seats {
    let people = seats(&desk.assignees, run, context);
    fill(people, desk.on_empty, run, context)
}

/// The people of an approval: the initiator is replaced as the workflow says.
pub fn for_approval(desk: &Desk, settings: &Settings, run: &RunSnapshot, context: &Context<'_>) -> Seats {
    let initiator = run.run.initiator;
    let mut people: Vec<Seat> = Vec::new();
    for mut seat in seats(&desk.assignees, run, context) {
        if seat.person == initiator {
            match settings.self_approval {
                SelfApproval::Allowed => {}
                SelfApproval::Skip => seat.skip = true,
                SelfApproval::Superior => match context.org.superior(initiator, 1) {
                    Some(superior) => {
                        seat =
                            Seat { person: superior, why: json!({ "instead_of": initiator }), skip: false };
                    }
                    None => continue,
                },
            }
        }
        add(&mut people, seat);
    }
    fill(people, desk.on_empty, run, context)
}

/// The people that an assignee names, without fallbacks.
pub fn named(assignee: &AssigneeDef, run: &RunSnapshot, context: &Context<'_>) -> Vec<Id> {
    let (org, sight) = (context.org, &context.sight);
    let initiator = run.run.initiator;
    let somebody = |name: &str| if name == "initiator" { Some(initiator) } else { value::id_at(sight, name) };
    let found: Vec<Id> = match assignee {
        AssigneeDef::Person(person) => org.by_login(&person.person).into_iter().collect(),
        AssigneeDef::Role(role) if role.within.is_none() => org.with_role(&role.role),
        AssigneeDef::Role(role) => {
            let of = |person: Id| org.people.get(&person)?.department;
            let place = value::id_at(sight, "department").or_else(|| of(initiator));
            place.map(|place| org.with_role_near(&role.role, place)).unwrap_or_default()
        }
        AssigneeDef::Field(field) => value::id_at(sight, &field.field).into_iter().collect(),
        AssigneeDef::Manager(manager) => {
            let below = somebody(&manager.manager_of);
            below.and_then(|below| org.superior(below, manager.level)).into_iter().collect()
        }
        AssigneeDef::DepartmentHead(head) => {
            let person = somebody(&head.head_of).and_then(|person| org.people.get(&person)?.department);
            let place = person.or_else(|| org.department(&head.head_of));
            place.and_then(|place| org.head_near(place)).into_iter().collect()
        }
        AssigneeDef::Node(node) => did(run, &node.node),
        AssigneeDef::Initiator(_) => vec![initiator],
    };
    found.into_iter().filter_map(|person| org.acting(person)).collect()
}

/// Who is told when somebody is late: the superior, or the administrators.
pub fn above(person: Id, context: &Context<'_>) -> Vec<Id> {
    match context.org.superior(person, 1) {
        Some(superior) => vec![superior],
        None => context.org.with_role("admin"),
    }
}

fn seats(assignees: &[AssigneeDef], run: &RunSnapshot, context: &Context<'_>) -> Vec<Seat> {
    let mut people = Vec::new();
    for assignee in assignees {
        let why = serde_json::to_value(assignee).unwrap_or_default();
        for person in named(assignee, run, context) {
            add(&mut people, Seat { person, why: why.clone(), skip: false });
        }
    }
    people
}

fn fill(people: Vec<Seat>, on_empty: OnEmpty, run: &RunSnapshot, context: &Context<'_>) -> Seats {
    if !people.is_empty() {
        return Seats { people, fallback: None };
    }
    let seat = |person| Seat { person, why: json!({ "on_empty": on_empty }), skip: false };
    let admins = || context.org.with_role("admin");
    let instead = match on_empty {
        OnEmpty::ToAdmin => admins(),
        OnEmpty::ToManagerOfInitiator => match context.org.superior(run.run.initiator, 1) {
            Some(superior) => vec![superior],
            None => admins(),
        },
        OnEmpty::AutoPass | OnEmpty::Block => Vec::new(),
    };
    Seats { people: instead.into_iter().map(seat).collect(), fallback: Some(on_empty) }
}

fn add(people: &mut Vec<Seat>, seat: Seat) {
    if people.iter().all(|known| known.person != seat.person) {
        people.push(seat);
    }
}

/// Whoever decided at the latest visit of a node.
fn did(run: &RunSnapshot, node: &str) -> Vec<Id> {
    let decided = |state| matches!(state, TaskState::Approved | TaskState::Rejected | TaskState::Completed);
    let latest =
        run.tasks.iter().filter(|task| task.node == node && decided(task.state)).map(|task| task.visit).max();
    let tasks = run.tasks.iter().filter(|task| Some(task.visit) == latest && decided(task.state));
    tasks.map(|task| task.decided_by.unwrap_or(task.assignee)).collect()
}
