//! `tidemill run compare`.

use clap::Args;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::session::Session;

/// Compare runs side by side: what differs of their parameters, metrics and tags
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill run compare --name calm_tide_4k7w2hx9qz bold_reef_7x2k9m4q1z
  tidemill run compare -n a -n b -n c --all -o json")]
pub struct Compare {
    /// Run ids, two or more
    #[arg(long, short, num_args = 1.., required = true)]
    name: Vec<String>,
    /// Also what is the same in all of them
    #[arg(long)]
    all: bool,
}

impl Compare {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.name.len() < 2 {
            return Err(Error::usage("failed to compare: one run has nothing beside it")
                .with_hint("name two runs or more: `--name A B`"));
        }
        let mut runs = Vec::with_capacity(self.name.len());
        for name in &self.name {
            runs.push(super::one(session, name).await?);
        }
        let rows = rows(&runs, self.all);
        if rows.is_empty() {
            session.note("These runs are the same in all that they logged; --all shows it.");
        }
        session.output.list(rows, &[])
    }
}

/// One row for each thing that a run may have, one column a run.
fn rows(runs: &[Value], all: bool) -> Vec<Value> {
    let mut rows = Vec::new();
    for (kind, word) in [("params", "param"), ("metrics", "metric"), ("tags", "tag")] {
        let maps: Vec<Option<&Map<String, Value>>> = runs.iter().map(|run| run[kind].as_object()).collect();
        let mut keys: Vec<&String> = maps.iter().flatten().flat_map(|map| map.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let values: Vec<Option<&Value>> =
                maps.iter().map(|map| map.and_then(|map| map.get(key))).collect();
            if !all && values.windows(2).all(|pair| pair[0] == pair[1]) {
                continue;
            }
            let mut row = Map::new();
            row.insert("kind".to_owned(), word.into());
            row.insert("key".to_owned(), key.as_str().into());
            for (run, value) in runs.iter().zip(values) {
                let name = run["name"].as_str().unwrap_or_default();
                row.insert(name.to_owned(), value.cloned().unwrap_or(Value::Null));
            }
            rows.push(Value::Object(row));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_shown_with_what_is_missing() {
        let run = |name: &str, depth: &str| json!({"name": name, "params": {"depth": depth, "kind": "tree"}, "metrics": {}});
        let mut second = run("b", "5");
        second["metrics"]["loss"] = json!(0.5);
        let runs = [run("a", "3"), second];
        assert_eq!(
            rows(&runs, false),
            [
                json!({"kind": "param", "key": "depth", "a": "3", "b": "5"}),
                json!({"kind": "metric", "key": "loss", "a": null, "b": 0.5}),
            ]
        );
        assert_eq!(rows(&runs, true).len(), 3);
    }
}
