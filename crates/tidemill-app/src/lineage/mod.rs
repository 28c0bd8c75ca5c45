//! Lineage both ways: from a version of data or of a model to what it was made of, and to the models, deployments, endpoints and
//! releases that came of it. What whoever asks may not see is counted and not shown, and nothing behind it is.

mod down;
mod graph;
pub mod openlineage;
mod up;

use std::collections::HashMap;

use tidemill_api::lineage::{LineageDirection, LineageGraph};
use tidemill_policy::action;
use tidemill_store::asset::{Key, Kind};
use tidemill_store::lineage::{self, Model as Edge};
use tidemill_store::{job, model_version};

use crate::job::Job;
use crate::{Error, OpContext, Result, Scope, asset};

use graph::Graph;

/// The most things that one answer shows.
const MOST: usize = 500;

/// A version whose lineage is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    /// Of data: name and version.
    Data(&'a str, &'a str),
    /// Of a model: name and version.
    Model(&'a str, &'a str),
}

/// The lineage of a version.
///
/// # Errors
/// NotFound.
pub async fn of(
    ctx: &OpContext,
    workspace: &str,
    start: Start<'_>,
    direction: LineageDirection,
) -> Result<LineageGraph> {
    let found = walk(ctx, workspace, start, direction).await?;
    Ok(found.graph.into_wire())
}

/// Follows the lineage of a version.
async fn walk<'a>(
    ctx: &'a OpContext,
    workspace: &'a str,
    start: Start<'_>,
    direction: LineageDirection,
) -> Result<Walk<'a>> {
    let (action, scope) = match start {
        Start::Data(name, _) => (action::DATA_READ, asset::scope(Kind::Data, workspace, name)),
        Start::Model(name, _) => (action::MODEL_READ, Scope::resource(workspace, "models", name)),
    };
    ctx.authorize(action, &scope).await?;
    let mut walk = Walk::new(ctx, workspace);
    let begin = match start {
        Start::Data(name, version) => {
            let key = Key {
                workspace,
                kind: Kind::Data,
                name,
            };
            let row = asset::find_version(ctx, key, version).await?;
            asset::check_told(ctx, Kind::Data, &row).await?;
            format!("data/{name}/{}", row.version)
        }
        Start::Model(name, version) => {
            let shown = format!("{name}:{version}");
            let number = version
                .parse()
                .map_err(|_| Error::not_found("model version", &shown))?;
            let row = model_version::get(ctx.app().store.read(), workspace, name, number).await?;
            row.ok_or_else(|| Error::not_found("model version", &shown))?;
            format!("models/{name}/{number}")
        }
    };
    walk.asset(&begin).await?;
    walk.graph.start.clone_from(&begin);
    if matches!(direction, LineageDirection::Up | LineageDirection::Both) {
        walk.up(&begin).await?;
    }
    if matches!(direction, LineageDirection::Down | LineageDirection::Both) {
        walk.down(&begin).await?;
    }
    Ok(walk)
}

/// A job, with what went in and came out.
#[derive(Debug, Clone)]
struct Step {
    row: Job,
    edges: Vec<Edge>,
}

impl Step {
    fn inputs(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| edge.direction == "in")
    }

    fn outputs(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| edge.direction == "out")
    }
}

/// What has been found so far.
struct Walk<'a> {
    ctx: &'a OpContext,
    workspace: &'a str,
    graph: Graph,
    /// Jobs by name; `None` for one that is gone, or that may not be seen.
    steps: HashMap<String, Option<Step>>,
}

impl<'a> Walk<'a> {
    fn new(ctx: &'a OpContext, workspace: &'a str) -> Self {
        Self {
            ctx,
            workspace,
            graph: Graph::default(),
            steps: HashMap::new(),
        }
    }

    /// A job, looked up once.
    async fn step(&mut self, name: &str) -> Result<Option<Step>> {
        if let Some(known) = self.steps.get(name) {
            return Ok(known.clone());
        }
        let db = self.ctx.app().store.read();
        let found = match job::get(db, self.workspace, name).await? {
            Some(_) if !self.ctx.may(action::JOB_READ, &Scope::job(self.workspace, name)) => {
                self.graph.hide(&format!("jobs/{name}"));
                None
            }
            Some(row) => Some(Step {
                edges: lineage::of_job(db, self.workspace, name).await?,
                row,
            }),
            None => None,
        };
        self.steps.insert(name.to_owned(), found.clone());
        Ok(found)
    }

    /// Several jobs; a pipeline whose step is among them is left out, for the step says the same more precisely.
    async fn steps(&mut self, names: Vec<String>) -> Result<Vec<Step>> {
        let mut found: Vec<Step> = Vec::new();
        for name in names {
            if found.iter().all(|step| step.row.name != name) {
                found.extend(self.step(&name).await?);
            }
        }
        let parents: Vec<String> = found.iter().filter_map(|step| step.row.parent.clone()).collect();
        found.retain(|step| !parents.contains(&step.row.name));
        Ok(found)
    }

    /// Who wrote the bytes that a job read: of several that took the same over, the one of the same pipeline, else those that did
    /// the work themselves.
    async fn makers(&mut self, uri: &str, digest: Option<&str>, reader: Option<&Step>) -> Result<Vec<Step>> {
        let db = self.ctx.app().store.read();
        let rows = lineage::makers(db, self.workspace, uri, digest).await?;
        let jobs = rows.into_iter().map(|row| row.job).collect();
        let mut steps = self.steps(jobs).await?;
        if let Some(reader) = reader {
            steps.retain(|step| step.row.name != reader.row.name);
            let beside: Vec<Step> = steps
                .iter()
                .filter(|step| step.row.parent.is_some() && step.row.parent == reader.row.parent)
                .cloned()
                .collect();
            if !beside.is_empty() {
                return Ok(beside);
            }
        }
        if steps.iter().any(|step| step.row.reused_from.is_none()) {
            steps.retain(|step| step.row.reused_from.is_none());
        }
        Ok(steps)
    }

    /// Whether whoever asks may see an asset, without a word about it.
    fn may_see(&self, kind: &str, name: &str) -> bool {
        let (action, scope) = match kind {
            "models" => (
                action::MODEL_READ,
                Scope::resource(self.workspace, "models", name),
            ),
            _ => (action::DATA_READ, asset::scope(Kind::Data, self.workspace, name)),
        };
        self.ctx.may(action, &scope)
    }

    /// Puts a version of data or of a model into the graph; says whether it is there to be followed.
    async fn asset(&mut self, id: &str) -> Result<bool> {
        let Some((kind, name, version)) = parts(id) else {
            return Ok(false);
        };
        if !self.may_see(kind, name) {
            self.graph.hide(id);
            return Ok(false);
        }
        let db = self.ctx.app().store.read();
        let digest = match kind {
            "models" => match version.parse() {
                Ok(number) => model_version::get(db, self.workspace, name, number)
                    .await?
                    .and_then(|row| row.digest),
                Err(_) => None,
            },
            _ => {
                let key = Key {
                    workspace: self.workspace,
                    kind: Kind::Data,
                    name,
                };
                let row = tidemill_store::asset_version::get(db, key, version).await?;
                row.map(|row| row.digest)
            }
        };
        Ok(self
            .graph
            .add(graph::asset(self.workspace, id, kind, name, version, digest)))
    }

    /// Puts a job into the graph; says whether it has been put there now.
    fn job(&mut self, step: &Step) -> bool {
        self.graph.add(graph::job(&step.row))
    }
}

/// The parts of `data/flights/3`.
fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let mut parts = id.splitn(3, '/');
    match (parts.next()?, parts.next()?, parts.next()?) {
        (kind @ ("data" | "models"), name, version) => Some((kind, name, version)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_of_data_and_of_models_are_assets_here() {
        assert_eq!(parts("data/flights/3"), Some(("data", "flights", "3")));
        assert_eq!(parts("models/delay/1"), Some(("models", "delay", "1")));
        for other in ["jobs/train", "data/flights", "components/a/1", ""] {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
