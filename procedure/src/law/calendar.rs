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

/// The civil date of a moment (UTC milliseconds) in `zone`, as `YYYY-MM-DD`; none behind the year 9999.
pub fn civil_date(zone: Zone, time_ms: u64) -> Option<String> {
    // Counted from 0000-03-01, so that a leap day is the last day of its year; 146 097 days are 400 years.
    let day = zone.civil_day(time_ms).checked_add(719_468)?;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let leap_days = of_era
        .div_euclid(1_460)
        .checked_sub(of_era.div_euclid(36_524))?
        .checked_add(of_era.div_euclid(146_096))?;
    let year_of_era = of_era.checked_sub(leap_days)?.div_euclid(365);
    let before = year_of_era
        .checked_mul(365)?
        .checked_add(year_of_era.div_euclid(4))?
        .checked_sub(year_of_era.div_euclid(100))?;
    let of_year = of_era.checked_sub(before)?;
    // Months from March on have 31, 30, 31, 30, 31 days and again: 153 days are five months.
    let month_from_march = of_year.checked_mul(5)?.checked_add(2)?.div_euclid(153);
    let days_before = month_from_march
        .checked_mul(153)?
        .checked_add(2)?
        .div_euclid(5);
    let date = of_year.checked_sub(days_before)?.checked_add(1)?;
    let (month, later) = match month_from_march {
        0..10 => (month_from_march.checked_add(3)?, 0),
        _ => (month_from_march.checked_sub(9)?, 1),
    };
    let year = era
        .checked_mul(400)?
        .checked_add(year_of_era)?
        .checked_add(later)?;
    (0..=9_999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{date:02}"))
}
