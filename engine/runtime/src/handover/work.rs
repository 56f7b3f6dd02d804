//! The job that hands work over: first the person's desk is closed, so that nothing new comes to it, then tasks, then
//! records, and both once more for what came meanwhile.

use std::collections::HashSet;

use kezhi_store::{Job, JobRow, JobState, RowFate, Tx};
use kezhi_types::run::TaskState;
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Entrance, Fields, Id, Violations};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Spec;
use crate::audit::note;
use crate::error::Error;
use crate::import::CellProblem;
use crate::people::{MANAGE, manages, nobody_left, told_of_user};
use crate::records::{Manner, Pending, Rights, WriteContext};
use crate::runtime::Runtime;
use crate::workflows::{Handing, count};

/// Tasks looked at in one go.
const TASKS: u32 = 50;
/// Records given in one transaction.
const RECORDS: u32 = 100;
/// How often everything is gone through.
const ROUNDS: u32 = 2;
/// How often a transaction that may succeed another time is repeated.
const TRIES: usize = 5;

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(tag = "stage", rename_all = "snake_case")]
enum Place {
    /// The person's own desk.
    #[default]
    Person,
    /// Tasks behind this one.
    Tasks { round: u32, after: Option<Id> },
    /// Records of this entity behind this one.
    Records { round: u32, entity: String, after: Option<Id> },
    /// Everything is done.
    End,
}

/// A job at work.
struct Work {
    job: Job,
    spec: Spec,
    caller: Caller,
}

impl Runtime {
    /// Works a hand-over off from where it stands until it ends, however it does.
    ///
    /// # Errors
    /// What keeps it from going on; what has moved stays moved, the checkpoint with it.
    pub(crate) async fn work_handover(&self, id: Id) -> Result<(), Error> {
        loop {
            let job = self.0.store.reader().job(id).await?.filter(|job| !job.state.is_ended());
            let Some(job) = job else { return Ok(()) };
            let caller = self.starter(&job).await?;
            self.require(&caller, MANAGE)?;
            let spec = serde_json::from_value(job.spec.clone());
            let spec: Spec = spec.map_err(|error| Error::Internal(error.to_string()))?;
            let place: Place = serde_json::from_value(job.checkpoint.clone()).unwrap_or_default();
            let work = Work { job, spec, caller };
            match place {
                Place::Person => self.close_desk(&work).await?,
                Place::Tasks { round, after } => self.hand_tasks(&work, round, after).await?,
                Place::Records { round, entity, after } => {
                    self.hand_records(&work, (round, &entity, after)).await?;
                }
                Place::End => return Ok(()),
            }
        }
    }

    /// The person gets nothing new from now on, and whoever they led is led by the successor.
    async fn close_desk(&self, work: &Work) -> Result<(), Error> {
        let (spec, next) = (&work.spec, Place::Tasks { round: 1, after: None });
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let Some(mut job) = lock(&mut tx, work).await? else { return Ok(()) };
        if spec.leave {
            let heir = *spec.to.first().ok_or_else(|| Error::Internal("nobody takes over".into()))?;
            self.freeze(&mut tx, &work.caller, (spec.person, heir)).await?;
            let moved = lead_instead(&mut tx, (spec.person, heir)).await?;
            for (what, number) in moved {
                job.result[what] = json!(number);
            }
            job.result["left"] = json!(true);
        }
        move_to(&mut job, &next);
        tx.save_job(&job).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(())
    }

    async fn freeze(&self, tx: &mut Tx, caller: &Caller, (person, heir): (Id, Id)) -> Result<(), Error> {
        let all = tx.users().await?;
        let Some(mut user) = all.iter().find(|user| user.id == person).cloned() else { return Ok(()) };
        let plan = self.plan().ok();
        let plan = plan.as_deref();
        let others = || all.iter().filter(|other| other.id != person);
        if manages(plan, &user) && !others().any(|other| manages(plan, other)) {
            return Err(nobody_left());
        }
        let before = user.clone();
        user.active = false;
        user.left_at = user.left_at.or(Some(self.0.clock.now()));
        user.successor = Some(heir);
        tx.save_user(&user).await?;
        note(tx, told_of_user(("left", caller, self.0.clock.now()), Some(&before), &user)).await?;
        tx.delete_sessions_of(person).await?;
        tx.delete_account_links_of(person).await?;
        Ok(())
    }

    /// The next tasks, each with its own transaction, for each is a step of a run.
    async fn hand_tasks(&self, work: &Work, round: u32, after: Option<Id>) -> Result<(), Error> {
        let spec = &work.spec;
        let tasks = self.0.store.reader().assigned_tasks(spec.person, after, TASKS).await?;
        let refused = self.refused_of(work.job.id, tasks.iter().map(|task| task.id)).await?;
        for (place, task) in
            tasks.iter().enumerate().filter(|(_, task)| !refused.contains(&task.id.to_string()))
        {
            let to = heir(&spec.tasks, work.job.done + place as i64);
            let handing = Handing { job: work.job.id, task: task.id, by: work.caller.id, to };
            match self.hand_task_on(handing).await {
                Ok(()) => {}
                Err(Error::NotFound { kind: "job", .. }) => return Ok(()),
                // Its run is gone meanwhile.
                Err(Error::NotFound { .. }) => {}
                Err(error) => {
                    let why = told(work, &error).ok_or(error)?;
                    let stands = self.0.store.reader().task(task.id).await?;
                    let theirs =
                        stands.is_some_and(|row| row.task.assignee == spec.person && is_open(row.task.state));
                    if theirs {
                        self.note_left(work, ("task", task.id, &task.title), why).await?;
                    }
                }
            }
        }
        let last = tasks.last().filter(|_| tasks.len() == TASKS as usize);
        let next = match last {
            Some(task) => Place::Tasks { round, after: Some(task.id) },
            None => Place::Records { round, entity: String::new(), after: None },
        };
        self.go_to(work, &next).await
    }

    /// The next records of an entity in one transaction, or the next entity; behind the last one the next round, or the
    /// end.
    async fn hand_records(
        &self,
        work: &Work,
        (round, entity, after): (u32, &str, Option<Id>),
    ) -> Result<(), Error> {
        let plan = self.plan()?;
        let owned = plan.entities.values().filter(|found| found.owner);
        let mut keys: Vec<&str> = owned.map(|found| found.key.as_str()).collect();
        keys.sort_unstable();
        let following = |key: &str| keys.iter().find(|other| **other > key).map(|other| (*other).to_owned());
        let here = keys.contains(&entity) && !work.spec.heirs(entity).is_empty();
        let ids = match here {
            true => self.0.store.reader().owned_ids(entity, work.spec.person, after, RECORDS).await?,
            false => Vec::new(),
        };
        let next = match (ids.last(), following(entity)) {
            (Some(last), _) if ids.len() == RECORDS as usize => {
                Place::Records { round, entity: entity.to_owned(), after: Some(*last) }
            }
            (_, Some(entity)) => Place::Records { round, entity, after: None },
            (_, None) if round < ROUNDS => Place::Tasks { round: round + 1, after: None },
            (_, None) => Place::End,
        };
        let mut tries = 0;
        loop {
            match self.give_once(work, entity, (&ids, &next)).await {
                Err(error) if tries < TRIES && self.worth_repeating(&error).await? => tries += 1,
                given => return given,
            }
        }
    }

    /// One slice: records, what is told of them, and where the job stands, or none of it.
    async fn give_once(&self, work: &Work, entity: &str, (ids, next): (&[Id], &Place)) -> Result<(), Error> {
        let context = self.context(&work.caller, Entrance::Handover, &Manner::default())?;
        let workflows = work.spec.workflows;
        let context = WriteContext { rights: Rights::Full, workflows, ..context }.confirming_all();
        let mut tx = self.begin(&context).await?;
        let Some(mut job) = lock(&mut tx, work).await? else { return Ok(()) };
        let (mut pending, mut rows) = (Pending::new(), Vec::new());
        for id in ids {
            if !tx.job_keys(job.id, &[id.to_string()]).await?.is_empty() {
                continue;
            }
            let to = heir(work.spec.heirs(entity), job.done);
            tx.mark().await?;
            let given = self.give(&mut tx, &context, (entity, *id, work.spec.person, to), &mut pending).await;
            match given {
                Ok(written) => {
                    tx.keep().await?;
                    let Some(written) = written else { continue };
                    job.done += 1;
                    count(&mut job.result["records"], entity);
                    let (row, version) = (job.done + job.errors, Some(written.record.version));
                    let note = json!({ "what": "record", "entity": entity, "to": to });
                    rows.push(JobRow { row, fate: RowFate::Updated, record: Some(*id), version, note });
                }
                Err(error) => {
                    let why = told(work, &error).ok_or(error)?;
                    tx.back().await?;
                    rows.push(left(&mut job, ("record", *id, entity), why));
                    tx.note_job_keys(job.id, &[(id.to_string(), job.errors)]).await?;
                }
            }
        }
        self.derive_pending(&mut tx, &context, pending).await?;
        tx.append_job_rows(job.id, &rows).await?;
        move_to(&mut job, next);
        if *next == Place::End {
            job.state = JobState::Done;
            job.ended_at = Some(self.0.clock.now());
        }
        tx.save_job(&job).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        if *next == Place::End { self.forget_job_keys(job.id).await } else { Ok(()) }
    }

    /// Those that the job has noted as staying where they are.
    async fn refused_of(&self, job: Id, things: impl Iterator<Item = Id>) -> Result<HashSet<String>, Error> {
        let keys: Vec<String> = things.map(|id| id.to_string()).collect();
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        let mut tx = self.0.store.begin().await?;
        let known = tx.job_keys(job, &keys).await?;
        tx.rollback().await?;
        Ok(known.into_keys().collect())
    }

    /// Notes what stays where it is, and why.
    async fn note_left(&self, work: &Work, what: (&str, Id, &str), why: CellProblem) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        let Some(mut job) = lock(&mut tx, work).await? else { return Ok(()) };
        let row = left(&mut job, what, why);
        tx.append_job_rows(job.id, &[row]).await?;
        tx.note_job_keys(job.id, &[(what.1.to_string(), job.errors)]).await?;
        tx.save_job(&job).await?;
        Ok(tx.commit().await?)
    }

    async fn go_to(&self, work: &Work, next: &Place) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        let Some(mut job) = lock(&mut tx, work).await? else { return Ok(()) };
        move_to(&mut job, next);
        tx.save_job(&job).await?;
        Ok(tx.commit().await?)
    }
}

/// The job's row, locked, where nobody has moved it since it was read, or stopped it.
async fn lock(tx: &mut Tx, work: &Work) -> Result<Option<Job>, Error> {
    let job = tx.lock_job(work.job.id).await?;
    Ok(job.filter(|job| !job.state.is_ended() && job.checkpoint == work.job.checkpoint))
}

fn is_open(state: TaskState) -> bool {
    matches!(state, TaskState::Open | TaskState::Waiting)
}

fn move_to(job: &mut Job, next: &Place) {
    job.state = JobState::Running;
    job.checkpoint = serde_json::to_value(next).unwrap_or(Value::Null);
}

/// Whose turn it is.
fn heir(people: &[Id], turn: i64) -> Id {
    let place = usize::try_from(turn).unwrap_or(0) % people.len().max(1);
    people.get(place).copied().unwrap_or(Id::SYSTEM)
}

/// What is noted of something that stays where it is; counts it.
fn left(job: &mut Job, (what, id, title): (&str, Id, &str), why: CellProblem) -> JobRow {
    job.state = JobState::Running;
    job.errors += 1;
    let why = CellProblem { header: Some(what.to_owned()), value: Some(title.to_owned()), ..why };
    let note = json!({ "what": what, "problems": [why] });
    JobRow { row: job.done + job.errors, fate: RowFate::Refused, record: Some(id), version: None, note }
}

/// Why something stays where it is, where the reason lies with it alone.
fn told(work: &Work, error: &Error) -> Option<CellProblem> {
    let said = |code: &str, args: &Fields| sentence(work.caller.language, code, args);
    let (code, message) = match error {
        Error::Invalid(Violations(found)) => {
            let first = found.first()?;
            let own = first.message.clone();
            (first.code.clone(), own.unwrap_or_else(|| said(&first.code, &first.args)))
        }
        Error::Conflict { code, .. } => ((*code).to_owned(), said(code, &Fields::new())),
        Error::Script(why) => {
            let args = Fields::from_iter([("error".to_owned(), Value::from(why.as_str()))]);
            ("script.failed".to_owned(), said("script.failed", &args))
        }
        _ => return None,
    };
    let pointer = String::new();
    Some(CellProblem {
        row: None,
        column: None,
        header: None,
        value: None,
        code,
        pointer,
        message,
        rule: None,
    })
}

/// Whoever the person led is led by the successor; answers how many of each.
async fn lead_instead(tx: &mut Tx, (person, heir): (Id, Id)) -> Result<[(&'static str, usize); 3], Error> {
    let (mut reports, mut departments, mut teams) = (0, 0, 0);
    let above = tx.user(person).await?.and_then(|user| user.manager);
    for mut user in tx.users().await?.into_iter().filter(|user| user.manager == Some(person)) {
        // Nobody is their own superior: the successor gets the one of whoever leaves.
        user.manager = if user.id == heir { above.filter(|above| *above != heir) } else { Some(heir) };
        tx.save_user(&user).await?;
        reports += 1;
    }
    for mut found in tx.departments().await? {
        let (leads, stands_in) = (found.head == Some(person), found.deputies.contains(&person));
        if !leads && !stands_in {
            continue;
        }
        if leads {
            found.head = Some(heir);
        }
        let placed: Vec<Id> =
            found.deputies.iter().map(|deputy| if *deputy == person { heir } else { *deputy }).collect();
        found.deputies = Vec::new();
        for deputy in placed {
            if Some(deputy) != found.head && !found.deputies.contains(&deputy) {
                found.deputies.push(deputy);
            }
        }
        tx.save_department(&found).await?;
        departments += 1;
    }
    for mut team in tx.teams().await? {
        let (leads, member) = (team.leader == Some(person), team.members.contains(&person));
        if !leads && !member {
            continue;
        }
        if leads {
            team.leader = Some(heir);
            teams += 1;
        }
        team.members.retain(|other| *other != person);
        tx.save_team(&team).await?;
    }
    Ok([("reports", reports), ("departments", departments), ("teams", teams)])
}
