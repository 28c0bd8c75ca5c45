//! What goes to standard error: errors with their hint, and traces where they are asked for.

use std::process::ExitCode;

use anstyle::AnsiColor;

use super::globals::Globals;
use crate::error::Error;

/// Prints an error, and gives its exit code.
pub fn error(error: &Error) -> ExitCode {
    let red = AnsiColor::Red.on_default().bold();
    let help = AnsiColor::Cyan.on_default().bold();
    match error {
        // What there was to say has been said.
        Error::Ended(_) => {}
        // These bring `error:` along, once for each.
        Error::Spec(errors) => anstream::eprintln!("{}", errors.to_string().trim_end()),
        error => anstream::eprintln!("{red}error:{red:#} {error}"),
    }
    if let Some(hint) = error.hint() {
        anstream::eprintln!("  {help}hint:{help:#} {hint}");
    }
    if let Error::Problem(problem) = error
        && let Some(id) = &problem.request_id
    {
        anstream::eprintln!("  request {id}");
    }
    ExitCode::from(error.exit_code())
}

/// Traces for `--debug` and `--verbose`; none otherwise.
pub fn set_up(globals: &Globals) {
    let filter = match (globals.debug, globals.verbose) {
        (true, _) => "tidemill=debug",
        (false, true) => "tidemill=info",
        (false, false) => return,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(crate::terminal::is_watched())
        .without_time()
        .with_target(false)
        .init();
}
