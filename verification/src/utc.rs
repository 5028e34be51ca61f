//! Times for people.

/// UTC milliseconds since 1970 as `2026-03-12 01:00:02.000 UTC`.
pub(crate) fn utc(time_ms: u64) -> String {
    let (day, in_day_ms) = (time_ms / 86_400_000, time_ms % 86_400_000);
    let (year, month, day) = civil(day);
    let (hours, minutes) = (in_day_ms / 3_600_000, in_day_ms / 60_000 % 60);
    let (seconds, ms) = (in_day_ms / 1000 % 60, in_day_ms % 1000);
    format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}.{ms:03} UTC")
}

/// Year, month and day of a day since 1970-01-01, by counting in eras of 400 years that begin in March, so
/// that the leap day is the last day of a year.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days.saturating_add(719_468);
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let leap_days = (of_era / 1_460)
        .saturating_sub(of_era / 36_524)
        .saturating_add(of_era / 146_096);
    let year_of_era = of_era.saturating_sub(leap_days) / 365;
    let before = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era / 4)
        .saturating_sub(year_of_era / 100);
    let of_year = of_era.saturating_sub(before);
    let march_month = of_year.saturating_mul(5).saturating_add(2) / 153;
    let first = march_month.saturating_mul(153).saturating_add(2) / 5;
    let day = of_year.saturating_sub(first).saturating_add(1);
    let (month, next_year) = match march_month {
        0..=9 => (march_month.saturating_add(3), 0),
        _ => (march_month.saturating_sub(9), 1),
    };
    let year = era.saturating_mul(400).saturating_add(year_of_era);
    (year.saturating_add(next_year), month, day)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn days_of_note() {
        assert_eq!(utc(0), "1970-01-01 00:00:00.000 UTC");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00.000 UTC");
        assert_eq!(utc(951_868_799_999), "2000-02-29 23:59:59.999 UTC");
        assert_eq!(utc(1_772_413_200_000), "2026-03-02 01:00:00.000 UTC");
        assert_eq!(utc(4_107_542_400_000), "2100-03-01 00:00:00.000 UTC");
        assert_eq!(utc(253_402_300_799_999), "9999-12-31 23:59:59.999 UTC");
    }
}
