//! `tidemill data contract check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tidemill_profile::expect::{Expectations, Outcome};
use tidemill_table::sql::{self, DATA, Mount, Task, Validated};

use super::super::table::Reading;
use crate::cli::asset::Which;
use crate::error::{Error, FAILED, Result};
use crate::output::{Column, write_out};
use crate::session::Session;

/// Check data against what all of its consumers live by
///
/// A version is checked by the server, against the contracts of its workspace or of the one that --against names, such as that of the
/// next stage. A file of this machine is checked here, before anything is uploaded; what compares it with a baseline is left to the
/// server. Ends with 1 where a contract is broken.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data contract check --data azureml:flights:7
  tidemill data contract check --data azureml:flights:7 --against flights-prd
  tidemill data contract check --data flights --file new/flights.parquet")]
pub struct Check {
    /// Version of data, as in azureml:flights:7; with --file, the data asset
    #[arg(long, short, value_name = "ASSET")]
    data: String,
    /// File or folder of this machine that is to become a version
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Workspace whose contracts count
    #[arg(long, value_name = "WORKSPACE")]
    against: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

const COLUMNS: [Column; 5] = [
    Column::text("consumer", "consumer"),
    Column::text("contract", "contract"),
    Column::text("policy", "policy"),
    Column::text("kept", "kept"),
    Column::text("broken", "broken"),
];

impl Check {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let found = match &self.file {
            Some(file) => self.here(session, file).await?,
            None => self.there(session).await?,
        };
        let passed = found["passed"] == true;
        if session.output.is_table() {
            let rows: Vec<Value> = found["items"].as_array().cloned().unwrap_or_default();
            let broken = rows.iter().filter(|row| row["passed"] != true).count();
            write_out(&match rows.len() {
                0 => format!("{}: nobody has a contract over it\n", self.data),
                all => format!("{}: {} of {all} contracts are kept\n\n", self.data, all - broken),
            })?;
            if !rows.is_empty() {
                session.output.list(rows.iter().map(row).collect(), &COLUMNS)?;
            }
        } else {
            session.output.show(found)?;
        }
        if passed { Ok(()) } else { Err(Error::Ended(FAILED)) }
    }

    async fn there(&self, session: &Session) -> Result<Value> {
        let which = Which::of_reference(&self.data);
        let (path, _) = which.found(session, super::super::KIND).await?;
        let body = json!({ "against": self.against });
        session
            .client
            .post(&format!("{path}/contract-checks"), &body)
            .await
    }

    /// Checks a table of this machine against the contracts of the server.
    async fn here(&self, session: &Session, file: &std::path::Path) -> Result<Value> {
        let name = Which::of_reference(&self.data).name;
        let path = match &self.against {
            Some(workspace) => format!("/api/v1/workspaces/{workspace}/data-contracts"),
            None => session.path(&["data-contracts"]),
        };
        let contracts = session.client.list(&path, &[("data", &name)], None).await?;
        let mut items = Vec::new();
        for contract in contracts {
            let unreadable =
                |error: serde_json::Error| Error::failed(format!("failed to read a contract: {error}"));
            let mut expectations: Expectations =
                serde_json::from_value(contract["expectations"].clone()).map_err(unreadable)?;
            // There is no baseline here.
            expectations.drift = None;
            let mount = Mount {
                name: DATA.to_owned(),
                path: file.to_path_buf(),
                reading: self.reading.options()?,
            };
            let task = Task::Validate(Box::new(sql::Validate { expectations }));
            let bytes = super::super::rows::bytes_of(task, vec![mount]).await?;
            let found: Validated = serde_json::from_slice(&bytes).map_err(unreadable)?;
            let broken: Vec<String> = found
                .validation
                .outcomes
                .iter()
                .filter(|outcome| !outcome.met)
                .map(said)
                .collect();
            items.push(json!({
                "contract": contract["name"], "consumer": contract["consumer"], "policy": contract["policy"],
                "passed": found.validation.passed, "broken": broken,
            }));
        }
        let passed = items.iter().all(|item| item["passed"] == true);
        Ok(json!({ "passed": passed, "items": items }))
    }
}

fn said(outcome: &Outcome) -> String {
    let column = outcome
        .column
        .as_deref()
        .map(|column| format!("{column}: "))
        .unwrap_or_default();
    format!("{column}{}, found {}", outcome.expected, outcome.found)
}

fn row(item: &Value) -> Value {
    let broken: Vec<&str> = item["broken"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    json!({
        "consumer": item["consumer"], "contract": item["contract"], "policy": item["policy"],
        "kept": if item["passed"] == true { "yes" } else { "no" }, "broken": broken.join("; "),
    })
}
