//! `extract_columns_from_partition_format`: columns whose values stand in the path of a file, such as
//! `/{Department}/{Day:yyyy/MM/dd}/data.csv`.

use arrow_schema::{DataType, Field, TimeUnit};
use chrono::NaiveDate;
use datafusion::common::ScalarValue;
use regex::Regex;

/// A format, ready to be applied to paths.
#[derive(Debug)]
pub(super) struct PartitionFormat {
    text: String,
    pattern: Regex,
    /// What each group of the pattern gives, and to which column.
    groups: Vec<(usize, Unit)>,
    columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Text,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

const UNITS: [(&str, Unit); 6] = [
    ("yyyy", Unit::Year),
    ("MM", Unit::Month),
    ("dd", Unit::Day),
    ("HH", Unit::Hour),
    ("mm", Unit::Minute),
    ("ss", Unit::Second),
];

impl PartitionFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut found = Self {
            text: text.to_owned(),
            pattern: Regex::new("").map_err(|error| error.to_string())?,
            groups: Vec::new(),
            columns: Vec::new(),
        };
        let mut pattern = String::from("(?:^|/)");
        let mut rest = text.trim_start_matches('/');
        while let Some(letter) = rest.chars().next() {
            if letter == '{' {
                let end = rest.find('}').ok_or("a brace is not closed")?;
                found.column(&rest[1..end], &mut pattern)?;
                rest = &rest[end + 1..];
                continue;
            }
            match letter {
                '*' => pattern += "[^/]*",
                other => pattern += &regex::escape(&other.to_string()),
            }
            rest = &rest[letter.len_utf8()..];
        }
        if found.columns.is_empty() {
            return Err("no column is named in it, as in `/{department}/{day:yyyy/MM/dd}/data.csv`".into());
        }
        for (at, name) in found.columns.iter().enumerate() {
            let units: Vec<Unit> = found
                .groups
                .iter()
                .filter(|group| group.0 == at)
                .map(|group| group.1)
                .collect();
            if units[0] != Unit::Text && !units.contains(&Unit::Year) {
                return Err(format!("the date `{name}` has no year (yyyy)"));
            }
        }
        // What lies deeper than the format says is part of the same partition.
        pattern += "(?:/.*)?$";
        found.pattern = Regex::new(&pattern).map_err(|error| error.to_string())?;
        Ok(found)
    }

    fn column(&mut self, said: &str, pattern: &mut String) -> Result<(), String> {
        let (name, format) = match said.split_once(':') {
            Some((name, format)) => (name.trim(), Some(format.trim())),
            None => (said.trim(), None),
        };
        if name.is_empty() {
            return Err("a column in it has no name".into());
        }
        let known = self.columns.iter().position(|own| own == name);
        let column = known.unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        });
        let Some(mut format) = format else {
            if known.is_some() {
                return Err(format!("the column `{name}` stands in it twice"));
            }
            self.groups.push((column, Unit::Text));
            *pattern += "([^/]+?)";
            return Ok(());
        };
        let mut units = 0;
        while let Some(letter) = format.chars().next() {
            if let Some((word, unit)) = UNITS.iter().find(|(word, _)| format.starts_with(word)) {
                if self.groups.contains(&(column, *unit)) || self.groups.contains(&(column, Unit::Text)) {
                    return Err(format!("`{word}` stands twice in the date `{name}`"));
                }
                self.groups.push((column, *unit));
                *pattern += &format!(r"(\d{{{}}})", word.len());
                format = &format[word.len()..];
                units += 1;
            } else if letter.is_ascii_alphabetic() {
                return Err(format!(
                    "`{format}` in the date `{name}` is none of yyyy, MM, dd, HH, mm, ss"
                ));
            } else {
                *pattern += &regex::escape(&letter.to_string());
                format = &format[letter.len_utf8()..];
            }
        }
        if units == 0 {
            return Err(format!("the date `{name}` says none of yyyy, MM, dd, HH, mm, ss"));
        }
        Ok(())
    }

    /// The columns that it gives.
    pub(super) fn fields(&self) -> Vec<Field> {
        let is_text = |column| self.groups.contains(&(column, Unit::Text));
        let field = |(at, name): (usize, &String)| {
            let data_type = match is_text(at) {
                true => DataType::Utf8,
                false => DataType::Timestamp(TimeUnit::Microsecond, None),
            };
            Field::new(name, data_type, true)
        };
        self.columns.iter().enumerate().map(field).collect()
    }

    /// The values for a path.
    ///
    /// # Errors
    /// The path does not have the format.
    pub(super) fn values(&self, path: &str) -> Result<Vec<ScalarValue>, String> {
        let lacking = || format!("the path `{path}` does not have the format `{}`", self.text);
        let found = self.pattern.captures(path).ok_or_else(lacking)?;
        let text = |group: usize| found.get(group + 1).map_or("", |found| found.as_str());
        let value = |column: usize| -> Result<ScalarValue, String> {
            let unit = |wanted: Unit| {
                let group = self.groups.iter().position(|group| *group == (column, wanted))?;
                Some(text(group))
            };
            if let Some(text) = unit(Unit::Text) {
                return Ok(ScalarValue::Utf8(Some(text.to_owned())));
            }
            let number = |wanted: Unit, default: u32| {
                unit(wanted).map_or(default, |digits| digits.parse().unwrap_or(u32::MAX))
            };
            let year = i32::try_from(number(Unit::Year, 1)).ok();
            let date = year
                .and_then(|year| NaiveDate::from_ymd_opt(year, number(Unit::Month, 1), number(Unit::Day, 1)));
            let time = date.and_then(|date| {
                date.and_hms_opt(
                    number(Unit::Hour, 0),
                    number(Unit::Minute, 0),
                    number(Unit::Second, 0),
                )
            });
            let time = time.ok_or_else(|| format!("there is no such date in the path `{path}`"))?;
            Ok(ScalarValue::TimestampMicrosecond(
                Some(time.and_utc().timestamp_micros()),
                None,
            ))
        };
        (0..self.columns.len()).map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(format: &str, path: &str) -> Result<Vec<String>, String> {
        let values = PartitionFormat::parse(format)?.values(path)?;
        Ok(values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_are_read_from_paths() {
        let moment = |text: &str| {
            let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time");
            time.and_utc().timestamp_micros().to_string()
        };
        assert_eq!(
            values(
                "/{Department}/{Day:yyyy/MM/dd}/data.csv",
                "Accounts/2019/01/31/data.csv"
            ),
            Ok(vec!["Accounts".into(), moment("2019-01-31 00:00")])
        );
        // The names of files may be anything where the format ends with a folder.
        assert_eq!(
            values(
                "{timestamp:yyyy/MM/dd/HH/mm}",
                "raw/2020/02/03/04/05/part-0.parquet"
            ),
            Ok(vec![moment("2020-02-03 04:05")])
        );
        assert_eq!(
            values("{Store}/{Brand}/{file_name}.{extension}", "1002/dominicks/a.csv"),
            Ok(vec!["1002".into(), "dominicks".into(), "a".into(), "csv".into()])
        );
        assert_eq!(
            values("year={day:yyyy}/month={day:MM}/*.csv", "year=2020/month=07/x.csv"),
            Ok(vec![moment("2020-07-01 00:00")])
        );
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let why = |format: &str, path: &str| values(format, path).expect_err("is refused");
        assert!(why("/{a}/data.csv", "x/other.csv").contains("`x/other.csv`"));
        assert!(why("{d:yyyy/MM}", "2020/13/x.csv").contains("no such date"));
        assert!(why("{d:MM}", "").contains("no year"));
        assert!(why("{d:yyyy/QQ}", "").contains("`QQ`"));
        assert!(why("{a", "").contains("not closed"));
        assert!(why("data.csv", "").contains("no column"));
    }
}
