//! `tidemill job list`.

use clap::Args;
use serde_json::Value;

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
    /// Only with this tag, as in team=blue, or team with any value
    #[arg(long, value_name = "KEY[=VALUE]")]
    tag: Option<String>,
    /// Jobs at most [default: 50]
    #[arg(long, short = 'r', value_name = "COUNT")]
    max_results: Option<usize>,
    /// All jobs, however many
    #[arg(long, conflicts_with = "max_results", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL", hide_possible_values = true)]
    all_results: Option<bool>,
    #[command(flatten)]
    archived: Archived,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut filters = vec![("archived", self.archived.word())];
        filters.extend(self.parent_job_name.as_deref().map(|parent| ("parent", parent)));
        filters.extend(self.status.as_deref().map(|status| ("status", status)));
        // The steps of one pipeline are shown together.
        let all =
            self.all_results == Some(true) || (self.parent_job_name.is_some() && self.max_results.is_none());
        let most = if all {
            None
        } else {
            Some(self.max_results.unwrap_or(MOST))
        };
        let asked = most.filter(|_| self.tag.is_none());
        let mut rows = session
            .client
            .list(&session.path(&["jobs"]), &filters, asked)
            .await?;
        if let Some(tag) = &self.tag {
            rows.retain(|row| has(row, tag));
            rows.truncate(most.unwrap_or(usize::MAX));
        }
        let full = most.is_some_and(|most| rows.len() == most) && self.max_results.is_none();
        session.list(rows.into_iter().map(super::with_id).collect(), COLUMNS)?;
        if full && crate::terminal::is_watched() {
            session.note(&format!("The newest {MOST}; --all-results shows all."));
        }
        Ok(())
    }
}

/// Whether a job has a tag, by its name or by name and value.
fn has(row: &Value, tag: &str) -> bool {
    let (key, wanted) = match tag.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (tag, None),
    };
    let found = row
        .get("tags")
        .and_then(|tags| tags.get(key))
        .and_then(Value::as_str);
    found.is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn jobs_are_found_by_a_tag_or_by_its_value() {
        let row = json!({"tags": {"team": "blue"}});
        assert!(has(&row, "team") && has(&row, "team=blue"));
        assert!(!has(&row, "team=red") && !has(&row, "stage") && !has(&json!({}), "team"));
    }
}
