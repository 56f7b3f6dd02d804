//! How often something may be done that tells, a little each time, what somebody may not know.

use std::collections::HashMap;

use kezhi_types::{Id, Timestamp};
use parking_lot::Mutex;

use crate::error::Error;

/// The time within which is counted, in milliseconds.
const WINDOW: i64 = 60_000;

/// What each person has done within the last minute. Kept in memory: a restart forgives.
#[derive(Debug, Default)]
pub(crate) struct Limit(Mutex<HashMap<Id, (Timestamp, u32)>>);

impl Limit {
    /// Refuses whoever has reached `most`.
    ///
    /// # Errors
    /// [`Error::TooMany`] with the seconds that are left of the minute.
    pub fn check(&self, who: Id, most: u32, now: Timestamp) -> Result<(), Error> {
        let known = self.0.lock();
        let Some((since, count)) = known.get(&who) else { return Ok(()) };
        let left = WINDOW - (now.0 - since.0);
        if *count < most || left <= 0 {
            return Ok(());
        }
        Err(Error::TooMany { retry_after: (left / 1000).max(1).cast_unsigned() })
    }

    /// Counts one.
    pub fn count(&self, who: Id, now: Timestamp) {
        let mut known = self.0.lock();
        known.retain(|_, (since, _)| now.0 - since.0 < WINDOW);
        known.entry(who).or_insert((now, 0)).1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_reaches_the_limit_waits_and_nobody_else_does() {
        let (one, other) = (Id::new(Timestamp(0)), Id::new(Timestamp(0)));
        let (limit, now) = (Limit::default(), Timestamp(1_000_000));
        for _ in 0..3 {
            assert!(limit.check(one, 3, now).is_ok());
            limit.count(one, now);
        }
        assert!(matches!(
            limit.check(one, 3, now.plus_millis(10_000)),
            Err(Error::TooMany { retry_after: 50 })
        ));
        assert!(limit.check(other, 3, now).is_ok());
        assert!(limit.check(one, 3, now.plus_millis(WINDOW)).is_ok());
    }
}
