//! What arrow-csv says went wrong, with the file, the row and the column.

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use arrow_schema::ArrowError;
use regex::Regex;

use super::{CsvTable, Dialect};
use crate::blocks::{self, Block, Records};
use crate::error::Error;

static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bline (\d+)").ok());
static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)Error while parsing value '(.*)' as type '([A-Za-z0-9]+).*' for column (\d+)").ok()
});
static STAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)Error parsing column (\d+) at line \d+: .*timestamp from '(.*?)'").ok()
});
static FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"UTF-8 data for line \d+ and field (\d+)|invalid UTF-8 in field (\d+)").ok()
});
static FIELDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:fields for line \d+, expected|unequal lengths between records on CSV file. Expected) (\d+)(?: records, found| got) (more than )?(\d+)",
    )
    .ok()
});

/// An error of the rows of a block.
pub(super) fn explain(table: &CsvTable, block: &Block, error: &ArrowError) -> Error {
    explain_types(&table.path, &table.dialect, block, error)
}

/// The same, before there is a table.
pub(super) fn explain_types(path: &Path, dialect: &Dialect, block: &Block, error: &ArrowError) -> Error {
    let text = error.to_string();
    let group = |pattern: &LazyLock<Option<Regex>>, at: usize| {
        let found = pattern.as_ref()?.captures(&text)?;
        Some(found.get(at)?.as_str().to_owned())
    };
    let number = |pattern, at| group(pattern, at).and_then(|text| text.parse::<u64>().ok());
    let column = |at: u64| {
        dialect
            .names
            .get(at as usize)
            .cloned()
            .unwrap_or_else(|| format!("{}", at + 1))
    };
    // Lines of a block count from one.
    let line = number(&LINE, 1).unwrap_or(1).max(1);
    let row = row_of(path, dialect, block.offset) + line - 1;
    if let (Some(value), Some(at)) = (group(&VALUE, 1), number(&VALUE, 3)) {
        let shown: String = value.chars().take(60).collect();
        let wanted = group(&VALUE, 2).unwrap_or_default();
        let wanted = match wanted.as_str() {
            "Int64" => "whole number",
            "Float64" => "number",
            "Boolean" => "true or false",
            "Date32" => "date",
            "Timestamp" => "instant",
            other => other,
        };
        return Error::of(path, format!("`{shown}` is no {wanted}"))
            .at_row(row)
            .in_column(column(at));
    }
    if let (Some(at), Some(value)) = (number(&STAMP, 1), group(&STAMP, 2)) {
        let shown: String = value.chars().take(60).collect();
        return Error::of(path, format!("`{shown}` is no instant"))
            .at_row(row)
            .in_column(column(at));
    }
    // Reading counts fields from one, finding out the types from zero.
    let field = number(&FIELD, 1)
        .map(|at| at.saturating_sub(1))
        .or_else(|| number(&FIELD, 2));
    if let Some(at) = field {
        return Error::of(path, "the text is not UTF-8")
            .at_row(row)
            .in_column(column(at))
            .with_hint("name its encoding, as in --encoding windows-1252");
    }
    if let (Some(expected), Some(got)) = (number(&FIELDS, 1), number(&FIELDS, 3)) {
        let more = if group(&FIELDS, 2).is_some() {
            "more than "
        } else {
            ""
        };
        return Error::of(
            path,
            format!("{expected} columns are named, and the row has {more}{got} fields"),
        )
        .at_row(row)
        .with_hint(format!(
            "rows are cut at `{}`; correct the row, or name another delimiter with --delimiter",
            (dialect.delimiter as char).escape_default()
        ));
    }
    Error::of(path, text).at_row(row)
}

/// The row that begins at a byte of a table, as a spreadsheet counts.
pub(super) fn row_at(table: &CsvTable, offset: u64) -> u64 {
    row_of(&table.path, &table.dialect, offset)
}

/// A second look at what came before, for an error alone.
fn row_of(path: &Path, dialect: &Dialect, offset: u64) -> u64 {
    let first = 1 + dialect.above + u64::from(dialect.header);
    let Ok(source) = blocks::open(path, dialect.start, dialect.encoding) else {
        return first;
    };
    let records = Records::Quoted(dialect.delimiter);
    let before = source.take(offset - dialect.start);
    let mut before = blocks::Blocks::new(Box::new(before), dialect.start, records);
    let mut rows = 0;
    while let Ok(Some(block)) = before.next() {
        rows += blocks::count(&block.bytes, records);
    }
    first + rows
}
