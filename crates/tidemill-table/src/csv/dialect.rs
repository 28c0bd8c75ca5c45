//! How a CSV file is written: its encoding, delimiter, header, and the words it has for missing values.

use std::io::Read;
use std::path::Path;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8};
use regex::Regex;

use crate::blocks;
use crate::error::{Error, Result};
use crate::table::{ReadOptions, Texts};

/// So many bytes are looked at.
const START: usize = 256 << 10;
/// What other programs write for missing values: those of pandas.
const MISSING: [&str; 13] = [
    "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "#NA", "-NaN", "-nan",
];

/// How a CSV file is written.
#[derive(Debug, Clone)]
pub struct Dialect {
    /// Between two fields.
    pub delimiter: u8,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The first row names the columns.
    pub header: bool,
    /// Not UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// Rows above the header.
    pub(crate) above: u64,
    /// The byte at which the rows begin, in UTF-8.
    pub(crate) start: u64,
    /// Missing values beside the empty ones.
    pub(crate) nulls: Option<Regex>,
    /// Columns that are texts.
    pub(crate) texts: Texts,
    /// Empty fields are empty texts, where texts are.
    pub(crate) empty_as_string: bool,
}

impl Dialect {
    /// Looks at the start of a file.
    ///
    /// # Errors
    /// The file is empty or no text, or is not encoded as it should be.
    pub fn find(path: &Path, options: &ReadOptions) -> Result<Self> {
        let mut first = [0; 3];
        let got = std::fs::File::open(path)
            .and_then(|mut file| file.read(&mut first))
            .map_err(|error| Error::of(path, error))?;
        let (encoding, mark) = encoding(path, options, &first[..got])?;
        let mut source = blocks::open(path, 0, encoding)?;
        let mut bytes = Vec::new();
        source
            .by_ref()
            .take(START as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| Error::of(path, error))?;
        let skip = if encoding.is_none() { mark } else { 0 };
        let text = &bytes[skip.min(bytes.len())..];
        if text.trim_ascii().is_empty() {
            return Err(Error::of(path, "it is empty").with_hint("a table has at least a row of names"));
        }
        if text.contains(&0) {
            return Err(with_zeros(path, text));
        }
        let said = said_delimiter(text);
        let above = u64::from(said.is_some());
        let skip = skip + said.map_or(0, |(_, length)| length);
        let text = &bytes[skip.min(bytes.len())..];
        let said = options.delimiter.or(said.map(|(delimiter, _)| delimiter));
        let delimiter = said.unwrap_or_else(|| delimiter(path, text));
        let rows = rows(text, delimiter, 200);
        let Some((first, end)) = rows.first() else {
            return Err(Error::of(
                path,
                format!("the first row is longer than {} kB", START >> 10),
            ));
        };
        let header = options
            .header
            .unwrap_or_else(|| is_header(first, rows.get(1).map(|row| &row.0)));
        let unnamed = if options.unnamed.is_empty() {
            "column_"
        } else {
            options.unnamed
        };
        let names = match &options.names {
            Some(names) if names.len() == first.len() => names.clone(),
            Some(names) => {
                let reason = format!(
                    "{} columns are named, and the row has {} fields",
                    names.len(),
                    first.len()
                );
                return Err(Error::of(path, reason).at_row(1));
            }
            None if header => named(first, unnamed),
            None => (1..=first.len()).map(|at| format!("{unnamed}{at}")).collect(),
        };
        Ok(Self {
            above,
            delimiter,
            names,
            header,
            encoding,
            start: (skip + if header { *end } else { 0 }) as u64,
            nulls: if options.empty_as_string {
                None
            } else {
                nulls(rows.iter().flat_map(|row| &row.0))
            },
            texts: options.texts.clone(),
            empty_as_string: options.empty_as_string,
        })
    }
}

/// The error of a file with zero bytes: of texts, two bytes a letter have many, and at places of one kind.
fn with_zeros(path: &Path, text: &[u8]) -> Error {
    let zeros = |odd: usize| {
        text.iter()
            .skip(odd)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let looks_like = |many: usize, few: usize| many * 5 > text.len() && few * 20 < text.len();
    let name = match (looks_like(odd, even), looks_like(even, odd)) {
        (true, _) => "utf-16le",
        (_, true) => "utf-16be",
        _ => {
            let at = text.iter().position(|byte| *byte == 0).unwrap_or_default();
            let row = 1 + memchr::memchr_iter(b'\n', &text[..at]).count() as u64;
            return Error::of(path, "there is a zero byte in it, which no text has")
                .at_row(row)
                .with_hint("take it out; or say what the file is with --format, or how it is written with --encoding");
        }
    };
    Error::of(
        path,
        "every second byte is zero: it looks like UTF-16 without a byte order mark",
    )
    .with_hint(format!("name its encoding, as in --encoding {name}"))
}

/// The encoding where it is not UTF-8, and the length of UTF-8's byte order mark.
fn encoding(path: &Path, options: &ReadOptions, first: &[u8]) -> Result<(Option<&'static Encoding>, usize)> {
    let marked = Encoding::for_bom(first);
    let named = match &options.encoding {
        Some(name) => Some(Encoding::for_label(name.as_bytes()).ok_or_else(|| {
            Error::of(path, format!("there is no encoding `{name}`"))
                .with_hint("such as utf-8, windows-1252, iso-8859-15, shift_jis")
        })?),
        None => None,
    };
    let mark = marked
        .filter(|(encoding, _)| *encoding == UTF_8)
        .map_or(0, |(_, length)| length);
    let encoding = named
        .or_else(|| marked.map(|(encoding, _)| encoding))
        .filter(|encoding| *encoding != UTF_8);
    Ok((encoding, mark))
}

/// The delimiter that a first line `sep=;` says, as spreadsheets write it, and the bytes of that line.
fn said_delimiter(text: &[u8]) -> Option<(u8, usize)> {
    let end = memchr::memchr(b'\n', text)? + 1;
    match text[..end].trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some((*delimiter, end)),
        // A tab goes with the end of the line.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] if text[4] == b'\t' => Some((b'\t', end)),
        _ => None,
    }
}

/// The delimiter that cuts the first rows into the most even number of fields.
fn delimiter(path: &Path, text: &[u8]) -> u8 {
    if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"))
    {
        return b'\t';
    }
    let score = |delimiter: u8| {
        let rows = rows(text, delimiter, 50);
        let width = rows.first().map_or(0, |row| row.0.len());
        let even = rows.iter().filter(|row| row.0.len() == width).count();
        if width > 1 {
            even as f64 / rows.len() as f64 * (1.0 + (width as f64).ln() / 10.0)
        } else {
            0.0
        }
    };
    let candidates = [b',', b';', b'\t', b'|'];
    let scored = candidates.map(|delimiter| (delimiter, score(delimiter)));
    scored
        .into_iter()
        .fold((b',', 0.0), |best, one| if one.1 > best.1 { one } else { best })
        .0
}

/// The first rows with the byte after each; a row that the text cuts off is left out.
fn rows(text: &[u8], delimiter: u8, most: usize) -> Vec<(Vec<String>, usize)> {
    let mut reader: Reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut rows = Vec::new();
    let (mut at, mut output, mut ends) = (0, vec![0; text.len() + 1], vec![0; 70_000]);
    while rows.len() < most && at < text.len() {
        let (mut written, mut fields) = (0, 0);
        loop {
            let (result, read, wrote, ended) =
                reader.read_record(&text[at..], &mut output[written..], &mut ends[fields..]);
            at += read;
            written += wrote;
            fields += ended;
            match result {
                // At the end of a short text that is the last row; a long one is cut off here.
                ReadRecordResult::InputEmpty if at >= text.len() && text.len() < START => continue,
                ReadRecordResult::Record => break,
                _ => return rows,
            }
        }
        let mut from = 0;
        let field = |end: &usize| {
            let field = String::from_utf8_lossy(&output[from..*end]).into_owned();
            from = *end;
            field
        };
        rows.push((ends[..fields].iter().map(field).collect(), at));
    }
    rows
}

/// True unless a cell of the first row reads as a value, while the rows below look alike.
fn is_header(first: &[String], second: Option<&Vec<String>>) -> bool {
    let is_value = |cell: &String| {
        let cell = cell.trim();
        cell.parse::<f64>().is_ok() || (cell.len() >= 8 && cell.as_bytes()[0].is_ascii_digit())
    };
    let years = |rows: &Vec<String>| rows.iter().filter(|cell| is_value(cell)).count();
    match second {
        Some(second) => !first.iter().any(is_value) || years(&first.to_vec()) < years(second),
        None => !first.iter().any(is_value),
    }
}

/// Names that differ: empty ones by their place, repeated ones with a number.
fn named(first: &[String], unnamed: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (at, cell) in first.iter().enumerate() {
        let plain = if cell.trim().is_empty() {
            format!("{unnamed}{}", at + 1)
        } else {
            cell.trim().to_owned()
        };
        let mut name = plain.clone();
        let mut next = 2;
        while !seen.insert(name.clone()) {
            name = format!("{plain}_{next}");
            next += 1;
        }
        names.push(name);
    }
    names
}

/// A pattern of the words for missing values that occur, where one does: without it, reading is faster.
fn nulls<'c>(cells: impl Iterator<Item = &'c String>) -> Option<Regex> {
    let mut found: Vec<&str> = MISSING.to_vec();
    let seen: std::collections::HashSet<&str> = cells.map(String::as_str).collect();
    found.retain(|word| seen.contains(word));
    if found.is_empty() {
        return None;
    }
    let words: Vec<String> = found.into_iter().map(regex::escape).collect();
    Regex::new(&format!("^(?:{})?$", words.join("|"))).ok()
}
