//! `tidemill job list`.

use clap::Args;

use crate::cli::args::Archived;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// So many jobs are shown when nothing else is said.
const MOST: usize = 50;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("step", "node"),
    Column::text("display name", "display_name"),
    Column::text("type", "type"),
    Column::text("status", "status"),
    Column::text("experiment", "experiment_name"),
    Column::text("compute", "compute"),
    Column::time("created", "created_at"),
    Column::duration(),
];

/// List jobs, newest first; the steps of a pipeline with --parent-job-name
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job list
  tidemill job list --status Failed --max-results 5
  tidemill job list --parent-job-name calm_tide_4k7w2hx9qz --query \"[].{step: node, status: status}\"")]
pub struct List {
    /// Pipeline job, to list its steps
    #[arg(long, short, value_name = "NAME")]
    parent_job_name: Option<String>,
    /// Only with this status, such as Running or Failed
    #[arg(long)]
    status: Option<String>,
    /// Jobs at most [default: 50]
    #[arg(long, short = 'r', value_name = "COUNT")]
    max_results: Option<usize>,
    /// All jobs, however many
    #[arg(long, conflicts_with = "max_results")]
    all_results: bool,
    #[command(flatten)]
    archived: Archived,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut filters = vec![("archived", self.archived.word())];
        filters.extend(self.parent_job_name.as_deref().map(|parent| ("parent", parent)));
        filters.extend(self.status.as_deref().map(|status| ("status", status)));
        // The steps of one pipeline are shown together.
        let all = self.all_results || (self.parent_job_name.is_some() && self.max_results.is_none());
        let most = if all {
            None
        } else {
            Some(self.max_results.unwrap_or(MOST))
        };
        let rows = session
            .client
            .list(&session.path(&["jobs"]), &filters, most)
            .await?;
        let full = most.is_some_and(|most| rows.len() == most) && self.max_results.is_none();
        session.list(rows, COLUMNS)?;
        if full && crate::terminal::is_watched() {
            session.note(&format!("The newest {MOST}; --all-results shows all."));
        }
        Ok(())
    }
}
