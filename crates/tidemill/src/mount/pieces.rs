//! What has come of the files: blocks in one file without a name, which goes with this process whatever ends it, each file at its own
//! place: one open file is enough, however many are read. Each block is asked for once, and a file that has come whole is checked against its BLAKE3 before another byte of it is given out.

use std::fs::File;
use std::io::{Read, Result as IoResult};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
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
    /// Where the bytes of all files are kept, once there are any.
    kept: OnceLock<Arc<File>>,
    at_once: Semaphore,
    came: AtomicU64,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

struct Remote {
    wanted: Wanted,
    /// Where its bytes begin among those of all files.
    place: u64,
    kept: OnceLock<Arc<Kept>>,
    told: AtomicBool,
}

/// What has come of one file.
struct Kept {
    file: Arc<File>,
    place: u64,
    size_bytes: u64,
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
        let mut end = 0;
        let remote = |wanted: Wanted| {
            let place = end;
            end += wanted.size_bytes;
            Remote {
                wanted,
                place,
                kept: OnceLock::new(),
                told: AtomicBool::new(false),
            }
        };
        Self {
            client,
            files: files.into_iter().map(remote).collect(),
            cache,
            kept: OnceLock::new(),
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
            .read_exact_at(&mut bytes, kept.place + offset)
            .map_err(|error| Error::file("read what came in", &self.cache, error))?;
        Ok(bytes)
    }

    fn kept(&self, file: &Remote) -> Result<Arc<Kept>> {
        if let Some(kept) = file.kept.get() {
            return Ok(kept.clone());
        }
        let all = match self.kept.get() {
            Some(all) => all.clone(),
            None => {
                let made = tempfile::tempfile_in(&self.cache)
                    .and_then(|all| all.set_len(self.size_bytes()).map(|()| all))
                    .map_err(|error| Error::file("make a file in", &self.cache, error))?;
                self.kept.get_or_init(|| Arc::new(made)).clone()
            }
        };
        let made = || Arc::new(Kept::new(all, file.place, file.wanted.size_bytes));
        Ok(file.kept.get_or_init(made).clone())
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
            let written =
                tokio::task::spawn_blocking(move || into.file.write_all_at(&bytes, into.place + start));
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
    fn new(file: Arc<File>, place: u64, size_bytes: u64) -> Self {
        let blocks = size_bytes.div_ceil(BLOCK);
        Self {
            file,
            place,
            size_bytes,
            blocks: (0..blocks).map(|_| OnceCell::new()).collect(),
            missing: AtomicU64::new(blocks),
            sound: OnceCell::new(),
        }
    }

    fn cell(&self, number: u64) -> Option<&OnceCell<()>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    fn hash(&self) -> IoResult<Hash> {
        let mut hasher = blake3::Hasher::new();
        let part = Part {
            file: &self.file,
            at: self.place,
        };
        hasher.update_reader(part.take(self.size_bytes))?;
        Ok(hasher.finalize().into())
    }
}

/// Reads a file from a place on, whatever else reads it.
struct Part<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
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
