//! The graph that a lineage becomes: each thing once, each link once.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;
use tidemill_api::lineage::{LineageGraph, LineageLink, LineageNode};

use super::MOST;
use crate::job::Job;

/// A graph in the making.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) start: String,
    nodes: IndexMap<String, LineageNode>,
    links: IndexMap<(String, String), String>,
    hidden: BTreeSet<String>,
    cut: bool,
}

impl Graph {
    /// Adds a thing; says whether it is there, new or not. It is not where the graph is full.
    pub(super) fn add(&mut self, node: LineageNode) -> bool {
        if self.nodes.contains_key(&node.id) {
            return true;
        }
        if self.nodes.len() >= MOST {
            self.cut = true;
            return false;
        }
        self.nodes.insert(node.id.clone(), node);
        true
    }

    /// Something flows; both things have been added.
    pub(super) fn link(&mut self, from: &str, to: &str, label: &str) {
        if self.nodes.contains_key(from) && self.nodes.contains_key(to) {
            let key = (from.to_owned(), to.to_owned());
            self.links.entry(key).or_insert_with(|| label.to_owned());
        }
    }

    /// Says that there may be more than what was looked at.
    pub(super) fn cut(&mut self) {
        self.cut = true;
    }

    /// Counts a thing that may not be seen.
    pub(super) fn hide(&mut self, id: &str) {
        self.hidden.insert(id.to_owned());
    }

    /// Whether an asset has been made by a job of the graph.
    pub(super) fn has_maker(&self, id: &str) -> bool {
        self.links.keys().any(|(_, to)| to == id)
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &LineageNode> {
        self.nodes.values()
    }

    pub(super) fn into_wire(self) -> LineageGraph {
        let links = self.links.into_iter();
        LineageGraph {
            start: self.start,
            nodes: self.nodes.into_values().collect(),
            links: links
                .map(|((from, to), label)| LineageLink { from, to, label })
                .collect(),
            hidden: u32::try_from(self.hidden.len()).unwrap_or(u32::MAX),
            cut: self.cut,
        }
    }
}

/// A node with what every one has.
pub(super) fn node(id: String, kind: &str, workspace: &str, name: &str) -> LineageNode {
    LineageNode {
        id,
        kind: kind.to_owned(),
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        version: None,
        state: None,
        facts: BTreeMap::new(),
    }
}

pub(super) fn asset(
    workspace: &str,
    id: &str,
    kind: &str,
    name: &str,
    version: &str,
    digest: Option<String>,
) -> LineageNode {
    let kind = if kind == "models" { "model" } else { "data" };
    let digest = digest.filter(|digest| !digest.is_empty());
    LineageNode {
        version: Some(version.to_owned()),
        facts: digest
            .map(|digest| ("digest".to_owned(), digest))
            .into_iter()
            .collect(),
        ..node(id.to_owned(), kind, workspace, name)
    }
}

/// The id of a job.
pub(super) fn job_id(name: &str) -> String {
    format!("jobs/{name}")
}

pub(super) fn job(row: &Job) -> LineageNode {
    let properties: Value = serde_json::from_str(&row.properties).unwrap_or_default();
    let environment: Value = row
        .environment
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let facts = [
        ("job", Some(row.name.clone())),
        ("pipeline", row.parent.clone()),
        ("reused_from", row.reused_from.clone()),
        ("commit", text(&properties["mlflow.source.git.commit"])),
        ("environment", text(&environment["digest"])),
    ];
    let known = facts
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    LineageNode {
        state: Some(row.status.clone()),
        facts: known.collect(),
        ..node(
            job_id(&row.name),
            "job",
            &row.workspace,
            row.node.as_deref().unwrap_or(&row.name),
        )
    }
}

/// Bytes from outside.
pub(super) fn source(workspace: &str, uri: &str) -> LineageNode {
    node(format!("sources/{uri}"), "source", workspace, uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_and_links_are_there_once_and_a_link_needs_both_ends() {
        let mut graph = Graph::default();
        for name in ["a", "b", "a"] {
            assert!(graph.add(source("w", name)));
        }
        graph.link("sources/a", "sources/b", "x");
        graph.link("sources/a", "sources/b", "y");
        graph.link("sources/a", "sources/gone", "z");
        graph.hide("jobs/secret");
        graph.hide("jobs/secret");
        let wire = graph.into_wire();
        assert_eq!(
            (wire.nodes.len(), wire.links.len(), wire.hidden, wire.cut),
            (2, 1, 1, false)
        );
        assert_eq!(wire.links[0].label, "x");
    }

    #[test]
    fn a_graph_that_is_full_says_so() {
        let mut graph = Graph::default();
        for count in 0..=MOST {
            assert_eq!(graph.add(source("w", &count.to_string())), count < MOST);
        }
        let wire = graph.into_wire();
        assert!(wire.cut && wire.nodes.len() == MOST);
    }
}
