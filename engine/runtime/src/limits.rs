//! How often somebody may do what costs much or carries much away, counted for each person by this process.

use std::collections::{HashMap, VecDeque};

use kezhi_types::{Id, Timestamp};
use parking_lot::Mutex;

/// An hour in milliseconds.
const HOUR: i64 = 3_600_000;

/// What each person did within the last hour.
#[derive(Debug, Default)]
pub(crate) struct Hourly(Mutex<HashMap<Id, VecDeque<Timestamp>>>);

impl Hourly {
    /// Counts one more of somebody's, `most` of which are within an hour; nothing is counted where it is refused.
    ///
    /// # Errors
    /// Seconds until it may be tried again.
    pub fn count(&self, who: Id, now: Timestamp, most: u32) -> Result<(), u64> {
        let mut known = self.0.lock();
        // A clock that was put back makes nobody wait for longer than an hour.
        let recent = |at: &Timestamp| (0..HOUR).contains(&(now.0 - at.0));
        known.retain(|_, times| {
            times.retain(recent);
            !times.is_empty()
        });
        let times = known.entry(who).or_default();
        if times.len() < most as usize {
            times.push_back(now);
            return Ok(());
        }
        let left = times.front().map_or(HOUR, |first| first.0 + HOUR - now.0);
        Err(u64::try_from(left / 1000).unwrap_or(0) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_done_it_often_enough_waits_until_the_first_is_an_hour_old() {
        let (hourly, ann, bob) = (Hourly::default(), Id::new(Timestamp(1)), Id::new(Timestamp(2)));
        assert_eq!(hourly.count(ann, Timestamp(0), 2), Ok(()));
        assert_eq!(hourly.count(ann, Timestamp(60_000), 2), Ok(()));
        assert_eq!(hourly.count(ann, Timestamp(120_000), 2), Err(3481));
        assert_eq!(hourly.count(bob, Timestamp(120_000), 2), Ok(()), "everybody counts alone");
        assert_eq!(hourly.count(ann, Timestamp(HOUR), 2), Ok(()));
        assert_eq!(hourly.count(ann, Timestamp(HOUR), 2), Err(61));
        assert_eq!(hourly.count(ann, Timestamp(-HOUR), 2), Ok(()), "a clock was put back");
    }
}
