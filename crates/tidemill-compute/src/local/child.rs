//! Starts a runner as a child, apart from the server's terminal and secrets, and reaps it.

use crate::driver::{End, Observation};
use crate::{ComputeError, Launch};
use std::fs::{self, File, OpenOptions};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use tidemill_process::{Identity, MARKER};
use tokio::sync::watch;

/// What a runner gets beside that, for its own log.
const OWN: &[&str] = &["RUST_LOG", "RUST_BACKTRACE"];

/// Starts the program and gives back who it is and where its end will be told.
pub(super) fn start(
    launch: &Launch,
) -> Result<(Identity, watch::Receiver<Option<Observation>>), ComputeError> {
    let (out, err) = log(launch)?;
    let failed = |source| ComputeError::Start {
        program: launch.program.clone(),
        source,
    };
    let mut child = tokio::process::Command::new(&launch.program)
        .args(&launch.args)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_passed)))
        .envs(&launch.env)
        .env(MARKER, launch.attempt.to_string())
        .current_dir(&launch.work_dir)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .kill_on_drop(false)
        .spawn()
        .map_err(failed)?;
    // Nobody has asked for its status yet, so its number is still its own.
    let identity = child
        .id()
        .and_then(|pid| Identity::of(pid.cast_signed()))
        .ok_or_else(|| failed(std::io::Error::other("it cannot be seen in /proc")))?;
    let (tell, end) = watch::channel(None);
    tokio::spawn(async move {
        let status = child.wait().await;
        tell.send_replace(Some(
            status.map_or(Observation::Gone, |status| Observation::Exited(ended(status))),
        ));
    });
    Ok((identity, end))
}

fn ended(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Code(code),
        (None, signal) => End::Signal(signal.unwrap_or(0)),
    }
}

fn log(launch: &Launch) -> Result<(File, File), ComputeError> {
    let failed = |source| ComputeError::Folder {
        path: launch.work_dir.clone(),
        source,
    };
    fs::create_dir_all(&launch.work_dir).map_err(failed)?;
    let path = launch.work_dir.join("runner.log");
    let out = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(failed)?;
    let err = out.try_clone().map_err(failed)?;
    Ok((out, err))
}

fn is_passed(name: &str) -> bool {
    OWN.contains(&name) || tidemill_process::is_passed_on(name)
}
