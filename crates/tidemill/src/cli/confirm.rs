//! Asking before something is done that is hard to undo.

use std::io::{IsTerminal, Write};

use crate::error::{Error, Result};

/// Asks, unless `yes` was said already.
///
/// # Errors
/// When the answer is no, or nobody is there to be asked.
pub fn delete(what: &str, yes: bool) -> Result<()> {
    ask(&format!("Delete {what}"), &format!("delete {what}"), yes)
}

/// Asks a question, unless `yes` was said already; `what` is what happens then.
///
/// # Errors
/// When the answer is no, or nobody is there to be asked.
pub fn ask(question: &str, what: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(
            Error::usage(format!("failed to {what}: nobody is there to confirm it")).with_hint("add --yes"),
        );
    }
    anstream::eprint!("{question}? (y/N) ");
    // A prompt that is not seen is still answered.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Error::failed(format!("failed to read the answer: {error}")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::failed(format!("did not {what}"))),
    }
}
