//! `tidemill data sample`.

use clap::Args;
use tidemill_table::sql::{self, Query};

use super::head::OneTable;
use super::rows::Answering;
use super::table::Reading;
use crate::error::Result;
use crate::session::Session;

/// Show a uniform sample of the rows of a table
///
/// All rows are read, and each has the same chance. The same seed over the same table gives the same sample.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data sample flights.parquet --rows 100
  tidemill data sample --data azureml:flights:3 --rows 1000 --seed 7 --output-file sample.parquet")]
pub struct Sample {
    #[command(flatten)]
    table: OneTable,
    /// Rows
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10)]
    rows: u64,
    /// Which of the samples
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    reading: Reading,
}

impl Sample {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let sample = sql::Sample {
            rows: usize::try_from(self.rows).unwrap_or(usize::MAX),
            seed: self.seed,
        };
        let query = Query {
            sql: "select * from t".into(),
            sample: Some(sample),
        };
        self.table
            .answer(session, query, self.rows, &self.answering, &self.reading)
            .await
    }
}
