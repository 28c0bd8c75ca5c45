//! Moments: `dateTimeAdd`, `dateTimeToEpoch`, `dateTimeFromEpoch`, and how `utcNow` writes one. Formats are .NET's, custom ones and
//! the standard ones of one letter that templates use; all moments are UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::{ArmError, Result, count, int_arg, text_arg, told};

/// As Azure writes a moment where no format is given.
const COMPACT: &str = "yyyyMMddTHHmmssZ";

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "datetimeadd" => add(args),
        "datetimetoepoch" => count(args, 1, 1).and_then(|()| {
            let moment = read(text_arg(args, 0)?)?;
            Ok(Value::from(utc(moment)?.as_second()))
        }),
        "datetimefromepoch" => count(args, 1, 1).and_then(|()| {
            let moment = Timestamp::from_second(int_arg(args, 0)?)
                .map_err(|_| ArmError::new("the number is beyond the years that there are"))?;
            told(written(
                moment.to_zoned(TimeZone::UTC).datetime(),
                "yyyy-MM-ddTHH:mm:ssZ",
            )?)
        }),
        _ => return None,
    })
}

/// `utcNow`, of a moment in UTC milliseconds.
pub(in crate::arm) fn utc_now(now_ms: i64, args: &[Value]) -> Result<Value> {
    count(args, 0, 1)?;
    let format = match args {
        [] => COMPACT,
        _ => text_arg(args, 0)?,
    };
    let moment = Timestamp::from_millisecond(now_ms)
        .map_err(|_| ArmError::new("utcNow(): the time is beyond the years that there are"))?;
    told(written(moment.to_zoned(TimeZone::UTC).datetime(), format)?)
}

fn add(args: &[Value]) -> Result<Value> {
    count(args, 2, 3)?;
    let base = text_arg(args, 0)?;
    let span = text_arg(args, 1)?;
    let span: Span = Some(span)
        .filter(|span| span.trim_start_matches(['-', '+']).starts_with('P'))
        .and_then(|span| span.parse().ok())
        .ok_or_else(|| {
            ArmError::new(format!(
                "`{span}` is no duration of ISO 8601, such as P3Y or -PT5M"
            ))
        })?;
    let moment = read(base)?
        .checked_add(span)
        .map_err(|_| ArmError::new("the moment is beyond the years that there are"))?;
    // Without a format it is written as it was.
    let format = match (args.get(2), base.contains('-'), base.contains('T')) {
        (Some(_), ..) => text_arg(args, 2)?,
        (None, false, _) => COMPACT,
        (None, true, true) => "yyyy-MM-ddTHH:mm:ssZ",
        (None, true, false) => "yyyy-MM-dd HH:mm:ssZ",
    };
    told(written(moment, format)?)
}

fn read(text: &str) -> Result<DateTime> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.to_zoned(TimeZone::UTC).datetime());
    }
    text.parse::<DateTime>()
        .map_err(|_| ArmError::new(format!("`{text}` is no moment, such as 2026-07-01T10:00:00Z")))
}

fn utc(moment: DateTime) -> Result<Timestamp> {
    let zoned = moment
        .to_zoned(TimeZone::UTC)
        .map_err(|_| ArmError::new("the moment is beyond the years that there are"))?;
    Ok(zoned.timestamp())
}

/// Writes a moment in a format of .NET, in its invariant culture.
fn written(moment: DateTime, format: &str) -> Result<String> {
    let format = match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "m" | "M" => "MMMM dd",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffZ",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        "y" | "Y" => "yyyy MMMM",
        custom if custom.chars().count() == 1 => {
            return Err(ArmError::new(format!("`{custom}` is no format of a moment")));
        }
        custom => custom,
    };
    let mut out = String::new();
    let mut signs = format.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' | '"' => out.extend(signs.by_ref().take_while(|inner| *inner != sign)),
            '\\' => out.extend(signs.next()),
            '%' => {}
            'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'f' | 't' | 'z' => {
                let mut many = 1;
                while signs.next_if_eq(&sign).is_some() {
                    many += 1;
                }
                out.push_str(&part(moment, sign, many));
            }
            'K' => out.push('Z'),
            plain => out.push(plain),
        }
    }
    Ok(out)
}

fn part(moment: DateTime, sign: char, many: usize) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let padded = |number: i64| format!("{number:0width$}", width = many.min(2));
    let named = |name: &str| match many {
        3 => name.chars().take(3).collect(),
        _ => name.to_owned(),
    };
    match (sign, many) {
        ('y', 1 | 2) => padded(i64::from(moment.year()) % 100),
        // A width that nobody means is no width that can be written.
        ('y', _) => format!("{:0width$}", moment.year(), width = many.min(16)),
        ('M', 3..) => named(MONTHS[usize::from(moment.month().unsigned_abs()) - 1]),
        ('M', _) => padded(moment.month().into()),
        ('d', 3..) => named(DAYS[usize::from(moment.weekday().to_monday_zero_offset().unsigned_abs())]),
        ('d', _) => padded(moment.day().into()),
        ('H', _) => padded(moment.hour().into()),
        ('h', _) => padded((i64::from(moment.hour()) + 11) % 12 + 1),
        ('m', _) => padded(moment.minute().into()),
        ('s', _) => padded(moment.second().into()),
        ('f', _) => format!("{:09}", moment.subsec_nanosecond())
            .chars()
            .take(many)
            .collect(),
        ('t', _) => {
            let half = if moment.hour() < 12 { "AM" } else { "PM" };
            half.chars().take(many).collect()
        }
        ('z', 1) => "+0".to_owned(),
        ('z', 2) => "+00".to_owned(),
        _ => "+00:00".to_owned(),
    }
}
