//! Starts one process of a job.

use super::distribution::Rank;
use crate::failure::Failure;
use indexmap::IndexMap;
use std::io::{self, PipeReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tidemill_process::isolation::{Isolation, Places, restrict, wrap};

/// What is to be run, once for each rank.
pub(crate) struct Order {
    /// The command, with all its expressions filled in.
    pub(crate) script: String,
    /// Folder to run in.
    pub(crate) folder: PathBuf,
    /// All variables of its environment; nothing is inherited.
    pub(crate) variables: IndexMap<String, String>,
    /// How far its processes are kept apart.
    pub(crate) isolation: Isolation,
    /// What they may reach.
    pub(crate) places: Places,
}

/// Starts a process in a process group of its own. Gives its number and what it prints: both streams, merged.
pub(super) fn spawn(order: &Order, rank: &Rank) -> io::Result<(i32, PipeReader)> {
    let shell = shell(order.variables.get("PATH").map_or("", String::as_str));
    match order.isolation {
        Isolation::Bubblewrap => {
            let (command, filter) = wrap(&order.places, &order.folder, &shell)?;
            let started = start(command, order, rank);
            drop(filter);
            started
        }
        Isolation::None if order.places.relay.is_some() => Err(io::Error::other(
            "without isolation its network cannot be closed; install bubblewrap",
        )),
        Isolation::None => start(Command::new(shell), order, rank),
        // The rules hold for the thread that sets them and for what it starts: the runner itself stays free.
        Isolation::Landlock => std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                restrict(&order.places).map_err(io::Error::other)?;
                start(Command::new(shell), order, rank)
            });
            thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("its thread ended")))
        }),
    }
}

fn start(mut command: Command, order: &Order, rank: &Rank) -> io::Result<(i32, PipeReader)> {
    let (reader, writer) = io::pipe()?;
    let child = command
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
    // What the command holds of the pipe goes with it, and with it this process's own side for writing.
    drop(command);
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
