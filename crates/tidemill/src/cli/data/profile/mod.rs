//! `tidemill data profile`.

mod rows;

use std::path::PathBuf;

use clap::Args;
use tidemill_profile::{Asked, report};

use super::table::{Reading, write_report};
use crate::error::{Error, Result};
use crate::session::Session;

/// Say what is in a table: types, missing values, distributions, relations
///
/// Reads Parquet, CSV, JSON lines, Arrow IPC, Delta tables and MLTables of this machine, all of their rows, without a
/// server. docs/data-profile.md defines each figure.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data profile flights.parquet
  tidemill data profile months/ --target late --html report.html
  tidemill data profile flights.csv --query \"columns[?missing > `0`].name\" -o tsv")]
pub struct Profile {
    /// File or folder of a table
    path: PathBuf,
    /// Column that a model is to learn: what the others say of it, and which may give it away
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// Column whose values segment the rows
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// Write a page with pictures here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl Profile {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let asked = Asked {
            target: self.target,
            by: self.by,
        };
        let profile = self.reading.profile(&self.path)?.finish(&asked)?;
        let name = self
            .path
            .file_name()
            .unwrap_or(self.path.as_os_str())
            .to_string_lossy();
        if let Some(path) = &self.html {
            write_report(path, &report::profile(&name, &profile))?;
            session.note(&format!("Wrote {}", path.display()));
        }
        if session.output.is_table() {
            return rows::print(session, &name, &profile);
        }
        let value = serde_json::to_value(&profile)
            .map_err(|error| Error::failed(format!("failed to write the profile: {error}")))?;
        session.output.show(value)
    }
}
