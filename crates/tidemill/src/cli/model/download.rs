//! `tidemill model download`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::asset::{Which, download};
use crate::error::Result;
use crate::session::Session;

/// Download the files of a version of a model, into a folder of its name
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model download --name flights-delay --version 3\n  tidemill model download --name flights-delay --label latest --download-path ./models"
)]
pub struct Download {
    #[command(flatten)]
    which: Which,
    /// Folder to download to
    #[arg(long, short = 'p', value_name = "FOLDER", default_value = ".")]
    download_path: PathBuf,
}

impl Download {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let (path, _) = self.which.found(session, super::KIND).await?;
        download::download(session, &path, "", &self.download_path.join(&self.which.name))
            .await
            .map(drop)
    }
}
