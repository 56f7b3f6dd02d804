//! Work that waits for people.

use kezhi_types::run::Task;
use kezhi_types::{Id, Timestamp};

use crate::bind::{Bind, Row, binds, json_text, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, padded, reads};

/// A person's box of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskBox {
    /// Open and theirs, the soonest due first, undated last.
    Todo,
    /// Open, theirs and past due at the given instant.
    Overdue(Timestamp),
    /// Decided by them, the latest first.
    Done,
}

/// A task with what a list shows of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRow {
    /// The task.
    pub task: Task,
    /// Key of its workflow.
    pub workflow: String,
    /// The release its run is pinned to.
    pub release: i64,
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// Who set the run off.
    pub initiator: Id,
}

/// Which part of a box is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskPage {
    /// How many rows to pass over.
    pub offset: u32,
    /// How many rows to give.
    pub limit: u32,
}

const COLUMNS: [&str; 19] = [
    "id",
    "run",
    "visit",
    "node",
    "kind",
    "title",
    "assignee",
    "slot",
    "weight",
    "state",
    "state_reason",
    "comment",
    "outcome",
    "fields",
    "revision",
    "opened_at",
    "due_at",
    "decided_at",
    "decided_by",
];

fn columns(alias: &str) -> String {
    COLUMNS.map(|column| format!("{alias}{column}")).join(", ")
}

fn task(row: &Row) -> Result<Task, Error> {
    Ok(Task {
        id: row.id(0)?,
        run: row.id(1)?,
        visit: row.int(2)?,
        node: row.text(3)?,
        kind: row.name(4)?,
        title: row.text(5)?,
        assignee: row.id(6)?,
        slot: row.int(7)?,
        weight: row.int(8)?,
        state: row.name(9)?,
        state_reason: row.maybe_text(10)?,
        comment: row.maybe_text(11)?,
        outcome: row.maybe_text(12)?,
        fields: row.json(13)?,
        revision: row.int(14)?,
        opened_at: row.maybe_at(15)?,
        due_at: row.maybe_at(16)?,
        decided_at: row.maybe_at(17)?,
        decided_by: row.maybe_id(18)?,
    })
}

fn task_row(row: &Row) -> Result<TaskRow, Error> {
    Ok(TaskRow {
        task: task(row)?,
        workflow: row.text(19)?,
        release: row.int(20)?,
        entity: row.text(21)?,
        record: row.id(22)?,
        initiator: row.id(23)?,
    })
}

fn with_run() -> String {
    format!(
        "SELECT {}, r.workflow, r.release, r.entity, r.record, r.initiator FROM tasks t JOIN runs r ON r.id = t.run",
        columns("t.")
    )
}

fn boxed(which: TaskBox, person: Id) -> (&'static str, Vec<Bind>, &'static str) {
    match which {
        TaskBox::Todo => {
            ("t.assignee = $1 AND t.state = 'open'", binds![person], "t.due_at IS NULL, t.due_at, t.id")
        }
        TaskBox::Overdue(now) => {
            ("t.assignee = $1 AND t.state = 'open' AND t.due_at < $2", binds![person, now], "t.due_at, t.id")
        }
        TaskBox::Done => (
            "COALESCE(t.decided_by, t.assignee) = $1 AND t.state IN ('approved', 'rejected', 'completed')",
            binds![person],
            "t.decided_at DESC, t.id DESC",
        ),
    }
}

async fn task_by_id(conn: &mut Conn, id: Id) -> Result<Option<TaskRow>, Error> {
    let sql = format!("{} WHERE t.id = $1", with_run());
    conn.row(sql, binds![id]).await?.as_ref().map(task_row).transpose()
}

async fn tasks_box(
    conn: &mut Conn,
    which: TaskBox,
    person: Id,
    page: TaskPage,
) -> Result<Vec<TaskRow>, Error> {
    let (condition, mut values, order) = boxed(which, person);
    let at = values.len();
    let sql =
        format!("{} WHERE {condition} ORDER BY {order} LIMIT ${} OFFSET ${}", with_run(), at + 1, at + 2);
    values.extend(binds![page.limit, page.offset]);
    conn.rows(sql, values).await?.iter().map(task_row).collect()
}

async fn tasks_box_count(conn: &mut Conn, which: TaskBox, person: Id) -> Result<i64, Error> {
    let (condition, values, _) = boxed(which, person);
    let row = conn.row(format!("SELECT COUNT(*) FROM tasks t WHERE {condition}"), values).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

async fn tasks_of_run(conn: &mut Conn, run: Id) -> Result<Vec<Task>, Error> {
    let sql = format!("SELECT {} FROM tasks WHERE run = $1 ORDER BY visit, slot, id", columns(""));
    conn.rows(sql, binds![run]).await?.iter().map(task).collect()
}

async fn open_tasks_of_run(conn: &mut Conn, run: Id) -> Result<Vec<Task>, Error> {
    let sql = format!(
        "SELECT {} FROM tasks WHERE run = $1 AND state IN ('open', 'waiting') ORDER BY visit, slot, id",
        columns("")
    );
    conn.rows(sql, binds![run]).await?.iter().map(task).collect()
}

async fn tasks_of_runs(conn: &mut Conn, runs: &[Id]) -> Result<Vec<Task>, Error> {
    let mut found = Vec::new();
    for runs in runs.chunks(256) {
        let runs = padded(runs);
        let list = (1..=runs.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let sql =
            format!("SELECT {} FROM tasks WHERE run IN ({list}) ORDER BY run, visit, slot, id", columns(""));
        for row in conn.rows(sql, runs.into_iter().map(Into::into).collect()).await? {
            found.push(task(&row)?);
        }
    }
    Ok(found)
}

async fn open_tasks_of_record(conn: &mut Conn, entity: &str, record: Id) -> Result<Vec<TaskRow>, Error> {
    let sql = format!(
        "{} WHERE r.entity = $1 AND r.record = $2 AND t.state = 'open' ORDER BY t.due_at IS NULL, t.due_at, t.id",
        with_run()
    );
    conn.rows(sql, binds![entity, record]).await?.iter().map(task_row).collect()
}

async fn assigned_tasks(
    conn: &mut Conn,
    person: Id,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<Task>, Error> {
    // Each state has an index of its own.
    let one = |state: &str| {
        format!("SELECT {} FROM tasks WHERE assignee = $1 AND state = '{state}' AND id > $2", columns(""))
    };
    let sql = format!("SELECT * FROM ({} UNION ALL {}) t ORDER BY id LIMIT $3", one("open"), one("waiting"));
    let values = binds![person, after.unwrap_or(Id::from_bytes([0; 16])), limit];
    conn.rows(sql, values).await?.iter().map(task).collect()
}

async fn assigned_tasks_count(conn: &mut Conn, person: Id) -> Result<i64, Error> {
    let one = |state: &str| format!("(SELECT COUNT(*) FROM tasks WHERE assignee = $1 AND state = '{state}')");
    let row = conn.row(format!("SELECT {} + {}", one("open"), one("waiting")), binds![person]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

reads! {
    /// Tasks of a person that are open or wait for their turn, by id, behind the task `after`.
    fn assigned_tasks(person: Id, after: Option<Id>, limit: u32) -> Vec<Task> = assigned_tasks;
    /// How many these are.
    fn assigned_tasks_count(person: Id) -> i64 = assigned_tasks_count;
    /// One task with what is shown of its run.
    fn task(id: Id) -> Option<TaskRow> = task_by_id;
    /// A person's tasks.
    fn tasks_box(which: TaskBox, person: Id, page: TaskPage) -> Vec<TaskRow> = tasks_box;
    /// How many tasks are in a person's box.
    fn tasks_box_count(which: TaskBox, person: Id) -> i64 = tasks_box_count;
    /// Every task of a run, by visit and place.
    fn tasks_of_run(run: Id) -> Vec<Task> = tasks_of_run;
    /// Every task of these runs, by run, visit and place.
    fn tasks_of_runs(runs: &[Id]) -> Vec<Task> = tasks_of_runs;
    /// The open and waiting tasks of a run, by visit and place.
    fn open_tasks_of_run(run: Id) -> Vec<Task> = open_tasks_of_run;
    /// The open tasks about a record, the soonest due first.
    fn open_tasks_of_record(entity: &str, record: Id) -> Vec<TaskRow> = open_tasks_of_record;
}

impl Tx {
    /// Stores a new task.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when the visit has a task in this place already.
    pub async fn insert_task(&mut self, task: &Task) -> Result<(), Error> {
        let places = (1..=COLUMNS.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(",");
        let sql = format!("INSERT INTO tasks ({}) VALUES ({places})", columns(""));
        let mut values = binds![task.id, task.run, task.visit, &task.node];
        values.extend([name_of(&task.kind), (&task.title).into(), task.assignee.into()]);
        values.extend([task.slot.into(), task.weight.into(), name_of(&task.state)]);
        values.extend(binds![&task.state_reason, &task.comment, &task.outcome]);
        values.extend([json_text(&task.fields), task.revision.into(), task.opened_at.into()]);
        values.extend(binds![task.due_at, task.decided_at, task.decided_by]);
        self.conn.rows(sql, values).await.map(drop).map_err(|error| error.unique_as("task", "slot"))
    }

    /// Stores everything about a task that may change: assignee, title, state, opinion, times, revision.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_task(&mut self, task: &Task) -> Result<(), Error> {
        let sql = "UPDATE tasks SET assignee = $2, title = $3, state = $4, state_reason = $5, comment = $6, \
                   outcome = $7, fields = $8, revision = $9, opened_at = $10, due_at = $11, decided_at = $12, \
                   decided_by = $13, slot = $14, weight = $15 WHERE id = $1";
        let mut values =
            vec![task.id.into(), task.assignee.into(), (&task.title).into(), name_of(&task.state)];
        values.extend(binds![&task.state_reason, &task.comment, &task.outcome]);
        values.extend([json_text(&task.fields), task.revision.into(), task.opened_at.into()]);
        values.extend(binds![task.due_at, task.decided_at, task.decided_by, task.slot, task.weight]);
        self.conn.run(sql, values).await.map(drop)
    }
}
