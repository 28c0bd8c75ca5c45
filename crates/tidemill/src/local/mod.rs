//! Endpoints of this machine alone (`--local`): a scoring server for each deployment, without any server of Tidemill's.
//!
//! What there is stands in a file for each endpoint, in the XDG state home.

mod environment;
mod kept;
mod start;

use std::path::PathBuf;

use reqwest::header;
use serde_json::{Value, json};
use tidemill_process::Signal;
use tidemill_spec::kinds::{OnlineDeployment, OnlineEndpoint};

use crate::error::{Error, Result};
use kept::{Deployment, Endpoint};

/// Makes an endpoint of this machine, or changes one.
///
/// # Errors
/// When its file cannot be written.
pub fn put_endpoint(spec: &OnlineEndpoint) -> Result<Value> {
    let before = Endpoint::find(&spec.name)?;
    let endpoint = Endpoint {
        name: spec.name.clone(),
        spec: serde_json::to_value(spec).unwrap_or_default(),
        deployments: before.map(|before| before.deployments).unwrap_or_default(),
    };
    endpoint.keep()?;
    Ok(shown(&endpoint))
}

/// One endpoint of this machine.
///
/// # Errors
/// When it is not there.
pub fn endpoint(name: &str) -> Result<Value> {
    Ok(shown(&Endpoint::get(name)?))
}

/// Every endpoint of this machine.
///
/// # Errors
/// When their files cannot be read.
pub fn endpoints() -> Result<Vec<Value>> {
    Ok(Endpoint::all()?.iter().map(shown).collect())
}

/// Ends an endpoint of this machine with all its deployments.
///
/// # Errors
/// When it is not there.
pub fn delete_endpoint(name: &str) -> Result<()> {
    let endpoint = Endpoint::get(name)?;
    for deployment in endpoint.deployments.values() {
        end(deployment);
    }
    Endpoint::forget(name)
}

/// Starts a deployment on this machine, in the place of the one of its name, and waits until it answers.
///
/// # Errors
/// What it lacks, or why it did not come up, with its last output.
pub async fn put_deployment(spec: &OnlineDeployment, say: impl Fn(&str)) -> Result<Value> {
    let mut endpoint = Endpoint::get(&spec.endpoint_name)?;
    if let Some(before) = endpoint.deployments.get(&spec.name) {
        end(before);
    }
    let started = start::start(spec, say).await?;
    endpoint.deployments.insert(spec.name.clone(), started);
    endpoint.keep()?;
    deployment(&spec.endpoint_name, &spec.name)
}

/// One deployment of this machine.
///
/// # Errors
/// When it is not there.
pub fn deployment(endpoint: &str, name: &str) -> Result<Value> {
    let found = found(endpoint, name)?;
    Ok(shown_deployment(endpoint, name, &found))
}

/// The deployments of an endpoint of this machine.
///
/// # Errors
/// When it is not there.
pub fn deployments(endpoint: &str) -> Result<Vec<Value>> {
    let all = Endpoint::get(endpoint)?.deployments;
    Ok(all
        .iter()
        .map(|(name, one)| shown_deployment(endpoint, name, one))
        .collect())
}

/// Ends a deployment of this machine.
///
/// # Errors
/// When it is not there.
pub fn delete_deployment(endpoint: &str, name: &str) -> Result<()> {
    end(&found(endpoint, name)?);
    let mut kept = Endpoint::get(endpoint)?;
    kept.deployments.remove(name);
    kept.keep()
}

/// The last lines that a deployment of this machine printed.
///
/// # Errors
/// When it is not there, or its log cannot be read.
pub fn logs(endpoint: &str, name: &str, lines: usize) -> Result<String> {
    let log = found(endpoint, name)?.log;
    let text = std::fs::read(&log).map_err(|error| Error::file("read", &log, error))?;
    Ok(kept::last_lines(&String::from_utf8_lossy(&text), lines))
}

/// Sends a request to a deployment of this machine, the only one or the one that is named. Gives its answer.
///
/// # Errors
/// When there is none, or it answers with an error.
pub async fn invoke(endpoint: &str, name: Option<&str>, body: Vec<u8>) -> Result<String> {
    let all = Endpoint::get(endpoint)?.deployments;
    let one = match (name, all.len()) {
        (Some(name), _) => found(endpoint, name)?,
        (None, 1) => all.into_values().next().ok_or_else(|| nothing(endpoint))?,
        (None, 0) => return Err(nothing(endpoint)),
        (None, _) => {
            let names: Vec<String> = all.into_keys().collect();
            return Err(Error::usage(format!(
                "failed to invoke `{endpoint}`: it has several deployments"
            ))
            .with_hint(format!("choose with --deployment-name: {}", names.join(", "))));
        }
    };
    let url = format!("http://127.0.0.1:{}/score", one.port);
    let sent = reqwest::Client::builder().no_proxy().build();
    let sent = sent.map_err(|error| Error::failed(format!("failed to make an HTTP client: {error}")))?;
    let answer = sent
        .post(&url)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .send()
        .await;
    let answer =
        answer.map_err(|error| Error::failed(format!("failed to reach the deployment at {url}: {error}")))?;
    let status = answer.status();
    let text = answer
        .text()
        .await
        .map_err(|error| Error::failed(format!("failed to read the answer: {error}")))?;
    match status.is_success() {
        true => Ok(text),
        false => Err(Error::failed(format!(
            "the deployment answered {}: {text}",
            status.as_u16()
        ))),
    }
}

fn nothing(endpoint: &str) -> Error {
    Error::failed(format!(
        "failed to invoke `{endpoint}`: it has no deployment on this machine"
    ))
    .with_hint("make one with `tidemill online-deployment create --local`")
}

fn found(endpoint: &str, name: &str) -> Result<Deployment> {
    let mut all = Endpoint::get(endpoint)?.deployments;
    all.remove(name).ok_or_else(|| {
        let names: Vec<String> = all.into_keys().collect();
        Error::failed(format!(
            "failed to find deployment `{name}` of `{endpoint}` on this machine"
        ))
        .with_hint(format!("there are: {}", names.join(", ")))
    })
}

/// Ends the processes of a deployment, and comes back when they are gone.
fn end(deployment: &Deployment) {
    let process = &deployment.process;
    // One that is gone already needs no signal.
    let _ = process.signal(Signal::Term);
    for _ in 0..200 {
        if !process.is_alive() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let _ = process.signal(Signal::Kill);
}

fn shown(endpoint: &Endpoint) -> Value {
    let alive: Vec<&Deployment> = endpoint
        .deployments
        .values()
        .filter(|one| one.process.is_alive())
        .collect();
    let mut view = json!({
        "name": endpoint.name,
        "kind": "Local",
        "provisioning_state": "Succeeded",
        "scoring_uri": alive.first().map(|one| format!("http://127.0.0.1:{}/score", one.port)),
        "spec": endpoint.spec,
    });
    view["traffic"] = match alive.len() {
        1 => json!({ endpoint.deployments.keys().next().map_or("", String::as_str): 100 }),
        _ => json!({}),
    };
    view
}

fn shown_deployment(endpoint: &str, name: &str, deployment: &Deployment) -> Value {
    let alive = deployment.process.is_alive();
    json!({
        "name": name,
        "endpoint_name": endpoint,
        "provisioning_state": if alive { "Succeeded" } else { "Failed" },
        "instance_count": 1,
        "ready_instances": i32::from(alive),
        "process": deployment.process.pid,
        "log": deployment.log,
        "spec": deployment.spec,
    })
}

/// Where endpoints of this machine are kept.
fn folder() -> Result<PathBuf> {
    Ok(crate::folders::state_dir()?.join("local"))
}
