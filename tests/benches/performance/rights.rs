//! What rights cost: the same questions by somebody who sees everything and by somebody who sees the same customers by the
//! scope of a role and a share rule, with two fields covered. Both are asked in each round, one after the other.

use crate::Settings;
use crate::caller::{Rate, Requests, ask};
use crate::middle;
use crate::report::Line;
use crate::workspace::Workspace;

/// How fast rights leave a question at least, beside the same one without.
const LEFT: f64 = 0.8;
const GATE: &str = "≥ 0.80";

const LIST: &str = "list of 50, filtered and sorted";
const NARROW_LIST: &str = "the same list within a scope, two masks and a share rule";
const TOTALS: &str = "count and sum by region";
const NARROW_TOTALS: &str = "the same numbers within a scope, two masks and a share rule";

/// The lines, and whether the gates are kept.
pub async fn measure(settings: &Settings, workspace: &Workspace) -> (Vec<Line>, bool) {
    let pairs: Vec<[(&'static str, Requests); 2]> = vec![
        [(LIST, workspace.lists("none")), (NARROW_LIST, workspace.narrow_lists())],
        [(TOTALS, workspace.totals(false)), (NARROW_TOTALS, workspace.totals(true))],
    ];
    let (mut lines, mut within) = (Vec::new(), true);
    for [(name, whole), (narrow_name, narrow)] in pairs {
        if !name.contains(&settings.only) && !narrow_name.contains(&settings.only) {
            continue;
        }
        let mut rates: [Vec<Rate>; 2] = Default::default();
        for _ in 0..settings.rounds {
            for (requests, rates) in [&whole, &narrow].into_iter().zip(&mut rates) {
                rates.push(ask(workspace.address(), requests, settings.time).await);
            }
        }
        let [whole, narrow] = rates.map(|rates| middle(&rates));
        let kept = narrow.each_second / whole.each_second >= LEFT;
        within &= kept;
        let limit = Some((name, whole.each_second));
        lines.push(Line {
            asked: format!("{name}, by whoever sees all"),
            rate: whole,
            limit: None,
            gate: None,
        });
        lines.push(Line { asked: narrow_name.to_owned(), rate: narrow, limit, gate: Some((GATE, kept)) });
    }
    (lines, within)
}
