//! Which isolation of jobs is in force.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tidemill_app::isolation::{Isolation, Keeping};

use crate::error::{Error, Result};

/// How far jobs are to be kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IsolationLevel {
    /// As far as this machine can
    Auto,
    /// Namespaces: files, processes and /tmp of their own; wants the program bwrap
    Bubblewrap,
    /// Rules of the kernel for files and other processes
    Landlock,
    /// Not at all
    None,
}

/// The level that was asked for, or else the strongest that this machine gives.
///
/// # Errors
/// When it does not give the level that was asked for.
pub fn chosen(wanted: IsolationLevel, address: SocketAddr) -> Result<Keeping> {
    let shared = !address.ip().is_loopback();
    let named = match wanted {
        IsolationLevel::Auto => None,
        IsolationLevel::Bubblewrap => Some(Isolation::Bubblewrap),
        IsolationLevel::Landlock => Some(Isolation::Landlock),
        IsolationLevel::None => Some(Isolation::None),
    };
    let Some(level) = named else {
        let (level, lacking) = Isolation::strongest();
        if level == Isolation::None {
            tracing::warn!(
                ?lacking,
                "jobs are not kept apart: this machine gives no isolation"
            );
        } else {
            tracing::info!(isolation = %level, ?lacking, "jobs are kept apart");
        }
        return Ok(Keeping {
            level,
            asked: false,
            shared,
        });
    };
    match level.lacks() {
        None => {
            tracing::info!(isolation = %level, "jobs are kept apart as was asked");
            Ok(Keeping {
                level,
                asked: true,
                shared,
            })
        }
        Some(why) => Err(
            Error::failed(format!("failed to keep jobs apart by {level}: {why}"))
                .with_hint("install the package bubblewrap, or start with --isolation auto"),
        ),
    }
}

/// The folders that every job may write, in full.
///
/// # Errors
/// When one is not there, or holds the data folder or lies in it: then keys would be open to every job.
pub fn job_folders(given: &[PathBuf], data_dir: &Path) -> Result<Vec<PathBuf>> {
    let data_dir = std::fs::canonicalize(data_dir).map_err(|error| Error::file("find", data_dir, error))?;
    let whole = |folder: &PathBuf| {
        let path = std::fs::canonicalize(folder)
            .map_err(|error| Error::file("find the job folder", folder, error))?;
        if data_dir.starts_with(&path) || path.starts_with(&data_dir) {
            return Err(Error::usage(format!(
                "failed to open {} to jobs: the keys of this server are in the data folder {}",
                path.display(),
                data_dir.display()
            ))
            .with_hint("choose a folder apart from it"));
        }
        Ok(path)
    };
    given.iter().map(whole).collect()
}
