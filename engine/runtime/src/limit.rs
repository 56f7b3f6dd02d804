//! How often something may be done that tells, a little each time, what somebody may not know.

use std::collections::HashMap;

use kezhi_types::{Id, Timestamp};
use parking_lot::Mutex;

use crate::error::Error;

/// The time within which is counted, in milliseconds.
const WINDOW: i64 = 60_000;

/// What each person has done within a minute. Kept in memory: a restart forgives.
#[derive(Debug, Default)]
pub(crate) struct Limit(Mutex<HashMap<Id, (Timestamp, u32)>>);

/// One of the times that somebody has in a minute. It is given back unless it is kept, so that of many who ask at the same
/// moment no more are told than one after the other.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    limit: &'a Limit,
    who: Id,
    is_kept: bool,
}

impl Limit {
    /// Takes one of `most` times.
    ///
    /// # Errors
    /// [`Error::TooMany`] with the seconds that are left of the minute, where none is left.
    pub fn take(&self, who: Id, most: u32, now: Timestamp) -> Result<Taken<'_>, Error> {
        let mut known = self.0.lock();
        known.retain(|_, (since, _)| now.0 - since.0 < WINDOW);
        let (since, count) = known.entry(who).or_insert((now, 0));
        if *count >= most {
            let left = WINDOW - (now.0 - since.0);
            return Err(Error::TooMany { retry_after: (left / 1000).max(1).cast_unsigned() });
        }
        *count += 1;
        Ok(Taken { limit: self, who, is_kept: false })
    }
}

impl Taken<'_> {
    /// It told something and counts.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        if let Some((_, count)) = self.limit.0.lock().get_mut(&self.who) {
            *count = count.saturating_sub(1);
        }
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
            limit.take(one, 3, now).expect("there is one left").keep();
        }
        let later = now.plus_millis(10_000);
        assert!(matches!(limit.take(one, 3, later), Err(Error::TooMany { retry_after: 50 })));
        assert!(limit.take(other, 3, now).is_ok());
        assert!(limit.take(one, 3, now.plus_millis(WINDOW)).is_ok());
    }

    #[test]
    fn those_who_ask_together_are_told_no_more_and_what_told_nothing_does_not_count() {
        let (one, limit, now) = (Id::new(Timestamp(0)), Limit::default(), Timestamp(1_000_000));
        let together: Vec<_> = (0..5).map(|_| limit.take(one, 3, now)).collect();
        assert_eq!(together.iter().filter(|taken| taken.is_ok()).count(), 3);
        drop(together);
        for _ in 0..5 {
            drop(limit.take(one, 3, now).expect("all were given back"));
        }
    }
}
