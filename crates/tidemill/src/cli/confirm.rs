//! Asking before something is deleted.

use std::io::{IsTerminal, Write};

use crate::error::{Error, Result};

/// Asks, unless `yes` was said already.
///
/// # Errors
/// When the answer is no, or nobody is there to be asked.
pub fn delete(what: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(
            Error::usage(format!("failed to delete {what}: nobody is there to confirm it"))
                .with_hint("add --yes"),
        );
    }
    anstream::eprint!("Delete {what}? (y/N) ");
    // A prompt that is not seen is still answered.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Error::failed(format!("failed to read the answer: {error}")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::failed(format!("{what} was not deleted"))),
    }
}
