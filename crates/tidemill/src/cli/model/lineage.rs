//! `tidemill model lineage`.

use std::collections::{HashMap, HashSet};

use clap::Args;
use serde_json::Value;

use crate::cli::asset::Which;
use crate::cli::lineage::LineageOptions;
use crate::error::Result;
use crate::output;
use crate::session::Session;

/// Show where a version of a model comes from: the jobs behind it, and what went into them
///
/// With --direction, also what came of it: jobs that read it, deployments, endpoints and releases.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill model lineage --name flights-delay
  tidemill model lineage --name flights-delay --version 3 -o json
  tidemill model lineage --name flights-delay --direction both
  tidemill model lineage --name flights-delay --format openlineage")]
pub struct Lineage {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    options: LineageOptions,
}

impl Lineage {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.options.is_asked() {
            return self.options.run(session, super::KIND, &self.which).await;
        }
        let view = self.which.view(session, super::KIND).await?;
        let version = output::text(&view, "version").unwrap_or_default();
        let path = session.path(&["models", &self.which.name, "versions", version, "lineage"]);
        let lineage = session.client.get(&path).await?;
        if session.output.is_asked() {
            return session.show(lineage);
        }
        let mut tree = Tree::of(&lineage);
        let mut lines = vec![format!("models/{}/{version}", self.which.name)];
        for job in tree.roots.clone() {
            tree.job(job, 1, &mut lines);
        }
        output::write_out(&(lines.join("\n") + "\n"))
    }
}

/// The jobs of a lineage, and who wrote what.
struct Tree<'a> {
    jobs: HashMap<&'a str, &'a Value>,
    makers: HashMap<&'a str, &'a str>,
    roots: Vec<&'a str>,
    told: HashSet<&'a str>,
}

impl<'a> Tree<'a> {
    fn of(lineage: &'a Value) -> Self {
        let mut tree = Self {
            jobs: HashMap::new(),
            makers: HashMap::new(),
            roots: Vec::new(),
            told: HashSet::new(),
        };
        for job in lineage["jobs"].as_array().into_iter().flatten() {
            let Some(name) = job["job"].as_str() else { continue };
            tree.jobs.insert(name, job);
            for edge in job["outputs"].as_array().into_iter().flatten() {
                // A pipeline hands out what its steps wrote: the step is the maker.
                if let (Some(uri), false) = (edge["uri"].as_str(), job["inputs"].as_array().is_none()) {
                    tree.makers.entry(uri).or_insert(name);
                }
            }
            if tree.roots.is_empty() {
                tree.roots.push(name);
            }
        }
        tree
    }

    fn job(&mut self, name: &'a str, depth: usize, lines: &mut Vec<String>) {
        let indent = "  ".repeat(depth);
        let Some(job) = self.jobs.get(name).copied() else {
            return;
        };
        if !self.told.insert(name) {
            lines.push(format!("{indent}← {name} (as above)"));
            return;
        }
        let mut facts = Vec::new();
        if let Some(digest) = job["environment"].as_str() {
            facts.push(format!("environment {}", &digest[..digest.len().min(12)]));
        }
        if let Some(commit) = job["commit"].as_str() {
            facts.push(format!("commit {}", &commit[..commit.len().min(12)]));
        }
        let facts = if facts.is_empty() {
            String::new()
        } else {
            format!("  ({})", facts.join(", "))
        };
        lines.push(format!("{indent}← {name}{facts}"));
        for edge in job["inputs"].as_array().into_iter().flatten() {
            let port = edge["port"].as_str().unwrap_or_default();
            let uri = edge["uri"].as_str().unwrap_or_default();
            let shown = edge["asset"].as_str().unwrap_or(uri);
            let digest = edge["digest"]
                .as_str()
                .map(|d| format!("  {}", &d[..d.len().min(12)]))
                .unwrap_or_default();
            lines.push(format!("{indent}    {port}: {shown}{digest}"));
            if let Some(maker) = self.makers.get(uri).copied().filter(|maker| *maker != name) {
                self.job(maker, depth + 3, lines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_is_told_once_with_what_went_into_it() {
        let edge = |port: &str, uri: &str| json!({ "port": port, "uri": uri, "digest": "0123456789abcdef" });
        let lineage = json!({ "jobs": [
            { "job": "register", "inputs": [edge("model", "m"), edge("report", "r")], "outputs": [] },
            { "job": "train", "environment": "fedcba9876543210", "inputs": [edge("data", "d")], "outputs": [edge("model", "m")] },
            { "job": "evaluate", "inputs": [edge("model", "m")], "outputs": [edge("report", "r")] },
        ]});
        let mut tree = Tree::of(&lineage);
        let mut lines = Vec::new();
        tree.job("register", 0, &mut lines);
        let expected = [
            "← register",
            "    model: m  0123456789ab",
            "      ← train  (environment fedcba987654)",
            "          data: d  0123456789ab",
            "    report: r  0123456789ab",
            "      ← evaluate",
            "          model: m  0123456789ab",
            "            ← train (as above)",
        ];
        assert_eq!(lines, expected);
    }
}
