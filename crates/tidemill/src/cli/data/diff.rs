//! `tidemill data diff`.

use clap::Args;
use serde_json::json;
use tidemill_table::sql::{self, AFTER, BEFORE, Mount, Task};

use super::rows::Answering;
use super::table::Reading;
use crate::error::{Error, Result};
use crate::session::Session;

/// Compare two tables row by row: added, removed, changed
///
/// The key names the columns by which rows are the same; it has to name each row once. Two files of this machine are compared
/// without a server, two versions of data on it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data diff azureml:flights:6 azureml:flights:7 --key id
  tidemill data diff january.csv february.csv --key carrier --key flight --output-file changes.csv")]
pub struct Diff {
    /// Earlier table: a path, or as in azureml:flights:6
    before: String,
    /// Later table
    after: String,
    /// Column of the key; may be given several times
    #[arg(long, short, value_name = "COLUMN", required = true)]
    key: Vec<String>,
    /// Rows at most [default: 1000 where they are printed, all in a file]
    #[arg(long, value_name = "COUNT")]
    rows: Option<u64>,
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    reading: Reading,
}

impl Diff {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let asset = |text: &str| text.starts_with("azureml:");
        match (asset(&self.before), asset(&self.after)) {
            (true, true) => {
                let body = json!({ "before": self.before, "after": self.after, "key": self.key });
                self.answering.there(session, "data:diff", body, self.rows).await
            }
            (false, false) => {
                let reading = self.reading.options()?;
                let mounts = [(BEFORE, &self.before), (AFTER, &self.after)].map(|(name, path)| Mount {
                    name: name.to_owned(),
                    path: path.into(),
                    reading: reading.clone(),
                });
                let task = Task::Diff(sql::Diff { key: self.key });
                self.answering
                    .here(session, task, mounts.to_vec(), self.rows, None)
                    .await
            }
            _ => Err(Error::usage(
                "failed to compare the tables: one is a file of this machine, and the other a version of data",
            )
            .with_hint("make a version of the file with `tidemill data create`")),
        }
    }
}
