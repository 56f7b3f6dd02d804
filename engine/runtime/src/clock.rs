//! The one place that reads the wall clock. A demo, a trial and a scenario have a clock that can be moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use kezhi_types::Timestamp;

/// Tells the time. Clones share one clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Hands>);

#[derive(Debug)]
enum Hands {
    /// The wall clock moved by so many milliseconds.
    Wall(AtomicI64),
    /// Stands still until it is moved.
    Virtual(AtomicI64),
}

impl Clock {
    /// The wall clock, moved by `offset` milliseconds (0 for production).
    pub fn wall(offset: i64) -> Self {
        Self(Arc::new(Hands::Wall(AtomicI64::new(offset))))
    }

    /// A clock that stands at `start` until it is moved.
    pub fn standing_at(start: Timestamp) -> Self {
        Self(Arc::new(Hands::Virtual(AtomicI64::new(start.0))))
    }

    /// The instant.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Hands::Wall(offset) => Timestamp(wall_millis().saturating_add(offset.load(Ordering::Relaxed))),
            Hands::Virtual(now) => Timestamp(now.load(Ordering::Relaxed)),
        }
    }

    /// The instant without what the clock was moved by: for sessions, which belong to the people in front of the screen.
    pub fn unmoved(&self) -> Timestamp {
        match &*self.0 {
            Hands::Wall(_) => Timestamp(wall_millis()),
            Hands::Virtual(_) => self.now(),
        }
    }

    /// Moves the clock forward by `millis`.
    pub fn advance(&self, millis: i64) {
        match &*self.0 {
            Hands::Wall(value) | Hands::Virtual(value) => value.fetch_add(millis, Ordering::Relaxed),
        };
    }
}

fn wall_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
