//! What has come of the files: blocks in files without a name, which go with this process whatever ends it. Each block is asked for
//! once, and a file that has come whole is checked against its BLAKE3 before another byte of it is given out.

use std::fs::File;
use std::io::{Read, Result as IoResult};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tidemill_objects::Hash;
use tokio::sync::{OnceCell, Semaphore};

use crate::client::{Client, Wanted};
use crate::error::{Error, Result};

/// Bytes that are asked for at once. The kernel asks for 128 KiB, which would be a request each.
const BLOCK: u64 = 4 << 20;
/// Blocks on their way at once, each of them in memory.
const AT_ONCE: usize = 8;

/// The files of a version, and what has come of them.
pub struct Pieces {
    client: Client,
    files: Vec<Remote>,
    cache: PathBuf,
    at_once: Semaphore,
    came: AtomicU64,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

struct Remote {
    wanted: Wanted,
    kept: OnceLock<Arc<Kept>>,
    told: AtomicBool,
}

/// What has come of one file.
struct Kept {
    file: File,
    blocks: Vec<OnceCell<()>>,
    missing: AtomicU64,
    /// The hash of the whole is that of the version.
    sound: OnceCell<bool>,
}

/// Why a read has no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The server says that one may not.
    Forbidden,
    /// It cannot be had, or is not what it should be.
    Broken,
}

impl Pieces {
    /// Nothing has come yet. `tell` hears of files that cannot be read, each once.
    pub fn new(
        client: Client,
        files: Vec<Wanted>,
        cache: PathBuf,
        tell: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Self {
        let remote = |wanted| Remote {
            wanted,
            kept: OnceLock::new(),
            told: AtomicBool::new(false),
        };
        Self {
            client,
            files: files.into_iter().map(remote).collect(),
            cache,
            at_once: Semaphore::new(AT_ONCE),
            came: AtomicU64::new(0),
            tell,
        }
    }

    /// Bytes that have come from the server.
    pub fn came(&self) -> u64 {
        self.came.load(Ordering::Relaxed)
    }

    /// Bytes of all files together.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.wanted.size_bytes).sum()
    }

    /// Bytes of the file at this place of the list.
    pub fn size_of(&self, place: usize) -> u64 {
        self.files.get(place).map_or(0, |file| file.wanted.size_bytes)
    }

    /// True while nothing is known against the file at this place.
    pub fn is_good(&self, place: usize) -> bool {
        let kept = self.files.get(place).and_then(|file| file.kept.get());
        kept.is_none_or(|kept| kept.sound.get() != Some(&false))
    }

    /// Bytes of the file at this place, fewer only at its end.
    ///
    /// # Errors
    /// When the server does not give them, they cannot be kept, or the whole file is another one than that of the version.
    pub async fn read(self: &Arc<Self>, place: usize, offset: u64, length: u32) -> Result<Vec<u8>, Refused> {
        let Some(file) = self.files.get(place) else {
            return Err(Refused::Broken);
        };
        match self.bytes(place, file, offset, length).await {
            Ok(bytes) => Ok(bytes),
            Err(error) => {
                if !file.told.swap(true, Ordering::Relaxed) {
                    (self.tell)(&format!("{} cannot be read: {error}", file.wanted.name));
                }
                match error {
                    Error::Problem(problem) if matches!(problem.status, 401 | 403) => Err(Refused::Forbidden),
                    _ => Err(Refused::Broken),
                }
            }
        }
    }

    async fn bytes(
        self: &Arc<Self>,
        place: usize,
        file: &Remote,
        offset: u64,
        length: u32,
    ) -> Result<Vec<u8>> {
        let end = offset
            .saturating_add(u64::from(length))
            .min(file.wanted.size_bytes);
        if offset >= end {
            return Ok(Vec::new());
        }
        let kept = self.kept(file)?;
        let (first, last) = (offset / BLOCK, (end - 1) / BLOCK);
        for block in first..=last {
            self.block(file, &kept, block).await?;
        }
        self.sound(file, &kept).await?;
        // Who reads on gets the next block while they look at this one.
        let before = first.checked_sub(1).and_then(|before| kept.cell(before));
        if before.is_some_and(OnceCell::initialized)
            && kept.cell(last + 1).is_some_and(|next| !next.initialized())
        {
            let (pieces, kept) = (self.clone(), kept.clone());
            tokio::spawn(async move {
                if let Some(file) = pieces.files.get(place) {
                    // Whoever reads it hears of what is wrong with it.
                    let _ = pieces.block(file, &kept, last + 1).await;
                }
            });
        }
        let mut bytes = vec![0; usize::try_from(end - offset).unwrap_or_default()];
        kept.file
            .read_exact_at(&mut bytes, offset)
            .map_err(|error| Error::file("read what came in", &self.cache, error))?;
        Ok(bytes)
    }

    fn kept(&self, file: &Remote) -> Result<Arc<Kept>> {
        if let Some(kept) = file.kept.get() {
            return Ok(kept.clone());
        }
        let made = Kept::new(&self.cache, file.wanted.size_bytes)?;
        Ok(file.kept.get_or_init(|| Arc::new(made)).clone())
    }

    /// Sees to it that a block is there.
    async fn block(&self, file: &Remote, kept: &Arc<Kept>, number: u64) -> Result<()> {
        let Some(cell) = kept.cell(number) else {
            return Ok(());
        };
        let fetch = || async {
            let _turn = self.at_once.acquire().await;
            let start = number * BLOCK;
            let range = start..(start + BLOCK).min(file.wanted.size_bytes);
            let bytes = self.client.piece(&file.wanted, range).await?;
            self.came.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            let into = kept.clone();
            let written = tokio::task::spawn_blocking(move || into.file.write_all_at(&bytes, start));
            written
                .await
                .map_err(|error| Error::failed(format!("failed to keep what came: {error}")))?
                .map_err(|error| Error::file("keep what came in", &self.cache, error))?;
            kept.missing.fetch_sub(1, Ordering::AcqRel);
            Ok(())
        };
        cell.get_or_try_init(fetch).await.map(|_| ())
    }

    /// Where all of a file has come: that it is the file of the version.
    async fn sound(&self, file: &Remote, kept: &Arc<Kept>) -> Result<()> {
        if kept.missing.load(Ordering::Acquire) > 0 {
            return Ok(());
        }
        let check = || async {
            let whole = kept.clone();
            let hashed = tokio::task::spawn_blocking(move || whole.hash());
            let found = hashed
                .await
                .map_err(|error| Error::failed(format!("failed to hash what came: {error}")))?
                .map_err(|error| Error::file("read what came in", &self.cache, error))?;
            Ok::<_, Error>(found == file.wanted.hash)
        };
        match kept.sound.get_or_try_init(check).await? {
            true => Ok(()),
            false => Err(Error::failed(format!(
                "what came of it does not hash to {}, as in the version: it was changed where it lies, or on its way",
                file.wanted.hash
            ))),
        }
    }
}

impl Kept {
    fn new(cache: &Path, size_bytes: u64) -> Result<Self> {
        let file = tempfile::tempfile_in(cache)
            .and_then(|file| file.set_len(size_bytes).map(|()| file))
            .map_err(|error| Error::file("make a file in", cache, error))?;
        let blocks = size_bytes.div_ceil(BLOCK);
        Ok(Self {
            file,
            blocks: (0..blocks).map(|_| OnceCell::new()).collect(),
            missing: AtomicU64::new(blocks),
            sound: OnceCell::new(),
        })
    }

    fn cell(&self, number: u64) -> Option<&OnceCell<()>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    fn hash(&self) -> IoResult<Hash> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(FromStart(&self.file, 0))?;
        Ok(hasher.finalize().into())
    }
}

/// Reads a file from its start, whatever else reads it.
struct FromStart<'a>(&'a File, u64);

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let read = self.0.read_at(buffer, self.1)?;
        self.1 += read as u64;
        Ok(read)
    }
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces")
            .field("files", &self.files.len())
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
