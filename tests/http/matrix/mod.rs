//! The matrix of rights: nine people, every route of the table, rows of six kinds, fields of four rights; what is expected is
//! reckoned from the written policy ([`policy`]), what is got comes from the whole service inside this process.
//!
//! The routes are those of the engine's table. One without an expectation fails, and so does an expectation without a route.
//! A case that fails names who asked, the route, the row, the field, what was expected and what came.

/// One case.
mod case;
/// Routes that ask for many records.
mod lists;
/// The policy.
mod policy;
/// Routes that name one record.
mod rows;
/// The service, its people and rows.
mod stage;
/// Routes that are about no record.
mod workspace;

use std::collections::BTreeMap;
use std::time::Instant;

use axum::http::Method;
use kezhi_tests::{Backend, on_both, tree};

use self::case::{Case, Status};
use self::policy::{POLICIES, Row};
use self::stage::Stage;

on_both!(every_route_answers_as_the_policy_says);

/// The fewest cases that make a matrix.
const CASES: usize = 5_000;
/// Wrong answers that are told in full.
const TOLD: usize = 40;

fn routes() -> Vec<String> {
    kezhi_server::routes::TABLE.iter().map(|route| format!("{} {}", route.method, route.path)).collect()
}

/// Every case: those that only ask come first, so that what they expect is still as it was laid out.
fn everything(stage: &Stage) -> Vec<Case> {
    let (mut cases, mut unknown) = (Vec::new(), Vec::new());
    for route in routes() {
        for policy in &POLICIES {
            let found = rows::of_route(stage, policy, &route)
                .or_else(|| lists::of_route(stage, policy, &route))
                .or_else(|| workspace::of_route(stage, policy, &route));
            match found {
                Some(found) => cases.extend(found),
                None => unknown.push(route.clone()),
            }
        }
    }
    unknown.dedup();
    assert!(
        unknown.is_empty(),
        "routes without an expectation; say in tests/http/matrix who may: {unknown:#?}"
    );
    let (changing, mut asking): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.changes);
    asking.extend(changing);
    asking
}

async fn every_route_answers_as_the_policy_says(backend: Backend) {
    assert_eq!(workspace::gone(&routes()), Vec::<&str>::new(), "expectations without a route");
    let stage = Stage::set(backend).await;
    let cases = everything(&stage);
    let begun = Instant::now();
    let (mut wrong, mut asked) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for case in &cases {
        let question = (case.method.clone(), case.path.as_str(), &case.carries);
        let told = stage.ask(Some(stage.person(case.actor)), question).await;
        *asked.entry(case.actor).or_default() += 1;
        wrong.extend(case.judge(&told));
    }
    eprintln!("{} cases on {backend:?} in {:.1} s: {asked:?}", cases.len(), begun.elapsed().as_secs_f64());
    assert!(
        wrong.is_empty(),
        "{} of {} cases are not as the policy says:\n{}",
        wrong.len(),
        cases.len(),
        wrong.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(cases.len() >= CASES, "only {} cases", cases.len());
    assert!(asked.len() >= 8 && asked.values().all(|many| *many >= CASES / 10), "{asked:?}");
    see_what_was_refused(&stage, &cases).await;
    stage.strike().await;
}

/// The control: what a stranger's row refused to whoever sees their own is there for an administrator. So it was the policy
/// that refused, and no question that asks nothing.
async fn see_what_was_refused(stage: &Stage, cases: &[Case]) {
    let refused = |case: &&Case| {
        let by_row = case.route.starts_with("get /api/entities/{entity}/records/{id}")
            && !case.path.contains("?field=");
        case.actor == "single" && case.row == Some(Row::Other) && case.status == Status::Is(404) && by_row
    };
    let mut seen = 0;
    for case in cases.iter().filter(refused) {
        let question = (Method::GET, case.path.as_str(), &case.carries);
        let told = stage.ask(Some(stage.person("admin")), question).await;
        assert_eq!(told.status, 200, "{}: {}", case.path, told.text);
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} refusals were asked once more");
}

#[test]
fn what_is_asked_elsewhere_is_asked_there() {
    for test in workspace::elsewhere() {
        let (file, name) = test.split_once('#').expect("a file and a test");
        let text = std::fs::read_to_string(tree::root().join(file)).unwrap_or_default();
        assert!(text.contains(&format!("fn {name}(")), "{test}");
    }
}
