//! Starting one instance, ending it, and clearing up after it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tidemill_compute::{Attempt, Driver, Handle, Launch, Stop};
use tidemill_store::deployment_instance::{self, Key, Patch};
use tidemill_store::{to_json, token as token_row};

use crate::deployment_instance::{STARTING, runner_name, update};
use crate::gateway::Backend;
use crate::online_deployment::{Instance, InstancePlan};
use crate::{App, Error, Kind, OpContext, Result, token};

/// How long a runner that was told to stop has beyond the grace time of its command, before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// Names the processes of an instance. Endpoints of several servers of one machine may be called alike, and none may end
/// those of another: the data folder tells them apart.
fn attempt(app: &App, key: &Key) -> Attempt {
    let folder = std::fs::canonicalize(app.dir.root()).unwrap_or_else(|_| app.dir.root().to_owned());
    let server = blake3::hash(folder.as_os_str().as_encoded_bytes()).to_hex();
    Attempt {
        workspace: key.workspace.clone(),
        job: format!("{}@{}", runner_name(key), &server[..12]),
        number: 1,
    }
}

/// The folder in which an instance works; no job is called so.
pub(super) fn work_dir(app: &App, key: &Key) -> PathBuf {
    let name = format!("~{}.{}.{}", key.endpoint, key.deployment, key.number);
    app.dir.work().join(&key.workspace).join(name)
}

/// Starts an instance: its row and its token first, then its runner, so that a server that is killed in between finds
/// what it has begun.
pub(super) async fn start(
    ctx: &OpContext,
    key: &Key,
    generation: i64,
    plan: &InstancePlan,
) -> Result<(Instance, Handle)> {
    let app = ctx.app();
    let confinement = crate::isolation::of_compute(app, &key.workspace, &plan.compute).await?;
    let port = free_port()?;
    let row = Instance {
        workspace: key.workspace.clone(),
        endpoint: key.endpoint.clone(),
        deployment: key.deployment.clone(),
        number: key.number,
        generation,
        plan: to_json(plan),
        state: STARTING.into(),
        port: i64::from(port),
        handle: None,
        environment: None,
        reason: None,
        exit_code: None,
        created_at: ctx.now_ms(),
        started_at: None,
        ready_at: None,
        ended_at: None,
    };
    let secret = token::text(app.clock.secret());
    let token = token_row::Model {
        hash: token::hash(&secret),
        kind: "runner".into(),
        workspace: Some(key.workspace.clone()),
        job: Some(runner_name(key)),
        attempt: Some(1),
        created_at: ctx.now_ms(),
        revoked_at: None,
    };
    let written = row.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                deployment_instance::put(tx, written).await?;
                Ok(token_row::insert(tx, token).await?)
            })
        })
        .await?;
    let work_dir = work_dir(app, key);
    std::fs::create_dir_all(&work_dir).map_err(Error::internal)?;
    let token_file = work_dir.join("token");
    if let Err(error) = std::fs::remove_file(&token_file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Error::internal(error));
    }
    token::write_private(&token_file, &secret).map_err(Error::internal)?;
    let launch = Launch {
        attempt: attempt(app, key),
        program: app.runner_program.clone(),
        args: crate::loops::launch::runner_args(app, &token_file, &work_dir, confinement)?,
        env: BTreeMap::new(),
        work_dir,
    };
    let handle = app
        .driver
        .start(&launch)
        .await
        .map_err(|error| Error::new(Kind::Unavailable, error.to_string()).source(error))?;
    app.deployments.hold(key.clone(), handle.clone());
    let patch = Patch {
        handle: Some(to_json(&handle)),
        ..Patch::default()
    };
    update(ctx, key, patch).await?;
    Ok((row, handle))
}

/// A port of loopback that nobody has now.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    Ok(listener
        .map_err(|error| {
            Error::new(Kind::Unavailable, "failed to find a free port for an instance").source(error)
        })?
        .port())
}

/// Ends an instance in order: when it has answered what it has, or after `patience`, its runner is told to stop, and
/// killed when it does not.
pub(super) async fn leave(
    app: Arc<App>,
    key: Key,
    handle: Handle,
    backend: Arc<Backend>,
    patience: Duration,
) {
    backend.balancer.leave(key.number);
    let answered = async {
        while backend.balancer.in_flight(key.number) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(patience, answered).await.is_err() {
        tracing::warn!(
            ?key,
            "an instance that leaves still had requests, which are cut off"
        );
    }
    backend.balancer.remove(key.number);
    stop(&app, &handle).await;
}

async fn stop(app: &App, handle: &Handle) {
    if let Err(error) = app.driver.stop(handle, Stop::Term).await {
        tracing::error!(%error, attempt = %handle.attempt, "failed to stop an instance");
    }
    let grace = Duration::from_secs(crate::job::GRACE_S) + STOP_PATIENCE;
    if tokio::time::timeout(grace, app.driver.wait(handle))
        .await
        .is_err()
    {
        tracing::warn!(attempt = %handle.attempt, "an instance did not stop in time and is killed");
        kill(app, handle).await;
    }
}

/// Ends an instance at once.
pub(super) async fn kill(app: &App, handle: &Handle) {
    if let Err(error) = app.driver.stop(handle, Stop::Kill).await {
        tracing::error!(%error, attempt = %handle.attempt, "failed to kill an instance");
    }
}

/// Ends all that an instance left, takes its token away, and removes its folder.
pub(super) async fn clear(ctx: &OpContext, key: &Key, handle: Option<&Handle>) {
    let app = ctx.app();
    match handle {
        Some(handle) => {
            if let Err(error) = app.driver.sweep(handle).await {
                tracing::warn!(%error, ?key, "failed to sweep what an instance left");
            }
        }
        None => {
            // Killed between its row and its start, or right after it.
            let marker = attempt(app, key).to_string();
            let none: [PathBuf; 0] = [];
            let swept = tokio::task::spawn_blocking(move || tidemill_process::sweep(&marker, &none)).await;
            if let Err(error) = swept {
                tracing::warn!(%error, ?key, "failed to look for what an earlier server left");
            }
        }
    }
    app.deployments.release(key);
    let (workspace, job, now) = (key.workspace.clone(), runner_name(key), ctx.now_ms());
    let revoked = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(token_row::revoke_job(tx, &workspace, &job, now).await?) })
        })
        .await;
    if let Err(error) = revoked {
        tracing::warn!(%error, ?key, "failed to take the token of an instance away");
    }
    app.tokens.forget_job(&key.workspace, &runner_name(key));
    let folder = work_dir(app, key);
    let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
    if let Ok(Err(error)) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, ?key, "failed to remove the folder of an instance");
    }
}
