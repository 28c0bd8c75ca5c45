//! The types of the columns: what the rows at the start, in the middle and at the end can be read as; all rows, where these
//! mislead.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_csv::reader::Format;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use memchr::memchr;

use super::{Dialect, blocks_of, failure};
use crate::blocks::{self, Block};
use crate::error::{Error, Result};
use crate::table::Texts;

/// Rows that are looked at in each place.
const ROWS: usize = 2000;
/// Bytes that are looked at in each place.
const BYTES: u64 = 256 << 10;

/// The types that rows at three places can be read as.
pub(super) fn of_start(path: &Path, dialect: &Dialect) -> Result<SchemaRef> {
    let mut found = vec![DataType::Null; dialect.names.len()];
    for (place, bytes) in places(path, dialect)? {
        // A row in the middle may look broken because a quoted field was cut; the reader will tell.
        match infer(&bytes, dialect, Some(ROWS)) {
            Ok(types) => widen(&mut found, &types),
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
    Ok(schema(dialect, found))
}

/// The types that all rows can be read as.
pub(super) fn of_all(path: &Path, dialect: &Dialect) -> Result<SchemaRef> {
    let mut found = vec![DataType::Null; dialect.names.len()];
    let mut blocks = blocks_of(path, dialect)?;
    while let Ok(Some(block)) = blocks.next() {
        let types = infer(&block.bytes, dialect, None)
            .map_err(|error| failure::explain_types(path, dialect, &block, &error))?;
        widen(&mut found, &types);
    }
    text_where_no_date(path, dialect, &mut found)?;
    Ok(schema(dialect, found))
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
