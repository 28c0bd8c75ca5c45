//! Large buffers that are used again: memory that is new to a process costs as much as what is then written into it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// The most buffers that are held while nobody uses them.
const MOST_IDLE: usize = 4;

/// Lends buffers and takes them back when the last reader of their bytes is gone. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Buffers {
    idle: Arc<Mutex<Vec<(Instant, Vec<u8>)>>>,
}

impl Buffers {
    /// An empty buffer with room for so many bytes; one without room takes none that others could use.
    pub(crate) fn lend(&self, capacity: usize) -> Lent {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle
            .iter()
            .position(|(_, bytes)| capacity > 0 && bytes.capacity() >= capacity);
        let bytes = match found {
            Some(at) => idle.swap_remove(at).1,
            None => Vec::with_capacity(capacity),
        };
        Lent {
            bytes,
            home: self.clone(),
        }
    }

    /// Gives the memory of buffers back that nobody used for so long.
    pub(crate) fn drop_idle(&self, since: Duration) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(returned, _)| returned.elapsed() < since);
    }

    fn take_back(&self, mut bytes: Vec<u8>) {
        bytes.clear();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.capacity() > 0 && idle.len() < MOST_IDLE {
            idle.push((Instant::now(), bytes));
        }
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").finish_non_exhaustive()
    }
}

/// A buffer that goes back where it came from.
pub(crate) struct Lent {
    pub(crate) bytes: Vec<u8>,
    home: Buffers,
}

impl Lent {
    /// Its bytes, to be read only.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.take_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_lent_again_when_its_last_reader_is_gone() {
        let buffers = Buffers::default();
        let mut lent = buffers.lend(100);
        lent.bytes.extend_from_slice(b"one");
        let place = lent.bytes.as_ptr();
        let bytes = lent.freeze();
        let part = bytes.slice(1..);
        drop(bytes);
        assert_ne!(buffers.lend(100).bytes.as_ptr(), place);
        assert_eq!(&part[..], b"ne");
        drop(part);
        buffers.drop_idle(Duration::from_secs(60));
        let lent: Vec<Lent> = (0..2).map(|_| buffers.lend(100)).collect();
        assert!(
            lent.iter()
                .any(|lent| lent.bytes.as_ptr() == place && lent.bytes.is_empty())
        );
    }

    #[test]
    fn a_buffer_without_room_takes_no_place() {
        let buffers = Buffers::default();
        drop(buffers.lend(10));
        let empty = buffers.lend(0);
        assert_eq!(
            (empty.bytes.capacity(), buffers.idle.lock().unwrap().len()),
            (0, 1)
        );
        drop(empty);
        assert_eq!(buffers.idle.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_nobody_uses_is_given_back() {
        let buffers = Buffers::default();
        drop(buffers.lend(10));
        buffers.drop_idle(Duration::ZERO);
        assert!(buffers.idle.lock().unwrap().is_empty());
    }
}
