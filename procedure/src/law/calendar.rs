//! Civil days. Counting is end date minus start date in the profile's zone: the start day does not count.

use serde::{Deserialize, Deserializer, de};

const DAY_MS: i64 = 86_400_000;

/// A fixed offset from UTC, such as `+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    offset_ms: i64,
}

impl Zone {
    /// Parses `+HH:MM` or `-HH:MM`.
    pub fn parse(text: &str) -> Option<Zone> {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1_i64, rest),
            ("-", rest) => (-1_i64, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        if hours.len() != 2 || minutes.len() != 2 {
            return None;
        }
        let hours: i64 = hours
            .parse()
            .ok()
            .filter(|hours| (0..=14).contains(hours))?;
        let minutes: i64 = minutes
            .parse()
            .ok()
            .filter(|minutes| (0..60).contains(minutes))?;
        let offset_min = hours.checked_mul(60)?.checked_add(minutes)?;
        Some(Zone {
            offset_ms: offset_min.checked_mul(60_000)?.checked_mul(sign)?,
        })
    }

    fn civil_day(self, time_ms: u64) -> i64 {
        let local = i64::try_from(time_ms)
            .unwrap_or(i64::MAX)
            .saturating_add(self.offset_ms);
        local.div_euclid(DAY_MS)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Zone::parse(&text).ok_or_else(|| de::Error::custom("expected an offset such as +08:00"))
    }
}

/// Civil days from `start_ms` to `end_ms` (UTC milliseconds) in `zone`; negative when the end is earlier.
pub fn days_between(zone: Zone, start_ms: u64, end_ms: u64) -> i64 {
    zone.civil_day(end_ms)
        .saturating_sub(zone.civil_day(start_ms))
}
