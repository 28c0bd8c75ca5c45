//! `tidemill data download`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::asset::{Which, fetch};
use crate::error::Result;
use crate::session::Session;

/// Download the files of a version into a folder of its name
///
/// What is there already is not fetched again, what broke goes on behind what came, and every file is checked against its BLAKE3 in
/// the version. So the same command is run again after whatever went wrong.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data download --name flights --version 3
  tidemill data download --name flights --label latest --download-path ./data
  tidemill data download --name flights --path 2013/01")]
pub struct Download {
    #[command(flatten)]
    which: Which,
    /// Folder to download to
    #[arg(long, short = 'p', value_name = "FOLDER", default_value = ".")]
    download_path: PathBuf,
    /// Only this file, or what lies in this folder of the version
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
}

impl Download {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let (path, _) = self.which.found(session, super::KIND).await?;
        let folder = self.download_path.join(&self.which.name);
        let done = fetch::fetch(session, &path, self.path.as_deref().unwrap_or_default(), &folder).await?;
        session.show(done)
    }
}
