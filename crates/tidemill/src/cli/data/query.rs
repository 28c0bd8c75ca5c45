//! `tidemill data query`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};
use tidemill_table::sql::{self, Mount, Task, tables_of};

use super::rows::Answering;
use super::table::Reading;
use crate::error::{Error, Result};
use crate::session::Session;

/// Answer a query in SQL over data
///
/// A table is a version of a data asset: flights is the latest one, "flights:7" and "flights@latest" (in double quotes) are named
/// exactly. Files of this machine are tables without a server: by --file, or by their path in quotes. Queries read and change
/// nothing. Case matters in names. docs/data-query.md says what there is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data query \"select carrier, avg(delay) from flights group by carrier\"
  tidemill data query 'select count(*) from \"flights:7\"' -o tsv
  tidemill data query \"select * from new where id not in (select id from old)\" --data new=azureml:flights:7 old=azureml:flights:6
  tidemill data query \"select * from 'january.csv' where delay > 60\" --output-file late.parquet
  tidemill data query \"select * from t limit 5\" --file t=months/")]
pub struct Query {
    /// The query
    sql: String,
    /// Name a version of data, as in f=azureml:flights:7
    #[arg(long, value_name = "NAME=ASSET", num_args = 1.., action = clap::ArgAction::Append)]
    data: Vec<String>,
    /// Name a file or folder of this machine, as in t=flights.parquet
    #[arg(long, value_name = "NAME=PATH", num_args = 1.., action = clap::ArgAction::Append)]
    file: Vec<String>,
    /// Rows at most [default: 1000 where they are printed, all in a file]
    #[arg(long, value_name = "COUNT")]
    rows: Option<u64>,
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    reading: Reading,
}

impl Query {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let names = tables_of(&self.sql)?;
        let files = pairs("--file", &self.file)?;
        let assets = pairs("--data", &self.data)?;
        let local = |name: &str| -> Option<PathBuf> {
            if let Some((_, path)) = files.iter().find(|(own, _)| own == name) {
                return Some(PathBuf::from(path));
            }
            // A name with a dot or a slash may be the path of a file; the names of assets may have dots, too.
            let path = Path::new(name);
            let named = assets.iter().any(|(own, _)| own == name);
            (name.contains(['.', '/']) && !named && path.exists()).then(|| path.to_path_buf())
        };
        let here: Vec<(String, PathBuf)> = names
            .iter()
            .filter_map(|name| Some((name.clone(), local(name)?)))
            .collect();
        if here.len() == names.len() && assets.is_empty() {
            if let Some((unused, _)) = files.iter().find(|(own, _)| !names.contains(own)) {
                return Err(Error::usage(format!(
                    "failed to run the query: it does not name `{unused}`"
                )));
            }
            let reading = self.reading.options()?;
            let mounts = here.into_iter().map(|(name, path)| Mount {
                name,
                path,
                reading: reading.clone(),
            });
            let task = Task::Query(sql::Query {
                sql: self.sql,
                sample: None,
            });
            return self
                .answering
                .here(session, task, mounts.collect(), self.rows, None)
                .await;
        }
        if let Some((file, _)) = here.first() {
            let other = names.iter().find(|name| local(name).is_none());
            return Err(Error::usage(format!(
                "failed to run the query: `{file}` is a file of this machine, and `{}` is not",
                other.map_or("another table", String::as_str)
            ))
            .with_hint(
                "a query runs here or on the server: make a version of the file with `tidemill data create`",
            ));
        }
        let tables: Map<String, Value> = assets
            .into_iter()
            .map(|(name, asset)| (name, Value::String(asset)))
            .collect();
        let body = json!({ "sql": self.sql, "tables": tables });
        self.answering.there(session, "data:query", body, self.rows).await
    }
}

/// Names and what they stand for.
pub(super) fn pairs(option: &str, given: &[String]) -> Result<Vec<(String, String)>> {
    given
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, what)) if !name.is_empty() && !what.is_empty() => {
                Ok((name.to_owned(), what.to_owned()))
            }
            _ => Err(Error::usage(format!(
                "failed to read {option} `{text}`: expected NAME=…"
            ))),
        })
        .collect()
}
