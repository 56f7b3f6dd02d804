//! Schedules: a cron pattern in a time zone, and when it is next due.
//!
//! At a change of the clock: a time that does not exist is due at the first instant after the gap; a time that
//! exists twice is due once, the first time, unless the pattern says every hour or every minute.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use kezhi_types::{Said, Timestamp, said};

/// A cron pattern in a zone.
#[derive(Debug, Clone)]
pub struct SchedulePlan {
    cron: Cron,
    zone: Option<TimeZone>,
}

impl SchedulePlan {
    /// Reads five fields `minute hour day month weekday` and the name of a zone; without one the workspace's counts.
    ///
    /// # Errors
    /// `(member, sentence)`: which of `cron` and `zone` is wrong and why.
    pub fn parse(cron: &str, zone: Option<&str>) -> Result<Self, (&'static str, Said)> {
        let zone = match zone {
            Some(name) => Some(TimeZone::get(name).map_err(|_| ("zone", unknown_zone(name)))?),
            None => None,
        };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|error| {
            ("cron", said!("`{cron}` 不是定时写法：{error}", "`{cron}` is not a schedule: {error}"))
        })?;
        Ok(Self { cron, zone })
    }

    /// The first due instant strictly after `after`; `None` where there is none, as on the 31st of February.
    pub fn next_after(&self, after: Timestamp, workspace: &TimeZone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(workspace);
        let from = after.to_jiff().to_zoned(zone.clone());
        let next = self.cron.find_next_occurrence(&from, false).ok()?;
        Some(Timestamp::from(next.timestamp()))
    }
}

fn unknown_zone(name: &str) -> Said {
    said!(
        "`{name}` 不是时区名，例如 `Asia/Shanghai`",
        "`{name}` is not the name of a time zone such as `Asia/Shanghai`"
    )
}
