//! What a job says: first a file of this machine, then, piece by piece, the server's.

mod file;
mod mask;
mod pump;

use crate::failure::Failure;
use crate::link::Link;
pub(crate) use file::LogFile;
pub(crate) use mask::Mask;
pub(crate) use pump::pump;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tidemill_api::runner::LOG_CHUNK_BYTES;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often new output is sent at most, while more and more comes.
const BATCH: Duration = Duration::from_millis(100);
/// How long the first words after a silence wait for the rest of their line.
const FIRST: Duration = Duration::from_millis(5);
/// The pause before a piece is sent again that the server answered but did not take.
const RETRY: Duration = Duration::from_millis(200);

/// All logs of a job. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Logs {
    folder: PathBuf,
    link: Link,
    files: Arc<Mutex<Vec<Arc<LogFile>>>>,
    dirty: Arc<Notify>,
    /// What must not be seen in them.
    mask: Mask,
    /// Held while pieces travel, so that each file has one at a time.
    sending: Arc<tokio::sync::Mutex<()>>,
}

impl Logs {
    pub(crate) fn new(folder: PathBuf, link: Link, mask: Mask) -> Self {
        Self {
            folder,
            link,
            files: Arc::default(),
            dirty: Arc::default(),
            mask,
            sending: Arc::default(),
        }
    }

    /// Opens a log under the name that the server will show, such as `user_logs/std_log.txt`.
    pub(crate) fn open(&self, name: &str) -> Result<Arc<LogFile>, Failure> {
        let path = self.folder.join(name.replace('/', "~"));
        let file = LogFile::create(name, path, self.dirty.clone())
            .map_err(|error| Failure::io(&format!("write the log {name}"), error))?;
        let file = Arc::new(file);
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(file.clone());
        Ok(file)
    }

    /// What must not be seen in them.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Sends what comes, in batches; never ends by itself. What comes after a silence goes nearly at once, so that
    /// who asks for something and then reads the log finds what was said about it.
    pub(crate) async fn stream(&self) {
        let mut next = Instant::now();
        loop {
            self.dirty.notified().await;
            tokio::time::sleep_until(next.max(Instant::now() + FIRST)).await;
            if self.send().await.is_err() {
                // The switch has been thrown; what can still be sent is sent at the end.
                return;
            }
            next = Instant::now() + BATCH;
        }
    }

    /// Sends all that has been written so far, and returns when the server has it.
    pub(crate) async fn send(&self) -> Result<(), Failure> {
        let _one = self.sending.lock().await;
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for file in files {
            while let Some((offset, piece)) = file.unsent(LOG_CHUNK_BYTES)? {
                let length = piece.len() as u64;
                let next = self.link.log(&file.name, offset, piece).await?;
                file.acknowledge(next);
                if next < offset + length {
                    tracing::debug!(
                        file = file.name,
                        offset,
                        next,
                        "the server has less than was sent"
                    );
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
        Ok(())
    }
}
