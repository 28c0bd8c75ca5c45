//! A file of this machine, to a datastore: what is there is not sent again, and what broke goes on behind what arrived.

use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::Arc;

use futures::TryStreamExt;
use reqwest::{Body, Method, header};
use serde_json::Value;
use tidemill_objects::Hash;
use tokio::io::AsyncSeekExt;

use super::fetch::{PAUSE, TRIES};
use super::{Client, query};
use crate::error::{Error, Result};
use crate::output::number;

/// A file that is to be sent.
#[derive(Debug, Clone)]
pub struct ToSend {
    /// The file.
    pub file: PathBuf,
    /// The path of the uploads of its datastore, below `/api/v1`.
    pub uploads: String,
    /// Where it is to be in the datastore.
    pub path: String,
    /// Bytes.
    pub size_bytes: u64,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// Replace another file that lies there.
    pub overwrite: bool,
}

/// What became of a file that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It lay there already.
    There,
    /// It arrived.
    Arrived,
}

impl Client {
    /// Sends a file. `advance` hears of bytes, those included that were there already.
    ///
    /// # Errors
    /// What the server says; a connection that breaks again and again: what arrived stays there for a week, and the same call goes
    /// on behind it.
    pub async fn send_file(&self, what: &ToSend, advance: Arc<dyn Fn(u64) + Send + Sync>) -> Result<Sent> {
        let (mut tries, mut told, mut first) = (0, 0u64, true);
        loop {
            let sent = self.go_on(what, &mut told, first, &advance).await;
            first = false;
            let error = match sent {
                Ok(sent) => return Ok(sent),
                Err((_, Error::Problem(problem))) if !may_pass(&problem) => {
                    return Err(Error::Problem(problem));
                }
                Err((_, error @ (Error::File { .. } | Error::Usage { .. }))) => return Err(error),
                Err((progress, error)) => {
                    if progress {
                        tries = 0;
                    }
                    error
                }
            };
            tries += 1;
            if tries > TRIES {
                return Err(Error::failed(format!(
                    "failed to upload {}: the connection broke again and again: {error}",
                    what.path
                ))
                .with_hint("run the same command again: it goes on behind what arrived"));
            }
            tokio::time::sleep(PAUSE * 2u32.pow(tries - 1)).await;
        }
    }

    /// Asks how far it has come, and sends the rest. An error comes with whether more was there than the last time.
    async fn go_on(
        &self,
        what: &ToSend,
        told: &mut u64,
        first: bool,
        advance: &Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Sent, (bool, Error)> {
        let size = what.size_bytes.to_string();
        let hash = what.hash.to_hex();
        let asked = |offset: &str| {
            let overwrite = if what.overwrite { "true" } else { "false" };
            let pairs = [
                ("path", what.path.as_str()),
                ("hash", hash.as_str()),
                ("size_bytes", size.as_str()),
                ("offset", offset),
                ("overwrite", overwrite),
            ];
            format!("{}{}", what.uploads, query(&pairs))
        };
        let state = self.get(&asked("0")).await.map_err(|error| (false, error))?;
        let received = number(&state, "received_bytes")
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0);
        let progress = received > *told;
        if progress {
            // What a broken connection had sent is counted by what arrived of it.
            if first {
                advance(received);
            }
            *told = received;
        }
        if state.get("done").and_then(Value::as_bool) == Some(true) {
            return Ok(if first { Sent::There } else { Sent::Arrived });
        }
        let failed = |error| (progress, Error::file("read", &what.file, error));
        let mut file = tokio::fs::File::open(&what.file).await.map_err(failed)?;
        file.seek(SeekFrom::Start(received)).await.map_err(failed)?;
        let rest = what.size_bytes.saturating_sub(received);
        let heard = Arc::clone(advance);
        let pieces =
            tokio_util::io::ReaderStream::with_capacity(tokio::io::AsyncReadExt::take(file, rest), 1 << 18)
                .inspect_ok(move |piece| heard(piece.len() as u64));
        let request = self
            .request(Method::PUT, &asked(&received.to_string()))
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, rest)
            .body(Body::wrap_stream(pieces));
        self.json(request)
            .await
            .map(|_| Sent::Arrived)
            .map_err(|error| (progress, error))
    }
}

/// Whether the server may say otherwise soon: it fails, some of the bytes did not come, or those of a broken connection still arrive.
fn may_pass(problem: &tidemill_api::problem::Problem) -> bool {
    problem.status >= 500 || problem.status == 412
}
