//! One log on this machine: appended to by one, read by offset by another.

use crate::failure::Failure;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// A log file.
#[derive(Debug)]
pub(crate) struct LogFile {
    /// Its name on the server.
    pub(crate) name: String,
    file: File,
    written: AtomicU64,
    /// What the server has.
    acknowledged: AtomicU64,
    dirty: Arc<Notify>,
}

impl LogFile {
    pub(super) fn create(name: &str, path: PathBuf, dirty: Arc<Notify>) -> io::Result<Self> {
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(path)?;
        Ok(Self {
            name: name.to_owned(),
            file,
            written: 0.into(),
            acknowledged: 0.into(),
            dirty,
        })
    }

    /// Appends bytes as they are.
    pub(crate) fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.file).write_all(bytes)?;
        self.written.fetch_add(bytes.len() as u64, Ordering::Release);
        self.dirty.notify_one();
        Ok(())
    }

    /// The next piece that the server has not, and its offset.
    pub(super) fn unsent(&self, most: usize) -> Result<Option<(u64, Vec<u8>)>, Failure> {
        let offset = self.acknowledged.load(Ordering::Acquire);
        let length = self.written.load(Ordering::Acquire).saturating_sub(offset);
        if length == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; usize::try_from(length).unwrap_or(most).min(most)];
        self.file
            .read_exact_at(&mut piece, offset)
            .map_err(|error| Failure::io(&format!("read the log {} back", self.name), error))?;
        Ok(Some((offset, piece)))
    }

    /// The server has everything before this offset. It is the truth, also when it is less than was sent.
    pub(super) fn acknowledge(&self, next_offset: u64) {
        let written = self.written.load(Ordering::Acquire);
        self.acknowledged
            .store(next_offset.min(written), Ordering::Release);
    }

    /// The last bytes as text, whatever they are, from the start of a line where there is one.
    pub(crate) fn tail(&self, most: usize) -> String {
        let written = self.written.load(Ordering::Acquire);
        let length = written.min(most as u64);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(most)];
        if self.file.read_exact_at(&mut bytes, written - length).is_err() {
            return String::new();
        }
        let whole = length == written;
        let start = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) if !whole && end + 1 < bytes.len() => end + 1,
            _ => 0,
        };
        let text = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default());
        text.trim_end().replace('\0', "\u{fffd}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> LogFile {
        let path = tempfile::tempdir().expect("a folder").keep().join("log");
        LogFile::create("user_logs/std_log.txt", path, Arc::default()).expect("a file")
    }

    #[test]
    fn the_server_has_the_last_word_on_what_it_has() {
        let log = log();
        log.append(b"hello world").expect("written");
        assert_eq!(log.unsent(5).expect("read"), Some((0, b"hello".to_vec())));
        log.acknowledge(5);
        assert_eq!(log.unsent(50).expect("read"), Some((5, b" world".to_vec())));
        log.acknowledge(2);
        assert_eq!(log.unsent(3).expect("read"), Some((2, b"llo".to_vec())));
        log.acknowledge(900);
        assert_eq!(log.unsent(3).expect("read"), None);
    }

    #[test]
    fn a_tail_starts_at_a_line_and_survives_odd_bytes() {
        let log = log();
        log.append(b"first line\nsecond \xff line\nthird\n")
            .expect("written");
        assert_eq!(log.tail(2048), "first line\nsecond \u{fffd} line\nthird");
        assert_eq!(log.tail(10), "third");
        assert_eq!(log.tail(3), "rd");
    }
}
