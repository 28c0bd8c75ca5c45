//! `convert_column_types`: the values of a column as another type. A value that cannot be one is an error, where Azure's reader
//! would make it a missing one without a word.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit};
use chrono::format::{Parsed, StrftimeItems};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::document::{Columns, columns};
use super::place::{At, Place};
use crate::error::Result;

/// What is read as true and as false where nothing is said.
const TRUE: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];
const FALSE: [&str; 6] = ["false", "f", "no", "n", "off", "0"];

/// A type that a column is converted to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColumnType {
    Int,
    Float,
    /// Texts; a stream is known by its address, which is one.
    Text,
    Flag(Option<Words>),
    Time(Option<Formats>),
}

/// Which texts are true and which are false.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    yes: Vec<String>,
    no: Vec<String>,
    /// What others are; `None`: an error.
    others: Option<bool>,
}

/// How times are written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Formats {
    formats: Vec<String>,
    /// The day of values that are times alone.
    day: Option<NaiveDate>,
}

pub(super) fn conversions(said: &Place<'_>) -> Result<Vec<(At, Columns, ColumnType)>> {
    said.one_or_more()?
        .iter()
        .map(|one| {
            one.only(&["columns", "column_type"])?;
            let which = one
                .get("columns")
                .ok_or_else(|| one.refuse("`columns` is not said"))?;
            let kind = one
                .get("column_type")
                .ok_or_else(|| one.refuse("`column_type` is not said"))?;
            Ok((which.at(), columns(&which)?, column_type(&kind)?))
        })
        .collect()
}

pub(super) fn column_type(said: &Place<'_>) -> Result<ColumnType> {
    let (name, more) = said.single()?;
    let kind = match name.to_ascii_lowercase().as_str() {
        "int" => ColumnType::Int,
        "float" => ColumnType::Float,
        "string" => ColumnType::Text,
        // A stream is shown as its address; whose it is matters to who opens it.
        "stream_info" => return Ok(ColumnType::Text),
        "boolean" => return Ok(ColumnType::Flag(more.as_ref().map(words).transpose()?)),
        "datetime" => return Ok(ColumnType::Time(more.as_ref().map(formats).transpose()?)),
        _ => {
            return Err(said
                .refuse(format!("there is no type `{name}`"))
                .with_hint("int, float, string, boolean, datetime and stream_info are"));
        }
    };
    match more {
        Some(more) => Err(more.refuse("nothing more is said of this type")),
        None => Ok(kind),
    }
}

fn words(said: &Place<'_>) -> Result<Words> {
    said.only(&["true_values", "false_values", "mismatch_as"])?;
    let list = |name: &str| said.get(name).map(|place| place.texts()).transpose();
    let (yes, no) = (list("true_values")?, list("false_values")?);
    if yes.is_some() != no.is_some() {
        return Err(said.refuse("`true_values` and `false_values` are said together, or not at all"));
    }
    let plain = |words: [&str; 6]| words.map(str::to_owned).to_vec();
    let others = said
        .get("mismatch_as")
        .map(|place| place.word(&[("error", None), ("true", Some(true)), ("false", Some(false))]));
    Ok(Words {
        yes: yes.unwrap_or_else(|| plain(TRUE)),
        no: no.unwrap_or_else(|| plain(FALSE)),
        others: others.transpose()?.flatten(),
    })
}

fn formats(said: &Place<'_>) -> Result<Formats> {
    said.only(&["formats", "date_constant"])?;
    let Some(place) = said.get("formats") else {
        return Err(said
            .refuse("`formats` is not said")
            .with_hint("such as \"%d/%m/%Y\""));
    };
    let mut formats = Vec::new();
    for one in place.one_or_more()? {
        // Python's %f is the fraction of a second.
        let format = one.text()?.replace(".%f", "%.f").replace("%f", "%6f");
        if StrftimeItems::new(&format).any(|item| item == chrono::format::Item::Error) {
            return Err(one.refuse("it is no format of times, such as %Y-%m-%d"));
        }
        formats.push(format);
    }
    let day = said.get("date_constant").map(|place| {
        let day = NaiveDate::parse_from_str(&place.text()?, "%Y-%m-%d");
        day.map_err(|_| place.refuse("it is no date, such as 2020-01-31"))
    });
    Ok(Formats {
        formats,
        day: day.transpose()?,
    })
}

impl ColumnType {
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::Flag(_) => DataType::Boolean,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }

    /// True where it is read from what is written rather than from what that was taken for: 007 is a text, 20240131 a day.
    pub(super) fn is_of_text(&self) -> bool {
        !matches!(self, Self::Int | Self::Float)
    }

    /// Whether a column of this type can be converted at all.
    pub(super) fn takes(&self, from: &DataType) -> bool {
        let single =
            from.is_primitive() || from.is_string() || matches!(from, DataType::Boolean | DataType::Null);
        match self {
            Self::Int | Self::Float => single && !from.is_temporal(),
            Self::Time(_) => single && (from.is_string() || from.is_temporal() || from.is_integer()),
            Self::Text | Self::Flag(_) => single,
        }
    }

    /// Converts a column.
    ///
    /// # Errors
    /// The first value that cannot be one of this type, and why.
    pub(super) fn convert(&self, column: &ArrayRef) -> Result<ArrayRef, String> {
        let from = column.data_type();
        match self {
            Self::Int if from.is_floating() => whole(column),
            Self::Int | Self::Float if from.is_string() => self.of_texts(column),
            Self::Time(_) if !from.is_temporal() => self.of_texts(column),
            Self::Flag(_) if *from != DataType::Boolean => self.of_texts(column),
            _ => plain(column, &self.data_type()),
        }
    }

    fn of_texts(&self, column: &ArrayRef) -> Result<ArrayRef, String> {
        let texts = plain(column, &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        Ok(match self {
            Self::Int => Arc::new(each::<i64, Int64Array>(texts, |text| {
                text.parse().map_err(|_| "no whole number")
            })?),
            Self::Float => Arc::new(each::<f64, Float64Array>(texts, |text| {
                text.parse().map_err(|_| "no number")
            })?),
            Self::Flag(words) => Arc::new(each::<bool, BooleanArray>(texts, |text| {
                flag(text, words.as_ref())
            })?),
            Self::Time(formats) => Arc::new(each::<i64, TimestampMicrosecondArray>(texts, |text| {
                let time = match formats {
                    Some(formats) => formats.read(text),
                    // Not by way of nanoseconds, which end in 2262.
                    None => arrow_cast::parse::string_to_datetime(&chrono::Utc, text)
                        .ok()
                        .map(|time| time.timestamp_micros()),
                };
                time.ok_or("no time of the format")
            })?),
            Self::Text => Arc::new(each::<String, StringArray>(texts, |text| Ok(text.to_owned()))?),
        })
    }
}

/// Each text as a value; an empty one is missing.
fn each<T, A: FromIterator<Option<T>>>(
    texts: &StringArray,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<A, String> {
    texts
        .iter()
        .map(|text| {
            let text = text.map(str::trim).filter(|text| !text.is_empty());
            text.map(|text| {
                read(text)
                    .map_err(|what| format!("`{}` is {what}", text.chars().take(60).collect::<String>()))
            })
            .transpose()
        })
        .collect()
}

fn flag(text: &str, words: Option<&Words>) -> Result<bool, &'static str> {
    let what = "neither true nor false";
    match words {
        None => {
            let lower = text.to_ascii_lowercase();
            match (TRUE.contains(&lower.as_str()), FALSE.contains(&lower.as_str())) {
                (true, _) => Ok(true),
                (_, true) => Ok(false),
                _ => Err(what),
            }
        }
        Some(words) if words.yes.iter().any(|word| word == text) => Ok(true),
        Some(words) if words.no.iter().any(|word| word == text) => Ok(false),
        Some(words) => words.others.ok_or(what),
    }
}

impl Formats {
    /// A time in microseconds, by the first format that fits.
    fn read(&self, text: &str) -> Option<i64> {
        self.formats.iter().find_map(|format| {
            let mut parsed = Parsed::new();
            chrono::format::parse(&mut parsed, text, StrftimeItems::new(format)).ok()?;
            if let Ok(with_zone) = parsed.to_datetime() {
                return Some(with_zone.timestamp_micros());
            }
            let time = parsed.to_naive_time();
            let date = match parsed.to_naive_date() {
                Ok(date) => Some(date),
                // A month is its first day.
                Err(_) if parsed.year().is_some() => NaiveDate::from_ymd_opt(
                    parsed.year()?,
                    parsed.month().unwrap_or(1),
                    parsed.day().unwrap_or(1),
                ),
                Err(_) => self.day,
            };
            let whole = NaiveDateTime::new(date?, time.unwrap_or(NaiveTime::MIN));
            Some(whole.and_utc().timestamp_micros())
        })
    }
}

fn whole(column: &ArrayRef) -> Result<ArrayRef, String> {
    let numbers = plain(column, &DataType::Float64)?;
    let read = |value: Option<f64>| match value {
        Some(value) if value.is_nan() => Ok(None),
        Some(value) if value.fract() == 0.0 && value.abs() < 9.2e18 => Ok(Some(value as i64)),
        Some(value) => Err(format!("`{value}` is no whole number")),
        None => Ok(None),
    };
    let numbers = numbers.as_primitive::<Float64Type>();
    Ok(Arc::new(
        numbers.iter().map(read).collect::<Result<Int64Array, _>>()?,
    ))
}

fn plain(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(column, to, &options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use arrow_cast::display::array_value_to_string;

    use super::*;

    fn converted(to: &ColumnType, values: ArrayRef) -> Result<Vec<String>, String> {
        let found = to.convert(&values)?;
        assert_eq!(found.data_type(), &to.data_type());
        let shown = |row| match found.is_null(row) {
            true => "-".to_owned(),
            false => array_value_to_string(&found, row).expect("shown"),
        };
        Ok((0..found.len()).map(shown).collect())
    }

    fn texts(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn values_become_others() {
        assert_eq!(
            converted(&ColumnType::Int, texts(&["1", " -2 ", ""])),
            Ok(vec!["1".into(), "-2".into(), "-".into()])
        );
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(3.0), None, Some(f64::NAN)]));
        assert_eq!(
            converted(&ColumnType::Int, numbers),
            Ok(vec!["3".into(), "-".into(), "-".into()])
        );
        assert_eq!(
            converted(&ColumnType::Float, texts(&["1e3"])),
            Ok(vec!["1000.0".into()])
        );
        assert_eq!(
            converted(&ColumnType::Text, Arc::new(Int64Array::from(vec![7]))),
            Ok(vec!["7".into()])
        );
        assert_eq!(
            converted(&ColumnType::Flag(None), texts(&["Yes", "0", ""])),
            Ok(vec!["true".into(), "false".into(), "-".into()])
        );
        let words = |others| {
            ColumnType::Flag(Some(Words {
                yes: vec!["ja".into()],
                no: vec!["nein".into()],
                others,
            }))
        };
        assert_eq!(
            converted(&words(Some(false)), texts(&["ja", "nein", "?"])),
            Ok(vec!["true".into(), "false".into(), "false".into()])
        );
        assert_eq!(
            converted(&words(None), texts(&["ja", "?"])),
            Err("`?` is neither true nor false".into())
        );
        for (value, words) in [
            ("x", "`x` is no whole number"),
            ("1.5", "`1.5` is no whole number"),
        ] {
            assert_eq!(converted(&ColumnType::Int, texts(&[value])), Err(words.into()));
        }
        let half: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        assert_eq!(
            converted(&ColumnType::Int, half),
            Err("`0.5` is no whole number".into())
        );
    }

    #[test]
    fn times_are_read_by_their_formats() {
        let by = |formats: &[&str]| {
            let formats = formats
                .iter()
                .map(|format| format.replace(".%f", "%.f"))
                .collect();
            ColumnType::Time(Some(Formats {
                formats,
                day: NaiveDate::from_ymd_opt(2020, 2, 29),
            }))
        };
        for (formats, value, time) in [
            (&["%d/%m/%Y"][..], "31/01/2024", "2024-01-31T00:00:00"),
            (
                &["%d/%m/%Y", "%Y-%m-%d %H:%M:%S.%f"],
                "2024-01-31 12:00:01.250",
                "2024-01-31T12:00:01.250",
            ),
            (
                &["%b %d %Y %I:%M %p"],
                "Aug 02 2021 03:04 PM",
                "2021-08-02T15:04:00",
            ),
            (
                &["%Y-%m-%dT%H:%M:%S%z"],
                "2021-08-02T03:00:00+0200",
                "2021-08-02T01:00:00",
            ),
            (&["%H:%M"], "07:30", "2020-02-29T07:30:00"),
            (&["%Y-%m"], "2021-05", "2021-05-01T00:00:00"),
            (&["%Y%m%d"], "20240131", "2024-01-31T00:00:00"),
        ] {
            assert_eq!(
                converted(&by(formats), texts(&[value])),
                Ok(vec![time.into()]),
                "{formats:?}"
            );
        }
        assert!(converted(&by(&["%d/%m/%Y"]), texts(&["2024-01-31"])).is_err());
        assert_eq!(
            converted(&ColumnType::Time(None), texts(&["2022-10-01T02:00:00+02:00"])),
            Ok(vec!["2022-10-01T00:00:00".into()])
        );
        // Contracts that never end, and what was long ago.
        assert_eq!(
            converted(
                &ColumnType::Time(None),
                texts(&["9999-12-31", "0800-12-25 06:00:00"])
            ),
            Ok(vec!["9999-12-31T00:00:00".into(), "0800-12-25T06:00:00".into()])
        );
    }
}
