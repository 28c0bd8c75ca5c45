//! `tidemill server backup`.

use std::path::PathBuf;

use clap::Args;

use crate::backup;
use crate::cli::globals::Globals;
use crate::error::Result;
use crate::folders;

/// Copy all that a server keeps into a folder, while it runs
///
/// The database is copied first, as it is at one moment; then the files that it names. All that was acknowledged before that
/// moment is in the backup. Environments are left out, for they are built again; so are running jobs and keys.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill server backup --to /backup/2026-07-01
  tidemill server backup --data-dir /srv/tidemill --to /backup/today --with-keys
  tidemill server backup --database postgresql://tidemill@db/tidemill --to /backup/today")]
pub struct Backup {
    /// Folder to write; it must not be there yet, or be empty
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Copy the keys too: whoever has them can read every secret, and sign in as the owner
    #[arg(long)]
    with_keys: bool,
    /// Data folder of the server [default: tidemill in the XDG data home]
    #[arg(
        long,
        short,
        env = "TIDEMILL_DATA_DIR",
        hide_env_values = true,
        value_name = "FOLDER"
    )]
    data_dir: Option<PathBuf>,
    /// PostgreSQL database of the server, which pg_dump copies
    #[arg(long, env = "TIDEMILL_DATABASE", hide_env_values = true, value_name = "URL", value_parser = super::start::database)]
    database: Option<String>,
}

impl Backup {
    pub(super) async fn run(self, globals: &Globals) -> Result<()> {
        let data_dir = match self.data_dir {
            Some(folder) => folder,
            None => folders::data_dir()?,
        };
        let wanted = backup::Wanted {
            data_dir,
            database: self.database,
            with_keys: self.with_keys,
            quiet: globals.only_show_errors,
        };
        globals.output()?.show(backup::write(&wanted, &self.to).await?)
    }
}
