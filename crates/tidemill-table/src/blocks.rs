//! Text files in blocks that end where a record ends, so that each can be read by itself.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use memchr::{memchr_iter, memrchr};

use crate::error::{Error, Result};

/// The size of a block.
pub(crate) const BLOCK: usize = 4 << 20;
/// A record that is longer is an error: it would not fit in memory next to others.
pub(crate) const LONGEST: usize = 64 << 20;

/// Cells of a batch: what is held of a table does not grow with its columns.
const CELLS: usize = 1 << 20;

/// Rows of a batch of so many columns, where there should be `most`.
pub(crate) fn rows_of_batch(columns: usize, most: usize) -> usize {
    (CELLS / columns.max(1)).clamp(most.min(64), most)
}

/// How records end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    /// At each line break.
    Lines,
    /// At each line break outside of quotes; a quote opens only where a field begins, after this delimiter or a line break.
    Quoted(u8),
}

/// The blocks of a file, from an offset on.
pub(crate) struct Blocks {
    source: Box<dyn Read + Send>,
    records: Records,
    /// What was read beyond the last block.
    rest: Vec<u8>,
    /// Where `rest` begins.
    offset: u64,
    ended: bool,
    size: usize,
}

/// A block: where it begins and its bytes.
pub(crate) struct Block {
    pub offset: u64,
    pub bytes: Vec<u8>,
}

/// Opens a file as UTF-8, from a byte of it on.
pub(crate) fn open(
    path: &Path,
    skip: u64,
    encoding: Option<&'static encoding_rs::Encoding>,
) -> Result<Box<dyn Read + Send>> {
    let failed = |error: std::io::Error| Error::of(path, error);
    let mut file = File::open(path).map_err(failed)?;
    match encoding {
        None => {
            std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(skip)).map_err(failed)?;
            Ok(Box::new(file))
        }
        Some(encoding) => {
            let size = file.metadata().map_err(failed)?.len();
            if size > TRANSCODED {
                let reason = format!(
                    "files of up to {} MB are read in {}",
                    TRANSCODED >> 20,
                    encoding.name()
                );
                return Err(Error::of(path, reason).with_hint("save it as UTF-8"));
            }
            let mut bytes = Vec::with_capacity(size as usize);
            file.read_to_end(&mut bytes).map_err(failed)?;
            let (text, _, wrong) = encoding.decode(&bytes);
            if wrong {
                let reason = format!("it is not encoded as {}", encoding.name());
                return Err(Error::of(path, reason).with_hint("name its encoding with --encoding"));
            }
            let mut text = Cursor::new(text.into_owned().into_bytes());
            text.set_position(skip);
            Ok(Box::new(text))
        }
    }
}

/// Files in other encodings are held in memory.
const TRANSCODED: u64 = 512 << 20;

impl Blocks {
    pub(crate) fn new(source: Box<dyn Read + Send>, offset: u64, records: Records) -> Self {
        Self {
            source,
            records,
            rest: Vec::new(),
            offset,
            ended: false,
            size: BLOCK,
        }
    }

    /// With blocks of another size, for tests.
    #[cfg(test)]
    pub(crate) fn of_size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// The next block; `None` after the last.
    ///
    /// # Errors
    /// The file cannot be read, or has a record longer than [`LONGEST`], or one that is never closed: its offset.
    pub(crate) fn next(&mut self) -> Result<Option<Block>, BlockError> {
        let mut wanted = self.size;
        loop {
            if !self.ended && self.rest.len() < wanted {
                let missing = wanted - self.rest.len();
                self.rest.reserve_exact(missing);
                // Into room that nobody fills with zeros before.
                let read = self
                    .source
                    .by_ref()
                    .take(missing as u64)
                    .read_to_end(&mut self.rest);
                self.ended = read.map_err(BlockError::Io)? < missing;
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            let end = if self.ended {
                if let Some(open) = left_open(&self.rest, self.records) {
                    return Err(BlockError::Open(self.offset + open as u64));
                }
                Some(self.rest.len())
            } else {
                last_end(&self.rest, self.records)
            };
            match end {
                Some(end) => {
                    let rest = self.rest.split_off(end);
                    let block = Block {
                        offset: self.offset,
                        bytes: std::mem::replace(&mut self.rest, rest),
                    };
                    self.offset += end as u64;
                    return Ok(Some(block));
                }
                None if wanted >= LONGEST => return Err(BlockError::Long(self.offset)),
                None => wanted *= 2,
            }
        }
    }
}

/// Why there is no next block.
#[derive(Debug)]
pub(crate) enum BlockError {
    Io(std::io::Error),
    /// The record that begins here is too long.
    Long(u64),
    /// The record that begins here has a quote that is never closed.
    Open(u64),
}

/// The end of the last record that is whole.
fn last_end(bytes: &[u8], records: Records) -> Option<usize> {
    let mut last = None;
    outside(bytes, records, |from, to| {
        if let Some(at) = memrchr(b'\n', &bytes[from..to]) {
            last = Some(from + at + 1);
        }
    });
    last
}

/// The number of records that end in these bytes.
pub(crate) fn count(bytes: &[u8], records: Records) -> u64 {
    let mut count = 0;
    outside(bytes, records, |from, to| {
        count += memchr_iter(b'\n', &bytes[from..to]).count() as u64
    });
    count
}

/// Where the record begins whose quote is open at the end of these bytes.
fn left_open(bytes: &[u8], records: Records) -> Option<usize> {
    let mut begins = 0;
    let is_open = outside(bytes, records, |from, to| {
        if let Some(at) = memrchr(b'\n', &bytes[from..to]) {
            begins = from + at + 1;
        }
    });
    is_open.then_some(begins)
}

/// Calls with each stretch outside of quotes; says whether a quote is open at the end.
fn outside(bytes: &[u8], records: Records, mut stretch: impl FnMut(usize, usize)) -> bool {
    let Records::Quoted(delimiter) = records else {
        stretch(0, bytes.len());
        return false;
    };
    let (mut from, mut quoted, mut skip) = (0, false, usize::MAX);
    for at in memchr_iter(b'"', bytes) {
        if at == skip {
            continue;
        }
        if quoted {
            if bytes.get(at + 1) == Some(&b'"') {
                skip = at + 1;
            } else {
                (quoted, from) = (false, at + 1);
            }
        } else if at == 0 || [delimiter, b'\n', b'\r'].contains(&bytes[at - 1]) {
            stretch(from, at);
            quoted = true;
        }
    }
    if !quoted {
        stretch(from, bytes.len());
    }
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quote_that_is_never_closed_is_told_with_its_record() {
        let quoted = Records::Quoted(b',');
        assert_eq!(left_open(b"1,2\n3,\"open\n4,5\n", quoted), Some(4));
        assert_eq!(left_open(b"1,\"a\nb\"\n3,x\"y\n", quoted), None);
        assert_eq!(left_open(b"\"a\"\"", quoted), Some(0));
        assert_eq!(left_open(b"{\"a", Records::Lines), None);
        let text = b"1,2\n3,\"open\n4,5\n".to_vec();
        let mut blocks = Blocks::new(Box::new(Cursor::new(text)), 10, quoted).of_size(4);
        assert!(matches!(blocks.next(), Ok(Some(Block { offset: 10, .. }))));
        assert!(matches!(blocks.next(), Err(BlockError::Open(14))));
    }

    #[test]
    fn batches_have_fewer_rows_where_there_are_more_columns() {
        assert_eq!(rows_of_batch(0, 8192), 8192);
        assert_eq!(rows_of_batch(19, 32_768), 32_768);
        assert_eq!(rows_of_batch(10_000, 8192), 104);
        assert_eq!(rows_of_batch(1_000_000, 8192), 64);
    }

    proptest! {
        #[test]
        fn blocks_are_the_file_and_end_with_records(fields in prop::collection::vec("[a-c\" ,\n]{0,6}", 1..60), size in 1usize..40) {
            let mut text = String::new();
            for (at, field) in fields.iter().enumerate() {
                let quoted = format!("\"{}\"", field.replace('"', "\"\""));
                text += &quoted;
                text += if at % 3 == 2 { "\n" } else { "," };
            }
            let mut blocks = Blocks::new(Box::new(Cursor::new(text.clone().into_bytes())), 0, Records::Quoted(b',')).of_size(size);
            let (mut whole, mut records) = (Vec::new(), 0);
            while let Some(block) = blocks.next().expect("blocks") {
                prop_assert_eq!(block.offset, whole.len() as u64);
                records += count(&block.bytes, Records::Quoted(b','));
                whole.extend(block.bytes);
                if whole.len() < text.len() {
                    prop_assert_eq!(whole.last(), Some(&b'\n'));
                }
            }
            prop_assert_eq!(records, (fields.len() / 3) as u64);
            prop_assert_eq!(whole, text.into_bytes());
        }
    }
}
