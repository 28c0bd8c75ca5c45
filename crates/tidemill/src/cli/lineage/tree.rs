//! The graph of a lineage as a tree in a terminal: what a version comes from, and what came of it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::output::{count, text};

/// Where one is going.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// The lines of a graph.
pub(super) fn lines(graph: &Value) -> Vec<String> {
    let start = text(graph, "start").unwrap_or_default();
    let nodes = graph["nodes"].as_array().into_iter().flatten();
    let tree = Tree {
        nodes: nodes.filter_map(|node| Some((text(node, "id")?, node))).collect(),
        links: graph["links"].as_array().into_iter().flatten().collect(),
        home: graph["nodes"][0]["workspace"].as_str().unwrap_or_default(),
    };
    let mut lines = vec![start.to_owned()];
    for way in [Way::Up, Way::Down] {
        let mut told = HashSet::from([start]);
        tree.below(start, way, 1, &mut told, &mut lines);
    }
    if lines.len() == 1 {
        lines.push("  no job of this workspace made or read it".into());
    }
    let hidden = graph["hidden"].as_u64().unwrap_or(0);
    if hidden > 0 {
        lines.push(format!("  and {} that you may not see", count(hidden, "thing")));
    }
    if graph["cut"] == true {
        lines.push("  and more: this is the nearest of it".into());
    }
    lines
}

struct Tree<'a> {
    nodes: HashMap<&'a str, &'a Value>,
    links: Vec<&'a Value>,
    home: &'a str,
}

impl<'a> Tree<'a> {
    fn below(
        &self,
        id: &'a str,
        way: Way,
        depth: usize,
        told: &mut HashSet<&'a str>,
        lines: &mut Vec<String>,
    ) {
        let (here, there, arrow) = match way {
            Way::Up => ("to", "from", "←"),
            Way::Down => ("from", "to", "→"),
        };
        for link in self.links.iter().filter(|link| link[here] == id) {
            let Some(next) = text(link, there) else { continue };
            let label = text(link, "label").filter(|label| !label.is_empty());
            let label = label.map(|label| format!("{label}: ")).unwrap_or_default();
            let indent = "  ".repeat(depth);
            let is_new = told.insert(next);
            let again = if is_new { "" } else { " (as above)" };
            lines.push(format!("{indent}{arrow} {label}{}{again}", self.shown(next)));
            if is_new {
                self.below(next, way, depth + 1, told, lines);
            }
        }
    }

    fn shown(&self, id: &str) -> String {
        let Some(node) = self.nodes.get(id) else {
            return id.to_owned();
        };
        let of = |field: &str| text(node, field).unwrap_or_default();
        let fact = |field: &str| node["facts"][field].as_str().unwrap_or_default();
        let mut also: Vec<String> = Vec::new();
        let said = match of("kind") {
            "job" => {
                if !fact("job").is_empty() && of("name") != fact("job") {
                    also.push(fact("job").to_owned());
                }
                if let Some(commit) = fact("commit").get(..12) {
                    also.push(format!("commit {commit}"));
                }
                of("name").to_owned()
            }
            "source" => of("name").to_owned(),
            "deployment" => {
                also.push(format!("{} % of the requests", fact("traffic_percent")));
                format!("deployment {}", of("name"))
            }
            "endpoint" => format!("endpoint {}", of("name")),
            "release" => format!("release {}:{}", of("name"), of("version")),
            _ => id.to_owned(),
        };
        if !of("state").is_empty() {
            also.push(of("state").to_owned());
        }
        if of("workspace") != self.home {
            also.push(format!("workspace {}", of("workspace")));
        }
        match also.is_empty() {
            true => said,
            false => format!("{said} ({})", also.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_ways_are_told_and_nothing_twice() {
        let node = |id: &str, kind: &str, name: &str| json!({ "id": id, "kind": kind, "name": name, "workspace": "dev", "facts": {} });
        let link = |from: &str, to: &str, label: &str| json!({ "from": from, "to": to, "label": label });
        let mut prepare = node("jobs/j1", "job", "prepare");
        prepare["state"] = "Completed".into();
        prepare["facts"]["job"] = "j1".into();
        let mut blue = node(
            "workspaces/prd/endpoints/e/deployments/blue",
            "deployment",
            "blue",
        );
        blue["workspace"] = "prd".into();
        blue["facts"]["traffic_percent"] = "100".into();
        let graph = json!({
            "start": "data/clean/1", "hidden": 1, "cut": false,
            "nodes": [node("data/clean/1", "data", "clean"), prepare, node("sources/u", "source", "u"),
                node("jobs/a", "job", "a"), node("models/m/1", "model", "m"), blue],
            "links": [link("sources/u", "jobs/j1", "raw"), link("jobs/j1", "data/clean/1", "out"),
                link("data/clean/1", "jobs/a", "d"), link("jobs/a", "models/m/1", "m"), link("data/clean/1", "models/m/1", ""),
                link("models/m/1", "workspaces/prd/endpoints/e/deployments/blue", "")],
        });
        let expected = [
            "data/clean/1",
            "  ← out: prepare (j1, Completed)",
            "    ← raw: u",
            "  → d: a",
            "    → m: models/m/1",
            "      → deployment blue (100 % of the requests, workspace prd)",
            "  → models/m/1 (as above)",
            "  and 1 thing that you may not see",
        ];
        assert_eq!(lines(&graph), expected);
    }

    #[test]
    fn without_any_link_that_is_said() {
        let graph = json!({ "start": "data/a/1", "nodes": [{ "id": "data/a/1", "workspace": "w" }], "links": [], "hidden": 0 });
        assert_eq!(
            lines(&graph),
            ["data/a/1", "  no job of this workspace made or read it"]
        );
    }
}
