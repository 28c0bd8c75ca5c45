//! The log of a server, on standard error.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Human,
    /// One JSON object a line
    Json,
}

/// Starts the log. `TIDEMILL_LOG` says what goes into it, as in `info,sqlx=debug`.
pub fn set_up(format: LogFormat, debug: bool) {
    let usual = if debug { "info,tidemill=debug" } else { "info" };
    let quiet = "sqlx=warn,sea_orm=warn,hyper=warn,h2=warn,reqwest=warn";
    let filter = EnvFilter::try_from_env("TIDEMILL_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{usual},{quiet}")));
    let watched = crate::terminal::is_watched();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(watched);
    match format {
        LogFormat::Human => log.init(),
        LogFormat::Json => log.json().with_ansi(false).init(),
    }
}
