//! `tidemill runner`: what a compute starts for a job; people never do.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser};
use tidemill_app::isolation::{Isolation, Network};
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
    /// How far the processes of the job are kept apart: bubblewrap, landlock or none
    #[arg(long, value_name = "LEVEL", default_value = "none")]
    isolation: Isolation,
    /// What of the network there is for the job: none, packages or open
    #[arg(long, value_name = "NETWORK", default_value = "open")]
    network: Network,
    /// How long to wait for a server that is away when its data folder is gone too
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    patience: Duration,
    /// Folder of the machine that every job may write
    #[arg(long = "job-folder", value_name = "FOLDER")]
    job_folders: Vec<PathBuf>,
}

/// The command line of a runner alone: making that of all nouns takes longer than many a step of a pipeline.
#[derive(Debug, Parser)]
#[command(name = "tidemill runner", disable_help_flag = true)]
struct Line {
    #[command(flatten)]
    globals: Globals,
    #[command(flatten)]
    runner: Runner,
}

/// Runs the job of a command line whose first word is `runner`; `None` for any other, and for one that wants help.
pub fn run_first(args: &[OsString]) -> Option<ExitCode> {
    let rest = args.get(1..)?;
    if rest.first()? != "runner" {
        return None;
    }
    let Line { globals, runner } = Line::try_parse_from(rest).ok()?;
    Some(runner.run(&globals))
}

impl Runner {
    /// Runs the job to its end. Starts a runtime of its own.
    pub fn run(self, globals: &Globals) -> ExitCode {
        let Self {
            token_file,
            data_dir,
            work_dir,
            isolation,
            network,
            patience,
            job_folders,
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
            isolation,
            network,
            patience,
            job_folders,
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
