//! `tidemill data head`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tidemill_table::sql::{Mount, Query, Task};

use super::rows::Answering;
use super::table::Reading;
use crate::error::Result;
use crate::session::Session;

/// Show the first rows of a table, as they stand in its files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data head flights.parquet
  tidemill data head --data azureml:flights:3 --rows 50
  tidemill data head months/ --output-file first.csv")]
pub struct Head {
    #[command(flatten)]
    table: OneTable,
    /// Rows
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10)]
    rows: u64,
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    reading: Reading,
}

/// A table of this machine or of the server.
#[derive(Debug, Clone, Args)]
pub(super) struct OneTable {
    /// File or folder of a table
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    path: Option<PathBuf>,
    /// Version of a data asset on the server, as in azureml:flights:3; its latest without one
    #[arg(long, value_name = "ASSET")]
    data: Option<String>,
}

impl OneTable {
    /// Runs a query over it; its name there is `t`. The rows come in the order of the files.
    pub(super) async fn answer(
        self,
        session: &Session,
        query: Query,
        rows: u64,
        answering: &Answering,
        reading: &Reading,
    ) -> Result<()> {
        if let Some(path) = self.path {
            let mounts = vec![Mount {
                name: "t".into(),
                path,
                reading: reading.options()?,
            }];
            return answering
                .here(session, Task::Query(query), mounts, Some(rows), Some(1))
                .await;
        }
        let mut body = json!({ "sql": query.sql, "tables": { "t": self.data }, "in_order": true });
        if let Some(sample) = query.sample {
            body["sample"] = sample.rows.into();
            body["seed"] = sample.seed.into();
        }
        answering.there(session, "data:query", body, Some(rows)).await
    }
}

impl Head {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let query = Query {
            sql: format!("select * from t limit {}", self.rows),
            sample: None,
        };
        self.table
            .answer(session, query, self.rows, &self.answering, &self.reading)
            .await
    }
}
