//! A file whose hash is known, from the server to this machine: what is there is not fetched again, what broke goes on behind what
//! came, and what came is checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use reqwest::{Method, Response, StatusCode, header};
use tidemill_objects::Hash;
use tokio::io::AsyncWriteExt;

use super::Client;
use crate::error::{Error, Result};

/// Connections in a row that break without a byte, before it is given up.
pub(super) const TRIES: u32 = 5;
/// The pause after the first; each is twice as long as the one before.
pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// What a file on its way is called behind its name.
const ENDING: &str = "part";

/// A file that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its path on the server, below `/api/v1`.
    pub path: String,
    /// As people call it.
    pub name: String,
    /// Bytes.
    pub size_bytes: u64,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
}

/// What became of a file that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// It was there already.
    There,
    /// It came, all of it or what was missing: so many bytes.
    Came(u64),
}

impl Client {
    /// Brings a file to `target`, which is there whole and with its hash, or not at all. `advance` hears of bytes, those included
    /// that were there already.
    ///
    /// # Errors
    /// What the server says; a connection that breaks again and again: what came stays, and the same call goes on behind it; bytes
    /// that are others than they should be: nothing of them stays.
    pub async fn fetch(
        &self,
        wanted: &Wanted,
        target: &Path,
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Fetched> {
        if size_of(target).await == Some(wanted.size_bytes) && hash_of(target).await? == wanted.hash {
            advance(wanted.size_bytes);
            return Ok(Fetched::There);
        }
        let folder = target.parent().unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| Error::file("make the folder", folder, error))?;
        let part = part_of(target, &wanted.hash);
        let before = size_of(&part).await.unwrap_or(0).min(wanted.size_bytes);
        advance(before);
        let mut came = self.all_of(wanted, &part, advance).await?;
        let mut found = hash_of(&part).await?;
        if found != wanted.hash && before > 0 {
            // What was left by an earlier call may have been damaged since: once more from the beginning.
            remove(&part).await?;
            came += self.all_of(wanted, &part, &|_| ()).await?;
            found = hash_of(&part).await?;
        }
        if found != wanted.hash {
            remove(&part).await?;
            return Err(Error::failed(format!(
                "failed to fetch {}: its bytes hash to {}, and those of the version to {}",
                wanted.name, found, wanted.hash
            ))
            .with_hint("it was changed where it lies, or on its way: nothing of it was kept"));
        }
        tokio::fs::rename(&part, target)
            .await
            .map_err(|error| Error::file("write", target, error))?;
        Ok(Fetched::Came(came))
    }

    /// Appends what is missing until all bytes are there; gives how many came.
    async fn all_of(&self, wanted: &Wanted, part: &Path, advance: &(dyn Fn(u64) + Sync)) -> Result<u64> {
        let (mut tries, mut came) = (0, 0);
        loop {
            let received = size_of(part).await.unwrap_or(0);
            if received > wanted.size_bytes {
                remove(part).await?;
                continue;
            }
            if received == wanted.size_bytes && (received > 0 || size_of(part).await.is_some()) {
                return Ok(came);
            }
            let error = match self.ask(wanted, received).await {
                Ok(response) => match write(response, part, received, advance).await {
                    Ok(more) => {
                        came += more;
                        if size_of(part).await == Some(wanted.size_bytes) {
                            return Ok(came);
                        }
                        None
                    }
                    Err(Broke::Writing(error)) => return Err(error),
                    Err(Broke::Reading(more, why)) => {
                        came += more;
                        if more > 0 {
                            tries = 0;
                        }
                        Some(why)
                    }
                },
                Err(Error::Problem(problem)) if problem.status < 500 => return Err(Error::Problem(problem)),
                Err(error) => Some(error.to_string()),
            };
            tries += 1;
            if tries > TRIES {
                let there = size_of(part).await.unwrap_or(0);
                let why = error.unwrap_or_else(|| "it ended early".into());
                return Err(Error::failed(format!(
                    "failed to fetch {}: {there} of {} bytes came, then the connection broke again and again: {why}",
                    wanted.name, wanted.size_bytes
                ))
                .with_hint("run the same command again: it goes on behind what came"));
            }
            tokio::time::sleep(PAUSE * 2u32.pow(tries - 1)).await;
        }
    }

    async fn ask(&self, wanted: &Wanted, received: u64) -> Result<Response> {
        let mut request = self
            .request(Method::GET, &wanted.path)
            .header(header::ACCEPT_ENCODING, "identity");
        if received > 0 {
            request = request.header(header::RANGE, format!("bytes={received}-"));
        }
        self.send(request).await
    }
}

/// Why an answer was not written to its end.
enum Broke {
    /// The file cannot be written.
    Writing(Error),
    /// The connection broke after so many bytes.
    Reading(u64, String),
}

/// Writes an answer behind what was received, or from the beginning where it is the whole file; gives how many bytes came.
async fn write(
    response: Response,
    part: &Path,
    received: u64,
    advance: &(dyn Fn(u64) + Sync),
) -> Result<u64, Broke> {
    let goes_on = received > 0 && response.status() == StatusCode::PARTIAL_CONTENT;
    let failed = |error| Broke::Writing(Error::file("write", part, error));
    let mut file = tokio::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .append(goes_on)
        .truncate(!goes_on)
        .open(part)
        .await
        .map_err(failed)?;
    let (mut stream, mut came) = (response.bytes_stream(), 0);
    while let Some(piece) = stream.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                file.flush().await.map_err(failed)?;
                return Err(Broke::Reading(came, error.to_string()));
            }
        };
        file.write_all(&piece).await.map_err(failed)?;
        came += piece.len() as u64;
        advance(piece.len() as u64);
    }
    file.flush().await.map_err(failed)?;
    file.sync_data().await.map_err(failed)?;
    Ok(came)
}

async fn size_of(path: &Path) -> Option<u64> {
    let there = tokio::fs::metadata(path).await.ok()?;
    there.is_file().then(|| there.len())
}

async fn hash_of(path: &Path) -> Result<Hash> {
    let path = path.to_path_buf();
    let read = tokio::task::spawn_blocking(move || {
        let failed = |error| Error::file("read", &path, error);
        let mut hasher = blake3::Hasher::new();
        let file = std::fs::File::open(&path).map_err(failed)?;
        hasher.update_reader(file).map_err(failed)?;
        Ok(hasher.finalize().into())
    });
    read.await
        .map_err(|error| Error::failed(format!("failed to hash a file: {error}")))?
}

async fn remove(path: &Path) -> Result<()> {
    tokio::fs::remove_file(path)
        .await
        .map_err(|error| Error::file("remove", path, error))
}

/// Where a file on its way lies: beside its place, and by its hash, so that another version never goes on behind it.
fn part_of(target: &Path, hash: &Hash) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.{ENDING}", &hash.to_hex()[..16]));
    target.with_file_name(name)
}
