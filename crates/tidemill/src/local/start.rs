//! Starting the scoring server of a deployment of this machine, apart from the command that starts it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tidemill_process::Identity;
use tidemill_spec::kinds::{DeploymentModel, ModelType, OnlineDeployment};

use super::environment::prepare;
use super::kept::{Deployment, last_lines};
use crate::error::{Error, Result};

/// How long it has to answer, where its readiness probe says nothing.
const PATIENCE: Duration = Duration::from_secs(310);
/// Lines of its log that stand in an error.
const TOLD_LINES: usize = 20;

/// Starts it, and waits until it answers.
///
/// # Errors
/// What it lacks, or why it did not come up.
pub(super) async fn start(spec: &OnlineDeployment, say: impl Fn(&str)) -> Result<Deployment> {
    let folder = super::folder()?.join(format!("{}.{}", spec.endpoint_name, spec.name));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| Error::file("make", &folder, error))?;
    let prefix = prepare(spec.environment.as_ref(), &say).await?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Error::failed(format!("failed to find a free port: {error}")))?
        .port();
    let log = folder.join("std_log.txt");
    let program = std::env::current_exe()
        .map_err(|error| Error::failed(format!("failed to find this program: {error}")))?;
    let mut command = Command::new(program);
    command.arg("serve");
    arguments(&mut command, spec, &folder)?;
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--name", &spec.name]);
    if let Some(prefix) = &prefix {
        prefix.apply(&mut command);
        command.arg("--python").arg(&prefix.python);
    }
    command.envs(&spec.environment_variables);
    let out = File::create(&log).map_err(|error| Error::file("write", &log, error))?;
    let err = out
        .try_clone()
        .map_err(|error| Error::file("write", &log, error))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .spawn()
        .map_err(|error| Error::failed(format!("failed to start the scoring server: {error}")))?;
    let process = Identity::of(child.id().cast_signed())
        .ok_or_else(|| Error::failed("failed to see the scoring server in /proc"))?;
    say("starting the scoring server");
    comes_up(&mut child, port, patience(spec), &log).await?;
    Ok(Deployment {
        spec: serde_json::to_value(spec).unwrap_or_default(),
        port,
        process,
        log,
    })
}

fn patience(spec: &OnlineDeployment) -> Duration {
    let Some(probe) = &spec.readiness_probe else {
        return PATIENCE;
    };
    let (delay, period) = (probe.initial_delay.unwrap_or(10), probe.period.unwrap_or(10));
    Duration::from_secs(delay + period * u64::from(probe.failure_threshold.unwrap_or(30)))
}

fn arguments(command: &mut Command, spec: &OnlineDeployment, folder: &Path) -> Result<()> {
    let script = spec.code_configuration.as_ref().and_then(|code| {
        let folder = code.code.as_ref()?.as_local()?.to_path_buf();
        Some((folder, code.scoring_script.clone()?))
    });
    let model = local_model(spec)?;
    if let Some((code, script)) = &script {
        command
            .arg("--entry-script")
            .arg(script)
            .arg("--code-dir")
            .arg(code);
    }
    // As in a deployment of a server: a script finds its model under its own name.
    let models = folder.join("azureml-models");
    fs::create_dir_all(&models).map_err(|error| Error::file("make", &models, error))?;
    match (&model, &script) {
        (Some((path, kind)), None) if *kind != ModelType::CustomModel => {
            command
                .arg("--model-dir")
                .arg(path)
                .args(["--model-type", kind.word()]);
        }
        (model, _) => {
            if let Some((path, _)) = model {
                let link = models.join(path.file_name().unwrap_or_default());
                copy_files(path, &link).map_err(|error| Error::file("make", &link, error))?;
            }
            command.arg("--model-dir").arg(&models);
        }
    }
    if let Some(timeout) = spec
        .request_settings
        .and_then(|settings| settings.request_timeout_ms)
    {
        command.args(["--request-timeout-ms", &timeout.to_string()]);
    }
    Ok(())
}

/// A folder of its own with its own files: MLflow loads neither a folder nor files that are links to elsewhere.
fn copy_files(given: &Path, place: &Path) -> std::io::Result<()> {
    if !given.is_dir() {
        return fs::copy(given, place).map(drop);
    }
    fs::create_dir_all(place)?;
    for entry in fs::read_dir(given)? {
        let entry = entry?;
        copy_files(&entry.path(), &place.join(entry.file_name()))?;
    }
    Ok(())
}

/// The files of the model, and what it is.
fn local_model(spec: &OnlineDeployment) -> Result<Option<(PathBuf, ModelType)>> {
    match &spec.model {
        None => Ok(None),
        Some(DeploymentModel::Inline(model)) => {
            let path = model
                .path
                .as_ref()
                .and_then(|path| path.as_local())
                .ok_or_else(|| {
                    Error::usage("failed to use this model with --local: its files are not on this machine")
                        .with_hint("name a local folder or file, or leave --local away")
                })?;
            Ok(Some((path.to_path_buf(), model.model_type.unwrap_or_default())))
        }
        Some(DeploymentModel::Reference(reference)) => Err(Error::usage(format!(
            "failed to use model `{reference}` with --local: only a server knows it"
        ))
        .with_hint("download it with `tidemill model download`, and name its folder")),
    }
}

/// Waits until it answers; ends it when it does not in time.
async fn comes_up(child: &mut Child, port: u16, patience: Duration, log: &Path) -> Result<()> {
    let url = format!("http://127.0.0.1:{port}/");
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(2))
        .build();
    let client = client.map_err(|error| Error::failed(format!("failed to make an HTTP client: {error}")))?;
    let deadline = Instant::now() + patience;
    let told = || {
        let text = fs::read(log).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&text), TOLD_LINES)
    };
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Error::failed(format!(
                "the scoring server ended with {status}; its last output:\n{}",
                told()
            )));
        }
        if let Ok(answer) = client.get(&url).send().await
            && answer.status().is_success()
        {
            return Ok(());
        }
        if Instant::now() >= deadline {
            // It is this command's own child, so its number is still its own.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::failed(format!(
                "the scoring server was not ready within {} s; its last output:\n{}",
                patience.as_secs(),
                told()
            )));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
