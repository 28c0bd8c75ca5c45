//! A piece of a file of the server, held in memory: it comes whole or not at all.

use std::ops::Range;

use futures::StreamExt;
use reqwest::{Method, StatusCode, header};

use super::Client;
use super::fetch::{PAUSE, TRIES, Wanted};
use crate::error::{Error, Result};

impl Client {
    /// The bytes of a range of a file. A connection that breaks is made again, and goes on behind what came.
    ///
    /// # Errors
    /// What the server says; a connection that breaks again and again; an answer that is not the range that was asked for.
    pub async fn piece(&self, wanted: &Wanted, range: Range<u64>) -> Result<Vec<u8>> {
        let length = range.end - range.start;
        let mut came = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        let mut tries = 0;
        loop {
            let before = came.len();
            let why = match self.more(wanted, &range, &mut came).await {
                Ok(()) if came.len() as u64 == length => return Ok(came),
                Ok(()) => "it ended early".to_owned(),
                Err(Error::Problem(problem)) if problem.status < 500 => return Err(Error::Problem(problem)),
                Err(error) => error.to_string(),
            };
            if came.len() > before {
                tries = 0;
            }
            tries += 1;
            if tries > TRIES {
                return Err(Error::failed(format!(
                    "failed to fetch bytes {} to {} of {}: the connection broke again and again: {why}",
                    range.start, range.end, wanted.name
                )));
            }
            tokio::time::sleep(PAUSE * 2u32.pow(tries - 1)).await;
        }
    }

    /// Appends what one answer brings of the rest.
    async fn more(&self, wanted: &Wanted, range: &Range<u64>, came: &mut Vec<u8>) -> Result<()> {
        let start = range.start + came.len() as u64;
        let request = self
            .request(Method::GET, &wanted.path)
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::RANGE, format!("bytes={start}-{}", range.end - 1));
        let response = self.send(request).await?;
        let is_range = response.status() == StatusCode::PARTIAL_CONTENT
            || (response.status() == StatusCode::OK && start == 0 && range.end == wanted.size_bytes);
        if !is_range {
            return Err(Error::failed(format!(
                "the server answered {} to a range",
                response.status()
            )));
        }
        let missing = usize::try_from(range.end - start).unwrap_or(usize::MAX);
        let (mut stream, most) = (response.bytes_stream(), came.len() + missing);
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| Error::failed(error.to_string()))?;
            if came.len() + piece.len() > most {
                return Err(Error::failed("the server sent more than it was asked for"));
            }
            came.extend_from_slice(&piece);
        }
        Ok(())
    }
}
