//! Fetching files of the server into a folder of this machine.

use std::path::Path;

use serde_json::Value;

use crate::client::{file_path, inside};
use crate::error::{Error, Result};
use crate::output::{bytes, count, number, text};
use crate::progress::Progress;
use crate::session::Session;

/// Fetches every file that `{path}/files` lists, or those below `prefix`, into `folder`. Gives how many there were.
///
/// # Errors
/// What the server says, and files that cannot be written.
pub async fn download(session: &Session, path: &str, prefix: &str, folder: &Path) -> Result<usize> {
    let files = files(session, path, prefix).await?;
    let total: u64 = files.iter().map(|(_, size)| size).sum();
    let shown = folder.display().to_string();
    let progress = Progress::start(&format!("Downloading to {shown}"), Some(total), session.quiet);
    for (file, _) in &files {
        let target = folder.join(inside(file)?);
        let advance = |more| progress.advance(0, more);
        session
            .client
            .download(&format!("{path}/files{}", file_path(file)), &target, &advance)
            .await?;
        progress.advance(1, 0);
    }
    progress.end(Some(&format!(
        "Downloaded {} ({}) to {shown}",
        count(files.len() as u64, "file"),
        bytes(total)
    )));
    Ok(files.len())
}

/// The files that there are, with their sizes.
async fn files(session: &Session, path: &str, prefix: &str) -> Result<Vec<(String, u64)>> {
    let query = if prefix.is_empty() {
        String::new()
    } else {
        crate::client::query(&[("path", prefix)])
    };
    let mut answer = session.client.get(&format!("{path}/files{query}")).await?;
    let listed = ["files", "items"]
        .into_iter()
        .find_map(|field| answer.get_mut(field).map(Value::take));
    let Some(Value::Array(listed)) = listed else {
        return Err(Error::failed(
            "failed to read the list of files: the server's answer has none",
        ));
    };
    let size = |file: &Value| {
        number(file, "size_bytes")
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or_default()
    };
    Ok(listed
        .iter()
        .filter_map(|file| Some((text(file, "path")?.to_owned(), size(file))))
        .collect())
}
