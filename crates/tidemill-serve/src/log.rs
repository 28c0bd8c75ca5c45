//! Log lines in the form of Azure's inference server, on standard output; a slow reader of them never slows an answer.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Bytes that wait to be written at most; lines beyond are left out, and counted.
const WAITING_AT_MOST: usize = 4 << 20;
/// Lines of this time are written together.
const TOGETHER: Duration = Duration::from_millis(20);

/// The log. Clones write to the same one.
#[derive(Debug, Clone)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    written: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: String,
    left_out: u64,
    second: i64,
    second_text: String,
    writing: bool,
}

/// The letter of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `I`.
    Info,
    /// `W`.
    Warning,
    /// `E`.
    Error,
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}

impl Log {
    /// A log, with the thread that writes it.
    #[must_use]
    pub fn new() -> Self {
        let log = Self {
            shared: Arc::default(),
        };
        let shared = Arc::clone(&log.shared);
        let thread = std::thread::Builder::new().name("log".into());
        // Without a thread for it there is no log, and requests are answered all the same.
        drop(thread.spawn(move || shared.write()));
        log
    }

    /// Writes a line. `id` is the request's.
    pub fn line(&self, level: Level, id: Option<&str>, message: std::fmt::Arguments<'_>) {
        let now = Timestamp::now();
        let mut waiting = self.shared.lock();
        if waiting.text.len() > WAITING_AT_MOST {
            waiting.left_out += 1;
            return;
        }
        let was_empty = waiting.text.is_empty();
        if waiting.second != now.as_second() || waiting.second_text.is_empty() {
            waiting.second = now.as_second();
            waiting.second_text = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
        }
        let Waiting {
            text, second_text, ..
        } = &mut *waiting;
        let letter = match level {
            Level::Info => 'I',
            Level::Warning => 'W',
            Level::Error => 'E',
        };
        let (millis, pid) = (now.subsec_millisecond(), std::process::id());
        let _ = write!(text, "{second_text},{millis:03} {letter} [{pid}] azmlinfsrv - ");
        if let Some(id) = id {
            let _ = write!(text, "[{id}] ");
        }
        let _ = writeln!(text, "{message}");
        if was_empty {
            self.shared.filled.notify_one();
        }
    }

    /// Waits until all lines are written.
    pub fn flush(&self) {
        let mut waiting = self.shared.lock();
        while !waiting.text.is_empty() || waiting.writing {
            let waited = self
                .shared
                .written
                .wait_timeout(waiting, Duration::from_secs(1))
                .unwrap_or_else(PoisonError::into_inner);
            if waited.1.timed_out() {
                return;
            }
            waiting = waited.0;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) {
        loop {
            let mut waiting = self.lock();
            while waiting.text.is_empty() {
                waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            drop(waiting);
            std::thread::sleep(TOGETHER);
            let mut waiting = self.lock();
            let text = std::mem::take(&mut waiting.text);
            let left_out = std::mem::take(&mut waiting.left_out);
            waiting.writing = true;
            drop(waiting);
            let mut out = std::io::stdout().lock();
            // Nobody reads the log any more: there is nobody to tell.
            let _ = out.write_all(text.as_bytes());
            if left_out > 0 {
                let _ = writeln!(
                    out,
                    "{left_out} lines were left out: whoever reads this log is too slow"
                );
            }
            let _ = out.flush();
            drop(out);
            self.lock().writing = false;
            self.written.notify_all();
        }
    }
}
