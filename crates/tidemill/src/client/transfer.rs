//! Bytes from the server into files of this machine.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use reqwest::Method;
use tokio::io::AsyncWriteExt;

use super::Client;
use crate::error::{Error, Result};

impl Client {
    /// Fetches the bytes at `path` into `target`, which is there whole or not at all. `advance` hears of bytes.
    ///
    /// # Errors
    /// As [`Client::send`], and when the file cannot be written.
    pub async fn download(&self, path: &str, target: &Path, advance: &(dyn Fn(u64) + Sync)) -> Result<u64> {
        let response = self.send(self.request(Method::GET, path)).await?;
        let announced = response.content_length();
        let folder = target.parent().unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| Error::file("make the folder", folder, error))?;
        let part = partial(target);
        let written = self
            .write(response, &part, advance)
            .await
            .and_then(|bytes| match announced {
                Some(announced) if announced != bytes => Err(Error::failed(format!(
                    "failed to fetch {}: it ended after {bytes} of {announced} bytes",
                    target.display()
                ))),
                _ => Ok(bytes),
            });
        let moved = match written {
            Ok(bytes) => tokio::fs::rename(&part, target)
                .await
                .map(|()| bytes)
                .map_err(|error| Error::file("write", target, error)),
            Err(error) => Err(error),
        };
        if moved.is_err() {
            // It may not be there; the error that brought us here says more.
            let _ = tokio::fs::remove_file(&part).await;
        }
        moved
    }

    async fn write(
        &self,
        response: reqwest::Response,
        part: &Path,
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<u64> {
        let failed = |error| Error::file("write", part, error);
        let mut file = tokio::fs::File::create(part).await.map_err(failed)?;
        let (mut stream, mut bytes) = (response.bytes_stream(), 0);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| self.unreachable(&error))?;
            file.write_all(&chunk).await.map_err(failed)?;
            bytes += chunk.len() as u64;
            advance(chunk.len() as u64);
        }
        file.flush().await.map_err(failed)?;
        Ok(bytes)
    }
}

fn partial(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    target.with_file_name(name)
}
