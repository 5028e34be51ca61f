//! Times as people write them. Inside, all times are UTC milliseconds.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_MS: i64 = 86_400_000;

/// The local clock.
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-12-01 09:30:00 UTC`.
pub fn show(time_ms: u64) -> String {
    let ms = i64::try_from(time_ms).unwrap_or(i64::MAX);
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    let seconds = ms.rem_euclid(DAY_MS) / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Reads `2026-12-01T09:30+08:00` (seconds optional, `Z` for UTC; the offset must be there, so that nobody has
/// to guess it). `None` if it is not that.
pub fn read(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let rest = rest.trim();
    let (clock, offset_min) = match rest.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let sign_at = rest.rfind(['+', '-'])?;
            let (clock, offset) = rest.split_at_checked(sign_at)?;
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let minutes = number(hours)? * 60 + number(minutes)?;
            (
                clock,
                if offset.starts_with('-') {
                    -minutes
                } else {
                    minutes
                },
            )
        }
    };
    let mut clock = clock.trim().splitn(3, ':').map(number);
    let (hour, minute, second) = (
        clock.next()??,
        clock.next()??,
        clock.next().unwrap_or(Some(0))?,
    );
    let days = days_of(year, month, day)?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    let minutes = hour * 60 + minute - offset_min;
    u64::try_from(days * DAY_MS + (minutes * 60 + second) * 1000).ok()
}

fn number(text: &str) -> Option<i64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Days since 1970-01-01 in the Gregorian calendar (years begin in March here, so that leap days come last).
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (march_year, march_month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days =
        march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    let days = march_year * 365 + leap_days + (153 * march_month + 2) / 5 + day - 1 - 719_468;
    (civil(days) == (year, month, day)).then_some(days)
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{read, show};

    #[test]
    fn times_are_read_with_their_offset() {
        assert_eq!(read("1970-01-01T00:00Z"), Some(0));
        assert_eq!(read("2026-12-01T09:30+08:00"), read("2026-12-01 01:30:00Z"));
        assert_eq!(read("2024-02-29T00:00:01-01:00"), Some(1_709_168_401_000));
        assert_eq!(
            read("2026-11-23T19:32:25Z").map(show).as_deref(),
            Some("2026-11-23 19:32:25 UTC")
        );
    }

    #[test]
    fn a_time_without_offset_or_that_does_not_exist_is_refused() {
        for text in [
            "2026-12-01T09:30",
            "2026-02-29T00:00Z",
            "2026-13-01T00:00Z",
            "2026-12-01",
            "2026-12-01T24:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
