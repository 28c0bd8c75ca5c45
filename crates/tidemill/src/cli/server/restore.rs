//! `tidemill server restore`.

use std::path::PathBuf;

use clap::Args;

use crate::backup;
use crate::cli::globals::Globals;
use crate::error::Result;
use crate::folders;

/// Make a data folder of a backup
///
/// Every file is checked against the hash that the backup noted, then the database and its audit log. Nothing that is there
/// is overwritten: the data folder must not be there yet, or be empty.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill server restore --from /backup/2026-07-01
  tidemill server restore --from /backup/today --data-dir /srv/tidemill
  tidemill server restore --from /backup/today --database postgresql://tidemill@db/fresh")]
pub struct Restore {
    /// Folder of the backup
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Data folder to make [default: tidemill in the XDG data home]
    #[arg(
        long,
        short,
        env = "TIDEMILL_DATA_DIR",
        hide_env_values = true,
        value_name = "FOLDER"
    )]
    data_dir: Option<PathBuf>,
    /// PostgreSQL database to fill, for a backup of one; it must be empty
    #[arg(long, env = "TIDEMILL_DATABASE", hide_env_values = true, value_name = "URL", value_parser = super::start::database)]
    database: Option<String>,
    /// Forget every secret, for a backup whose master key is lost
    #[arg(long)]
    drop_secrets: bool,
}

impl Restore {
    pub(super) async fn run(self, globals: &Globals) -> Result<()> {
        let data_dir = match self.data_dir {
            Some(folder) => folder,
            None => folders::data_dir()?,
        };
        let wanted = backup::Target {
            data_dir,
            database: self.database,
            drop_secrets: self.drop_secrets,
            quiet: globals.only_show_errors,
        };
        globals
            .output()?
            .show(backup::restore(&self.from, &wanted).await?)
    }
}
