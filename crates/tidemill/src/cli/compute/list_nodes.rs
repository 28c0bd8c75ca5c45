//! `tidemill compute list-nodes`.

use clap::Args;
use serde_json::{Value, json};

use crate::error::Result;
use crate::output::{Column, number, text};
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("node", "node_id"),
    Column::text("state", "node_state"),
    Column::text("job", "run_id"),
];
/// States in which a job holds its node.
const HOLDING: &[&str] = &[
    "Starting",
    "Preparing",
    "Running",
    "Finalizing",
    "CancelRequested",
];

/// List the nodes of a compute that run jobs now
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute list-nodes --name cpu-cluster")]
pub struct ListNodes {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl ListNodes {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session
            .client
            .get(&session.path(&["computes", &self.name]))
            .await?;
        let mut jobs = Vec::new();
        for status in HOLDING {
            let filters = [("status", *status), ("archived", "include")];
            let mut found = session
                .client
                .list(&session.path(&["jobs"]), &filters, None)
                .await?;
            // The steps of a pipeline hold nodes, the pipeline itself does not.
            let mut at = 0;
            while at < found.len() {
                if number(&found[at], "children_count").unwrap_or_default() > 0
                    || text(&found[at], "type") == Some("pipeline")
                {
                    let parent = text(&found[at], "name").unwrap_or_default().to_owned();
                    let filters = [("parent", parent.as_str())];
                    found.extend(
                        session
                            .client
                            .list(&session.path(&["jobs"]), &filters, None)
                            .await?,
                    );
                }
                at += 1;
            }
            jobs.extend(found);
        }
        let on_it = |job: &&Value| {
            text(job, "compute") == Some(&self.name)
                && text(job, "type") != Some("pipeline")
                && text(job, "status").is_some_and(|status| HOLDING.contains(&status))
        };
        let mut names: Vec<&str> = jobs
            .iter()
            .filter(on_it)
            .filter_map(|job| text(job, "name"))
            .collect();
        names.sort_unstable();
        names.dedup();
        let nodes = names.iter().enumerate().map(|(at, job)| {
            json!({ "node_id": format!("{}-{at}", self.name), "node_state": "running", "run_id": job })
        });
        session.output.list(nodes.collect(), COLUMNS)
    }
}
