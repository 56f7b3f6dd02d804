//! How votes become a decision. Integer arithmetic only, the same after every vote, early both ways.

use kezhi_types::def::workflow::{NamedPolicy, Policy};
use kezhi_types::run::{Task, TaskState};
use kezhi_types::{Said, said};

/// A policy, read once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The first decision counts.
    Any,
    /// Everybody must approve; the first rejection rejects.
    All,
    /// As [`Rule::All`], one after the other.
    Sequential,
    /// At least `p/q` of the weights must approve.
    Ratio {
        /// Numerator.
        p: i64,
        /// Denominator, at least `p`.
        q: i64,
    },
}

/// What the votes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// More votes are needed.
    Open,
    /// It is approved.
    Approved,
    /// It is rejected.
    Rejected,
}

impl Rule {
    /// Reads an authored policy.
    ///
    /// # Errors
    /// A sentence saying what is wrong with a ratio.
    pub fn of(policy: &Policy) -> Result<Self, Said> {
        match policy {
            Policy::Named(NamedPolicy::Any) => Ok(Self::Any),
            Policy::Named(NamedPolicy::All) => Ok(Self::All),
            Policy::Named(NamedPolicy::Sequential) => Ok(Self::Sequential),
            Policy::Ratio(ratio) => read_ratio(&ratio.ratio),
        }
    }
}

/// Counts the votes of one visit. Tasks that were handed on or cancelled have no vote; what passed by itself approves.
pub fn count<'a>(rule: Rule, tasks: impl Iterator<Item = &'a Task>) -> Verdict {
    let (mut all, mut approved, mut rejected) = (0_i64, 0_i64, 0_i64);
    for task in tasks {
        let weight = task.weight.max(0);
        match task.state {
            TaskState::Transferred | TaskState::Cancelled => continue,
            TaskState::Approved | TaskState::AutoPassed => approved += weight,
            TaskState::Rejected | TaskState::Expired => rejected += weight,
            TaskState::Waiting | TaskState::Open | TaskState::Completed => {}
        }
        all += weight;
    }
    decide(rule, all, approved, rejected)
}

/// The decision for `all` weights of which `approved` and `rejected` have spoken.
pub fn decide(rule: Rule, all: i64, approved: i64, rejected: i64) -> Verdict {
    let need = match rule {
        Rule::Any => return if approved > 0 { Verdict::Approved } else { open_unless(rejected > 0) },
        Rule::All | Rule::Sequential => all,
        Rule::Ratio { p, q } => (p * all + q - 1) / q,
    };
    if approved >= need {
        return Verdict::Approved;
    }
    open_unless(rejected > all - need)
}

fn open_unless(rejected: bool) -> Verdict {
    if rejected { Verdict::Rejected } else { Verdict::Open }
}

fn read_ratio(text: &str) -> Result<Rule, Said> {
    let expected = || {
        said!(
            "`{text}` 不是大于 0、不超过 1 的分数，例如 `2/3`",
            "`{text}` is not a fraction above 0 and at most 1, such as `2/3`"
        )
    };
    let (p, q) = text.split_once('/').ok_or_else(expected)?;
    let number = |part: &str| part.trim().parse::<i64>().ok().filter(|n| (1..=10_000).contains(n));
    match (number(p), number(q)) {
        (Some(p), Some(q)) if p <= q => Ok(Rule::Ratio { p, q }),
        _ => Err(expected()),
    }
}
