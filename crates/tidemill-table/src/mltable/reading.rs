//! How the files of an MLTable are read: `read_delimited` and its kin.

use super::convert::{ColumnType, column_type};
use super::place::{At, Place};
use crate::delta::AsOf;
use crate::error::Result;
use crate::table::{Format, ReadOptions, Texts};

/// The transformations that read.
pub(super) const READERS: [&str; 4] = [
    "read_delimited",
    "read_parquet",
    "read_json_lines",
    "read_delta_lake",
];
/// How Azure calls the column of paths.
const PATH: &str = "Path";

/// How files are read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    said: bool,
    pub(super) options: ReadOptions,
    pub(super) headers: Headers,
    /// The name of the column that says which file a row is from.
    pub(super) path_column: Option<(At, String)>,
    /// The version of a Delta table.
    pub(super) as_of: Option<(At, AsOf)>,
    /// A Delta table is asked for.
    pub(super) delta: bool,
    /// Types that inference is not left to find.
    pub(super) overrides: Vec<(At, Vec<String>, ColumnType)>,
}

/// Which files have a row of names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Headers {
    /// All, and the same.
    #[default]
    Same,
    /// All, and each its own: the table has the columns of all.
    Different,
    /// The first file; its names hold for all.
    First,
    /// None.
    No,
}

impl Reading {
    pub(super) fn is_said(&self) -> bool {
        self.said
    }
}

pub(super) fn read(name: &str, said: Option<&Place<'_>>) -> Result<Reading> {
    let mut reading = Reading {
        said: true,
        ..Reading::default()
    };
    reading.options.format = match name {
        "read_delimited" => Some(Format::Csv),
        "read_json_lines" => Some(Format::Json),
        _ => Some(Format::Parquet),
    };
    if name == "read_delimited" {
        // What Azure takes where nothing is said.
        reading.options.header = Some(true);
        reading.options.delimiter = Some(b',');
        reading.options.unnamed = "Column";
    }
    reading.delta = name == "read_delta_lake";
    let Some(said) = said else { return Ok(reading) };
    match name {
        "read_delimited" => delimited(&mut reading, said)?,
        "read_json_lines" => {
            said.only(&[
                "encoding",
                "invalid_lines",
                "include_path_column",
                "path_column",
                "partition_size",
            ])?;
            if let Some(place) = said.get("invalid_lines") {
                reading.options.drop_invalid = place.word(&[("error", false), ("drop", true)])?;
            }
            reading.options.encoding = encoding(said)?;
        }
        "read_parquet" => said.only(&["include_path_column", "path_column", "partition_size"])?,
        _ => {
            said.only(&["version_as_of", "timestamp_as_of", "include_path_column"])?;
            reading.as_of = as_of(said)?;
        }
    }
    let include = said
        .get("include_path_column")
        .map(|place| place.flag())
        .transpose()?;
    let column = said.get("path_column");
    if include == Some(true) || (include.is_none() && column.is_some()) {
        let at = column.as_ref().unwrap_or(said).at();
        let name = column.map_or(Ok(PATH.to_owned()), |place| place.text())?;
        reading.path_column = Some((at, name));
    }
    Ok(reading)
}

fn delimited(reading: &mut Reading, said: &Place<'_>) -> Result<()> {
    said.only(&[
        "delimiter",
        "header",
        "encoding",
        "empty_as_string",
        "support_multi_line",
        "infer_column_types",
        "include_path_column",
        "path_column",
        "partition_size",
    ])?;
    if let Some(place) = said.get("delimiter") {
        reading.options.delimiter = Some(delimiter(&place)?);
    }
    if let Some(place) = said.get("header") {
        reading.headers = match place.flag() {
            Ok(true) => Headers::Same,
            Ok(false) => Headers::No,
            Err(_) => place.word(&[
                ("all_files_same_headers", Headers::Same),
                ("all_files_different_headers", Headers::Different),
                ("from_first_file", Headers::First),
                ("no_header", Headers::No),
            ])?,
        };
        reading.options.header = Some(reading.headers != Headers::No);
    }
    reading.options.encoding = encoding(said)?;
    let flag = |name: &str| said.get(name).map_or(Ok(false), |place| place.flag());
    reading.options.empty_as_string = flag("empty_as_string")?;
    // Line breaks within quotes belong to their field, whatever is said: records cut there would be wrong.
    flag("support_multi_line")?;
    if let Some(place) = said.get("infer_column_types") {
        if place.node.as_map().is_some() {
            place.only(&["sample_size", "column_type_overrides"])?;
            let overrides = place.get("column_type_overrides");
            for one in overrides.map_or(Ok(Vec::new()), |place| place.items())? {
                one.only(&["columns", "column_type"])?;
                let columns = one
                    .get("columns")
                    .ok_or_else(|| one.refuse("`columns` is not said"))?;
                let kind = one
                    .get("column_type")
                    .ok_or_else(|| one.refuse("`column_type` is not said"))?;
                let kind = column_type(&kind)?;
                reading.overrides.push((one.at(), columns.texts()?, kind));
            }
        } else if !place.flag()? {
            reading.options.texts = Texts::All;
        }
    }
    Ok(())
}

fn delimiter(place: &Place<'_>) -> Result<u8> {
    let text = place.text()?;
    let plain = if text == "\\t" { "\t" } else { &text };
    match plain.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err(place
            .refuse(format!("the delimiter `{text}` is not one ASCII character"))
            .with_hint("write the files with one that is")),
    }
}

/// The encoding as the web names it. ASCII is read as UTF-8, which it is.
fn encoding(said: &Place<'_>) -> Result<Option<String>> {
    let Some(place) = said.get("encoding") else {
        return Ok(None);
    };
    let text = place.text()?;
    let plain: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let name = match plain.as_str() {
        "utf8" | "utf8bom" | "ascii" => return Ok(None),
        "iso88591" | "latin1" | "windows1252" => "windows-1252",
        "utf16" => "utf-16",
        _ => {
            return Err(place.refuse(format!("the encoding `{text}` is not read")).with_hint(
                "utf8, utf8bom, ascii, latin1, iso88591, windows1252 and utf16 are; save the files as UTF-8",
            ));
        }
    };
    Ok(Some(name.to_owned()))
}

fn as_of(said: &Place<'_>) -> Result<Option<(At, AsOf)>> {
    match (said.get("version_as_of"), said.get("timestamp_as_of")) {
        (Some(_), Some(place)) => Err(place.refuse("`version_as_of` is said too")),
        (Some(place), None) => Ok(Some((place.at(), AsOf::Version(place.count()?)))),
        (None, Some(place)) => {
            let text = place.text()?;
            let instant = arrow_cast::parse::string_to_timestamp_nanos(&text).map(|nanos| AsOf::Instant {
                ms: nanos / 1_000_000,
            });
            // Years that do not fit mean the newest.
            let instant =
                instant.or_else(
                    |_| match text.get(..4).and_then(|year| year.parse::<u32>().ok()) {
                        Some(year) if year > 2262 => Ok(AsOf::Instant { ms: i64::MAX }),
                        _ => {
                            Err(place.refuse(format!("`{text}` is no instant, such as 2022-10-01T00:00:00Z")))
                        }
                    },
                );
            Ok(Some((place.at(), instant?)))
        }
        (None, None) => Ok(None),
    }
}
