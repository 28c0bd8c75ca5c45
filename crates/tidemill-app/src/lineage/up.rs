//! Up: the jobs that made a version, what went into them, and who made that.

use std::collections::{HashSet, VecDeque};

use tidemill_store::asset::{Key, Kind};
use tidemill_store::{asset_version, lineage, model_version};

use super::graph::{job_id, source};
use super::{Step, Walk, parts};
use crate::Result;

impl Walk<'_> {
    /// Follows a version to where it comes from.
    pub(super) async fn up(&mut self, start: &str) -> Result<()> {
        let (mut assets, mut seen) = (VecDeque::from([start.to_owned()]), HashSet::new());
        let mut jobs: VecDeque<Step> = VecDeque::new();
        loop {
            if let Some(step) = jobs.pop_front() {
                if seen.insert(job_id(&step.row.name)) {
                    self.into_step(&step, &mut assets, &mut jobs).await?;
                }
            } else if let Some(id) = assets.pop_front() {
                if seen.insert(id.clone()) {
                    for (step, port) in self.makers_of(&id).await? {
                        if self.job(&step) {
                            self.graph.link(&job_id(&step.row.name), &id, &port);
                            jobs.push_back(step);
                        }
                    }
                }
            } else {
                return Ok(());
            }
        }
    }

    /// What went into a job.
    async fn into_step(
        &mut self,
        step: &Step,
        assets: &mut VecDeque<String>,
        jobs: &mut VecDeque<Step>,
    ) -> Result<()> {
        let here = job_id(&step.row.name);
        for edge in step.inputs() {
            if let Some(id) = &edge.asset {
                if self.asset(id).await? {
                    self.graph.link(id, &here, &edge.port);
                    assets.push_back(id.clone());
                }
                continue;
            }
            let makers = self.makers(&edge.uri, edge.digest.as_deref(), Some(step)).await?;
            if makers.is_empty() {
                let outside = source(self.workspace, &edge.uri);
                let id = outside.id.clone();
                if self.graph.add(outside) {
                    self.graph.link(&id, &here, &edge.port);
                }
            }
            for maker in makers {
                if self.job(&maker) {
                    self.graph.link(&job_id(&maker.row.name), &here, &edge.port);
                    jobs.push_back(maker);
                }
            }
        }
        Ok(())
    }

    /// The jobs that made a version, each with its output: those that registered it, else the run that it was logged in, else who
    /// wrote the bytes that it names.
    async fn makers_of(&mut self, id: &str) -> Result<Vec<(Step, String)>> {
        let Some((kind, name, version)) = parts(id) else {
            return Ok(Vec::new());
        };
        let (db, workspace) = (self.ctx.app().store.read(), self.workspace);
        let rows = lineage::of_asset(db, workspace, id).await?;
        let made: Vec<_> = rows.into_iter().filter(|row| row.direction == "out").collect();
        let (place, run) = match (kind, version.parse()) {
            ("models", Ok(number)) => {
                let row = model_version::get(db, workspace, name, number).await?;
                let place = row.as_ref().map(|row| (row.storage_location.clone(), None));
                (place, row.and_then(|row| row.job.or(row.run_id)))
            }
            _ => {
                let key = Key {
                    workspace,
                    kind: Kind::Data,
                    name,
                };
                let row = asset_version::get(db, key, version).await?;
                let place = row
                    .as_ref()
                    .and_then(|row| Some((row.uri.clone()?, Some(row.digest.clone()))));
                (place, row.and_then(|row| row.job))
            }
        };
        let jobs: Vec<String> = made.into_iter().map(|row| row.job).chain(run).collect();
        let mut steps = self.steps(jobs).await?;
        let place = place.map(|(uri, digest)| (uri, digest.filter(|digest| !digest.is_empty())));
        if let Some((uri, digest)) = place {
            // A pipeline hands out what a step of it wrote: the step is the maker.
            let wrote = self.makers(&uri, digest.as_deref(), None).await?;
            let inner: Vec<&Step> = wrote
                .iter()
                .filter(|step| steps.iter().any(|pipeline| step.row.root == pipeline.row.root))
                .collect();
            if steps.is_empty() {
                steps = wrote;
            } else if !inner.is_empty() {
                steps = inner.into_iter().cloned().collect();
            }
        }
        let port = |step: &Step| {
            let named = step.outputs().find(|edge| edge.asset.as_deref() == Some(id));
            named.map(|edge| edge.port.clone()).unwrap_or_default()
        };
        Ok(steps
            .into_iter()
            .map(|step| {
                let port = port(&step);
                (step, port)
            })
            .collect())
    }
}
