//! `tidemill audit verify`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tidemill_api::audit::AuditLine;
use tidemill_policy::chain::{Checker, Link};

use crate::client::query;
use crate::error::{Error, Result};
use crate::session::Session;

/// Check that no row of the audit log was changed, removed, moved or added behind the server's back
///
/// It answers with the head, the hash of the last row. Note it elsewhere: --head then also finds that the end of the log
/// was cut off, or all of it written anew.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill audit verify
  tidemill audit verify --head 5f2c…
  tidemill audit verify --file audit.jsonl")]
pub struct Verify {
    /// A head that was noted earlier
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Check a whole export instead of the server's log
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Verify {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let checked = match &self.file {
            Some(file) => of_file(file, self.head)?,
            None => {
                let pairs: Vec<(&str, &str)> = self.head.iter().map(|head| ("head", head.as_str())).collect();
                session
                    .client
                    .get(&format!("/audit:verify{}", query(&pairs)))
                    .await?
            }
        };
        session.output.show(checked.clone())?;
        match checked["sound"].as_bool() {
            Some(true) => Ok(()),
            _ => Err(Error::failed(format!(
                "the audit log is not as it was written: {}",
                checked["faults"][0].as_str().unwrap_or("it was tampered with")
            ))
            .with_hint(
                "compare with an export or a backup of before; rows ahead of the first fault are sound",
            )),
        }
    }
}

/// Checks an export, which needs no server.
fn of_file(path: &Path, head: Option<String>) -> Result<Value> {
    let file = File::open(path).map_err(|error| Error::file("read", path, error))?;
    let mut checker = Checker::new(head);
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line.map_err(|error| Error::file("read", path, error))?;
        let row: AuditLine = serde_json::from_str(&line).map_err(|error| {
            Error::failed(format!(
                "failed to read line {number} of {}: {error}",
                path.display()
            ))
        })?;
        let at = row.at.to_string();
        let link = Link {
            seq: row.seq,
            fields: &row.fields(&at),
            previous: &row.previous,
        };
        checker.row(&link, &row.hash);
    }
    let checked = checker.end(None);
    let faults: Vec<String> = checked.faults.iter().map(ToString::to_string).collect();
    Ok(json!({
        "sound": faults.is_empty(), "rows": checked.rows, "seq": checked.seq, "head": checked.head, "faults": faults,
    }))
}
