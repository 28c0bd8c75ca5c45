//! Carries traces to the server: spans first, then what is known of the trace, which makes it whole. Whoever starts again goes
//! on with the first trace that is not.

use std::collections::HashSet;

use serde_json::{Value, json};
use tidemill_import::{SourceExperiment, SourceTrace};

use super::carry::Carrier;
use super::progress::Progress;
use crate::error::Result;

/// The metadata that says that a trace is whole.
const WHOLE: &str = "mlflow.trace.infoFinalized";
/// Traces that are asked for at once.
const BATCH: usize = 100;

impl Carrier<'_> {
    /// Carries the traces of an experiment.
    pub(super) async fn traces(&mut self, of: &SourceExperiment) -> Result<()> {
        let ids = self.source.trace_ids(of).await;
        let ids = ids.map_err(|error| super::failed(&error))?;
        self.noted();
        if ids.is_empty() {
            return Ok(());
        }
        let name = &of.experiment.name;
        if of.experiment.deleted {
            let what = format!("{} traces of `{name}`", ids.len());
            let why = "the experiment is deleted; restore it in the source, or import it again".to_owned();
            self.summary.leave(self.session, what, why);
            return Ok(());
        }
        let experiments = super::super::experiments(self.session, std::slice::from_ref(name)).await?;
        let Some((experiment, _)) = experiments.into_iter().next() else {
            return Ok(());
        };
        let mut progress = Progress::start(self.session, &format!("traces of {name}"), ids.len());
        for some in ids.chunks(BATCH) {
            let there = self.whole(some).await?;
            for id in some {
                if there.contains(id) {
                    self.summary.count("traces", "there_already", 1);
                } else if let Some(trace) = self
                    .source
                    .trace(of, id)
                    .await
                    .map_err(|error| super::failed(&error))?
                {
                    match self.trace(&experiment, &trace).await {
                        Ok(()) => self.summary.came("traces", 1),
                        Err(error) => {
                            self.summary.count("traces", "refused", 1);
                            self.summary
                                .leave(self.session, format!("trace {id}"), error.to_string());
                        }
                    }
                }
                self.noted();
                progress.advance(1, 0);
            }
        }
        Ok(())
    }

    /// Those of these traces that are there, whole.
    async fn whole(&self, ids: &[String]) -> Result<HashSet<String>> {
        let found = self
            .call(
                "/api/3.0/mlflow/traces/batchGetInfos",
                &json!({ "trace_ids": ids }),
            )
            .await?;
        let infos = found["trace_infos"].as_array().into_iter().flatten();
        Ok(infos
            .filter(|info| !info["trace_metadata"][WHOLE].is_null())
            .filter_map(|info| Some(info["trace_id"].as_str()?.to_owned()))
            .collect())
    }

    async fn trace(&self, experiment: &str, trace: &SourceTrace) -> Result<()> {
        let (session, id) = (self.session, trace.id());
        match trace.otlp() {
            Some(spans) if !trace.spans.is_empty() => {
                let client = &session.client;
                client
                    .mlflow_at(&session.workspace, "/v1/traces", Some(experiment), &spans)
                    .await?;
            }
            None if !trace.spans.is_empty() => {
                // Traces of MLflow 2 have their spans in a file.
                let at = format!("{experiment}/traces/{id}/artifacts/traces.json");
                let file = json!({ "spans": trace.spans }).to_string();
                session
                    .client
                    .put_artifact(&session.workspace, &at, file.into())
                    .await?;
            }
            _ => {}
        }
        let mut info = trace.info.clone();
        info["trace_location"] =
            json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment } });
        self.call(
            "/api/3.0/mlflow/traces",
            &json!({ "trace": { "trace_info": info } }),
        )
        .await?;
        for run in &trace.runs {
            let body = json!({ "trace_ids": [id], "run_id": run });
            self.call("/api/2.0/mlflow/traces/link-to-run", &body).await?;
        }
        let prompts = trace.prompts();
        if prompts.as_array().is_some_and(|prompts| !prompts.is_empty()) {
            let body = json!({ "trace_id": id, "prompt_versions": prompts });
            self.call("/api/2.0/mlflow/traces/link-prompts", &body).await?;
        }
        Ok(())
    }

    async fn call(&self, at: &str, body: &Value) -> Result<Value> {
        self.session
            .client
            .mlflow_at(&self.session.workspace, at, None, body)
            .await
    }
}
