//! `tidemill run list`.

use clap::Args;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// So many runs are shown when nothing else is said.
const MOST: usize = 50;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("display name", "display_name"),
    Column::text("status", "status"),
    Column::text("experiment", "experiment_name"),
    Column::text("user", "user"),
    Column::text("metrics", "shown_metrics"),
    Column::time("started", "started_at"),
    Column::duration(),
];

/// List runs, newest first, or those that fit a filter in MLflow's grammar
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill run list
  tidemill run list --experiment flights --filter \"metrics.roc_auc > 0.7 AND params.depth = '3'\"
  tidemill run list --order-by \"metrics.roc_auc DESC\" --max-results 5")]
pub struct List {
    /// Only of the experiment with this name; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    experiment: Vec<String>,
    /// Comparisons joined by AND, of metrics.x, params.x, tags.x and attributes.x
    #[arg(long, default_value = "", hide_default_value = true)]
    filter: String,
    /// What to sort by, such as "metrics.loss ASC"; may be given several times [default: newest first]
    #[arg(long, value_name = "KEY")]
    order_by: Vec<String>,
    /// Runs at most [default: 50]
    #[arg(long, short = 'r', value_name = "COUNT")]
    max_results: Option<usize>,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let experiments = super::experiments(session, &self.experiment).await?;
        let ids: Vec<String> = experiments.iter().map(|(id, _)| id.clone()).collect();
        let most = self.max_results.unwrap_or(MOST);
        let found = session
            .client
            .runs(&session.workspace, &ids, &self.filter, &self.order_by, most)
            .await?;
        let full = found.len() == most && self.max_results.is_none();
        let mut rows = Vec::with_capacity(found.len());
        for run in found {
            let mut view = super::view(run);
            let name = experiments
                .iter()
                .find(|(id, _)| view["experiment_id"].as_str() == Some(id.as_str()))
                .map(|(_, name)| name.as_str());
            view["experiment_name"] = name.into();
            if session.output.is_table() {
                let metrics = view["metrics"].as_object().into_iter().flatten().take(3);
                let shown: Vec<String> = metrics
                    .map(|(key, value)| format!("{key} {}", short(value)))
                    .collect();
                view["shown_metrics"] = shown.join(", ").into();
            }
            rows.push(view);
        }
        session.output.list(rows, COLUMNS)?;
        if full && crate::terminal::is_watched() {
            session.note(&format!("The first {MOST}; --max-results shows more."));
        }
        Ok(())
    }
}

/// A value in four digits that count.
fn short(value: &serde_json::Value) -> String {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Some(number) if (1e-3..1e6).contains(&number.abs()) => {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').to_owned()
        }
        Some(number) => format!("{number:.3e}"),
        None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_as_short_as_it_reads() {
        for (value, expected) in [
            (json!(0.733_456), "0.7335"),
            (json!(5.0), "5"),
            (json!(0.25), "0.25"),
            (json!(1e-9), "1.000e-9"),
            (json!("NaN"), "NaN"),
        ] {
            assert_eq!(short(&value), expected);
        }
    }
}
