//! Votes in any order: what is decided, and that it is decided once.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Stage, workflow};
use crate::workflow::vote::{Rule, Verdict, decide};

#[test]
fn shares_are_rounded_up_and_fail_as_soon_as_they_cannot_pass() {
    let need = |p, q, all| {
        (0..=all).find(|approved| decide(Rule::Ratio { p, q }, all, *approved, 0) == Verdict::Approved)
    };
    assert_eq!(need(2, 3, 3), Some(2));
    assert_eq!(need(23, 100, 10), Some(3));
    assert_eq!(need(667, 1000, 3), Some(3));
    assert_eq!(need(1, 2, 1), Some(1));
    assert_eq!(decide(Rule::Ratio { p: 2, q: 3 }, 3, 0, 1), Verdict::Open);
    assert_eq!(decide(Rule::Ratio { p: 2, q: 3 }, 3, 1, 2), Verdict::Rejected);
}

fn policy() -> impl Strategy<Value = Value> {
    let ratio = (1_u32..6, 0_u32..6).prop_map(|(p, more)| json!({ "ratio": format!("{p}/{}", p + more) }));
    prop_oneof![Just(json!("any")), Just(json!("all")), Just(json!("sequential")), ratio]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64 * depth()))]

    /// Whoever votes in whatever order, early, late or twice: the node is left exactly once, nothing stays
    /// open behind it, and the outcome is what counting the accepted votes says.
    #[test]
    fn any_order_of_votes_ends_in_one_decision(
        policy in policy(),
        votes in proptest::collection::vec((0_usize..4, any::<bool>()), 4..24),
    ) {
        let people = ["admin", "boss", "wang", "zhao"];
        let assignees: Vec<Value> = people.iter().map(|login| json!({ "person": login })).collect();
        let mut stage = Stage::new(workflow(json!({}), json!({
            "board": { "type": "approval", "policy": policy, "assignees": assignees, "next": "end" },
            "end": { "type": "end" }
        })));
        stage.say("start");
        let (mut approved, mut rejected) = (0, 0);
        for (who, yes) in votes {
            let before = stage.rows.run.state.is_over();
            let told = stage.say(&format!("{} {}", people[who], if yes { "approves" } else { "rejects" }));
            let accepted = !told.starts_with("refused");
            prop_assert!(!(before && accepted), "a vote was accepted after the decision");
            approved += i64::from(accepted && yes);
            rejected += i64::from(accepted && !yes);
            let expected = decide(rule(&policy), 4, approved, rejected);
            let decided = stage.rows.run.state.is_over();
            prop_assert_eq!(decided, expected != Verdict::Open, "{} {} {}", policy, approved, rejected);
        }
        let left = stage.rows.visits.iter().filter(|visit| visit.node == "board").count();
        prop_assert_eq!(left, 1, "the node was entered once");
    }

    /// `all` and shares do not care for the order.
    #[test]
    fn the_order_of_the_same_votes_does_not_matter(yes in proptest::collection::vec(any::<bool>(), 1..9), p in 1_i64..6, more in 0_i64..6, cut in 0_usize..9) {
        let rule = Rule::Ratio { p, q: p + more };
        let all = i64::try_from(yes.len()).expect("few");
        let outcome = |votes: &[bool]| {
            let (mut approved, mut rejected) = (0, 0);
            votes.iter().map(|yes| {
                approved += i64::from(*yes);
                rejected += i64::from(!*yes);
                decide(rule, all, approved, rejected)
            }).find(|verdict| *verdict != Verdict::Open)
        };
        let mut turned = yes.clone();
        turned.rotate_left(cut % yes.len());
        prop_assert_eq!(outcome(&yes), outcome(&turned));
        prop_assert!(outcome(&yes).is_some(), "when all have voted it is decided");
    }
}

fn rule(policy: &Value) -> Rule {
    let policy = serde_json::from_value(policy.clone()).expect("a policy");
    Rule::of(&policy).expect("a valid policy")
}

fn depth() -> u32 {
    std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|depth| depth.parse().ok()).unwrap_or(1)
}
