//! `tidemill data transform`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use tidemill_table::sql::{Fitted, Limits, Mount, Transform as Plan, transform};

use super::table::Reading;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make tables of tables: a query, steps that are fitted, a split
///
/// Writes data.parquet, or train.parquet and test.parquet, and parameters.json with what was fitted on the rows to train on. With
/// --parameters, rows that come later are treated alike. Works on files of this machine, out of core; docs/data-query.md says which
/// steps there are.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data transform --file flights=months/ --plan features.yml --output-folder prepared
  tidemill data transform --file f=new.parquet --plan features.yml --parameters prepared/parameters.json --output-folder scored
  tidemill data transform --file a=a.csv b=b.csv --sql \"select * from a join b using (id)\" --output-folder joined")]
pub struct Transform {
    /// Name a file or folder of this machine, as in t=flights.parquet
    #[arg(long, value_name = "NAME=PATH", num_args = 1.., required = true, action = clap::ArgAction::Append)]
    file: Vec<String>,
    /// YAML or JSON with sql, steps and split
    #[arg(long, value_name = "FILE", required_unless_present_any = ["sql", "plan_text"])]
    plan: Option<PathBuf>,
    /// The same as text
    #[arg(long, value_name = "TEXT", hide = true, conflicts_with = "plan")]
    plan_text: Option<String>,
    /// Query, instead of the one of the plan
    #[arg(long, value_name = "SQL")]
    sql: Option<String>,
    /// parameters.json of an earlier time, or its folder: nothing is fitted anew
    #[arg(long, value_name = "PATH")]
    parameters: Option<PathBuf>,
    /// Folder to write
    #[arg(long, value_name = "FOLDER")]
    output_folder: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

impl Transform {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut plan: Plan = match (&self.plan, &self.plan_text) {
            (Some(path), _) => {
                let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
                serde_yaml_ng::from_str(&text)
                    .map_err(|error| Error::usage(format!("failed to read {}: {error}", path.display())))?
            }
            (None, Some(text)) => serde_json::from_str(text)
                .map_err(|error| Error::usage(format!("failed to read the plan: {error}")))?,
            (None, None) => Plan::default(),
        };
        if self.sql.is_some() {
            plan.sql = self.sql;
        }
        let fitted: Option<Vec<Fitted>> =
            match &self.parameters {
                Some(path) => {
                    let path = match path.is_dir() {
                        true => path.join("parameters.json"),
                        false => path.clone(),
                    };
                    let text =
                        std::fs::read_to_string(&path).map_err(|error| Error::file("read", &path, error))?;
                    let read = serde_json::from_str(&text);
                    Some(read.map_err(|error| {
                        Error::usage(format!("failed to read {}: {error}", path.display()))
                    })?)
                }
                None => None,
            };
        let reading = self.reading.options()?;
        let mounts = super::query::pairs("--file", &self.file)?;
        let mounts: Vec<Mount> = mounts
            .into_iter()
            .map(|(name, path)| Mount {
                name,
                path: path.into(),
                reading: reading.clone(),
            })
            .collect();
        let folder = self.output_folder.clone();
        let work = move || transform(&plan, fitted, &mounts, &Limits::default(), &folder);
        let made = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::failed(format!("failed to transform: {error}")))??;
        session.note(&format!("Wrote {}", self.output_folder.display()));
        let value: Value = serde_json::to_value(&made)
            .map_err(|error| Error::failed(format!("failed to say what was made: {error}")))?;
        session.output.show(value)
    }
}
