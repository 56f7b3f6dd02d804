//! How long work that failed waits before it is tried again: twice as long each time, an hour at most.

use std::collections::BTreeMap;

use kezhi_types::Timestamp;
use parking_lot::Mutex;

/// The longest wait, in milliseconds.
const LONGEST: i64 = 3_600_000;

/// The wait after so many failures, in milliseconds: 2 s after the first one.
pub(crate) fn pause(failures: u32) -> i64 {
    1_000_i64.saturating_mul(1 << failures.min(20)).min(LONGEST)
}

/// What failed and waits, by name, as far as this process knows; forgotten with it.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<BTreeMap<String, (u32, Timestamp)>>);

impl Waiting {
    /// Whether it is not to be tried yet.
    pub fn is_waiting(&self, name: &str, now: Timestamp) -> bool {
        self.0.lock().get(name).is_some_and(|(_, until)| *until > now)
    }

    /// Notes a failure; answers until when it waits.
    pub fn failed(&self, name: &str, now: Timestamp) -> Timestamp {
        let mut all = self.0.lock();
        let failures = all.get(name).map_or(1, |(failures, _)| failures.saturating_add(1));
        let until = now.plus_millis(pause(failures));
        all.insert(name.to_owned(), (failures, until));
        until
    }

    /// Notes that it went well; answers whether it had failed before.
    pub fn went_well(&self, name: &str) -> bool {
        self.0.lock().remove(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_an_hour() {
        let (waiting, now) = (Waiting::default(), Timestamp(0));
        assert!(!waiting.is_waiting("x", now));
        let waits: Vec<i64> = (0..14).map(|_| waiting.failed("x", now).0).collect();
        assert_eq!(waits[..3], [2_000, 4_000, 8_000]);
        assert_eq!(waits[13], LONGEST);
        assert!(waiting.is_waiting("x", now) && !waiting.is_waiting("y", now));
        assert!(waiting.went_well("x") && !waiting.went_well("x"));
    }
}
