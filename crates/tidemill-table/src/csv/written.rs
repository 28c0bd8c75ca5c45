//! Values as people and spreadsheets write them, which arrow-csv takes for texts: decimal commas, thousands in groups, spaces around
//! numbers, and dates in other orders than year, month, day. They are read only where every row that is looked at can mean nothing
//! else: 01/02/2020 is a text, unless another row of its column has a day above 12.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, PrimitiveArray, StringArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As arrow-csv reads them.
    Plain,
    /// Numbers.
    Number(Marks),
    /// Days, and instants where a time follows.
    Day(Order),
}

/// The marks in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    point: u8,
    group: u8,
}

const POINT: Marks = Marks {
    point: b'.',
    group: b',',
};
const COMMA: Marks = Marks {
    point: b',',
    group: b'.',
};

/// The order of a date's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// 31/01/2020, 31.1.2020, 31 Jan 2020.
    DayFirst,
    /// 01/31/2020, Jan 31, 2020.
    MonthFirst,
    /// 2020/01/31.
    YearFirst,
}

/// The times that may follow a date.
const TIMES: [&str; 4] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];

impl Written {
    /// What values, none of them missing, are written as, and their type; `None` where they are texts.
    pub(super) fn of<'v>(
        values: impl Iterator<Item = &'v str> + Clone,
        delimiter: u8,
    ) -> Option<(Self, DataType)> {
        values.clone().next()?;
        whole_beyond(values.clone())
            .or_else(|| numbers(values.clone(), delimiter))
            .or_else(|| days(values))
    }

    /// Whether values of this type can be written so: else a column is read as it stands.
    pub(super) fn fits(self, data_type: &DataType) -> bool {
        match self {
            Self::Plain => true,
            Self::Number(_) => matches!(data_type, DataType::Int64 | DataType::Float64),
            Self::Day(_) => matches!(data_type, DataType::Date32 | DataType::Timestamp(..)),
        }
    }

    /// The values of texts.
    ///
    /// # Errors
    /// As arrow-csv tells of a value of column `at` that is none of the type; `row` counts from one.
    pub(super) fn read(
        self,
        texts: &ArrayRef,
        to: &DataType,
        at: usize,
        row: usize,
    ) -> Result<ArrayRef, ArrowError> {
        let texts = texts.as_string::<i32>();
        Ok(match (self, to) {
            (Self::Number(marks), DataType::Int64) => {
                Arc::new(each::<Int64Type>(texts, to, at, row, |text| {
                    plain(text, marks)?.parse().ok()
                })?)
            }
            (Self::Number(marks), DataType::Float64) => {
                Arc::new(each::<Float64Type>(texts, to, at, row, |text| {
                    plain(text, marks)?.parse().ok()
                })?)
            }
            (Self::Day(order), DataType::Date32) => {
                Arc::new(each::<Date32Type>(texts, to, at, row, |text| {
                    Some(date(text, order)?.num_days_from_ce() - EPOCH)
                })?)
            }
            (Self::Day(order), _) => {
                let micros = each::<TimestampMicrosecondType>(texts, to, at, row, |text| {
                    Some(instant(text, order)?.and_utc().timestamp_micros())
                })?;
                cast(&(Arc::new(micros) as ArrayRef), to)?
            }
            _ => Arc::new(texts.clone()),
        })
    }
}

/// 1970-01-01 as chrono counts days.
const EPOCH: i32 = 719_163;

fn each<T: arrow_array::types::ArrowPrimitiveType>(
    texts: &StringArray,
    to: &DataType,
    at: usize,
    row: usize,
    read: impl Fn(&str) -> Option<T::Native>,
) -> Result<PrimitiveArray<T>, ArrowError> {
    let mut line = row;
    let values = texts.iter().map(|text| {
        line += 1;
        let Some(text) = text else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| {
            let line = line - 1;
            // In the words of arrow-csv, which are told to people in one place.
            ArrowError::ParseError(format!(
                "Error while parsing value '{text}' as type '{to}' for column {at} at line {line}."
            ))
        })
    });
    values.collect()
}

/// Whole numbers from zero on of which one is beyond the signed ones.
fn whole_beyond<'v>(mut values: impl Iterator<Item = &'v str> + Clone) -> Option<(Written, DataType)> {
    let is_whole = |text: &str| (text == "0" || !text.starts_with(['0', '+'])) && text.parse::<u64>().is_ok();
    let beyond = values.clone().any(|text| text.parse::<i64>().is_err());
    (beyond && values.all(is_whole)).then_some((Written::Plain, DataType::UInt64))
}

fn numbers<'v>(values: impl Iterator<Item = &'v str> + Clone, delimiter: u8) -> Option<(Written, DataType)> {
    let all = |marks: Marks| values.clone().all(|text| plain(text, marks).is_some());
    let marks = match (all(POINT), all(COMMA)) {
        (true, false) => POINT,
        (false, true) => COMMA,
        // 1,234 and no other: the file says by its delimiter where it is from.
        (true, true) if delimiter == b',' => POINT,
        (true, true) if delimiter == b';' => COMMA,
        _ => return None,
    };
    // A plus alone is the sign of a telephone number rather than of a number.
    let plus = values.clone().any(|text| text.trim_start().starts_with('+'));
    let signed = |text: &str| text.contains(['-', marks.point as char]);
    if plus && !values.clone().any(signed) {
        return None;
    }
    // Zeros in front are those of a code.
    let is_code = |text: &str| {
        let digits = text.trim().trim_start_matches(['-', '+']).as_bytes();
        digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
    };
    if values.clone().any(is_code) {
        return None;
    }
    let whole = values
        .clone()
        .all(|text| plain(text, marks).is_some_and(|plain| plain.parse::<i64>().is_ok()));
    Some((
        Written::Number(marks),
        if whole { DataType::Int64 } else { DataType::Float64 },
    ))
}

/// A number as Rust reads it: without its groups, which have three digits each, and with a point.
fn plain(text: &str, marks: Marks) -> Option<String> {
    let text = text.trim_matches(' ');
    let (sign, rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (&text[..1], rest),
        None => ("", text),
    };
    let (point, group) = (marks.point as char, marks.group as char);
    let (whole, fraction) = match rest.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (rest, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // An exponent may follow the fraction, and nothing else.
    let has_fraction = |text: &str| match text.split_once(['e', 'E']) {
        Some((before, after)) => digits(before) && digits(after.trim_start_matches(['-', '+'])),
        None => digits(text),
    };
    if fraction.is_some_and(|fraction| !has_fraction(fraction)) {
        return None;
    }
    let mut found = String::with_capacity(text.len());
    found.push_str(sign.trim_start_matches('+'));
    let mut groups = whole.split(group);
    let first = groups.next().filter(|first| digits(first))?;
    found.push_str(first);
    for (at, next) in groups.enumerate() {
        let first_fits = at > 0 || (first.len() <= 3 && !first.starts_with('0'));
        if !first_fits || next.len() != 3 || !digits(next) {
            return None;
        }
        found.push_str(next);
    }
    if let Some(fraction) = fraction {
        found.push('.');
        found.push_str(fraction);
    }
    Some(found)
}

fn days<'v>(values: impl Iterator<Item = &'v str> + Clone) -> Option<(Written, DataType)> {
    let first = values.clone().next()?;
    let separator = first.trim().bytes().find(|byte| !byte.is_ascii_digit());
    let all = |order: Order| values.clone().all(|text| instant(text, order).is_some());
    let order = match (all(Order::DayFirst), all(Order::MonthFirst)) {
        (true, false) => Order::DayFirst,
        (false, true) => Order::MonthFirst,
        // Points stand between a day, a month and a year, in this order.
        (true, true) if separator == Some(b'.') => Order::DayFirst,
        (true, true) => return None,
        (false, false) => all(Order::YearFirst).then_some(Order::YearFirst)?,
    };
    let with_times = values.clone().any(|text| date(text, order).is_none());
    let data_type = if with_times {
        DataType::Timestamp(TimeUnit::Microsecond, None)
    } else {
        DataType::Date32
    };
    Some((Written::Day(order), data_type))
}

/// A day, and nothing behind it.
fn date(text: &str, order: Order) -> Option<NaiveDate> {
    let (date, rest) = leading_date(text.trim_matches(' '), order)?;
    rest.is_empty().then_some(date)
}

/// A day, with a time or without.
fn instant(text: &str, order: Order) -> Option<NaiveDateTime> {
    let (date, rest) = leading_date(text.trim_matches(' '), order)?;
    if rest.is_empty() {
        return Some(date.and_time(NaiveTime::MIN));
    }
    let time = rest.strip_prefix([' ', 'T'])?.trim_start();
    let time = TIMES
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(time, format).ok())?;
    Some(date.and_time(time))
}

/// The day at the beginning of a text, and what follows.
fn leading_date(text: &str, order: Order) -> Option<(NaiveDate, &str)> {
    let (first, rest) = word(text)?;
    let (between, rest) = separator(rest)?;
    let (second, rest) = word(rest)?;
    // Jan 31, 2020
    let comma = order == Order::MonthFirst && first.number().is_none();
    let rest = match comma {
        true => rest.strip_prefix(", ").or_else(|| rest.strip_prefix(' '))?,
        false => rest.strip_prefix(between)?,
    };
    let (third, rest) = word(rest)?;
    let (year, month, day) = match order {
        Order::YearFirst => (first, second, third),
        Order::DayFirst => (third, second, first),
        Order::MonthFirst => (third, first, second),
    };
    let year = year.number().filter(|_| year.0.len() == 4)?;
    let day = day.number().filter(|_| day.0.len() <= 2)?;
    let month = match month.number() {
        Some(number) if month.0.len() <= 2 => number,
        Some(_) => return None,
        None => month.month()?,
    };
    Some((NaiveDate::from_ymd_opt(year as i32, month, day)?, rest))
}

/// What stands between two parts of a date.
fn separator(text: &str) -> Option<(char, &str)> {
    let first = text
        .chars()
        .next()
        .filter(|one| matches!(one, '/' | '.' | '-' | ' '))?;
    Some((first, &text[1..]))
}

/// Digits, or letters.
struct Word<'t>(&'t str);

impl Word<'_> {
    fn number(&self) -> Option<u32> {
        self.0.parse().ok()
    }

    fn month(&self) -> Option<u32> {
        const NAMES: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let lower = self.0.to_ascii_lowercase();
        let at = NAMES
            .iter()
            .position(|name| *name == lower || (lower.len() == 3 && name.starts_with(&lower)));
        at.and_then(|at| u32::try_from(at + 1).ok())
    }
}

fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let bytes = text.as_bytes();
    let digits = bytes.first()?.is_ascii_digit();
    let same = |byte: &u8| {
        if digits {
            byte.is_ascii_digit()
        } else {
            byte.is_ascii_alphabetic()
        }
    };
    let end = bytes.iter().position(|byte| !same(byte)).unwrap_or(bytes.len());
    (end > 0).then(|| (Word(&text[..end]), &text[end..]))
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    fn of(values: &[&str], delimiter: u8) -> Option<(Written, DataType)> {
        Written::of(values.iter().copied(), delimiter)
    }

    fn read(values: &[&str], delimiter: u8) -> Vec<String> {
        let (written, data_type) = of(values, delimiter).unwrap_or_else(|| panic!("{values:?} are texts"));
        let texts: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        let found = match written {
            Written::Plain => cast(&texts, &data_type).expect("is cast"),
            written => written.read(&texts, &data_type, 0, 1).expect("is read"),
        };
        assert_eq!(found.data_type(), &data_type);
        (0..found.len())
            .map(|row| arrow_cast::display::array_value_to_string(&found, row).expect("is shown"))
            .collect()
    }

    #[test]
    fn numbers_as_spreadsheets_write_them() {
        for (values, delimiter, wanted) in [
            (
                &["1,5", "-3,25", "1.234.567,5"][..],
                b';',
                &["1.5", "-3.25", "1234567.5"][..],
            ),
            (&["1,234", "2,345,678", "12"], b',', &["1234", "2345678", "12"]),
            (&["1,234.50", "-12"], b',', &["1234.5", "-12.0"]),
            (&["1,234", "5,678"], b';', &["1.234", "5.678"]),
            (&[" 2", "4 "], b',', &["2", "4"]),
            (&["+3", "-4"], b',', &["3", "-4"]),
            (&["0,125", "12"], b'\t', &["0.125", "12.0"]),
            (&["1,5E3", "2"], b';', &["1500.0", "2.0"]),
            (
                &["18446744073709551615", "0"],
                b',',
                &["18446744073709551615", "0"],
            ),
        ] {
            assert_eq!(read(values, delimiter), wanted, "{values:?}");
        }
        for texts in [
            &["1,234", "5,678"][..],
            &["+4912345", "+4954321"],
            &["007,5", "1,5"],
            &["1,23,4"],
            &["1.2.3"],
            &["12345678901234567890123"],
            &["1 000"],
            &["-"],
            &["00001", "99999999999999999999"],
            &["x"],
        ] {
            assert_eq!(of(texts, b'|'), None, "{texts:?}");
        }
    }

    #[test]
    fn dates_in_the_orders_of_people() {
        for (values, wanted) in [
            (
                &["31/01/2020", "1/12/2019"][..],
                &["2020-01-31", "2019-12-01"][..],
            ),
            (&["01/31/2020", "12/1/2019"], &["2020-01-31", "2019-12-01"]),
            (&["01.02.2020", "03.04.1776"], &["2020-02-01", "1776-04-03"]),
            (&["31-01-2020"], &["2020-01-31"]),
            (&["2020/01/31"], &["2020-01-31"]),
            (&["31 Jan 2020", "1 december 2019"], &["2020-01-31", "2019-12-01"]),
            (&["31-Jan-2020"], &["2020-01-31"]),
            (&["Jan 31, 2020", "Feb 1 2020"], &["2020-01-31", "2020-02-01"]),
            (
                &["1/31/2020 10:00 PM", "2/1/2020"],
                &["2020-01-31T22:00:00", "2020-02-01T00:00:00"],
            ),
            (&["31.12.9999 23:59:59.5"], &["9999-12-31T23:59:59.500"]),
        ] {
            assert_eq!(read(values, b','), wanted, "{values:?}");
        }
        for texts in [
            &["01/02/2020", "03/04/2020"][..],
            &["31/01/2020", "01/31/2020"],
            &["30/02/2020"],
            &["31/01-2020"],
            &["1/1/20"],
            &["31/01/2020x"],
            &["13/13/2020"],
            &["10.0.0.1"],
            &["May 2020"],
        ] {
            assert_eq!(of(texts, b','), None, "{texts:?}");
        }
    }
}
