//! The work of somebody who leaves goes to others: open tasks, records, the departments and people they lead, and what
//! definitions would give them from now on. One job, worked off in slices that a power cut neither repeats nor forgets;
//! records and runs change through the one write path, so that history and events tell it.

/// The job.
mod work;

use indexmap::IndexMap;
use kezhi_plan::access;
use kezhi_plan::app::AppPlan;
use kezhi_types::def::workflow::AssigneeDef;
use kezhi_types::{Caller, Id, Violation, Violations};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::jobs::{JobView, queued};
use crate::people::{Directory, GRANT, MANAGE, manages, nobody_left, not_found};
use crate::runtime::Runtime;

/// The kind of these jobs.
pub(crate) const KIND: &str = "handover";
/// The most successors of one kind of work.
const SUCCESSORS: usize = 100;

/// Who takes over what.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandoverBody {
    /// Ids or logins of those who take over what is not said below, in turn; the first also what cannot be divided.
    #[serde(deserialize_with = "one_or_many")]
    pub to: Vec<String>,
    /// Who gets the tasks, in turn.
    pub tasks: Option<Vec<String>>,
    /// Who gets the records of an entity, in turn; an empty list leaves them where they are.
    pub entities: IndexMap<String, Vec<String>>,
    /// Whether the person leaves: their account is frozen, and the first successor does from now on what definitions give
    /// to them.
    pub leave: bool,
    /// Whether workflows hear of the records that change hands.
    pub workflows: bool,
    /// Says what would move and moves nothing; `to` may be left out then.
    pub dry_run: bool,
}

impl Default for HandoverBody {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            tasks: None,
            entities: IndexMap::new(),
            leave: true,
            workflows: true,
            dry_run: false,
        }
    }
}

/// What would move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HandoverPreview {
    /// Tasks that are open or wait for their turn.
    pub tasks: i64,
    /// Records by entity.
    pub records: Vec<OwnedRecords>,
    /// Records of entities that the caller may not know.
    pub hidden: i64,
    /// Departments that they lead, or stand in for.
    pub departments: Vec<Named>,
    /// Teams that they lead.
    pub teams: Vec<Named>,
    /// People whose superior they are.
    pub reports: usize,
    /// Nodes of workflows that name them, which the successor does from then on.
    pub assignments: Vec<Assignment>,
}

/// Records of one entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct OwnedRecords {
    pub entity: String,
    pub title: String,
    pub count: i64,
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Named {
    pub id: Id,
    pub title: String,
}

/// A node of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Assignment {
    pub workflow: String,
    pub title: String,
    pub node: String,
}

/// What became of the wish.
#[derive(Debug)]
pub enum Handover {
    /// What would move.
    Preview(HandoverPreview),
    /// The job that moves it.
    Begun(JobView),
}

/// What a job has to do, its names resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Spec {
    person: Id,
    to: Vec<Id>,
    tasks: Vec<Id>,
    entities: IndexMap<String, Vec<Id>>,
    leave: bool,
    workflows: bool,
    language: kezhi_types::text::Language,
}

impl Spec {
    /// Who gets the records of an entity; nobody where they stay.
    fn heirs(&self, entity: &str) -> &[Id] {
        self.entities.get(entity).unwrap_or(&self.to)
    }
}

impl Runtime {
    /// Begins to hand the work of a person over, or says what there is.
    ///
    /// # Errors
    /// Denied without `manage_users`, and without `transfer` where records come to the caller or the person stays; not found;
    /// unknown, frozen or missing successors, or the person among them;
    /// `user.last_administrator`; `handover.running`.
    pub async fn hand_over(
        &self,
        caller: &Caller,
        person: Id,
        (body, once): (HandoverBody, Option<Once>),
    ) -> Result<Handover, Error> {
        self.require(caller, MANAGE)?;
        if let Some(begun) = self.begun_under(caller, once.as_ref()).await? {
            return Ok(Handover::Begun(begun));
        }
        let directory = self.directory().await?;
        let user = directory.users.get(&person).ok_or_else(|| not_found("user", person))?;
        if body.leave && !body.dry_run {
            self.may_stop(caller, user)?;
        }
        let spec = resolved(&directory, (person, &body), caller)?;
        let mut heirs = spec.to.iter().chain(&spec.tasks).chain(spec.entities.values().flatten());
        // Records that come to oneself, or go from somebody who stays, are transferred.
        if !body.dry_run && (!spec.leave || heirs.any(|heir| *heir == caller.id)) {
            self.require(caller, "transfer")?;
        }
        let preview = self.preview_handover(caller, &directory, person).await?;
        if body.dry_run {
            return Ok(Handover::Preview(preview));
        }
        // Whoever takes the place of somebody who leads is superior, leader and head from then on.
        let led = preview.reports + preview.teams.len() + preview.departments.len();
        if spec.leave && led > 0 && spec.to.first() == Some(&caller.id) {
            self.require(caller, GRANT)?;
        }
        if spec.leave && caller.id == person {
            let detail = "whoever leaves cannot carry their own hand-over to its end".to_owned();
            return Err(Error::Conflict { code: "handover.own", detail, data: Value::Null });
        }
        self.refuse_twice(person).await?;
        let plan = self.plan().ok();
        let mut others = directory.users.values().filter(|user| user.id != person);
        let was_one = directory.users.get(&person).is_some_and(|user| manages(plan.as_deref(), user));
        if spec.leave && was_one && !others.any(|user| manages(plan.as_deref(), user)) {
            return Err(nobody_left());
        }
        let mut job = queued(KIND, "", caller, self.0.clock.now());
        let records: i64 = preview.records.iter().map(|owned| owned.count).sum();
        job.total = Some(preview.tasks + records + preview.hidden);
        job.spec = serde_json::to_value(&spec).map_err(|error| Error::Internal(error.to_string()))?;
        job.result = json!({ "person": person, "tasks": 0, "records": {}, "reports": 0, "departments": 0, "teams": 0 });
        let mut tx = self.0.store.begin().await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        settle(once.as_ref(), &mut tx, &json!(job.id)).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(Handover::Begun(job.into()))
    }

    async fn refuse_twice(&self, person: Id) -> Result<(), Error> {
        let reader = self.0.store.reader();
        for (id, _) in reader.open_jobs().await?.into_iter().filter(|(_, kind)| kind == KIND) {
            let same = reader.job(id).await?.is_some_and(|job| job.spec["person"] == json!(person));
            if same {
                let detail = "the work of this person is being handed over".to_owned();
                return Err(Error::Conflict { code: "handover.running", detail, data: json!({ "job": id }) });
            }
        }
        Ok(())
    }

    /// What would move, as the caller may know it.
    async fn preview_handover(
        &self,
        caller: &Caller,
        directory: &Directory,
        person: Id,
    ) -> Result<HandoverPreview, Error> {
        let reader = self.0.store.reader();
        let (mut records, mut hidden) = (Vec::new(), 0);
        let plan = self.plan().ok();
        for entity in plan.iter().flat_map(|plan| plan.entities.values()).filter(|entity| entity.owner) {
            let count = reader.owned_count(&entity.key, person).await?;
            let known = plan.as_ref().is_some_and(|plan| access::may_know(plan, entity, caller));
            match known {
                _ if count == 0 => {}
                false => hidden += count,
                true => records.push(OwnedRecords {
                    entity: entity.key.clone(),
                    title: entity.title.clone(),
                    count,
                }),
            }
        }
        let departments = directory.departments.values();
        let led = departments.filter(|found| found.head == Some(person) || found.deputies.contains(&person));
        let teams = directory.teams.values().filter(|team| team.leader == Some(person));
        Ok(HandoverPreview {
            tasks: reader.assigned_tasks_count(person).await?,
            records,
            hidden,
            departments: led.map(|found| Named { id: found.id, title: found.title.clone() }).collect(),
            teams: teams.map(|team| Named { id: team.id, title: team.title.clone() }).collect(),
            reports: directory.users.values().filter(|user| user.manager == Some(person)).count(),
            assignments: plan.map(|plan| assignments(&plan, directory, person)).unwrap_or_default(),
        })
    }
}

/// Nodes that name the person by their login.
fn assignments(plan: &AppPlan, directory: &Directory, person: Id) -> Vec<Assignment> {
    let Some(user) = directory.users.get(&person) else { return Vec::new() };
    let names =
        |assignee: &AssigneeDef| matches!(assignee, AssigneeDef::Person(named) if named.person == user.login);
    let mut found = Vec::new();
    for workflow in plan.workflows.values() {
        let nodes = workflow
            .nodes
            .keys()
            .filter(|node| workflow.desk(node).is_some_and(|desk| desk.assignees.iter().any(names)));
        found.extend(nodes.map(|node| Assignment {
            workflow: workflow.key.clone(),
            title: workflow.def.title.clone(),
            node: node.clone(),
        }));
    }
    found
}

/// Names turned into people who may take work over.
fn resolved(
    directory: &Directory,
    (person, body): (Id, &HandoverBody),
    caller: &Caller,
) -> Result<Spec, Error> {
    let people = |names: &[String], pointer: &str| -> Result<Vec<Id>, Error> {
        let mut found: Vec<Id> = Vec::new();
        for name in names {
            let id = directory.user_named(name, pointer)?;
            let active = |id: &Id| *id != person && directory.users.get(id).is_some_and(|user| user.active);
            let Some(id) = id.filter(active) else {
                let wrong = Violation::new("handover.successor", pointer).with("value", name.clone());
                return Err(Violations::from(wrong).into());
            };
            if !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    };
    let mut lists = std::iter::once(&body.to).chain(&body.tasks).chain(body.entities.values());
    if lists.any(|list| list.len() > SUCCESSORS) {
        return Err(
            Violations::from(Violation::new("handover.too_many", "/to").with("max", SUCCESSORS)).into()
        );
    }
    let to = people(&body.to, "/to")?;
    if to.is_empty() && !body.dry_run {
        return Err(Violations::from(Violation::new("handover.successor", "/to").with("value", "")).into());
    }
    let tasks = body.tasks.as_deref().map(|names| people(names, "/tasks")).transpose()?;
    let tasks = tasks.filter(|people| !people.is_empty()).unwrap_or_else(|| to.clone());
    let mut entities = IndexMap::new();
    for (entity, names) in &body.entities {
        entities.insert(entity.clone(), people(names, &format!("/entities/{entity}"))?);
    }
    let (leave, workflows, language) = (body.leave, body.workflows, caller.language);
    Ok(Spec { person, to, tasks, entities, leave, workflows, language })
}

/// One name or several.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(one) => Ok(vec![one]),
        many => serde_json::from_value(many).map_err(serde::de::Error::custom),
    }
}
