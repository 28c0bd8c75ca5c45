//! The types of the columns: what the rows at the start, in the middle and at the end can be read as; all rows, where these
//! mislead.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_csv::reader::Format;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use memchr::memchr;

use super::written::Written;
use super::{Dialect, blocks_of, failure};
use crate::blocks::{self, Block};
use crate::error::{Error, Result};
use crate::table::Texts;

/// Rows that are looked at in each place.
const ROWS: usize = 2000;
/// Bytes that are looked at in each place.
const BYTES: u64 = 256 << 10;

/// The types of the columns, and how their values are written.
pub(super) type Found = (SchemaRef, Vec<Written>);

/// The types that rows at three places can be read as.
pub(super) fn of_start(path: &Path, dialect: &Dialect) -> Result<Found> {
    let mut found = vec![DataType::Null; dialect.names.len()];
    let mut stretches = Vec::new();
    for (place, bytes) in places(path, dialect)? {
        // A row in the middle may look broken because a quoted field was cut; the reader will tell.
        match infer(&bytes, dialect, Some(ROWS)) {
            Ok(types) => {
                widen(&mut found, &types);
                stretches.push(bytes);
            }
            Err(error) if place == 0 => {
                let block = Block {
                    offset: dialect.start,
                    bytes,
                };
                return Err(failure::explain_types(path, dialect, &block, &error));
            }
            Err(_) => {}
        }
    }
    let mut texts = Texted::new(dialect, &found);
    for bytes in &stretches {
        // What cannot be read whole was looked at before.
        let _ = texts.add(dialect, bytes, ROWS);
    }
    Ok(texts.found(dialect, found))
}

/// The values of the columns that arrow-csv takes for texts, of all rows that are looked at.
struct Texted {
    columns: Vec<usize>,
    values: Vec<Vec<String>>,
}

impl Texted {
    fn new(dialect: &Dialect, types: &[DataType]) -> Self {
        let is_said = |at: usize| match &dialect.texts {
            Texts::All => true,
            Texts::Of(names) => names.contains(&dialect.names[at]),
        };
        let columns: Vec<usize> = (0..types.len())
            .filter(|at| types[*at] == DataType::Utf8 && !is_said(*at))
            .collect();
        let values = vec![Vec::new(); columns.len()];
        Self { columns, values }
    }

    /// Adds rows, as far as they can still be anything but texts.
    fn add(&mut self, dialect: &Dialect, mut bytes: &[u8], rows: usize) -> Result<(), ArrowError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let fields = dialect
            .names
            .iter()
            .map(|name| Field::new(name, DataType::Utf8, true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let reader = dialect.reader(schema).with_projection(self.columns.clone());
        let mut decoder = reader.build_decoder();
        let mut seen = 0;
        while seen < rows {
            let read = decoder.decode(bytes)?;
            bytes = &bytes[read..];
            if read > 0 && decoder.capacity() > 0 {
                continue;
            }
            match decoder.flush()? {
                Some(batch) => {
                    seen += batch.num_rows();
                    for (values, column) in self.values.iter_mut().zip(batch.columns()) {
                        let texts = column.as_string::<i32>().iter().flatten();
                        values.extend(
                            texts
                                .take(rows)
                                .filter(|text| !text.is_empty())
                                .map(str::to_owned),
                        );
                    }
                }
                None if bytes.is_empty() => return Ok(()),
                None => {}
            }
        }
        Ok(())
    }

    fn found(self, dialect: &Dialect, mut types: Vec<DataType>) -> Found {
        let mut written = vec![Written::Plain; types.len()];
        for (at, values) in self.columns.into_iter().zip(self.values) {
            if let Some((as_written, data_type)) =
                Written::of(values.iter().map(String::as_str), dialect.delimiter)
            {
                (written[at], types[at]) = (as_written, data_type);
            }
        }
        (schema(dialect, types), written)
    }
}

/// The types that all rows can be read as.
pub(super) fn of_all(path: &Path, dialect: &Dialect) -> Result<Found> {
    let mut found = vec![DataType::Null; dialect.names.len()];
    let mut blocks = blocks_of(path, dialect)?;
    while let Ok(Some(block)) = blocks.next() {
        let types = infer(&block.bytes, dialect, None)
            .map_err(|error| failure::explain_types(path, dialect, &block, &error))?;
        widen(&mut found, &types);
    }
    text_where_no_date(path, dialect, &mut found)?;
    // How they are written shows in the first rows; all rows must be so.
    let (start, written) = of_start(path, dialect)?;
    let mut all = vec![Written::Plain; found.len()];
    for at in 0..found.len() {
        let differs = written[at] != Written::Plain || *start.field(at).data_type() == DataType::UInt64;
        if found[at] == DataType::Utf8 && differs {
            (all[at], found[at]) = whole_column(path, dialect, at)?;
        }
    }
    Ok((schema(dialect, found), all))
}

/// What all values of a column are written as.
fn whole_column(path: &Path, dialect: &Dialect, column: usize) -> Result<(Written, DataType)> {
    let mut texts = Texted {
        columns: vec![column],
        values: vec![Vec::new()],
    };
    let mut blocks = blocks_of(path, dialect)?;
    let mut found = None;
    while let Ok(Some(block)) = blocks.next() {
        let added = texts.add(dialect, &block.bytes, usize::MAX);
        added.map_err(|error| failure::explain_types(path, dialect, &block, &error))?;
        let values = std::mem::take(&mut texts.values[0]);
        // A block at a time: what two blocks are differently written as is text, but for numbers of which some have fractions.
        let here = match Written::of(values.iter().map(String::as_str), dialect.delimiter) {
            None if values.is_empty() => continue,
            None => return Ok((Written::Plain, DataType::Utf8)),
            Some(here) => here,
        };
        found = match found {
            None => Some(here),
            Some((written, data_type)) if written == here.0 => {
                Some((written, crate::widen::both(&data_type, &here.1)))
            }
            Some(_) => return Ok((Written::Plain, DataType::Utf8)),
        };
    }
    Ok(found.unwrap_or((Written::Plain, DataType::Utf8)))
}

/// What has the form of a date or an instant and is none, such as 2024-02-30, makes its column one of texts.
fn text_where_no_date(path: &Path, dialect: &Dialect, types: &mut [DataType]) -> Result<()> {
    let dates = |types: &[DataType]| -> Vec<usize> {
        let is_date = |data_type: &DataType| matches!(data_type, DataType::Date32 | DataType::Timestamp(..));
        (0..types.len()).filter(|at| is_date(&types[*at])).collect()
    };
    let mut blocks = blocks_of(path, dialect)?;
    while !dates(types).is_empty()
        && let Ok(Some(block)) = blocks.next()
    {
        loop {
            let schema = schema(dialect, types.to_vec());
            let read = read_all(dialect, schema, dates(types), &block.bytes);
            let Err(error) = read else { break };
            let error = failure::explain_types(path, dialect, &block, &error);
            let column = error.column.as_ref();
            let at = column.and_then(|column| dialect.names.iter().position(|name| name == column));
            match at.filter(|at| dates(types).contains(at)) {
                Some(at) => types[at] = DataType::Utf8,
                None => return Err(error),
            }
        }
    }
    Ok(())
}

fn read_all(
    dialect: &Dialect,
    schema: SchemaRef,
    columns: Vec<usize>,
    mut bytes: &[u8],
) -> Result<(), ArrowError> {
    let mut decoder = dialect.reader(schema).with_projection(columns).build_decoder();
    loop {
        let read = decoder.decode(bytes)?;
        bytes = &bytes[read..];
        if (read == 0 || decoder.capacity() == 0) && decoder.flush()?.is_none() && bytes.is_empty() {
            return Ok(());
        }
    }
}

/// Whole rows at the start, in the middle and at the end.
fn places(path: &Path, dialect: &Dialect) -> Result<Vec<(usize, Vec<u8>)>> {
    let failed = |error: std::io::Error| Error::of(path, error);
    let mut found = Vec::new();
    let mut start = Vec::new();
    let source = blocks::open(path, dialect.start, dialect.encoding)?;
    source.take(BYTES).read_to_end(&mut start).map_err(failed)?;
    let cut = start.len() as u64 == BYTES;
    found.push((0, if cut { until_last_row(start) } else { start }));
    if !cut || dialect.encoding.is_some() {
        return Ok(found);
    }
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    for at in [size / 4, size / 2, size * 3 / 4, size.saturating_sub(BYTES)] {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        file.by_ref()
            .take(BYTES)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if let Some(line) = memchr(b'\n', &bytes) {
            found.push((1, until_last_row(bytes.split_off(line + 1))));
        }
    }
    Ok(found)
}

fn until_last_row(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = memchr::memrchr(b'\n', &bytes) {
        bytes.truncate(end + 1);
    }
    bytes
}

fn infer(bytes: &[u8], dialect: &Dialect, rows: Option<usize>) -> Result<Vec<DataType>, ArrowError> {
    let mut format = Format::default().with_delimiter(dialect.delimiter);
    if let Some(nulls) = &dialect.nulls {
        format = format.with_null_regex(nulls.clone());
    }
    let (schema, _) = format.infer_schema(bytes, rows)?;
    Ok(schema
        .fields()
        .iter()
        .map(|field| field.data_type().clone())
        .collect())
}

fn widen(found: &mut [DataType], types: &[DataType]) {
    for (own, other) in found.iter_mut().zip(types) {
        *own = crate::widen::both(own, other);
    }
}

fn schema(dialect: &Dialect, types: Vec<DataType>) -> SchemaRef {
    let is_text = |name: &String| match &dialect.texts {
        Texts::All => true,
        Texts::Of(names) => names.contains(name),
    };
    let fields = dialect.names.iter().zip(types).map(|(name, data_type)| {
        let text = data_type == DataType::Null || is_text(name);
        Field::new(name, if text { DataType::Utf8 } else { data_type }, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
