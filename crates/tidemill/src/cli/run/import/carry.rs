//! Carries a source to the server: experiments, then their runs with points and files, then models. A run is finished
//! when all of it is there, so whoever starts again goes on with the first run that is not.

use serde_json::{Value, json};
use tidemill_api::import::{
    ImportAnswer, ImportExperiments, ImportLoggedModels, ImportModels, ImportOutcome, ImportPoints,
    ImportRun, ImportRuns, ImportSeries, Imported,
};
use tidemill_import::{Source, SourceExperiment};

use super::progress::Progress;
use super::summary::Summary;
use crate::error::{Error, Result};
use crate::session::Session;

/// Things of one request.
const BATCH: usize = 100;
/// Points of one request.
const POINTS: usize = 50_000;

/// Carries a source to a workspace.
pub(super) struct Carrier<'s> {
    pub(super) session: &'s Session,
    pub(super) source: Box<dyn Source>,
    artifacts: bool,
    pub(super) summary: Summary,
}

impl<'s> Carrier<'s> {
    pub(super) fn new(session: &'s Session, source: Box<dyn Source>, artifacts: bool) -> Self {
        Self {
            session,
            source,
            artifacts,
            summary: Summary::default(),
        }
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Carries all experiments, or those of these names, and then the registered models.
    pub(super) async fn all(&mut self, names: &[String]) -> Result<()> {
        let mut experiments = self
            .source
            .experiments()
            .await
            .map_err(|error| super::failed(&error))?;
        let has = |name: &String| experiments.iter().any(|one| one.experiment.name == *name);
        if let Some(missing) = names.iter().find(|name| !has(name)) {
            let there: Vec<&str> = experiments
                .iter()
                .map(|one| one.experiment.name.as_str())
                .collect();
            return Err(
                Error::failed(format!("failed to find experiment `{missing}` in the source"))
                    .with_hint(format!("it has: {}", there.join(", "))),
            );
        }
        experiments.retain(|one| names.is_empty() || names.contains(&one.experiment.name));
        for some in experiments.chunks(BATCH) {
            let experiments = some.iter().map(|one| one.experiment.clone()).collect();
            let body = json!(ImportExperiments { experiments });
            self.send("experiments:import", "experiments", &body).await?;
        }
        self.noted();
        for one in &experiments {
            self.runs(one).await?;
            self.logged_models(one).await?;
        }
        self.models().await?;
        // Prompts that traces are linked to are there now.
        for one in &experiments {
            self.traces(one).await?;
        }
        Ok(())
    }

    async fn runs(&mut self, of: &SourceExperiment) -> Result<()> {
        let runs = self
            .source
            .runs(of)
            .await
            .map_err(|error| super::failed(&error))?;
        self.noted();
        let mut progress = Progress::start(self.session, &of.experiment.name, runs.len());
        for some in runs.chunks(BATCH) {
            let body = json!(ImportRuns {
                runs: some.to_vec(),
                finished: Vec::new()
            });
            let items = self.send("runs:import", "runs", &body).await?;
            let mut finished = Vec::new();
            for (run, item) in some.iter().zip(items) {
                if wanted(&item) {
                    let points = self.points(run).await?;
                    self.files(&run.run_id, &item).await?;
                    finished.push(run.run_id.clone());
                    progress.advance(1, points);
                } else {
                    progress.advance(1, 0);
                }
                self.noted();
            }
            let body = json!(ImportRuns {
                runs: Vec::new(),
                finished
            });
            self.send("runs:import", "runs", &body).await?;
        }
        Ok(())
    }

    /// Carries the points of a run; gives how many there are.
    async fn points(&mut self, run: &ImportRun) -> Result<u64> {
        let all = self
            .source
            .points(run)
            .await
            .map_err(|error| super::failed(&error))?;
        let (mut batch, mut room, mut count) = (Vec::new(), POINTS, 0);
        for series in all {
            let twice = duplicates(&series);
            self.summary.count("points", "exact_duplicates_kept_once", twice);
            count += series.values.len() as u64 - twice;
            let mut from = 0;
            while from < series.values.len() {
                let to = series.values.len().min(from + room);
                batch.push(part(&series, from..to));
                room -= to - from;
                from = to;
                if room == 0 || batch.len() == BATCH {
                    self.send_points(std::mem::take(&mut batch)).await?;
                    room = POINTS;
                }
            }
        }
        if !batch.is_empty() {
            self.send_points(batch).await?;
        }
        self.summary.came("points", count);
        Ok(count)
    }

    async fn send_points(&mut self, series: Vec<ImportSeries>) -> Result<()> {
        let body = json!(ImportPoints { series });
        for item in self.post("metric-points:import", &body).await? {
            for why in &item.left_out {
                self.summary
                    .leave(self.session, format!("metric {}", item.name), why.clone());
            }
        }
        Ok(())
    }

    async fn logged_models(&mut self, of: &SourceExperiment) -> Result<()> {
        let models = self
            .source
            .logged_models(of)
            .await
            .map_err(|error| super::failed(&error))?;
        for some in models.chunks(BATCH) {
            let body = json!(ImportLoggedModels {
                logged_models: some.to_vec(),
                finished: Vec::new()
            });
            let items = self.send("logged-models:import", "logged_models", &body).await?;
            let mut finished = Vec::new();
            for (model, item) in some.iter().zip(items) {
                if wanted(&item) {
                    self.files(&model.model_id, &item).await?;
                    finished.push(model.model_id.clone());
                }
            }
            let body = json!(ImportLoggedModels {
                logged_models: Vec::new(),
                finished
            });
            self.send("logged-models:import", "logged_models", &body).await?;
        }
        self.noted();
        Ok(())
    }

    async fn models(&mut self) -> Result<()> {
        let models = self
            .source
            .models()
            .await
            .map_err(|error| super::failed(&error))?;
        self.noted();
        for model in models {
            let body = json!(ImportModels { models: vec![model] });
            for item in self.post("models:import", &body).await? {
                let kind = if item.name.contains('/') {
                    "model_versions"
                } else {
                    "models"
                };
                self.summary.imported(self.session, kind, &item);
            }
        }
        Ok(())
    }

    /// Carries the files of a run or logged model.
    async fn files(&mut self, owner: &str, item: &Imported) -> Result<()> {
        let Some(place) = item.artifact_path.as_deref().filter(|_| self.artifacts) else {
            return Ok(());
        };
        for path in self
            .source
            .files(owner)
            .await
            .map_err(|error| super::failed(&error))?
        {
            let opened = self.source.open(owner, &path).await;
            let Some(bytes) = opened.map_err(|error| super::failed(&error))? else {
                continue;
            };
            let body = reqwest::Body::wrap_stream(bytes);
            let at = format!("{place}/{path}");
            self.session
                .client
                .put_artifact(&self.session.workspace, &at, body)
                .await?;
            self.summary.came("files", 1);
        }
        Ok(())
    }

    /// Sends a batch and counts what became of it.
    async fn send(&mut self, call: &str, kind: &'static str, body: &Value) -> Result<Vec<Imported>> {
        let items = self.post(call, body).await?;
        for item in &items {
            self.summary.imported(self.session, kind, item);
        }
        Ok(items)
    }

    async fn post(&self, call: &str, body: &Value) -> Result<Vec<Imported>> {
        let path = self.session.path(&[]) + "/" + call;
        let answer = self.session.client.post(&path, body).await?;
        let answer: ImportAnswer = serde_json::from_value(answer)
            .map_err(|error| Error::failed(format!("failed to read the server's answer: {error}")))?;
        Ok(answer.items)
    }

    /// Tells what the source left out.
    pub(super) fn noted(&mut self) {
        for one in self.source.left_out() {
            self.summary.leave(self.session, one.what, one.why);
        }
    }
}

/// Whether the points and files of it are still to come.
fn wanted(item: &Imported) -> bool {
    matches!(item.outcome, ImportOutcome::Added | ImportOutcome::Resumed)
}

fn part(series: &ImportSeries, range: std::ops::Range<usize>) -> ImportSeries {
    ImportSeries {
        run_id: series.run_id.clone(),
        key: series.key.clone(),
        timestamps: series.timestamps[range.clone()].to_vec(),
        steps: series.steps[range.clone()].to_vec(),
        values: series.values[range].to_vec(),
    }
}

/// Points that are the same as another one in time, step and value: the server keeps one of them, as MLflow's own
/// database does.
fn duplicates(series: &ImportSeries) -> u64 {
    let mut seen = std::collections::HashSet::with_capacity(series.values.len());
    let points = series.timestamps.iter().zip(&series.steps).zip(&series.values);
    let twice = points.filter(|((time, step), value)| !seen.insert((*time, *step, value.to_bits())));
    twice.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_points_that_are_the_same_in_all_count_as_duplicates() {
        let series = ImportSeries {
            timestamps: vec![1, 1, 1, 2],
            steps: vec![0, 0, 1, 0],
            values: vec![f64::NAN, f64::NAN, 0.5, 0.5],
            ..ImportSeries::default()
        };
        assert_eq!(duplicates(&series), 1);
        assert_eq!(part(&series, 1..3).steps, [0, 1]);
    }
}
