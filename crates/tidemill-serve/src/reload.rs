//! Reload for development: notices when a file of the code changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at.
const EVERY: Duration = Duration::from_millis(500);
/// Files that are looked at, at most.
const FILES: usize = 10_000;

/// Calls `changed` whenever a Python, JSON or YAML file below `folder` is written, added or removed. Never returns.
pub(crate) async fn watch(folder: PathBuf, changed: impl Fn()) {
    let mut known = look(folder.clone()).await;
    loop {
        tokio::time::sleep(EVERY).await;
        let now = look(folder.clone()).await;
        if now != known {
            known = now;
            changed();
        }
    }
}

async fn look(folder: PathBuf) -> Vec<(PathBuf, SystemTime)> {
    let looked = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        collect(&folder, &mut found);
        found.sort();
        found
    });
    looked.await.unwrap_or_default()
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, SystemTime)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let hidden =
            name.as_encoded_bytes().starts_with(b".") || name == "__pycache__" || name == "node_modules";
        let Ok(kind) = entry.file_type() else { continue };
        if found.len() >= FILES || hidden {
            continue;
        }
        if kind.is_dir() {
            collect(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["py", "json", "yml", "yaml"].iter().any(|known| end == *known))
            && let Ok(written) = entry.metadata().and_then(|metadata| metadata.modified())
        {
            found.push((path, written));
        }
    }
}
