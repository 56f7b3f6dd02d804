//! Whether the time that an answer takes tells of a hidden value. Questions that guess it right and questions that guess it
//! wrong are asked in turn, in an order that a coin decides, and their times are compared by their ranks.
//!
//! What is judged depends on the machine: `make soak` asks often enough to judge (`KEZHI_TEST_TIMING`, pairs for each way
//! to ask). Otherwise only the control is proved: a leak that is planted here, in the comparison and not in the engine, is
//! found.

use std::time::{Duration, Instant};

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use rand::Rng as _;
use serde_json::json;

use super::asks::Ask;
use super::oracle::CHANNELS;
use super::{World, answered, made};

on_both!(the_time_of_an_answer_tells_no_hidden_number);

/// How far from chance ranks may lie: once in 16,000 by chance.
const CHANCE: f64 = 4.0;
/// How often in a row a way to ask must stand out before it counts: the machine has other things to do as well.
const TIMES: usize = 3;
/// Pairs where nothing is judged but the control, and how long the planted leak takes there.
const FEW: (usize, Duration) = (40, Duration::from_millis(20));
/// The same where everything is judged.
const LEAK: Duration = Duration::from_millis(2);

/// How far the ranks of two series lie from chance, in standard deviations; positive where the first takes longer.
///
/// Source: H. B. Mann and D. R. Whitney, 1947, with the correction for ties and the normal approximation.
fn standing_out(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        first.iter().map(|time| (*time, true)).chain(second.iter().map(|time| (*time, false))).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut ranks, mut ties, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let end = at + all[at..].iter().take_while(|(time, _)| *time == all[at].0).count();
        let same = (end - at) as f64;
        // The ranks of a tie are shared: from `at + 1` to `end`.
        let rank = (at + 1 + end) as f64 / 2.0;
        ranks += rank * all[at..end].iter().filter(|(_, of_first)| *of_first).count() as f64;
        ties += same.powi(3) - same;
        at = end;
    }
    let (one, other, both) = (first.len() as f64, second.len() as f64, all.len() as f64);
    let above = ranks - one * (one + 1.0) / 2.0;
    let spread = (one * other / 12.0 * (both + 1.0 - ties / (both * (both - 1.0)))).sqrt();
    if spread > 0.0 { (above - one * other / 2.0) / spread } else { 0.0 }
}

/// Seconds that an answer takes, with what is planted.
async fn timed(client: &Client, ask: &Ask, planted: Duration) -> f64 {
    let begun = Instant::now();
    answered(client, ask).await;
    let until = Instant::now() + planted;
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    begun.elapsed().as_secs_f64()
}

/// How far right guesses stand out from wrong ones, in so many pairs.
async fn compared(client: &Client, (right, wrong): (&Ask, &Ask), (pairs, planted): (usize, Duration)) -> f64 {
    let (mut rights, mut wrongs) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
    for nth in 0..pairs + pairs / 10 {
        let right_first: bool = rand::rng().random();
        for is_right in [right_first, !right_first] {
            let (ask, planted) = if is_right { (right, planted) } else { (wrong, Duration::ZERO) };
            let time = timed(client, ask, planted).await;
            // The first answers warm whatever can be warmed.
            if nth >= pairs / 10 {
                if is_right { rights.push(time) } else { wrongs.push(time) }
            }
        }
    }
    standing_out(&rights, &wrongs)
}

async fn the_time_of_an_answer_tells_no_hidden_number(backend: Backend) {
    let pairs =
        std::env::var("KEZHI_TEST_TIMING").ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let (place, world) = made(backend).await;
    let server = TestServer::on(place).await;
    let hidden: i64 = 48_213;
    hide(&server, &world, hidden).await;
    let attacker = server.sign_in("wu").await;
    let guess = |channel: fn(&World, i64) -> Ask| (channel(&world, hidden), channel(&world, hidden + 1));

    // The control: what is planted is found, by the same questions and the same judge.
    let control = if pairs > 0 { (pairs, LEAK) } else { FEW };
    let (right, wrong) = guess(CHANNELS[0].1);
    let found = compared(&attacker, (&right, &wrong), control).await;
    assert!(found > CHANCE, "a planted leak of {:?} is not found: {found:.1}", control.1);
    if pairs == 0 {
        return;
    }
    let mut leaking = Vec::new();
    for (name, channel) in CHANNELS {
        let (right, wrong) = guess(channel);
        let mut stood_out = Vec::new();
        while stood_out.len() < TIMES {
            let out = compared(&attacker, (&right, &wrong), (pairs, Duration::ZERO)).await;
            stood_out.push(out);
            if out.abs() <= CHANCE {
                break;
            }
        }
        eprintln!("{name}: {stood_out:.1?} standard deviations from chance, {pairs} pairs");
        if stood_out.len() == TIMES && stood_out.iter().all(|out| out.abs() > CHANCE) {
            leaking.push(format!("{name}: {stood_out:.1?}"));
        }
    }
    assert!(leaking.is_empty(), "the time of answers tells a hidden number: {leaking:#?}");
}

/// Gives what the attacker may not see the number that they look for.
async fn hide(server: &TestServer, world: &World, hidden: i64) {
    let admin = server.sign_in("admin").await;
    let cost = format!("{hidden}.00");
    let own = json!({ "cost": cost, "contract_no": format!("HT-{hidden}") });
    admin.patch(&path_of("customer", &json!(world.own)), &own).await.expect(200);
    let theirs = json!({ "staff": hidden, "cost": cost });
    admin.patch(&path_of("customer", &json!(world.foreign)), &theirs).await.expect(200);
}

#[test]
fn ranks_tell_a_shift_and_nothing_where_there_is_none() {
    let even: Vec<f64> = (0..200).map(f64::from).collect();
    assert!(standing_out(&even, &even).abs() < 1e-9);
    let later: Vec<f64> = even.iter().map(|time| time + 100.0).collect();
    assert!(standing_out(&later, &even) > 8.0 && standing_out(&even, &later) < -8.0);
    // By hand: ranks 1 and 3 of four, no ties; U = 1, its mean 2, its spread the root of 5/3.
    let by_hand = standing_out(&[1.0, 3.0], &[2.0, 4.0]);
    assert!((by_hand + 1.0 / (5.0_f64 / 3.0).sqrt()).abs() < 1e-9, "{by_hand}");
    // All the same: nothing stands out, and nothing is divided by nothing.
    assert!(standing_out(&[1.0; 5], &[1.0; 5]).abs() < 1e-9);
}
