//! `tidemill run`.

mod compare;
mod export;
mod import;
mod list;
mod show;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::session::Session;

/// Runs: what was tried, with its parameters, metrics and tags
#[derive(Debug, Args)]
pub struct Run {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Show(show::Show),
    Compare(compare::Compare),
    Export(export::Export),
    Import(import::Import),
}

impl Run {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Compare(verb) => verb.run(session).await,
            Verb::Export(verb) => verb.run(session).await,
            Verb::Import(verb) => verb.run(session).await,
        }
    }
}

/// The experiments with these names, or all: id and name.
async fn experiments(session: &Session, names: &[String]) -> Result<Vec<(String, String)>> {
    let mut found = session.client.experiments(&session.workspace).await?;
    if let Some(missing) = names
        .iter()
        .find(|name| !found.iter().any(|(_, there)| there == *name))
    {
        let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
        return Err(
            Error::failed(format!("failed to find experiment `{missing}`")).with_hint(format!(
                "workspace `{}` has: {}",
                session.workspace,
                names.join(", ")
            )),
        );
    }
    found.retain(|(_, name)| names.is_empty() || names.contains(name));
    Ok(found)
}

/// One run by its id, which for a job is its name.
async fn one(session: &Session, name: &str) -> Result<Value> {
    let all: Vec<String> = session
        .client
        .experiments(&session.workspace)
        .await?
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let quoted = name.replace('\'', "");
    let filter = format!("attributes.run_id = '{quoted}'");
    let found = session
        .client
        .runs(&session.workspace, &all, &filter, &[], 1)
        .await?;
    found.into_iter().next().map(view).ok_or_else(|| {
        Error::failed(format!("failed to find run `{name}`")).with_hint(format!(
            "`tidemill run list -w {}` shows those that there are",
            session.workspace
        ))
    })
}

/// A run as people read it: its facts side by side, its parameters, metrics and tags as maps.
fn view(run: Value) -> Value {
    let (info, data) = (&run["info"], &run["data"]);
    let map = |pairs: &Value| -> Map<String, Value> {
        let pairs = pairs.as_array().into_iter().flatten();
        pairs
            .filter_map(|pair| Some((pair["key"].as_str()?.to_owned(), pair["value"].clone())))
            .collect()
    };
    let time = |value: &Value| match value
        .as_i64()
        .filter(|ms| *ms > 0)
        .map(jiff::Timestamp::from_millisecond)
    {
        Some(Ok(time)) => Value::from(format!("{time:.3}")),
        _ => Value::Null,
    };
    let mut tags = map(&data["tags"]);
    tags.retain(|key, _| !key.starts_with("mlflow."));
    json!({
        "name": info["run_id"],
        "display_name": info["run_name"],
        "status": info["status"],
        "experiment_id": info["experiment_id"],
        "user": info["user_id"],
        "started_at": time(&info["start_time"]),
        "ended_at": time(&info["end_time"]),
        "artifact_uri": info["artifact_uri"],
        "params": map(&data["params"]),
        "metrics": map(&data["metrics"]),
        "tags": tags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_reads_as_its_facts() {
        let run = json!({
            "info": {"run_id": "r", "run_name": "calm", "status": "FINISHED", "experiment_id": "1", "user_id": "ada",
                "start_time": 1000, "artifact_uri": "mlflow-artifacts:/1/r/artifacts"},
            "data": {"params": [{"key": "depth", "value": "3"}], "metrics": [{"key": "loss", "value": 0.5}],
                "tags": [{"key": "mlflow.runName", "value": "calm"}, {"key": "team", "value": "red"}]},
        });
        let view = view(run);
        assert_eq!(view["started_at"], "1970-01-01T00:00:01.000Z");
        assert_eq!(
            (&view["ended_at"], &view["params"]["depth"]),
            (&Value::Null, &Value::from("3"))
        );
        assert_eq!(view["tags"], json!({"team": "red"}));
    }
}
