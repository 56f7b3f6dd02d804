//! Identifiers: UUIDv7, so that they sort by the time they were made.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// Names one record, run, task, person or file. In JSON the hyphenated lower-case text of a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl Id {
    /// A new identifier for something that comes into being at `now`, unique without coordination. Those that one
    /// process makes for the same millisecond sort in the order in which they were made.
    pub fn new(now: Timestamp) -> Self {
        let millis = u64::try_from(now.0).unwrap_or(0);
        let random = *Uuid::new_v4().as_bytes();
        // The 12 bits behind the time and the first 30 bits behind the variant count; 32 bits are random.
        let count = counted(millis, u64::from_be_bytes(std::array::from_fn(|index| random[index])));
        let mut tail = [0; 10];
        tail[..2].copy_from_slice(&((count >> 30) as u16).to_be_bytes());
        tail[2..6].copy_from_slice(&((count & 0x3fff_ffff) as u32).to_be_bytes());
        tail[6..].copy_from_slice(&random[12..]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }

    /// The smallest identifier of anything that came into being at `now` or later.
    pub fn first_at(now: Timestamp) -> Self {
        let millis = u64::try_from(now.0).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        Self(Uuid::from_bytes(bytes))
    }

    /// The identifier that follows from an instant and a seed: the same twice, different for different seeds.
    pub fn derived(now: Timestamp, seed: &str) -> Self {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        let hash = seed.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
        let millis = u64::try_from(now.0).unwrap_or(0);
        let random = (hash ^ (hash >> 64)).to_be_bytes();
        let bytes = std::array::from_fn(|index| random[index + 6]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    /// The identifier with these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The identifier of the engine itself when it acts as caller `system`.
    pub const SYSTEM: Self = Self(Uuid::from_u128(1));
}

/// A number of 42 bits, greater each time within a millisecond; it starts anew, at random in the lower half, with
/// another one.
fn counted(millis: u64, random: u64) -> u64 {
    static LAST: Mutex<(u64, u64)> = Mutex::new((0, 0));
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    *last = if last.0 == millis { (millis, last.1 + 1) } else { (millis, random >> 23) };
    last.1
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_one_instant_sort_as_they_were_made() {
        let now = Timestamp(1_771_200_000_123);
        let made: Vec<Id> = (0..10_000).map(|_| Id::new(now)).collect();
        assert!(made.is_sorted_by(|one, other| one < other));
        assert!(made.iter().all(|id| id.0.get_version_num() == 7));
        let (seconds, nanos) = made[9_999].0.get_timestamp().expect("it tells its time").to_unix();
        assert_eq!((seconds, nanos / 1_000_000), (1_771_200_000, 123));
    }
}
