//! Backups: a folder with a copy of the database, the files that it names, and a manifest with a hash of each.
//!
//! The manifest is written last: a folder without one is no backup.

mod copy;
mod postgres;
mod restore;
mod write;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub use restore::{Target, restore};
pub use write::{Wanted, write};

/// The format of the manifest.
const FORMAT: u32 = 1;
/// The manifest's file.
const MANIFEST: &str = "manifest.json";
/// The list of all other files: a line of JSON each.
const FILES: &str = "files.jsonl";
/// The copy of a SQLite database.
const SQLITE: &str = "tidemill.db";
/// What `pg_dump` wrote.
const DUMP: &str = "database.dump";
/// What lies in a data folder while it is restored.
const UNFINISHED: &str = tidemill_app::data_dir::RESTORING;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// When its database was copied, in UTC milliseconds.
    made_at: i64,
    /// The program that made it.
    tidemill: String,
    /// `sqlite` or `postgresql`.
    database: String,
    schema_version: i64,
    /// The last row of the audit log, for `tidemill audit verify --head`.
    audit_seq: i64,
    audit_head: Option<String>,
    /// Which master key its secrets hang on.
    master_key: Option<String>,
    with_keys: bool,
    files: u64,
    size_bytes: u64,
    /// BLAKE3 of the list of files.
    files_hash: String,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    path: String,
    size_bytes: u64,
    hash: String,
}

/// Makes a folder that only its user can read, or takes an empty one.
fn empty_folder(path: &Path, what: &str) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|error| Error::file("make the folder", path, error))?;
    let mut inside = std::fs::read_dir(path).map_err(|error| Error::file("read", path, error))?;
    // The lock that this process holds on it, or what a file system keeps for itself.
    let counts = |name: &std::ffi::OsStr| name != "server.lock" && name != "lost+found";
    if let Some(Ok(there)) = inside.find(|entry| entry.as_ref().is_ok_and(|entry| counts(&entry.file_name())))
    {
        return Err(Error::failed(format!(
            "failed to use {} as {what}: it is not empty, {} is there",
            path.display(),
            there.file_name().display()
        ))
        .with_hint("name a folder that is not there yet; nothing is overwritten"));
    }
    rustix::fs::chmod(path, rustix::fs::Mode::from_raw_mode(0o700))
        .map_err(|error| Error::file("protect", path, error.into()))
}

/// The URL under which the store opens a SQLite file.
fn sqlite_url(path: &Path) -> String {
    tidemill_store::StoreOptions::sqlite(path).url
}

fn database_failed(error: tidemill_store::StoreError) -> Error {
    Error::failed(error.to_string())
}

/// A path of a backup, below its folder and nowhere else.
fn below(folder: &Path, path: &str) -> Result<PathBuf> {
    let relative = Path::new(path);
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    if path.is_empty() || !relative.components().all(plain) {
        return Err(Error::failed(format!(
            "failed to read the backup: it names {path:?}, which does not lie in it"
        )));
    }
    Ok(folder.join(relative))
}
