//! Runs one job where it landed: environment, inputs, process, logs, outputs.
//!
//! It is an HTTP client of the server and nothing more: it knows no database and decides nothing about other jobs. The
//! whole runs on one thread that sleeps until something happens.

mod args;
mod command;
mod failure;
mod isolation;
mod job;
mod link;
mod listing;
mod logs;
mod outcome;
mod prepare;
mod process;
mod publish;
mod relay;
mod stop;
mod tell;
mod variables;
mod within;
mod work;

pub use args::RunnerArgs;
pub use relay::inside::{RelayArgs, run as run_inside};

use std::process::ExitCode;

/// Runs the job that the token is for, from its assignment to its last report. Starts a runtime of its own: call it
/// outside of any. Success means that the server knows how the job ended, however it did.
#[must_use]
pub fn run(args: &RunnerArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(job::run(args));
            // A download that hangs in a thread must not keep the runner from leaving.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(failure::Failure::io("start the runtime", error)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The place for what cannot be told to the server is the runner's own log.
            tracing::error!("{failure}");
            ExitCode::FAILURE
        }
    }
}
