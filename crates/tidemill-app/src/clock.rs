//! The clock and the source of ids, passed in so that tests can hold them still.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time and makes ids.
pub trait Clock: Debug + Send + Sync {
    /// UTC milliseconds.
    fn now_ms(&self) -> i64;
    /// A ULID: unique, and sorted by time.
    fn ulid(&self) -> String;
    /// 32 random bytes, for tokens.
    fn secret(&self) -> [u8; 32];
}

/// The clock of the machine.
#[derive(Default)]
pub struct SystemClock {
    ulids: std::sync::Mutex<ulid::Generator>,
}

impl Debug for SystemClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemClock")
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn ulid(&self) -> String {
        let mut generator = self
            .ulids
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // The generator is monotonic within a millisecond; it runs over only after 2^80 ids in one.
        generator
            .generate()
            .unwrap_or_else(|_| ulid::Ulid::new())
            .to_string()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for half in bytes.chunks_exact_mut(16) {
            half.copy_from_slice(&rand::random::<u128>().to_le_bytes());
        }
        bytes
    }
}
