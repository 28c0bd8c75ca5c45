//! MLflow's surface, for what REST v1 leaves to it: experiments and runs.

use serde_json::{Value, json};

use super::Client;
use super::path::{file_path, path};
use crate::error::{Error, Result};

/// The most runs of one page.
const PAGE: usize = 1000;

impl Client {
    /// A call of MLflow's surface in a workspace, such as `runs/search`.
    ///
    /// # Errors
    /// What the server says, in MLflow's words.
    pub async fn mlflow(&self, workspace: &str, call: &str, body: &Value) -> Result<Value> {
        self.mlflow_at(workspace, &format!("/api/2.0/mlflow/{call}"), None, body)
            .await
    }

    /// A call at any path of MLflow's surface in a workspace, with the experiment that a header of OpenTelemetry names.
    ///
    /// # Errors
    /// What the server says, in MLflow's words.
    pub async fn mlflow_at(
        &self,
        workspace: &str,
        at: &str,
        experiment: Option<&str>,
        body: &Value,
    ) -> Result<Value> {
        let url = format!("{}{}{at}", self.address(), path(&["workspaces", workspace]));
        let mut request = self.authorized(self.http.post(url)).json(body);
        if let Some(id) = experiment {
            request = request.header("x-mlflow-experiment-id", id);
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        let answer: Option<Value> = serde_json::from_str(&text).ok();
        match answer {
            Some(answer) if status.is_success() => Ok(answer),
            Some(answer) if answer["message"].is_string() => {
                Err(Error::failed(answer["message"].as_str().unwrap_or_default()))
            }
            _ => Err(Error::failed(format!("failed: the server answered {status}"))
                .with_hint("is this address that of a Tidemill server?")),
        }
    }

    /// Where a client of MLflow finds a workspace, and with which token.
    pub fn as_mlflow(&self, workspace: &str) -> (String, Option<String>) {
        let address = format!("{}{}", self.address(), path(&["workspaces", workspace]));
        (address, self.token.clone())
    }

    /// Writes a file of the artifact store, whole or not at all.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn put_artifact(&self, workspace: &str, at: &str, body: reqwest::Body) -> Result<()> {
        let url = format!(
            "{}{}/api/2.0/mlflow-artifacts/artifacts{}",
            self.address(),
            path(&["workspaces", workspace]),
            file_path(at)
        );
        let request = self.authorized(self.http.put(url)).body(body);
        self.send(request).await.map(drop)
    }

    /// Runs of experiments that fit a filter, at most so many.
    ///
    /// # Errors
    /// As [`Client::mlflow`].
    pub async fn runs(
        &self,
        workspace: &str,
        experiments: &[String],
        filter: &str,
        order_by: &[String],
        most: usize,
    ) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut token = Value::Null;
        while found.len() < most {
            let mut body = json!({
                "experiment_ids": experiments,
                "filter": filter,
                "order_by": order_by,
                "max_results": (most - found.len()).min(PAGE),
            });
            if !token.is_null() {
                body["page_token"] = token;
            }
            let mut answer = self.mlflow(workspace, "runs/search", &body).await?;
            if let Some(Value::Array(runs)) = answer.get_mut("runs").map(Value::take) {
                found.extend(runs);
            }
            token = answer["next_page_token"].take();
            if token.as_str().is_none_or(str::is_empty) {
                break;
            }
        }
        Ok(found)
    }

    /// The experiments of a workspace that are not deleted: id and name.
    ///
    /// # Errors
    /// As [`Client::mlflow`].
    pub async fn experiments(&self, workspace: &str) -> Result<Vec<(String, String)>> {
        let answer = self
            .mlflow(workspace, "experiments/search", &json!({ "max_results": 50_000 }))
            .await?;
        let experiments = answer["experiments"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(experiments
            .map(|experiment| (text(&experiment["experiment_id"]), text(&experiment["name"])))
            .collect())
    }
}
