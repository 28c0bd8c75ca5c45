//! The inner half: it runs beside the command, listens where the server would be, and ends as the command does.

use super::carry;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::{TcpListener, UnixStream};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// What the inner half is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayArgs {
    /// The socket behind which the outer half is.
    pub socket: PathBuf,
    /// The port to listen at.
    pub port: u16,
    /// The command and its arguments.
    pub command: Vec<OsString>,
}

/// Runs the command with the server on its loopback. Starts a runtime of its own: call it outside of any.
#[must_use]
pub fn run(args: &RelayArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(args))) {
        Ok(code) => code,
        Err(error) => {
            // What is said here is in the job's log.
            eprintln!("tidemill: failed to start the command with its network closed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: &RelayArgs) -> io::Result<ExitCode> {
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await?;
    // The command decides how it takes them; what listens here stays as long as it.
    let kept = [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ];
    let _kept = kept.map(signal);
    let (program, rest) = args
        .command
        .split_first()
        .ok_or_else(|| io::Error::other("there is no command"))?;
    let mut command = Command::new(program).args(rest).spawn()?;
    loop {
        tokio::select! {
            ended = command.wait() => return Ok(code(ended?)),
            taken = listener.accept() => {
                let Ok((near, _)) = taken else {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                };
                tokio::spawn(carry(near, UnixStream::connect(args.socket.clone())));
            }
        }
    }
}

/// As a shell says it: a signal is 128 and its number.
fn code(status: std::process::ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
