//! Making a data folder of a backup.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidemill_app::{Clock, SystemClock};
use tidemill_store::{audit, backup};

use super::copy::{copy, settle};
use super::{
    DUMP, Entry, FILES, FORMAT, MANIFEST, Manifest, SQLITE, UNFINISHED, below, database_failed, postgres,
    sqlite_url,
};
use crate::error::{Error, Result};
use crate::output::{bytes, count};
use crate::progress::Progress;
use crate::server::lock;

/// What is made of a backup.
#[derive(Debug, Clone)]
pub struct Target {
    /// The data folder.
    pub data_dir: PathBuf,
    /// The PostgreSQL database to fill.
    pub database: Option<String>,
    /// Whether every secret is forgotten.
    pub drop_secrets: bool,
    /// Whether progress is shown.
    pub quiet: bool,
}

/// Restores a backup, and says what was restored.
///
/// # Errors
/// When the backup is not whole, naming the file; when the target is not empty. A data folder that was begun is marked, and
/// no server starts in it.
pub async fn restore(from: &Path, target: &Target) -> Result<Value> {
    let (manifest, entries) = read(from)?;
    check_database(&manifest, target)?;
    let data_dir = &target.data_dir;
    std::fs::create_dir_all(data_dir).map_err(|error| Error::file("make the folder", data_dir, error))?;
    let lock = lock::take(data_dir)?;
    super::empty_folder(data_dir, "a data folder")?;
    let unfinished = data_dir.join(UNFINISHED);
    std::fs::write(&unfinished, "").map_err(|error| Error::file("write", &unfinished, error))?;
    let progress = Progress::start("Restoring", Some(manifest.size_bytes), target.quiet);
    for entry in &entries {
        put(from, data_dir, entry, &progress)?;
    }
    let url = match &target.database {
        Some(url) => {
            let dump = data_dir.join(DUMP);
            postgres::restore(url, &dump).await?;
            std::fs::remove_file(&dump).map_err(|error| Error::file("remove", &dump, error))?;
            url.clone()
        }
        None => sqlite_url(&data_dir.join(SQLITE)),
    };
    let checked = backup::check(&url, manifest.audit_head.clone())
        .await
        .map_err(database_failed)?;
    if let Some(fault) = checked.faults.first() {
        return Err(Error::failed(format!(
            "failed to restore: the audit log of the backup is not as it was written: {fault}"
        )));
    }
    if target.drop_secrets {
        backup::forget_secrets(&url, note(&manifest))
            .await
            .map_err(database_failed)?;
    }
    settle(data_dir)?;
    std::fs::remove_file(&unfinished).map_err(|error| Error::file("remove", &unfinished, error))?;
    drop(lock);
    progress.end(Some(&format!(
        "Restored {}, {}",
        count(manifest.files, "file"),
        bytes(manifest.size_bytes)
    )));
    let mut said = json!({
        "path": data_dir.display().to_string(), "files": manifest.files, "size_bytes": manifest.size_bytes,
        "made_at": manifest.made_at, "audit_rows": checked.rows, "audit_head": checked.head, "keys": manifest.with_keys,
    });
    if let (false, false, Some(key)) = (manifest.with_keys, target.drop_secrets, &manifest.master_key) {
        said["next"] = format!(
            "put the master key {key} into {} before the server starts; without it, restore again with --drop-secrets",
            data_dir.join("keys/master.key").display()
        )
        .into();
    }
    Ok(said)
}

/// The manifest and the list of files, checked against each other.
fn read(from: &Path) -> Result<(Manifest, Vec<Entry>)> {
    let text = |name: &str| {
        let path = from.join(name);
        std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::failed(format!(
                "failed to restore {}: it holds no {name}",
                from.display()
            ))
            .with_hint(
                "name the folder that `tidemill server backup` wrote; a backup that broke off has none",
            ),
            _ => Error::file("read", &path, error),
        })
    };
    let unreadable = |name: &str, why: &dyn std::fmt::Display| {
        Error::failed(format!("failed to read {}: {why}", from.join(name).display()))
    };
    let manifest = text(MANIFEST)?;
    let format = serde_json::from_str::<Value>(&manifest).map_err(|error| unreadable(MANIFEST, &error))?;
    if format["format"].as_u64() != Some(u64::from(FORMAT)) {
        return Err(Error::failed(format!(
            "failed to restore: the backup has format {}, this program knows {FORMAT}",
            format["format"]
        ))
        .with_hint("restore it with the Tidemill that made it"));
    }
    let manifest: Manifest = serde_json::from_str(&manifest).map_err(|error| unreadable(MANIFEST, &error))?;
    let list = text(FILES)?;
    if blake3::hash(list.as_bytes()).to_hex().as_str() != manifest.files_hash {
        return Err(damaged(FILES));
    }
    let entries = list.lines().map(serde_json::from_str).collect::<Result<_, _>>();
    Ok((manifest, entries.map_err(|error| unreadable(FILES, &error))?))
}

fn check_database(manifest: &Manifest, target: &Target) -> Result<()> {
    let known = tidemill_store::migrate::known_version();
    if manifest.schema_version > known {
        return Err(Error::failed(format!(
            "failed to restore: the backup has schema version {}, this program knows {known}",
            manifest.schema_version
        ))
        .with_hint("restore it with the Tidemill that made it, or a newer one"));
    }
    match (manifest.database.as_str(), &target.database) {
        ("postgresql", None) => Err(Error::usage(
            "failed to restore: the backup is of a PostgreSQL database",
        )
        .with_hint("name an empty database with --database")),
        ("sqlite", Some(_)) => Err(Error::usage(
            "failed to restore: the backup is of SQLite, which needs no --database",
        )
        .with_hint("leave --database out")),
        _ => Ok(()),
    }
}

/// Copies a file and checks that it is what the backup noted.
fn put(from: &Path, data_dir: &Path, entry: &Entry, progress: &Progress) -> Result<()> {
    let (source, target) = (below(from, &entry.path)?, below(data_dir, &entry.path)?);
    match copy(&source, &target, &entry.path, progress)? {
        Some(copied) if copied == *entry => Ok(()),
        Some(_) => Err(damaged(&entry.path)),
        None => Err(Error::failed(format!(
            "failed to restore: {} is missing in the backup",
            entry.path
        ))),
    }
}

fn damaged(path: &str) -> Error {
    Error::failed(format!(
        "failed to restore: {path} is not what the backup noted, it is damaged or was changed"
    ))
    .with_hint(
        "use another backup; the data folder that was begun can be removed, and no server starts in it",
    )
}

/// For the audit log of the restored database.
fn note(manifest: &Manifest) -> audit::Entry {
    let clock = SystemClock::default();
    audit::Entry {
        id: clock.ulid(),
        at: clock.now_ms(),
        principal: "system".into(),
        action: "secrets/delete".into(),
        scope: "/".into(),
        outcome: "allowed".into(),
        surface: "server".into(),
        detail: json!({ "before": { "master": manifest.master_key }, "after": null }).to_string(),
        ..audit::Entry::default()
    }
}
