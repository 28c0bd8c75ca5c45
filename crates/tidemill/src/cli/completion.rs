//! `tidemill completion`.

use clap::Args;
use clap_complete::Shell;

use crate::error::Result;
use crate::output::write_out;

/// Write a script that completes commands in a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill completion bash > ~/.local/share/bash-completion/completions/tidemill
  tidemill completion zsh > ~/.zfunc/_tidemill
  tidemill completion fish > ~/.config/fish/completions/tidemill.fish")]
pub struct Completion {
    /// Shell
    shell: Shell,
}

impl Completion {
    /// Runs the verb.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn run(self, mut command: clap::Command) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "tidemill", &mut script);
        write_out(&String::from_utf8_lossy(&script))
    }
}
