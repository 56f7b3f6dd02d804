//! Runs of workflows and their visits to nodes.

use kezhi_types::run::{Run, RunState, Visit};
use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds, json_text, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// Which runs are wanted; absent parts do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Key of the workflow.
    pub workflow: Option<String>,
    /// Entity of the record.
    pub entity: Option<String>,
    /// The record.
    pub record: Option<Id>,
    /// Who set it off.
    pub initiator: Option<Id>,
    /// Where it stands.
    pub state: Option<RunState>,
    /// Only runs that are not over.
    pub live: bool,
}

pub(crate) const RUN: &str = "id, workflow, release, entity, record, state, initiator, trigger_key, depth, vars, revision, steps, \
                   started_at, ended_at";
const VISIT: &str = "run, number, node, entered_at, left_at, outcome, reason";
const LIVE: &str = "state IN ('running', 'suspended', 'returned')";

pub(crate) fn run(row: &Row) -> Result<Run, Error> {
    Ok(Run {
        id: row.id(0)?,
        workflow: row.text(1)?,
        release: row.int(2)?,
        entity: row.text(3)?,
        record: row.id(4)?,
        state: row.name(5)?,
        initiator: row.id(6)?,
        trigger_key: row.text(7)?,
        depth: u32::try_from(row.int(8)?).unwrap_or(u32::MAX),
        vars: row.json(9)?,
        revision: row.int(10)?,
        steps: row.int(11)?,
        started_at: row.at(12)?,
        ended_at: row.maybe_at(13)?,
    })
}

fn visit(row: &Row) -> Result<Visit, Error> {
    Ok(Visit {
        run: row.id(0)?,
        number: row.int(1)?,
        node: row.text(2)?,
        entered_at: row.at(3)?,
        left_at: row.maybe_at(4)?,
        outcome: row.maybe_text(5)?,
        reason: row.json(6)?,
    })
}

async fn run_by_id(conn: &mut Conn, id: Id) -> Result<Option<Run>, Error> {
    conn.row(format!("SELECT {RUN} FROM runs WHERE id = $1"), binds![id]).await?.as_ref().map(run).transpose()
}

/// A page of runs, newest first, after the run `after`.
async fn runs(conn: &mut Conn, filter: &RunFilter, after: Option<Id>, limit: u32) -> Result<Vec<Run>, Error> {
    let mut sql = format!("SELECT {RUN} FROM runs WHERE 1 = 1");
    let mut values = Vec::new();
    let mut narrow = |part: &str, bind| {
        values.push(bind);
        sql.push_str(&format!(" AND {part} ${}", values.len()));
    };
    if let Some(workflow) = &filter.workflow {
        narrow("workflow =", workflow.into());
    }
    if let Some(entity) = &filter.entity {
        narrow("entity =", entity.into());
    }
    if let Some(record) = filter.record {
        narrow("record =", record.into());
    }
    if let Some(initiator) = filter.initiator {
        narrow("initiator =", initiator.into());
    }
    if let Some(state) = filter.state {
        narrow("state =", name_of(&state));
    }
    if let Some(after) = after {
        narrow("id <", after.into());
    }
    if filter.live {
        sql.push_str(&format!(" AND {LIVE}"));
    }
    values.push(limit.into());
    sql.push_str(&format!(" ORDER BY id DESC LIMIT ${}", values.len()));
    conn.rows(sql, values).await?.iter().map(run).collect()
}

async fn runs_of_record(conn: &mut Conn, entity: &str, record: Id) -> Result<Vec<Run>, Error> {
    let sql = format!("SELECT {RUN} FROM runs WHERE entity = $1 AND record = $2 ORDER BY id DESC");
    conn.rows(sql, binds![entity, record]).await?.iter().map(run).collect()
}

async fn visits(conn: &mut Conn, run: Id) -> Result<Vec<Visit>, Error> {
    let sql = format!("SELECT {VISIT} FROM visits WHERE run = $1 ORDER BY number");
    conn.rows(sql, binds![run]).await?.iter().map(visit).collect()
}

async fn live_runs_per_node(conn: &mut Conn, workflow: &str) -> Result<Vec<(String, i64)>, Error> {
    let sql = format!(
        "SELECT v.node, COUNT(DISTINCT r.id) FROM runs r JOIN visits v ON v.run = r.id AND v.left_at IS NULL \
         WHERE r.workflow = $1 AND r.{LIVE} GROUP BY v.node ORDER BY v.node"
    );
    conn.rows(sql, binds![workflow]).await?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

async fn pinned_releases(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    let sql = format!("SELECT DISTINCT release FROM runs WHERE {LIVE} ORDER BY release");
    conn.rows(sql, vec![]).await?.iter().map(|row| row.int(0)).collect()
}

async fn open_locking_run(conn: &mut Conn, entity: &str, record: Id) -> Result<Option<Run>, Error> {
    let sql = format!(
        "SELECT {RUN} FROM runs WHERE entity = $1 AND record = $2 AND locks = 1 AND {LIVE} ORDER BY id LIMIT 1"
    );
    conn.row(sql, binds![entity, record]).await?.as_ref().map(run).transpose()
}

reads! {
    /// One run.
    fn run(id: Id) -> Option<Run> = run_by_id;
    /// Runs, newest first, after the run `after`.
    fn runs(filter: &RunFilter, after: Option<Id>, limit: u32) -> Vec<Run> = runs;
    /// Every run about a record, newest first.
    fn runs_of_record(entity: &str, record: Id) -> Vec<Run> = runs_of_record;
    /// The visits of a run, oldest first.
    fn visits(run: Id) -> Vec<Visit> = visits;
    /// How many live runs stand at each node of a workflow.
    fn live_runs_per_node(workflow: &str) -> Vec<(String, i64)> = live_runs_per_node;
    /// The releases that live runs are pinned to.
    fn pinned_releases() -> Vec<i64> = pinned_releases;
    /// The oldest live run that keeps others from changing this record.
    fn open_locking_run(entity: &str, record: Id) -> Option<Run> = open_locking_run;
}

impl Tx {
    /// Stores a new run; `locks` says whether it keeps others from changing its record while it lives.
    /// Answers `false`, and stores nothing, when the workflow has a run with this trigger key.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_run(&mut self, run: &Run, locks: bool) -> Result<bool, Error> {
        let sql = format!(
            "INSERT INTO runs ({RUN}, locks) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) \
             ON CONFLICT (workflow, trigger_key) DO NOTHING"
        );
        let mut values = binds![run.id, &run.workflow, run.release, &run.entity, run.record];
        values.extend([
            name_of(&run.state),
            run.initiator.into(),
            (&run.trigger_key).into(),
            run.depth.into(),
        ]);
        values.extend([json_text(&run.vars), run.revision.into(), run.steps.into()]);
        values.extend(binds![run.started_at, run.ended_at, locks]);
        Ok(self.conn.run(sql, values).await? == 1)
    }

    /// One run with its row locked until this transaction ends. Lock the run before anything of it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lock_run(&mut self, id: Id) -> Result<Option<Run>, Error> {
        let sql = format!("SELECT {RUN} FROM runs WHERE id = $1{}", self.conn.for_update());
        self.conn.row(sql, binds![id]).await?.as_ref().map(run).transpose()
    }

    /// Stores state, vars, revision, steps and end of a run.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_run(&mut self, run: &Run) -> Result<(), Error> {
        let sql = "UPDATE runs SET state = $2, vars = $3, revision = $4, steps = $5, ended_at = $6, depth = $7, \
                   release = $8 WHERE id = $1";
        let mut values = vec![run.id.into(), name_of(&run.state), json_text(&run.vars)];
        values.extend(binds![run.revision, run.steps, run.ended_at, run.depth, run.release]);
        self.conn.run(sql, values).await.map(drop)
    }

    /// Stores the entry to a node.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_visit(&mut self, visit: &Visit) -> Result<(), Error> {
        let sql = format!("INSERT INTO visits ({VISIT}) VALUES ($1,$2,$3,$4,$5,$6,$7)");
        let mut values =
            binds![visit.run, visit.number, &visit.node, visit.entered_at, visit.left_at, &visit.outcome];
        values.push(json_text(&visit.reason));
        self.conn.run(sql, values).await.map(drop)
    }

    /// Stores how and when a node was left, and why.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn leave_visit(&mut self, visit: &Visit) -> Result<(), Error> {
        let sql = "UPDATE visits SET left_at = $3, outcome = $4, reason = $5 WHERE run = $1 AND number = $2";
        let mut values = binds![visit.run, visit.number, visit.left_at, &visit.outcome];
        values.push(json_text(&visit.reason));
        self.conn.run(sql, values).await.map(drop)
    }

    /// Removes ended runs of before `before`, with their visits, tasks and timers.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_old_runs(&mut self, before: Timestamp) -> Result<u64, Error> {
        for table in ["visits", "tasks", "timers"] {
            let sql = format!("DELETE FROM {table} WHERE run IN (SELECT id FROM runs WHERE ended_at < $1)");
            self.conn.run(sql, binds![before]).await?;
        }
        self.conn.run("DELETE FROM runs WHERE ended_at < $1", binds![before]).await
    }
}
