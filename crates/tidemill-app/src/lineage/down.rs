//! Down: the jobs that read a version, what they made of it, and where the models that came of it answer.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;
use tidemill_api::lineage::LineageNode;
use tidemill_policy::action;
use tidemill_store::{lineage, model_version, online_deployment, online_endpoint, release, release_stage};

use super::graph::{job_id, node};
use super::{Step, Walk};
use crate::job::PlannedInput;
use crate::online_deployment::{OnlineDeployment, plan_of};
use crate::{Result, Scope};

/// The most numbers of releases that are looked at.
const RELEASES: u64 = 1000;

/// What serves models: looked up once.
struct Serving {
    /// Deployments of the workspace, with the model of each: the asset, and where its bytes are.
    deployments: Vec<(OnlineDeployment, Option<String>, String)>,
    /// Releases made in the workspace, with the model of each.
    releases: Vec<(release::Model, String)>,
}

impl Walk<'_> {
    /// Follows a version to what was made of it.
    pub(super) async fn down(&mut self, start: &str) -> Result<()> {
        let serving = self.serving().await?;
        let (mut assets, mut seen) = (VecDeque::from([start.to_owned()]), HashSet::new());
        let mut jobs: VecDeque<Step> = VecDeque::new();
        loop {
            if let Some(step) = jobs.pop_front() {
                if seen.insert(job_id(&step.row.name)) {
                    self.out_of_step(&step, &serving, &mut assets, &mut jobs).await?;
                }
            } else if let Some(id) = assets.pop_front() {
                if seen.insert(id.clone()) {
                    self.out_of_asset(&id, &serving, &mut jobs).await?;
                }
            } else {
                return Ok(());
            }
        }
    }

    async fn out_of_asset(&mut self, id: &str, serving: &Serving, jobs: &mut VecDeque<Step>) -> Result<()> {
        let rows = lineage::of_asset(self.ctx.app().store.read(), self.workspace, id).await?;
        let reading: Vec<_> = rows.into_iter().filter(|row| row.direction == "in").collect();
        let names: Vec<String> = reading.iter().map(|row| row.job.clone()).collect();
        for step in self.steps(names).await? {
            let port = reading.iter().find(|row| row.job == step.row.name);
            if self.job(&step) {
                self.graph
                    .link(id, &job_id(&step.row.name), port.map_or("", |row| &row.port));
                jobs.push_back(step);
            }
        }
        if id.starts_with("models/") {
            for (row, asset, _) in &serving.deployments {
                if asset.as_deref() == Some(id) {
                    self.deployment(row, id).await?;
                }
            }
            for (row, asset) in &serving.releases {
                if asset == id {
                    self.release(row, id).await?;
                }
            }
        }
        Ok(())
    }

    async fn out_of_step(
        &mut self,
        step: &Step,
        serving: &Serving,
        assets: &mut VecDeque<String>,
        jobs: &mut VecDeque<Step>,
    ) -> Result<()> {
        let here = job_id(&step.row.name);
        let mut around: Vec<Step> = Vec::new();
        let mut parent = step.row.parent.clone();
        while let Some(name) = parent {
            let outer = self.step(&name).await?;
            parent = outer.as_ref().and_then(|outer| outer.row.parent.clone());
            around.extend(outer);
        }
        for edge in step.outputs() {
            // What a pipeline hands out under a name, a step of it wrote.
            let handed_out = around
                .iter()
                .flat_map(Step::outputs)
                .filter(|outer| outer.uri == edge.uri);
            let named: Vec<String> = edge
                .asset
                .iter()
                .chain(handed_out.filter_map(|outer| outer.asset.as_ref()))
                .cloned()
                .collect();
            for id in named {
                if self.asset(&id).await? {
                    self.graph.link(&here, &id, &edge.port);
                    assets.push_back(id);
                }
            }
            let db = self.ctx.app().store.read();
            let rows = lineage::readers(db, self.workspace, &edge.uri, edge.digest.as_deref()).await?;
            let names: Vec<String> = rows.into_iter().map(|row| row.job).collect();
            for reader in self.steps(names).await? {
                // The same bytes may have been made twice: a reader hangs on one who made them for it.
                let makers = self
                    .makers(&edge.uri, edge.digest.as_deref(), Some(&reader))
                    .await?;
                if makers.iter().any(|maker| maker.row.name == step.row.name) && self.job(&reader) {
                    self.graph.link(&here, &job_id(&reader.row.name), &edge.port);
                    jobs.push_back(reader);
                }
            }
            for (row, asset, uri) in &serving.deployments {
                if asset.is_none() && *uri == edge.uri {
                    self.deployment(row, &here).await?;
                }
            }
        }
        // A client may have registered what the run logged.
        let db = self.ctx.app().store.read();
        for row in model_version::of_run(db, self.workspace, &step.row.name).await? {
            let id = format!("models/{}/{}", row.name, row.version);
            if self.asset(&id).await? {
                if !self.graph.has_maker(&id) {
                    self.graph.link(&here, &id, "");
                }
                assets.push_back(id);
            }
        }
        Ok(())
    }

    async fn serving(&mut self) -> Result<Serving> {
        let db = self.ctx.app().store.read();
        let mut serving = Serving {
            deployments: Vec::new(),
            releases: Vec::new(),
        };
        for row in online_deployment::all(db).await? {
            if row.workspace != self.workspace {
                continue;
            }
            // What a release of another workspace brought here is shown with the release: its model is that one's.
            let stages = release_stage::behind(
                db,
                self.workspace,
                &row.endpoint,
                &["Live", "Superseded", "RollingOut", "Testing", "Deploying"],
            )
            .await?;
            if stages
                .iter()
                .any(|stage| stage.deployment == row.name && stage.workspace != self.workspace)
            {
                continue;
            }
            if let Some(model) = plan_of(&row)?.instance.model
                && let PlannedInput::Data { asset, uri, .. } = model.input
            {
                serving.deployments.push((row, asset, uri));
            }
        }
        let releases = release::list(db, self.workspace, None, RELEASES).await?;
        if releases.len() as u64 == RELEASES {
            self.graph.cut();
        }
        for row in releases {
            let model = crate::release::carried(&row)?.plan.instance.model;
            if let Some(PlannedInput::Data {
                asset: Some(asset), ..
            }) = model.map(|model| model.input)
            {
                serving.releases.push((row, asset));
            }
        }
        Ok(serving)
    }

    /// A deployment behind its endpoint.
    async fn deployment(&mut self, row: &OnlineDeployment, from: &str) -> Result<()> {
        let scope = Scope::resource(&row.workspace, "endpoints", &row.endpoint);
        let endpoint = self.place(&row.workspace, &format!("endpoints/{}", row.endpoint));
        let id = format!("{endpoint}/deployments/{}", row.name);
        if !self.ctx.may(action::ENDPOINT_READ, &scope) {
            self.graph.hide(&id);
            return Ok(());
        }
        let behind = online_endpoint::get(self.ctx.app().store.read(), &row.workspace, &row.endpoint).await?;
        let spec: Value = behind
            .and_then(|behind| serde_json::from_str(&behind.spec).ok())
            .unwrap_or_default();
        let share = spec["traffic"][row.name.as_str()]
            .as_u64()
            .unwrap_or(0)
            .to_string();
        let shown = LineageNode {
            state: Some(row.state.clone()),
            facts: [
                ("endpoint".to_owned(), row.endpoint.clone()),
                ("traffic_percent".to_owned(), share),
            ]
            .into(),
            ..node(id.clone(), "deployment", &row.workspace, &row.name)
        };
        if self.graph.add(shown) {
            self.graph.link(from, &id, "");
            if self
                .graph
                .add(node(endpoint.clone(), "endpoint", &row.workspace, &row.endpoint))
            {
                self.graph.link(&id, &endpoint, "");
            }
        }
        Ok(())
    }

    /// A release, and where it is deployed in the stages that it has reached.
    async fn release(&mut self, row: &release::Model, from: &str) -> Result<()> {
        let id = format!("releases/{}/{}", row.name, row.number);
        if !self.ctx.may(
            action::RELEASE_READ,
            &crate::release::scope(&row.workspace, &row.name),
        ) {
            self.graph.hide(&id);
            return Ok(());
        }
        let db = self.ctx.app().store.read();
        let stages = release_stage::of(db, &row.workspace, &row.name, row.number).await?;
        let stands: Vec<String> = stages
            .iter()
            .map(|stage| format!("{} {}", stage.stage, stage.state))
            .collect();
        let shown = LineageNode {
            version: Some(row.number.to_string()),
            state: Some(stands.join(", ")),
            ..node(id.clone(), "release", &row.workspace, &row.name)
        };
        if !self.graph.add(shown) {
            return Ok(());
        }
        self.graph.link(from, &id, "");
        for stage in stages {
            let there = online_deployment::get(db, &stage.target, &stage.endpoint, &stage.deployment).await?;
            // In its first stage it was taken from the deployment, and did not bring it there.
            if let Some(there) = there.filter(|_| stage.target != row.workspace) {
                self.deployment(&there, &id).await?;
            }
        }
        Ok(())
    }

    /// The id of what lies in a workspace.
    fn place(&self, workspace: &str, inside: &str) -> String {
        match workspace == self.workspace {
            true => inside.to_owned(),
            false => format!("workspaces/{workspace}/{inside}"),
        }
    }
}
