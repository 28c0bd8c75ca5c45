//! `tidemill runner`: what a compute starts for a job; people never do.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tidemill_runner::RunnerArgs;

use super::globals::Globals;

/// Run one job where it landed
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill runner --server http://127.0.0.1:5757 --token-file token --data-dir data --work-dir work"
)]
pub struct Runner {
    /// File that holds the token of this attempt; without it, TIDEMILL_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Data folder of the machine
    #[arg(long, value_name = "FOLDER")]
    data_dir: PathBuf,
    /// Folder of the job
    #[arg(long, value_name = "FOLDER")]
    work_dir: PathBuf,
}

impl Runner {
    /// Runs the job to its end. Starts a runtime of its own.
    pub fn run(self, globals: &Globals) -> ExitCode {
        let Self {
            token_file,
            data_dir,
            work_dir,
        } = self;
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .with_max_level(level(globals))
            .init();
        let server_url = globals.server.clone().unwrap_or_default();
        tidemill_runner::run(&RunnerArgs {
            server_url,
            token_file,
            data_dir,
            work_dir,
        })
    }
}

fn level(globals: &Globals) -> tracing::Level {
    if globals.debug {
        tracing::Level::DEBUG
    } else {
        tracing::Level::INFO
    }
}
