//! The child's side: limits first, then questions until the parent goes away.

use std::io::{Read, Write};

use kezhi_plan::app::AppPlan;
use kezhi_plan::{compile, record};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::protocol::{Answer, JudgeQuestion, Question};

/// Address space, in bytes.
const MEMORY_LIMIT: u64 = 256 * 1024 * 1024;
/// Processor time for one question, in seconds.
const PROCESSOR_LIMIT: u64 = 2;
/// Open files.
const FILE_LIMIT: u64 = 16;
/// Stack of the judging thread, in bytes.
const STACK: usize = 64 * 1024 * 1024;
/// The largest question, in bytes: a release with its scripts, or a record with its related rows.
const QUESTION_LIMIT: u32 = 64 * 1024 * 1024;

/// The life of a script worker. Returns when its input ends.
///
/// # Errors
/// A sentence when a limit cannot be set or the pipe breaks.
pub fn child_main() -> Result<(), String> {
    limit(Resource::Nofile, FILE_LIMIT)?;
    limit(Resource::Core, 0)?;
    limit(Resource::As, MEMORY_LIMIT)?;
    // Being nice is a courtesy: failing to be is no reason to refuse work.
    let _ = rustix::process::nice(10);
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(serve)
        .map_err(|error| error.to_string())?
        .join()
        .map_err(|_| "the script worker panicked".to_owned())?
        .map_err(|error| error.to_string())
}

pub(crate) fn limit(resource: Resource, value: u64) -> Result<(), String> {
    setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
        .map_err(|error| error.to_string())
}

fn serve() -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut plan = None;
    loop {
        let mut length = [0; 4];
        if input.read_exact(&mut length).is_err() {
            return Ok(());
        }
        let length = u32::from_le_bytes(length);
        if length > QUESTION_LIMIT {
            return Err(std::io::Error::other("the question is too large"));
        }
        let mut question = vec![0; length as usize];
        input.read_exact(&mut question)?;
        renew_processor_time()?;
        let answer = match serde_json::from_slice(&question) {
            Ok(question) => answer(&mut plan, question),
            Err(error) => Answer::Failed(error.to_string()),
        };
        let answer = serde_json::to_vec(&answer)?;
        let length = u32::try_from(answer.len()).map_err(std::io::Error::other)?;
        output.write_all(&length.to_le_bytes())?;
        output.write_all(&answer)?;
        output.flush()?;
    }
}

/// The kernel counts processor time over the whole life of a process; each question may use so much more.
fn renew_processor_time() -> std::io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let maximum = getrlimit(Resource::Cpu).maximum;
    setrlimit(Resource::Cpu, Rlimit { current: Some(used + PROCESSOR_LIMIT + 1), maximum })?;
    Ok(())
}

fn answer(plan: &mut Option<AppPlan>, question: Question) -> Answer {
    if let Question::Load { release, folder } = question {
        *plan = compile::compile(&folder, release).plan;
        return if plan.is_some() {
            Answer::Loaded
        } else {
            Answer::Failed("the release does not compile".into())
        };
    }
    let Some(plan) = plan else {
        return Answer::Failed("no release is loaded".into());
    };
    match question {
        Question::Load { .. } => Answer::Loaded,
        Question::Judge(question) => judge(plan, *question),
        Question::Derive(question) => derive(plan, &question),
        Question::Delete(question) => delete(plan, &question),
        Question::Case { path, index } => json(&kezhi_plan::cases::run_one(plan, &path, index)),
        Question::Grade { grade, question } => {
            super::super::records::grade_in_process(plan, &grade, &question)
                .map_or_else(Answer::Failed, Answer::Json)
        }
    }
}

fn judge(plan: &AppPlan, question: JudgeQuestion) -> Answer {
    let Some(entity) = plan.entity(&question.entity) else {
        return Answer::Failed(format!("there is no entity `{}`", question.entity));
    };
    let JudgeQuestion { before, input, facts, circumstances, .. } = question;
    match record::judge(entity, before.as_ref(), input, &facts, &circumstances) {
        Ok(judged) => Answer::Judged(Box::new(judged)),
        Err(violations) => Answer::Violations { refused: true, violations },
    }
}

fn derive(plan: &AppPlan, question: &JudgeQuestion) -> Answer {
    let (Some(entity), Some(record)) = (plan.entity(&question.entity), &question.before) else {
        return Answer::Failed("there is nothing to derive".into());
    };
    Answer::Judged(Box::new(record::derive(entity, record, &question.facts, &question.circumstances)))
}

fn delete(plan: &AppPlan, question: &JudgeQuestion) -> Answer {
    let (Some(entity), Some(record)) = (plan.entity(&question.entity), &question.before) else {
        return Answer::Failed("there is nothing to delete".into());
    };
    match record::judge_delete(entity, record, &question.facts, &question.circumstances) {
        Ok(violations) => Answer::Violations { refused: false, violations },
        Err(violations) => Answer::Violations { refused: true, violations },
    }
}

fn json(value: &impl serde::Serialize) -> Answer {
    serde_json::to_value(value).map_or_else(|error| Answer::Failed(error.to_string()), Answer::Json)
}
