//! Where the value of a secret comes from: a file, standard input, a question, or chance. The command line is the last choice:
//! everybody on the machine can read it.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Given {
    /// Read the value from a file; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Make a value of 32 random bytes, in hex
    #[arg(long)]
    generate: bool,
    /// The value itself; everybody on this machine can read it in the list of processes, and shells keep it
    #[arg(long, value_name = "TEXT")]
    value: Option<String>,
}

impl Given {
    /// The value. One line break at the end of a file or of standard input is not part of it.
    ///
    /// # Errors
    /// When it cannot be read, or nobody is there to be asked.
    pub(super) fn read(self, name: &str) -> Result<String> {
        if let Some(value) = self.value {
            return Ok(value);
        }
        if self.generate {
            let halves = [rand::random::<u128>(), rand::random()];
            return Ok(halves.map(|half| format!("{half:032x}")).concat());
        }
        let file = self.file.filter(|file| file.as_os_str() != "-");
        let mut text = match file {
            Some(file) => {
                std::fs::read_to_string(&file).map_err(|error| Error::file("read", &file, error))?
            }
            None if std::io::stdin().is_terminal() => ask(name)?,
            None => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|error| Error::failed(format!("failed to read the value: {error}")))?;
                text
            }
        };
        if text.ends_with('\n') {
            text.truncate(text.len() - if text.ends_with("\r\n") { 2 } else { 1 });
        }
        if text.is_empty() {
            return Err(
                Error::usage(format!("failed to set secret {name}: no value was given"))
                    .with_hint("give it with --file, on standard input, or --generate one"),
            );
        }
        Ok(text)
    }
}

/// Asks without showing what is typed.
fn ask(name: &str) -> Result<String> {
    anstream::eprint!("Value of {name}: ");
    console::Term::stderr()
        .read_secure_line()
        .map_err(|error| Error::failed(format!("failed to read the value: {error}")))
}
