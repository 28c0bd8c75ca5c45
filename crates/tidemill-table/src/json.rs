//! JSON lines, and arrays of objects: types are found out, blocks are read in parallel by arrow-json.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use encoding_rs::{Encoding, UTF_8};
use serde_json::value::RawValue;

use crate::blocks::{self, Block, BlockError, Blocks, Records};
use crate::error::{Error, Result};
use crate::table::{Part, Parts, ReadOptions, Sink, Table};
use crate::valid_lines::ValidLines;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";
/// Rows whose types are looked at before the reading begins.
const ROWS: usize = 5000;
/// Rows of a batch.
const BATCH: usize = 8192;
/// An array of objects is held in memory.
const ARRAY: u64 = 512 << 20;

/// A file of JSON objects.
#[derive(Debug, Clone)]
pub struct JsonTable {
    path: PathBuf,
    schema: SchemaRef,
    /// The rows as lines, where the file is an array.
    lines: Option<Arc<[u8]>>,
    /// The byte at which the text begins.
    start: u64,
    /// Not UTF-8.
    encoding: Option<&'static Encoding>,
    /// Lines that are no objects are left out.
    drop_invalid: bool,
}

impl JsonTable {
    /// Finds out the types.
    ///
    /// # Errors
    /// The file is empty, or holds something else than objects.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self> {
        let mut start = [0; 512];
        let got = File::open(path)
            .and_then(|mut file| file.read(&mut start))
            .map_err(|error| Error::of(path, error))?;
        let encoding = match &options.encoding {
            Some(name) => Some(
                Encoding::for_label(name.as_bytes())
                    .ok_or_else(|| Error::of(path, format!("there is no encoding `{name}`")))?,
            ),
            None => None,
        };
        let encoding = encoding.filter(|encoding| *encoding != UTF_8);
        let mark = if start[..got].starts_with(MARK) {
            MARK.len()
        } else {
            0
        };
        let lines = match start[mark..got].trim_ascii_start().first() {
            None => return Err(Error::of(path, "it is empty")),
            Some(b'[') if !options.drop_invalid && encoding.is_none() => Some(lines_of_array(path)?.into()),
            Some(_) => None,
        };
        let mut table = Self {
            path: path.to_path_buf(),
            schema: Arc::new(Schema::empty()),
            lines,
            start: mark as u64,
            encoding,
            drop_invalid: options.drop_invalid,
        };
        table.schema = table.infer(Some(ROWS))?;
        if options.drop_invalid && table.schema.fields().is_empty() {
            return Err(Error::of(path, "none of its first lines is a JSON object"));
        }
        Ok(table)
    }

    fn open_bytes(&self) -> Result<Box<dyn Read + Send>> {
        match &self.lines {
            Some(lines) => Ok(Box::new(Cursor::new(Arc::clone(lines)))),
            None => {
                let start = if self.encoding.is_none() { self.start } else { 0 };
                let text = blocks::open(&self.path, start, self.encoding)?;
                Ok(if self.drop_invalid {
                    Box::new(ValidLines::of(text))
                } else {
                    text
                })
            }
        }
    }

    fn infer(&self, rows: Option<usize>) -> Result<SchemaRef> {
        match infer_json_schema(BufReader::new(self.open_bytes()?), rows) {
            Ok((schema, _)) => Ok(Arc::new(readable(&schema))),
            Err(error) => Err(self.first_bad_line(&error.to_string())),
        }
    }

    /// The first line that is no object; an error of its own, whatever arrow-json said.
    fn first_bad_line(&self, said: &str) -> Error {
        if let Ok(source) = self.open_bytes() {
            for (at, line) in BufReader::new(source).split(b'\n').enumerate() {
                let line = line.unwrap_or_default();
                if line.trim_ascii().is_empty() {
                    continue;
                }
                let read = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&line);
                if let Err(error) = read {
                    return Error::of(&self.path, format!("no JSON object: {error}"))
                        .at_row(at as u64 + 1)
                        .with_hint("one object a line, or an array of objects, is a table");
                }
            }
        }
        Error::of(&self.path, said)
    }

    /// The line whose values do not fit the types.
    fn first_unfit_line(&self, block: &Block, said: &str) -> Error {
        let mut row = 1;
        if let Ok(source) = self.open_bytes() {
            let mut before = Blocks::new(Box::new(source.take(block.offset)), 0, Records::Lines);
            while let Ok(Some(block)) = before.next() {
                row += blocks::count(&block.bytes, Records::Lines);
            }
        }
        for (at, line) in block.bytes.split(|byte| *byte == b'\n').enumerate() {
            if let Err(error) = self.decode(line, &mut |_| Ok(())) {
                return Error {
                    row: Some(row + at as u64),
                    ..error
                };
            }
        }
        Error::of(&self.path, said).at_row(row)
    }

    /// What arrow-json says of a value, in words of a table.
    fn told(&self, said: &str) -> Error {
        let said = said.trim_start_matches("Json error: ");
        let unfit = said.strip_prefix("whilst decoding field '").and_then(|rest| {
            let (column, rest) = rest.split_once("': expected ")?;
            let (wanted, got) = rest.split_once(" got ")?;
            Some((column, wanted, got))
        });
        let Some((column, wanted, got)) = unfit else {
            return Error::of(&self.path, said);
        };
        let kind = match wanted {
            "[" => "a list",
            "{" => "an object",
            other => other,
        };
        let got: String = got.chars().take(60).collect();
        Error::of(&self.path, format!("it has {got}, and other rows have {kind}"))
            .in_column(column)
            .with_hint("write values of one kind, or leave the column out")
    }

    fn decode(&self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<()> {
        let failed = |error: arrow_schema::ArrowError| self.told(&error.to_string());
        let batch = blocks::rows_of_batch(self.schema.fields().len(), BATCH);
        let builder = ReaderBuilder::new(Arc::clone(&self.schema))
            .with_batch_size(batch)
            .with_coerce_primitive(true);
        let mut decoder = builder.build_decoder().map_err(failed)?;
        let mut rest = bytes;
        loop {
            let read = decoder.decode(rest).map_err(failed)?;
            rest = &rest[read..];
            if read == 0 || decoder.len() >= batch {
                match decoder.flush().map_err(failed)? {
                    Some(batch) => sink(&batch)?,
                    None if rest.is_empty() => return Ok(()),
                    None => {}
                }
            }
        }
    }
}

/// A column of nothing but nulls reads as text.
fn readable(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Null => Field::clone(field).with_data_type(DataType::Utf8),
        _ => Field::clone(field),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn lines_of_array(path: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path)
        .map_err(|error| Error::of(path, error))?
        .len();
    if size > ARRAY {
        return Err(Error::of(
            path,
            format!("an array of objects is read up to {} MB", ARRAY >> 20),
        )
        .with_hint("write one object a line"));
    }
    let text = std::fs::read(path).map_err(|error| Error::of(path, error))?;
    let text = text.strip_prefix(MARK).unwrap_or(&text);
    let rows: Vec<&RawValue> =
        serde_json::from_slice(text).map_err(|error| Error::of(path, format!("no JSON: {error}")))?;
    let mut lines = Vec::with_capacity(text.len());
    for row in rows {
        lines.extend(row.get().bytes().map(|byte| {
            if byte == b'\n' || byte == b'\r' {
                b' '
            } else {
                byte
            }
        }));
        lines.push(b'\n');
    }
    Ok(lines)
}

impl Table for JsonTable {
    fn path(&self) -> &Path {
        &self.path
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn parts(&self) -> Result<Parts<'_>> {
        let mut blocks = Blocks::new(self.open_bytes()?, 0, Records::Lines);
        let part = move || match blocks.next() {
            Ok(None) => None,
            Ok(Some(block)) => Some(Ok(Box::new(JsonBlock {
                table: self.clone(),
                block,
            }) as Box<dyn Part>)),
            Err(BlockError::Io(error)) => Some(Err(Error::of(&self.path, error))),
            Err(BlockError::Long(_) | BlockError::Open(_)) => Some(Err(Error::of(
                &self.path,
                format!("a line is longer than {} MB", blocks::LONGEST >> 20),
            ))),
        };
        Ok(Box::new(std::iter::from_fn(part)))
    }

    fn widened(&self) -> Result<Option<Box<dyn Table>>> {
        let schema = self.infer(None)?;
        Ok((schema != self.schema).then(|| -> Box<dyn Table> {
            Box::new(Self {
                schema,
                ..self.clone()
            })
        }))
    }

    fn retyped(&self, schema: &SchemaRef) -> Option<Box<dyn Table>> {
        Some(Box::new(Self {
            schema: Arc::clone(schema),
            ..self.clone()
        }))
    }
}

struct JsonBlock {
    table: JsonTable,
    block: Block,
}

impl Part for JsonBlock {
    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        self.read_as(&self.table, sink)
    }

    fn read_some(&self, columns: &[usize], sink: &mut Sink<'_>) -> Result<()> {
        let schema = self.table.schema.project(columns);
        let schema = schema.map_err(|error| Error::of(&self.table.path, error))?;
        let table = JsonTable {
            schema: Arc::new(schema),
            ..self.table.clone()
        };
        self.read_as(&table, sink)
    }
}

impl JsonBlock {
    fn read_as(&self, table: &JsonTable, sink: &mut Sink<'_>) -> Result<()> {
        let mut refused = None;
        let decoded = table.decode(&self.block.bytes, &mut |batch| {
            sink(batch).inspect_err(|error| refused = Some(error.clone()))
        });
        match (decoded, refused) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(table.first_unfit_line(&self.block, &error.reason)),
        }
    }
}
