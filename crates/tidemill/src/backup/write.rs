//! Making a backup.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};
use tidemill_store::backup::{self, Facts};

use super::copy::{copy, hashed, settle};
use super::{DUMP, Entry, FILES, FORMAT, MANIFEST, Manifest, SQLITE, database_failed, postgres, sqlite_url};
use crate::error::{Error, Result};
use crate::output::{bytes, count};
use crate::progress::Progress;

/// Which backup is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The data folder of the server.
    pub data_dir: PathBuf,
    /// Its database, when that is no SQLite.
    pub database: Option<String>,
    /// Whether the keys are copied.
    pub with_keys: bool,
    /// Whether progress is shown.
    pub quiet: bool,
}

/// Makes a backup in `to`, and says what is in it.
///
/// # Errors
/// When something cannot be read or written; then `to` is no backup.
pub async fn write(wanted: &Wanted, to: &Path) -> Result<Value> {
    let Wanted {
        data_dir,
        database,
        with_keys,
        quiet,
    } = wanted;
    if !data_dir.join("objects").is_dir() {
        return Err(Error::failed(format!(
            "failed to back up {}: it is no data folder of a server",
            data_dir.display()
        ))
        .with_hint("name the server's with --data-dir"));
    }
    // A backup in the folder that is backed up would hold itself.
    let inside = |to: &Path| {
        to.ancestors().any(|above| {
            above
                .canonicalize()
                .is_ok_and(|above| data_dir.canonicalize().is_ok_and(|data| data == above))
        })
    };
    if inside(&std::path::absolute(to).map_err(|error| Error::file("find", to, error))?) {
        return Err(Error::failed(format!(
            "failed to write a backup to {}: it lies in the data folder",
            to.display()
        )));
    }
    super::empty_folder(to, "a backup")?;
    let made_at = now_ms();
    let (database, facts, first) = copy_database(data_dir, database.as_deref(), to).await?;
    let files = all_files(data_dir, *with_keys);
    let total = first.size_bytes + files.iter().map(|(_, size)| size).sum::<u64>();
    let progress = Progress::start("Backing up", Some(total), *quiet);
    progress.advance(1, first.size_bytes);
    let mut entries = vec![first];
    let mut gone = 0;
    for (path, _) in files {
        match copy(&data_dir.join(&path), &to.join(&path), &path, &progress)? {
            Some(entry) => entries.push(entry),
            None => gone += 1,
        }
    }
    let manifest = manifest(made_at, database, facts, *with_keys, &entries, to)?;
    progress.end(Some(&format!(
        "Backed up {}, {}",
        count(manifest.files, "file"),
        bytes(manifest.size_bytes)
    )));
    let mut said = serde_json::to_value(&manifest).map_err(|error| Error::failed(error.to_string()))?;
    said["path"] = to.display().to_string().into();
    said["gone_meanwhile"] = json!(gone);
    Ok(said)
}

/// Copies the database as it is at one moment. Files that it names are copied later, and so are all there.
async fn copy_database(
    data_dir: &Path,
    url: Option<&str>,
    to: &Path,
) -> Result<(&'static str, Facts, Entry)> {
    let sqlite = data_dir.join(SQLITE);
    match url {
        None if sqlite.is_file() => {
            let copied = to.join(SQLITE);
            backup::copy_sqlite(&sqlite, &copied)
                .await
                .map_err(database_failed)?;
            let facts = backup::facts(&sqlite_url(&copied))
                .await
                .map_err(database_failed)?;
            // Looking at it leaves files beside it.
            for beside in ["tidemill.db-wal", "tidemill.db-shm"] {
                let _ = std::fs::remove_file(to.join(beside));
            }
            Ok(("sqlite", facts, hashed(&copied, SQLITE)?))
        }
        None => Err(Error::failed(format!(
            "failed to back up {}: it holds no {SQLITE}",
            data_dir.display()
        ))
        .with_hint("a server on PostgreSQL is backed up with --database, as it was started")),
        Some(url) => {
            let facts = backup::facts(url).await.map_err(database_failed)?;
            let dump = to.join(DUMP);
            postgres::dump(url, &dump).await?;
            Ok(("postgresql", facts, hashed(&dump, DUMP)?))
        }
    }
}

/// What is copied, with the sizes that it has now: named and content-addressed bytes, locks of environments, keys.
fn all_files(data_dir: &Path, with_keys: bool) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for part in ["objects", "envs/specs"] {
        walk(data_dir, &data_dir.join(part), &mut found);
    }
    if with_keys {
        walk(data_dir, &data_dir.join("keys"), &mut found);
    }
    found.sort();
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, u64)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            walk(root, &path, found);
        } else if let (true, Some(relative)) = (
            kind.is_file(),
            path.strip_prefix(root).ok().and_then(Path::to_str),
        ) {
            found.push((
                relative.to_owned(),
                entry.metadata().map_or(0, |metadata| metadata.len()),
            ));
        }
    }
}

fn manifest(
    made_at: i64,
    database: &str,
    facts: Facts,
    with_keys: bool,
    entries: &[Entry],
    to: &Path,
) -> Result<Manifest> {
    let mut list = String::new();
    for entry in entries {
        list += &serde_json::to_string(entry).map_err(|error| Error::failed(error.to_string()))?;
        list.push('\n');
    }
    private(&to.join(FILES), &list)?;
    settle(to)?;
    let Facts {
        schema_version,
        audit_head,
        master_key,
    } = facts;
    let (audit_seq, audit_head) = audit_head.map_or((0, None), |(seq, hash)| (seq, Some(hash)));
    let manifest = Manifest {
        format: FORMAT,
        made_at,
        tidemill: env!("CARGO_PKG_VERSION").to_owned(),
        database: database.to_owned(),
        schema_version,
        audit_seq,
        audit_head,
        master_key,
        with_keys,
        files: entries.len() as u64,
        size_bytes: entries.iter().map(|entry| entry.size_bytes).sum(),
        files_hash: blake3::hash(list.as_bytes()).to_hex().to_string(),
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::failed(error.to_string()))?;
    private(&to.join(MANIFEST), &(text + "\n"))?;
    settle(to)?;
    Ok(manifest)
}

fn private(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::File::options();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Error::file("write", path, error))
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
