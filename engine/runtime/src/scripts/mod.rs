//! Scripts in killable child processes of the same binary.
//!
//! Rhai's own limits do not make a hostile script harmless, so whoever judges with a script is a child with
//! limits on memory and processor time. The pool owns the wall clock: a child that overruns is killed and
//! replaced. `plan` is pure, so the whole judgement travels there and back as data.

/// What parent and child say to each other.
mod protocol;
/// The child's side.
mod worker;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use kezhi_plan::app::AppPlan;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

pub use protocol::{Answer, JudgeQuestion, Question};
pub use worker::child_main;
pub(crate) use worker::limit;

use crate::error::Error;

/// How long one judgement may take, by the wall clock.
const WALL_LIMIT: Duration = Duration::from_millis(500);
/// How long a child may take to start and compile a release.
const LOAD_LIMIT: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const ANSWER_LIMIT: u32 = 4 * 1024 * 1024;

/// How a script worker is started.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program: the engine's own binary.
    pub program: PathBuf,
    /// Its arguments: the hidden sub-command.
    pub args: Vec<String>,
}

/// Children kept warm, one per core less one, at least one.
#[derive(Debug)]
pub struct ScriptPool {
    command: WorkerCommand,
    places: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

#[derive(Debug)]
struct Worker {
    _child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// The folder it has compiled, by address: a release's folder is never changed in place.
    loaded: Option<Arc<kezhi_types::def::files::Folder>>,
}

impl ScriptPool {
    /// A pool that starts its children when they are first needed.
    pub fn new(command: WorkerCommand) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { command, places: Semaphore::new(cores.saturating_sub(1).max(1)), idle: Mutex::default() }
    }

    /// Asks a child, under the plan given. A question is pure: where a child that was idle turns out to have died,
    /// a fresh one is asked once.
    ///
    /// # Errors
    /// [`Error::Script`] when the child overran its budget or died, [`Error::NoScripts`] when none could be started or
    /// made ready. The child is gone then.
    pub async fn ask(&self, plan: &AppPlan, question: &Question) -> Result<Answer, Error> {
        let _place =
            self.places.acquire().await.map_err(|_| Error::NoScripts("the pool is closed".into()))?;
        let idle = self.idle.lock().pop();
        let answered = match idle {
            Some(worker) => Some(worker.answer(plan, question).await),
            None => None,
        };
        let (worker, answer) = match answered {
            Some(Err(Failure::Ended(_))) | None => self.spawn()?.answer(plan, question).await?,
            Some(answered) => answered?,
        };
        self.idle.lock().push(worker);
        Ok(answer)
    }

    /// Has a child compile a plan before anybody waits for it; whoever asks first would find out what is wrong.
    pub async fn warm(&self, plan: &AppPlan) {
        let Ok(_place) = self.places.acquire().await else { return };
        let idle = self.idle.lock().pop();
        let Some(worker) = idle.or_else(|| self.spawn().ok()) else { return };
        if let Ok(worker) = worker.loaded_with(plan).await {
            self.idle.lock().push(worker);
        }
    }

    fn spawn(&self) -> Result<Worker, Error> {
        let mut child = Command::new(&self.command.program)
            .args(&self.command.args)
            .env_clear()
            // The allocator takes no room in advance, so that the limit of memory is the limit.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Error::NoScripts(format!("the script worker could not be started: {error}")))?;
        let input =
            child.stdin.take().ok_or_else(|| Error::NoScripts("the script worker has no input".into()))?;
        let output =
            child.stdout.take().ok_or_else(|| Error::NoScripts("the script worker has no output".into()))?;
        Ok(Worker { _child: child, input, output, loaded: None })
    }
}

/// Why a child gave no answer.
#[derive(Debug)]
enum Failure {
    /// Its process is gone, perhaps since long before it was asked.
    Ended(String),
    /// It was given up.
    GivenUp(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Ended(why) => Self::Script(format!("its process ended: {why}")),
            Failure::GivenUp(error) => error,
        }
    }
}

impl Worker {
    /// The answer under a plan; and the child.
    async fn answer(self, plan: &AppPlan, question: &Question) -> Result<(Self, Answer), Failure> {
        let mut worker = self.loaded_with(plan).await?;
        let answer = worker.ask(question, WALL_LIMIT).await?;
        Ok((worker, answer))
    }

    /// The child with a plan, which is sent where it is not the one that the child has.
    async fn loaded_with(mut self, plan: &AppPlan) -> Result<Self, Failure> {
        if !self.loaded.as_ref().is_some_and(|folder| Arc::ptr_eq(folder, &plan.folder)) {
            let load = Question::Load { release: plan.release, folder: (*plan.folder).clone() };
            // A release that was published compiles; what goes wrong here is the machine's trouble.
            self.ask(&load, LOAD_LIMIT).await.map_err(|failure| match failure {
                Failure::GivenUp(Error::Script(why)) => Failure::GivenUp(Error::NoScripts(why)),
                other => other,
            })?;
            self.loaded = Some(plan.folder.clone());
        }
        Ok(self)
    }

    /// One question, one answer. Dropping the future half-way leaves a worker that must not be used again;
    /// callers own it until it has answered.
    async fn ask(&mut self, question: &Question, limit: Duration) -> Result<Answer, Failure> {
        let given_up = |why: String| Failure::GivenUp(Error::Script(why));
        let bytes = serde_json::to_vec(question)
            .map_err(|error| Failure::GivenUp(Error::Internal(error.to_string())))?;
        let exchange = async {
            let length =
                u32::try_from(bytes.len()).map_err(|_| std::io::Error::other("the question is too large"))?;
            self.input.write_all(&length.to_le_bytes()).await?;
            self.input.write_all(&bytes).await?;
            self.input.flush().await?;
            let mut length = [0; 4];
            self.output.read_exact(&mut length).await?;
            let length = u32::from_le_bytes(length);
            if length > ANSWER_LIMIT {
                return Err(std::io::Error::other("the answer is too large"));
            }
            let mut answer = vec![0; length as usize];
            self.output.read_exact(&mut answer).await?;
            Ok(answer)
        };
        let answer = tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| given_up(format!("it ran longer than {} ms and was stopped", limit.as_millis())))?
            .map_err(|error| Failure::Ended(error.to_string()))?;
        serde_json::from_slice(&answer)
            .map_err(|error| given_up(format!("its process answered nonsense: {error}")))
    }
}
