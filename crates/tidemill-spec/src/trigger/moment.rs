//! A moment as people write it: with an offset, or as the wall clock of the trigger's time zone shows it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use crate::error::Problem;

/// Gives UTC milliseconds.
pub(super) fn read(text: &str, zone: &TimeZone) -> Result<i64, Problem> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    let wall = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0)))
        .ok()
        .and_then(|wall| zone.to_timestamp(wall).ok());
    wall.map(|moment| moment.as_millisecond()).ok_or_else(|| {
        Problem::new(format!("`{text}` is no moment"))
            .hint("write it as 2026-07-01T10:00:00, with an offset such as +02:00 or Z where it has one")
    })
}
