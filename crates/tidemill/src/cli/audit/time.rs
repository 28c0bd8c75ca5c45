//! Times as people give them: a moment, or how long ago.

use std::time::SystemTime;

/// UTC milliseconds of `2026-07-01T08:00Z`, `2026-07-01` or `2d`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn milliseconds(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC);
        return Ok(midnight
            .map_err(|error| error.to_string())?
            .timestamp()
            .as_millisecond());
    }
    let ago = humantime::parse_duration(text).map_err(|_| {
        "write a time such as 2026-07-01T08:00Z, a date, or how long ago, such as 2d".to_owned()
    })?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.saturating_sub(ago).as_millis()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_a_date_or_how_long_ago() {
        assert_eq!(milliseconds("1970-01-01T00:00:01Z"), Ok(1000));
        assert_eq!(milliseconds("1970-01-02"), Ok(86_400_000));
        assert!(milliseconds("2d").is_ok_and(|ms| ms < milliseconds("1d").unwrap_or(0)));
        assert!(milliseconds("soon").is_err());
    }
}
