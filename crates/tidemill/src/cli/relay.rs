//! `tidemill relay`: what a sandbox whose network is closed starts beside a job's command; people never do.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tidemill_runner::RelayArgs;

/// Its command line. It is no noun: nobody finds it in the help.
#[derive(Debug, Parser)]
#[command(name = "tidemill relay", disable_help_flag = true)]
struct Line {
    /// Socket behind which the server is
    #[arg(long, value_name = "FILE")]
    socket: PathBuf,
    /// Port of the loopback to listen at
    #[arg(long, value_name = "PORT")]
    port: u16,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command of a command line whose first word is `relay`; `None` for any other.
pub fn run_first(args: &[OsString]) -> Option<ExitCode> {
    let rest = args.get(1..)?;
    if rest.first()? != "relay" {
        return None;
    }
    let Line {
        socket,
        port,
        command,
    } = Line::try_parse_from(rest).ok()?;
    Some(tidemill_runner::run_inside(&RelayArgs {
        socket,
        port,
        command,
    }))
}
