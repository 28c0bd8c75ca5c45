//! Arrow IPC: files and streams, read batch by batch.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use crate::error::{Error, Result};
use crate::table::{Part, Parts, Sink, Table};

/// An Arrow IPC file or stream.
#[derive(Debug)]
pub struct ArrowTable {
    path: PathBuf,
    schema: SchemaRef,
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

impl ArrowTable {
    /// Reads the schema.
    ///
    /// # Errors
    /// The file is no Arrow IPC, or was cut off.
    pub fn open(path: &Path) -> Result<Self> {
        let (schema, _) = batches(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            schema,
        })
    }
}

fn batches(path: &Path) -> Result<(SchemaRef, Batches)> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::of(path, error).with_hint("the file may have been cut off; write or copy it again")
    };
    let mut file = File::open(path).map_err(|error| Error::of(path, error))?;
    let mut magic = [0; 6];
    let is_file = file.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
    file.seek(SeekFrom::Start(0))
        .map_err(|error| Error::of(path, error))?;
    check_lengths(path, &mut file, is_file)?;
    file.seek(SeekFrom::Start(0))
        .map_err(|error| Error::of(path, error))?;
    if is_file {
        let reader = FileReader::try_new(BufReader::new(file), None).map_err(|error| failed(&error))?;
        Ok((reader.schema(), Box::new(reader)))
    } else {
        let reader = StreamReader::try_new(BufReader::new(file), None).map_err(|error| failed(&error))?;
        Ok((reader.schema(), Box::new(reader)))
    }
}

/// Walks over the messages without reading them: a length that lies beyond the end of the file would be memory that is
/// asked for in vain.
fn check_lengths(path: &Path, file: &mut File, is_file: bool) -> Result<()> {
    let failed = |error: std::io::Error| Error::of(path, error);
    let lies = || {
        Error::of(path, "it is no Arrow IPC, or was cut off")
            .with_hint("write or copy it again, or say with --format what it is")
    };
    let size = file.metadata().map_err(failed)?.len();
    let mut at = if is_file { 8 } else { 0 };
    let mut head = [0; 8];
    while at + 8 <= size {
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        file.read_exact(&mut head).map_err(failed)?;
        // Writers pad the first bytes of a file to what they align to.
        if is_file && head == [0; 8] && at < 128 {
            at += 8;
            continue;
        }
        let [a, b, c, d, e, f, g, h] = head;
        let length = u64::from(u32::from_le_bytes([e, f, g, h]));
        if [a, b, c, d] != [0xFF; 4] || length > size - at - 8 {
            return Err(lies());
        }
        if length == 0 {
            return Ok(());
        }
        let mut message = vec![0; length as usize];
        file.read_exact(&mut message).map_err(failed)?;
        let body = arrow_ipc::root_as_message(&message)
            .map_err(|_| lies())?
            .bodyLength();
        let body = u64::try_from(body).map_err(|_| lies())?;
        at += 8 + length;
        if body > size - at {
            return Err(lies());
        }
        at += body;
    }
    // A stream that just ends was closed by its writer, or holds nothing at all.
    if at == 0 || at > size { Err(lies()) } else { Ok(()) }
}

impl Table for ArrowTable {
    fn path(&self) -> &Path {
        &self.path
    }

    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    fn parts(&self) -> Result<Parts<'_>> {
        let (_, batches) = batches(&self.path)?;
        Ok(Box::new(batches.map(|batch| match batch {
            Ok(batch) => Ok(Box::new(Batch(batch)) as Box<dyn Part>),
            Err(error) => Err(Error::of(&self.path, error)),
        })))
    }
}

/// A batch that was read.
struct Batch(RecordBatch);

impl Part for Batch {
    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        sink(&self.0)
    }

    fn rows(&self) -> Option<u64> {
        Some(self.0.num_rows() as u64)
    }
}
