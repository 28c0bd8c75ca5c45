//! Starts one process of a job.

use super::distribution::Rank;
use crate::failure::Failure;
use indexmap::IndexMap;
use std::io::{self, PipeReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is to be run, once for each rank.
pub(crate) struct Order {
    /// The command, with all its expressions filled in.
    pub(crate) script: String,
    /// Folder to run in.
    pub(crate) folder: PathBuf,
    /// All variables of its environment; nothing is inherited.
    pub(crate) variables: IndexMap<String, String>,
}

/// Starts a process in a process group of its own. Gives its number and what it prints: both streams, merged.
pub(super) fn spawn(order: &Order, rank: &Rank) -> io::Result<(i32, PipeReader)> {
    let (reader, writer) = io::pipe()?;
    let child = Command::new(shell(order.variables.get("PATH").map_or("", String::as_str)))
        .args(["-c", &order.script])
        .env_clear()
        .envs(&order.variables)
        .envs(&rank.variables)
        .current_dir(&order.folder)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .spawn()?;
    // The command above is gone by now, and with it this process's own side for writing.
    Ok((child.id().cast_signed(), reader))
}

/// Why a process could not be started, in words that help.
pub(super) fn failed(error: io::Error, order: &Order) -> Failure {
    if error.raw_os_error() == Some(rustix::io::Errno::TOOBIG.raw_os_error()) {
        return Failure::new(format!(
            "failed to start the command: it has {} bytes, which is more than the machine takes; put it into a script",
            order.script.len()
        ));
    }
    Failure::io("start the command", error)
}

/// `bash` as the machine has it; commands are written for it.
fn shell(path: &str) -> PathBuf {
    let usual = ["/bin/bash", "/usr/bin/bash"].iter().map(PathBuf::from);
    let found = usual
        .chain(path.split(':').map(|folder| Path::new(folder).join("bash")))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| "/bin/sh".into())
}
