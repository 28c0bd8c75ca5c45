//! What this machine remembers of the folders it uploaded: files that look as they did are not read again, and what the server
//! has of them is not sent again.
//!
//! One file a folder, below the cache home. It holds names, sizes, hashes and times of files, never their bytes; without it, or
//! with a damaged one, everything is read again and nothing else changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use tidemill_objects::{Hash, Remembered, TreeSink};

use crate::client::RemoteTrees;
use crate::folders;

/// Folders with fewer files and bytes are read as quickly as remembered.
const FEW_FILES: usize = 64;
const FEW_BYTES: u64 = 4 << 20;
/// So many folders are remembered; then those that were uploaded longest ago are forgotten.
const MOST: usize = 64;

/// What is written beside the command. It does not end before them.
#[derive(Debug, Default)]
pub struct Writes(Mutex<Vec<JoinHandle<()>>>);

impl Writes {
    /// Remembers an upload on a thread of its own.
    pub fn keep(&self, memory: Memory, remembered: Remembered) {
        let write = std::thread::spawn(move || memory.keep(&remembered));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(write);
    }
}

impl Drop for Writes {
    fn drop(&mut self) {
        for write in self.0.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // One that panicked has said so.
            let _ = write.join();
        }
    }
}

/// Where what is remembered of one folder lies.
#[derive(Debug, Clone)]
pub struct Memory {
    file: PathBuf,
}

impl Memory {
    /// That of what is uploaded from these places to a workspace of a server. `None` for little of it, and without a cache home.
    pub fn of(
        server: &str,
        workspace: &str,
        kind: &str,
        places: &[&Path],
        files: usize,
        bytes: u64,
    ) -> Option<Self> {
        if files < FEW_FILES && bytes < FEW_BYTES {
            return None;
        }
        let mut name = format!("{server}\n{workspace}\n{kind}");
        for place in places {
            let place = fs::canonicalize(place).ok()?;
            name.push('\n');
            name.push_str(place.to_str()?);
        }
        let folder = folders::cache_dir().ok()?.join("uploads");
        let file = folder.join(&Hash::of(name.as_bytes()).to_hex()[..32]);
        Some(Self { file })
    }

    /// What was uploaded last, if the server still has it.
    pub async fn recall(&self, sink: &RemoteTrees) -> Option<Remembered> {
        let file = self.file.clone();
        let read = move || Remembered::decode(&fs::read(file).ok()?).ok();
        let remembered = tokio::task::spawn_blocking(read).await.ok()??;
        if remembered.is_scattered() {
            return None;
        }
        let there = sink.has_tree(&remembered.known().digest()).await;
        there.is_ok_and(|there| there).then_some(remembered)
    }

    /// Remembers an upload. What goes wrong here costs time the next time, and is no error.
    fn keep(&self, remembered: &Remembered) {
        if let Err(error) = self.write(remembered) {
            tracing::debug!(%error, "what was uploaded is not remembered");
        }
    }

    /// Forgets it.
    pub fn forget(&self) {
        // It may never have been there.
        let _ = fs::remove_file(&self.file);
    }

    fn write(&self, remembered: &Remembered) -> Result<(), Box<dyn std::error::Error>> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Under another name first: who reads it finds all of it.
        let partial = self.file.with_extension(std::process::id().to_string());
        fs::write(&partial, remembered.encode()?)?;
        fs::rename(&partial, &self.file)?;
        let mut all = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            all.push((entry.metadata()?.modified()?, entry.path()));
        }
        all.sort();
        for (_, oldest) in &all[..all.len().saturating_sub(MOST)] {
            fs::remove_file(oldest)?;
        }
        Ok(())
    }
}
