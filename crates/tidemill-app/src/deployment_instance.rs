//! What the runner of an instance asks and tells: as that of a job, for a command that is meant never to end.

use std::collections::BTreeMap;

use serde_json::json;
use tidemill_api::runner::{
    Assignment, CodeTree, EnvironmentAssignment, EnvironmentReport, Finish, Input, Limits, LogAck, Orders,
    Outcome, Progress, Source,
};
use tidemill_policy::action;
use tidemill_spec::expr::{replace_secrets, secrets};
use tidemill_store::deployment_instance::{self, Key, Patch};
use tidemill_store::{from_json, to_json};

use crate::job::{GRACE_S, PlannedInput};
use crate::online_deployment::{self, Instance, InstancePlan};
use crate::secret::LEAST_MASKED;
use crate::{Error, OpContext, Principal, Result, Scope, bytes, secret, vault};

/// What stands before the name by which an instance is known to its runner; no job is called so.
const PREFIX: &str = "endpoints/";
/// The name of the model among the inputs of the runner.
const MODEL: &str = "model";

/// It is started: its environment and its files are made ready.
pub const STARTING: &str = "Starting";
/// Its command runs, and does not answer yet.
pub const RUNNING: &str = "Running";
/// It answers.
pub const READY: &str = "Ready";
/// It finishes what it has, and is ended.
pub const DRAINING: &str = "Draining";
/// It was ended.
pub const ENDED: &str = "Ended";
/// It ended by itself.
pub const FAILED: &str = "Failed";

/// The name by which an instance is known to its runner.
pub(crate) fn runner_name(key: &Key) -> String {
    format!("{PREFIX}{}/{}/{}", key.endpoint, key.deployment, key.number)
}

/// The instance of the runner that asks; none when that is a job's.
pub(crate) fn of_runner(ctx: &OpContext) -> Option<Key> {
    let (Principal::Runner { workspace, job } | Principal::Job { workspace, job }) = ctx.principal() else {
        return None;
    };
    let mut parts = job.strip_prefix(PREFIX)?.split('/');
    Some(Key {
        workspace: workspace.clone(),
        endpoint: parts.next()?.to_owned(),
        deployment: parts.next()?.to_owned(),
        number: parts.next()?.parse().ok()?,
    })
}

/// The instance of the runner that asks, while it is in its hands.
async fn own(ctx: &OpContext, key: &Key) -> Result<Instance> {
    ctx.authorize(action::JOB_RUN, &Scope::job(&key.workspace, &runner_name(key)))
        .await?;
    let row = deployment_instance::get(ctx.app().store.read(), key).await?;
    match row {
        Some(row) if ![ENDED, FAILED].contains(&row.state.as_str()) => Ok(row),
        _ => Err(Error::conflict(format!(
            "failed to serve the runner of instance {} of `{}`: it has ended",
            key.number, key.deployment
        ))),
    }
}

/// All that the runner must know.
///
/// # Errors
/// Conflict, when the instance has ended.
pub(crate) async fn assignment(ctx: &OpContext, key: &Key) -> Result<Assignment> {
    let row = own(ctx, key).await?;
    let mut plan: InstancePlan = from_json("deployment_instance", "plan", &row.plan)?;
    let masked = fill_in(ctx, key, &mut plan).await?;
    let app = ctx.app();
    let port = u16::try_from(row.port).map_err(Error::internal)?;
    let command = online_deployment::command(&plan, &key.deployment, port);
    // Its runner gives it the path of the program, where this variable is asked for.
    plan.variables.insert("TIDEMILL_PROGRAM".into(), String::new());
    let mut inputs = indexmap::IndexMap::new();
    let mut datastores = indexmap::IndexMap::new();
    if let Some(model) = plan.model
        && let PlannedInput::Data {
            r#type,
            mode,
            source,
            manifest,
            ..
        } = model.input
    {
        if let Source::Datastore { datastore, .. } = &source {
            let config = bytes::config(&app.system(), &key.workspace, datastore).await?;
            datastores.insert(datastore.clone(), config);
        }
        let input = Input::Data {
            r#type,
            mode,
            source,
            manifest,
        };
        inputs.insert(MODEL.to_owned(), input);
    }
    let folder = online_deployment::gateway_folder(app, &key.workspace, &key.endpoint, &key.deployment);
    let folder = folder.join(key.number.to_string()).join("files");
    Ok(Assignment {
        workspace: key.workspace.clone(),
        job: runner_name(key),
        attempt: 1,
        command,
        code: plan.code.map(|tree| CodeTree { tree }),
        inputs,
        outputs: indexmap::IndexMap::new(),
        environment: EnvironmentAssignment {
            name: plan.environment.name,
            request: plan.environment.request,
            build_context: plan.environment.build_context,
        },
        environment_variables: plan.variables,
        distribution: None,
        instance_count: 1,
        limits: Limits {
            timeout_s: None,
            memory_bytes: plan.memory_bytes,
            cores: plan.cores,
            grace_s: GRACE_S,
        },
        trees: json!({ "type": "local_folder", "path": app.dir.trees() }),
        datastores,
        artifacts: json!({ "type": "local_folder", "path": folder }),
        gpus: Vec::new(),
        masked,
    })
}

/// Fills in `${{secrets.NAME}}` of variables. Gives the values, for the runner to keep out of logs.
async fn fill_in(ctx: &OpContext, key: &Key, plan: &mut InstancePlan) -> Result<Vec<String>> {
    let names: Vec<String> = plan.variables.values().flat_map(|value| secrets(value)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let group = vault::group_of(ctx.app(), &key.workspace).await?;
    let mut values = BTreeMap::new();
    for name in names {
        let (version, value) = secret::value_of(ctx.app(), &group, &name).await?;
        let told = json!({ "deployment": format!("{}/{}", key.endpoint, key.deployment), "workspace": key.workspace, "version": version });
        ctx.note(action::SECRET_GET, &Scope::secret(&group, &name), told)
            .await?;
        values.insert(name, value);
    }
    for variable in plan.variables.values_mut() {
        *variable = replace_secrets(variable, |name| values.get(name).cloned().unwrap_or_default());
    }
    Ok(values
        .into_values()
        .filter(|value| value.len() >= LEAST_MASKED)
        .collect())
}

/// The runner says where it is.
///
/// # Errors
/// As [`assignment`].
pub(crate) async fn progress(ctx: &OpContext, key: &Key, progress: Progress) -> Result<Orders> {
    let row = own(ctx, key).await?;
    let app = ctx.app();
    match progress {
        Progress::Preparing { message } => app.deployments.say(key, Some(message)),
        Progress::Finalizing { message } => app.deployments.say(key, Some(message)),
        Progress::Running => {
            app.deployments.say(key, None);
            if row.state == STARTING {
                let patch = Patch {
                    state: Some(RUNNING),
                    started_at: Some(ctx.now_ms()),
                    ..Patch::default()
                };
                update(ctx, key, patch).await?;
            }
        }
    }
    app.deployments
        .wake(app, &key.workspace, &key.endpoint, &key.deployment);
    Ok(Orders::default())
}

/// The runner lives.
///
/// # Errors
/// As [`assignment`].
pub(crate) async fn heartbeat(ctx: &OpContext, key: &Key) -> Result<Orders> {
    own(ctx, key).await.map(|_| Orders::default())
}

/// Bytes of a log, from an offset on.
///
/// # Errors
/// Invalid, for a name that is no log; as [`assignment`].
pub(crate) async fn log(
    ctx: &OpContext,
    key: &Key,
    file: &str,
    offset: u64,
    chunk: ::bytes::Bytes,
) -> Result<LogAck> {
    own(ctx, key).await?;
    let name = match file {
        "user_logs/std_log.txt" => online_deployment::SERVER_LOG,
        "logs/environment.log" => online_deployment::ENVIRONMENT_LOG,
        other => {
            return Err(Error::invalid(format!(
                "failed to store log `{other}`: an instance has user_logs/std_log.txt and logs/environment.log"
            )));
        }
    };
    let folder = online_deployment::gateway_folder(ctx.app(), &key.workspace, &key.endpoint, &key.deployment)
        .join(key.number.to_string());
    let written =
        tokio::task::spawn_blocking(move || online_deployment::append_log(&folder, name, offset, &chunk));
    let next_offset = written.await.map_err(Error::internal)?.map_err(|error| {
        Error::new(
            crate::Kind::Unavailable,
            "failed to store a log: the server could not write it",
        )
        .source(error)
    })?;
    Ok(LogAck { next_offset })
}

/// The environment that was prepared.
///
/// # Errors
/// As [`assignment`].
pub(crate) async fn environment(ctx: &OpContext, key: &Key, report: EnvironmentReport) -> Result<Orders> {
    own(ctx, key).await?;
    let text = to_json(&json!({
        "digest": report.digest,
        "changes": report.changes,
        "reused": report.reused,
        "took_ms": report.took_ms,
    }));
    let patch = Patch {
        environment: Some(text),
        ..Patch::default()
    };
    update(ctx, key, patch).await?;
    Ok(Orders::default())
}

/// The instance has ended.
///
/// # Errors
/// As [`assignment`].
pub(crate) async fn finish(ctx: &OpContext, key: &Key, finish: Finish) -> Result<()> {
    let row = own(ctx, key).await?;
    let told =
        row.state == DRAINING && finish.outcome != Outcome::Failed || finish.outcome == Outcome::Canceled;
    let patch = Patch {
        state: Some(if told { ENDED } else { FAILED }),
        reason: Some(reason(&finish)),
        exit_code: finish.exit_code.map(i64::from),
        ended_at: Some(ctx.now_ms()),
        ..Patch::default()
    };
    update(ctx, key, patch).await?;
    let app = ctx.app();
    app.deployments
        .wake(app, &key.workspace, &key.endpoint, &key.deployment);
    Ok(())
}

fn reason(finish: &Finish) -> String {
    match (finish.outcome, &finish.reason) {
        (Outcome::Canceled, _) => "it was told to end".into(),
        (_, Some(reason)) => reason.clone(),
        (Outcome::Completed, None) => "the scoring server ended by itself".into(),
        (Outcome::Failed, None) => "it failed, and did not say why".into(),
    }
}

pub(crate) async fn update(ctx: &OpContext, key: &Key, patch: Patch) -> Result<bool> {
    let key = key.clone();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(deployment_instance::update(tx, &key, patch).await?) })
        })
        .await
}
