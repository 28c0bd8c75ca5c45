//! `tidemill data profile`.

mod rows;

use std::path::PathBuf;

use clap::Args;
use tidemill_profile::{Asked, report};

use super::table::{Reading, write_report};
use crate::cli::asset::Which;
use crate::error::{Error, Result};
use crate::session::Session;

/// Say what is in a table: types, missing values, distributions, relations
///
/// Reads Parquet, CSV, JSON lines, Arrow IPC, Delta tables and MLTables, all of their rows: files of this machine without a
/// server, versions of data assets through it. docs/data-profile.md defines each figure.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data profile flights.parquet
  tidemill data profile --data azureml:flights:3
  tidemill data profile --data azureml:flights:3/weather
  tidemill data profile months/ --target late --html report.html
  tidemill data profile flights.csv --query \"columns[?missing > `0`].name\" -o tsv")]
pub struct Profile {
    /// File or folder of a table
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    path: Option<PathBuf>,
    /// Version of a data asset on the server, as in azureml:flights:3; its latest without one
    #[arg(long, value_name = "ASSET")]
    data: Option<String>,
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
            target: self.target.clone(),
            by: self.by.clone(),
        };
        let (name, profile) = match (&self.path, &self.data) {
            (Some(path), _) => {
                let name = path
                    .file_name()
                    .unwrap_or(path.as_os_str())
                    .to_string_lossy()
                    .into_owned();
                (name, self.reading.profile(path)?.finish(&asked)?)
            }
            (None, data) => of_server(session, data.as_deref().unwrap_or_default(), &asked).await?,
        };
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

/// The profile that the server has of a version, and what the version is called.
pub(super) async fn of_server(
    session: &Session,
    data: &str,
    asked: &Asked,
) -> Result<(String, tidemill_profile::Profile)> {
    // Data of several tables: `flights:7/weather`.
    let (data, inside) = match data.split_once('/') {
        Some((data, inside)) => (data, Some(inside)),
        None => (data, None),
    };
    let which = Which::of_reference(data);
    let (path, _) = which.found(session, super::KIND).await?;
    let asked = [
        ("target", asked.target.as_deref()),
        ("by", asked.by.as_deref()),
        ("path", inside),
    ];
    let asked: Vec<(&str, &str)> = asked
        .iter()
        .filter_map(|(field, value)| Some((*field, (*value)?)))
        .collect();
    let query = if asked.is_empty() {
        String::new()
    } else {
        crate::client::query(&asked)
    };
    let answer = session.client.get(&format!("{path}/profile{query}")).await?;
    let read = serde_json::from_value(answer);
    let profile =
        read.map_err(|error| Error::failed(format!("failed to read the server's profile: {error}")))?;
    Ok((which.shown(), profile))
}
