//! Fetching the files of a version, each by its hash: several at once, and as many as can be had.

use std::path::Path;

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::client::{Fetched, Wanted, file_path, inside};
use crate::error::{Error, Result};
use crate::output::{bytes, count, number, text};
use crate::progress::Progress;
use crate::session::Session;

/// Files that come at once.
const AT_ONCE: usize = 4;
/// Failures that an error names.
const TOLD: usize = 5;

/// Fetches every file that `{path}/files` lists, or those that are or lie below `prefix`, into `folder`. Gives what was done.
///
/// # Errors
/// What the server says; files that could not be had, by name, after all others have been.
pub async fn fetch(session: &Session, path: &str, prefix: &str, folder: &Path) -> Result<Value> {
    let wanted = wanted(session, path, prefix).await?;
    let total: u64 = wanted.iter().map(|file| file.size_bytes).sum();
    let shown = folder.display().to_string();
    let progress = Progress::start(&format!("Downloading to {shown}"), Some(total), session.quiet);
    let got: Vec<(String, Result<Fetched>)> = stream::iter(&wanted)
        .map(|file| {
            let progress = &progress;
            async move {
                let target = match inside(&file.name) {
                    Ok(inside) => folder.join(inside),
                    Err(error) => return (file.name.clone(), Err(error)),
                };
                let got = session
                    .client
                    .fetch(file, &target, &|more| progress.advance(0, more))
                    .await;
                progress.advance(1, 0);
                (file.name.clone(), got)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (mut came, mut there, mut fetched, mut failed) = (0u64, 0u64, 0u64, Vec::new());
    for (name, got) in got {
        match got {
            Ok(Fetched::There) => there += 1,
            Ok(Fetched::Came(size)) => {
                came += 1;
                fetched += size;
            }
            Err(error) => failed.push((name, error)),
        }
    }
    let said = format!(
        "Downloaded {} ({}) to {shown}; {} there already",
        count(came, "file"),
        bytes(fetched),
        if there == 1 {
            "1 was".to_owned()
        } else {
            format!("{there} were")
        }
    );
    progress.end(Some(&said));
    failed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let all = failed.len();
    if all > 1 {
        let mut names: Vec<String> = failed
            .iter()
            .take(TOLD)
            .map(|(name, error)| format!("{name}: {error}"))
            .collect();
        if all > TOLD {
            names.push(format!("and {} more", all - TOLD));
        }
        let failure = Error::failed(format!(
            "failed to download {}: {}",
            count(all as u64, "file"),
            names.join("; ")
        ));
        return Err(failure.with_hint("the others are there; run the same command again for the rest"));
    }
    match failed.pop() {
        Some((_, error)) => Err(error),
        None => Ok(json!({ "folder": shown, "files": came, "bytes": fetched, "there_already": there })),
    }
}

/// The files of the version at `path`, or those of them that are or lie below `prefix`.
///
/// # Errors
/// What the server says; where nothing lies there.
pub async fn wanted(session: &Session, path: &str, prefix: &str) -> Result<Vec<Wanted>> {
    let listed = session.client.get(&format!("{path}/files")).await?;
    let prefix = prefix.trim_matches('/');
    let mut files = Vec::new();
    for file in listed["items"].as_array().into_iter().flatten() {
        let Some(name) = text(file, "path") else { continue };
        let is_asked = prefix.is_empty()
            || name == prefix
            || name
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with('/'));
        if !is_asked {
            continue;
        }
        let known = text(file, "hash").and_then(|hash| hash.parse().ok());
        let hash = known.ok_or_else(|| {
            Error::failed(format!(
                "failed to download {name}: the server does not tell its hash"
            ))
        })?;
        files.push(Wanted {
            path: format!("{path}/files{}", file_path(name)),
            name: name.to_owned(),
            size_bytes: number(file, "size_bytes")
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default(),
            hash,
        });
    }
    if files.is_empty() && !prefix.is_empty() {
        return Err(Error::failed(format!(
            "failed to download {prefix}: the version has no such file or folder"
        ))
        .with_hint("leave --path out to download all of it"));
    }
    Ok(files)
}
