//! `tidemill audit export`.

use std::path::PathBuf;

use clap::Args;
use futures::StreamExt;
use reqwest::Method;

use super::Rows;
use crate::client::query;
use crate::error::{Error, Result};
use crate::output::{bytes, write_out};
use crate::session::Session;

/// Write the audit log as JSON lines, oldest first
///
/// Each line holds what its hash was made of, so that `audit verify --file` can check the export anywhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill audit export --file audit.jsonl
  tidemill audit export --since 2026-07-01 --outcome refused | jq .principal")]
pub struct Export {
    #[command(flatten)]
    rows: Rows,
    /// File to write; standard output when not given
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Export {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let given = self.rows.filters();
        let filters: Vec<(&str, &str)> = given
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let path = format!("/audit:export{}", query(&filters));
        if let Some(file) = &self.file {
            let size = session.client.download(&path, file, &|_| ()).await?;
            session.note(&format!("Wrote {}, {}.", file.display(), bytes(size)));
            return Ok(());
        }
        let request = session.client.request(Method::GET, &path);
        let mut stream = session.client.send(request).await?.bytes_stream();
        let mut rest: Vec<u8> = Vec::new();
        while let Some(chunk) = stream.next().await {
            rest.extend(
                chunk
                    .map_err(|error| Error::failed(format!("failed to read the whole audit log: {error}")))?,
            );
            let whole = rest
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1);
            let lines: Vec<u8> = rest.drain(..whole).collect();
            write_out(&String::from_utf8_lossy(&lines))?;
        }
        Ok(())
    }
}
