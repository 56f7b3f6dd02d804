//! Why a dotted path leads nowhere: what is told of a step that is no field, or leads to no record or to many.

use kezhi_types::said;

use crate::problem::Problem;
use crate::suggest::did_you_mean;

/// There is no such field; names the nearest.
pub fn unknown_field<'n>(names: impl Iterator<Item = &'n str>, place: &str, step: &str) -> Problem {
    let problem = Problem::error(
        "condition.unknown_field",
        "",
        said!("{place} 没有字段 `{step}`", "{place} has no field `{step}`"),
    );
    problem.help(did_you_mean(step, names))
}

/// Only relations lead on.
pub fn no_relation(place: &str, step: &str, next: &str) -> Problem {
    let message = said!(
        "{place} 的 `{step}` 不通向别的实体，所以没有 `{next}`",
        "`{step}` of {place} leads to no entity, so it has no `{next}`"
    );
    Problem::error("condition.no_relation", "", message)
        .help(said!("只有关联字段后面才能加点", "a dot goes through a relation only"))
}

/// A dot follows one record, not many.
pub fn many_relations(place: &str, step: &str, next: &str) -> Problem {
    let message = said!(
        "{place} 的 `{step}` 通向许多记录，所以没有单独的 `{next}`",
        "`{step}` of {place} names many records, so it has no one `{next}`"
    );
    let help = said!(
        "请用 `some`、`every` 或 `count` 来问：{{\"some\": \"{step}\", \"where\": …}}",
        "ask with `some`, `every` or `count`: {{\"some\": \"{step}\", \"where\": …}}"
    );
    Problem::error("condition.no_relation", "", message).help(help)
}
