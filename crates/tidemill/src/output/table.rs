//! Tables, as wide as the terminal.

use comfy_table::{Cell as Field, ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::terminal;

/// How a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// As it is.
    Text,
    /// RFC 3339 to the minute, without `T` and zone.
    Time,
    /// A number of bytes, with a unit.
    Bytes,
    /// The seconds between two times: `started_at` and `ended_at`.
    Duration,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What stands above.
    pub head: &'static str,
    /// The field, with dots into maps.
    pub field: &'static str,
    /// How it is shown.
    pub cell: Cell,
}

impl Column {
    /// A column of text.
    pub const fn text(head: &'static str, field: &'static str) -> Self {
        Self {
            head,
            field,
            cell: Cell::Text,
        }
    }

    /// A column of times.
    pub const fn time(head: &'static str, field: &'static str) -> Self {
        Self {
            head,
            field,
            cell: Cell::Time,
        }
    }

    /// A column of bytes.
    pub const fn bytes(head: &'static str, field: &'static str) -> Self {
        Self {
            head,
            field,
            cell: Cell::Bytes,
        }
    }

    /// The column of how long something took.
    pub const fn duration() -> Self {
        Self {
            head: "duration",
            field: "started_at",
            cell: Cell::Duration,
        }
    }
}

/// A table of rows. Columns that are empty throughout are left out, except the first.
pub fn of(rows: &[Value], columns: &[Column]) -> String {
    let texts: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| cell(row, column)).collect())
        .collect();
    let kept: Vec<usize> = (0..columns.len())
        .filter(|at| *at == 0 || rows.is_empty() || texts.iter().any(|row| !row[*at].is_empty()))
        .collect();
    let heads = kept.iter().map(|at| columns[*at].head.to_owned()).collect();
    let rows = texts
        .iter()
        .map(|row| kept.iter().map(|at| row[*at].clone()).collect())
        .collect();
    draw(heads, rows)
}

/// A table of any value: a list of maps by their keys, a map as its fields below each other, anything else as one column.
pub fn any(value: &Value) -> String {
    let rows: Vec<&Value> = match value {
        Value::Null => return String::new(),
        Value::Object(fields) => return one(fields),
        Value::Array(rows) => rows.iter().collect(),
        other => vec![other],
    };
    let mut heads: Vec<String> = Vec::new();
    for row in &rows {
        for key in row.as_object().into_iter().flatten().map(|(key, _)| key) {
            if !heads.contains(key) {
                heads.push(key.clone());
            }
        }
    }
    if heads.is_empty() {
        let rows = rows.iter().map(|row| vec![plain(row)]).collect();
        return draw(vec!["result".to_owned()], rows);
    }
    // Maps and lists make no readable cell; JSON and YAML show them.
    heads.retain(|head| {
        rows.iter().any(|row| {
            row.get(head)
                .is_some_and(|value| !value.is_object() && !value.is_array())
        })
    });
    let rows = rows.iter().map(|row| {
        heads
            .iter()
            .map(|head| row.get(head).map(plain).unwrap_or_default())
            .collect()
    });
    let rows = rows.collect();
    draw(heads, rows)
}

/// The fields of one thing that say something.
fn one(fields: &serde_json::Map<String, Value>) -> String {
    let said = fields
        .iter()
        .map(|(field, value)| vec![field.clone(), plain(value)]);
    draw(
        vec!["field".to_owned(), "value".to_owned()],
        said.filter(|row| !row[1].is_empty()).collect(),
    )
}

fn draw(heads: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).force_no_tty();
    let whole: Vec<Option<u16>> = (0..heads.len())
        .map(|at| whole(&heads[at], rows.iter().map(|row| &row[at])))
        .collect();
    let room = terminal::width().filter(|width| {
        let needed: u32 = whole
            .iter()
            .map(|column| u32::from(column.unwrap_or(NARROW) + GAP))
            .sum();
        needed <= u32::from(*width + GAP)
    });
    match room {
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width),
        // Lines that the terminal breaks can still be copied; columns of three letters cannot be read.
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(heads.iter().map(|head| Field::new(head.to_uppercase())));
    for row in rows {
        table.add_row(row.into_iter().map(Field::new));
    }
    for (column, whole) in table.column_iter_mut().zip(&whole) {
        column.set_padding((0, GAP));
        if whole.is_some() {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// Blanks between columns.
const GAP: u16 = 2;
/// The least width in which words are still read.
const NARROW: u16 = 14;
/// Up to so many characters are never broken, nor are names of any length.
const SHORT: usize = 24;

/// The width of a column that is never broken; `None` for one of sentences.
fn whole<'r>(head: &str, cells: impl Iterator<Item = &'r String>) -> Option<u16> {
    let (mut longest, mut sentences) = (head.chars().count(), false);
    for cell in cells {
        let length = cell.chars().count();
        longest = longest.max(length);
        sentences |= length > SHORT && cell.contains(' ');
    }
    (!sentences).then(|| u16::try_from(longest).unwrap_or(u16::MAX / 64))
}

fn cell(row: &Value, column: &Column) -> String {
    let value = at(row, column.field);
    match column.cell {
        Cell::Text => value.map(plain).unwrap_or_default(),
        Cell::Time => value
            .and_then(Value::as_str)
            .map(|text| text.chars().take(16).collect::<String>().replace('T', " "))
            .unwrap_or_default(),
        Cell::Bytes => value.and_then(Value::as_u64).map(bytes).unwrap_or_default(),
        Cell::Duration => duration(row).unwrap_or_default(),
    }
}

fn at<'v>(row: &'v Value, field: &str) -> Option<&'v Value> {
    field.split('.').try_fold(row, |value, part| value.get(part))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // A name with control characters must not move the cursor of whoever lists it.
        Value::String(text) => text.replace(char::is_control, " "),
        Value::Bool(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| format!("{key}={}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Number(number) => number.to_string(),
    }
}

/// As in `1 file`, `2 files`.
pub fn count(number: u64, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// As in `12.3 MB`, in powers of 1000.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.95 {
            return if unit == "B" {
                format!("{count} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

fn duration(row: &Value) -> Option<String> {
    let time = |field| {
        row.get(field)
            .and_then(Value::as_str)?
            .parse::<jiff::Timestamp>()
            .ok()
    };
    let (started, ended) = (time("started_at")?, time("ended_at")?);
    Some(seconds(
        (ended.as_millisecond() - started.as_millisecond()).max(0) as f64 / 1000.0,
    ))
}

/// As in `0.4 s`, `42 s`, `3 min 4 s`, `2 h 5 min`.
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 9.95 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_and_seconds_have_units() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_999, "1.0 MB"),
            (12_345_678, "12.3 MB"),
        ] {
            assert_eq!(bytes(count), text);
        }
        for (given, text) in [
            (0.04, "0.0 s"),
            (9.9, "9.9 s"),
            (59.4, "59 s"),
            (61.0, "1 min 1 s"),
            (7500.0, "2 h 5 min"),
        ] {
            assert_eq!(seconds(given), text);
        }
    }

    #[test]
    fn names_are_never_broken() {
        let cells = |text: &str| vec![text.to_owned()];
        assert_eq!(
            whole("name", cells("a_very_long_name_of_a_job_1234567890").iter()),
            Some(36)
        );
        assert_eq!(
            whole("description", cells("words that go on and on and on").iter()),
            None
        );
        assert_eq!(whole("created", cells("2026-01-01 00:00").iter()), Some(16));
    }

    #[test]
    fn a_table_shows_what_there_is() {
        let rows = [
            json!({"name": "a", "size_bytes": 1500, "tags": {"k": "v"}}),
            json!({"name": "b"}),
        ];
        let columns = [
            Column::text("name", "name"),
            Column::bytes("size", "size_bytes"),
            Column::text("gone", "gone"),
        ];
        assert_eq!(of(&rows, &columns), "NAME  SIZE\na     1.5 kB\nb\n");
        assert_eq!(any(&json!(["x"])), "RESULT\nx\n");
        assert_eq!(any(&json!(["\u{1b}[2Jx"])), "RESULT\n [2Jx\n");
        assert_eq!(
            any(&rows[0]),
            "FIELD       VALUE\nname        a\nsize_bytes  1500\ntags        k=v\n"
        );
    }
}
