//! Online deployments: make, show, change, restart, remove; what they say.
//!
//! A deployment is planned when it is written: every reference becomes exact bytes. A loop of its own then brings the
//! instances there are to those that there shall be.

mod command;
mod log;
mod plan;

use serde_json::Value;
use tidemill_spec::kinds::{self, Spec};
use tidemill_spec::validate;
use tidemill_store::{deployment_instance, from_json, online_deployment, to_json};

pub(crate) use command::command;
pub(crate) use log::append as append_log;
pub use plan::{DeploymentPlan, InstancePlan, ModelPlan, ProbePlan, RequestPlan, ScalePlan};
pub(crate) use plan::{conda_of, registered};

use crate::context::Change;
use crate::gateway::{Entry, read_requests};
use crate::online_endpoint::{self, scope};
use crate::workspace::check_revision;
use crate::{App, Error, Kind, OpContext, Result, action, gateway};

/// A deployment, as use cases hand it out.
pub type OnlineDeployment = online_deployment::Model;
/// An instance of one.
pub type Instance = deployment_instance::Model;

/// It comes up for the first time.
pub const CREATING: &str = "Creating";
/// Instances are started or ended, while others answer.
pub const UPDATING: &str = "Updating";
/// All instances answer.
pub const SUCCEEDED: &str = "Succeeded";
/// It did not come up.
pub const FAILED: &str = "Failed";
/// Its instances are being ended.
pub const DELETING: &str = "Deleting";

/// The log of what instances print.
pub const SERVER_LOG: &str = "std_log.txt";
/// The log of the build of their environment.
pub const ENVIRONMENT_LOG: &str = "environment.log";
/// How long an instance has to end before one who removes a deployment stops waiting.
const TAKE_DOWN: std::time::Duration = std::time::Duration::from_secs(120);

/// A deployment and its instances.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The deployment.
    pub row: OnlineDeployment,
    /// Its instances that are remembered, youngest first.
    pub instances: Vec<Instance>,
    /// What is being done now, such as `installing 12 of 48 packages`.
    pub message: Option<String>,
}

/// Makes or changes a deployment. It comes up in the background; see its state.
///
/// # Errors
/// NotFound for an endpoint, model or environment that is not there; Invalid for a specification that makes no sense;
/// Precondition when it was changed in between.
pub async fn put(
    ctx: &OpContext,
    workspace: &str,
    endpoint: &str,
    name: &str,
    mut spec: kinds::OnlineDeployment,
    all_traffic: bool,
    if_match: Option<i64>,
) -> Result<Shown> {
    ctx.authorize(action::ENDPOINT_WRITE, &scope(workspace, endpoint))
        .await?;
    crate::release::only_by_release(ctx, workspace, &scope(workspace, endpoint)).await?;
    spec.name = name.to_owned();
    spec.endpoint_name = endpoint.to_owned();
    let whole = Spec::OnlineDeployment(Box::new(spec.clone()));
    crate::spec::check(&whole)?;
    let app = ctx.app();
    let behind = online_endpoint::find(app, workspace, endpoint).await?;
    let on = online_endpoint::spec_of(&behind)?.compute;
    let before = online_deployment::get(app.store.read(), workspace, endpoint, name).await?;
    check_revision(
        "deployment",
        name,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    let restarts = before
        .as_ref()
        .map(plan_of)
        .transpose()?
        .map_or(0, |plan| plan.instance.restarts);
    let plan = plan::plan(ctx, workspace, &spec, on.as_ref(), restarts).await?;
    crate::secret::check_named(ctx, workspace, &to_json(&plan.instance.variables)).await?;
    let warnings: Vec<String> = validate::combined_warning(&validate::no_effect_on_local(&whole))
        .into_iter()
        .collect();
    let spec = serde_json::to_value(&spec).map_err(Error::internal)?;
    write(ctx, behind, before, plan, spec, all_traffic, warnings).await
}

/// Deploys what a release carries, as it was planned where the release was made; only the compute is that of the stage.
pub(crate) async fn put_released(
    ctx: &OpContext,
    workspace: &str,
    endpoint: &str,
    name: &str,
    spec: &Value,
    mut plan: DeploymentPlan,
) -> Result<Shown> {
    ctx.authorize(action::ENDPOINT_WRITE, &scope(workspace, endpoint))
        .await?;
    let app = ctx.app();
    let behind = online_endpoint::find(app, workspace, endpoint).await?;
    let on = online_endpoint::spec_of(&behind)?.compute;
    let before = online_deployment::get(app.store.read(), workspace, endpoint, name).await?;
    let compute = crate::compute::resolve(ctx, workspace, on.as_ref()).await?;
    compute.check_room(1, plan.instance.cores, plan.instance.memory_bytes)?;
    plan.instance.compute = compute.name;
    let environment = &plan.instance.environment;
    crate::policy::check_environment(app, workspace, environment.name.as_deref(), &environment.request)
        .await?;
    crate::secret::check_named(ctx, workspace, &to_json(&plan.instance.variables)).await?;
    let mut spec = spec.clone();
    spec["name"] = name.into();
    spec["endpoint_name"] = endpoint.into();
    write(ctx, behind, before, plan, spec, false, Vec::new()).await
}

async fn write(
    ctx: &OpContext,
    behind: online_endpoint::OnlineEndpoint,
    before: Option<OnlineDeployment>,
    plan: DeploymentPlan,
    spec: Value,
    all_traffic: bool,
    warnings: Vec<String>,
) -> Result<Shown> {
    let app = ctx.app();
    let (workspace, endpoint) = (behind.workspace.clone(), behind.name.clone());
    let name = spec
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let now = ctx.now_ms();
    let old = before.as_ref().map(plan_of).transpose()?;
    // One that failed is tried again, also as it is.
    let anew = match (&before, &old) {
        (Some(row), Some(old)) => old.instance != plan.instance || row.state == FAILED,
        _ => true,
    };
    let wanted = before
        .as_ref()
        .map_or(plan.scale.least, |row| u32::try_from(row.wanted).unwrap_or(1));
    let row = OnlineDeployment {
        workspace: workspace.clone(),
        endpoint: endpoint.clone(),
        name: name.clone(),
        spec: to_json(&spec),
        plan: to_json(&plan),
        generation: before.as_ref().map_or(0, |row| row.generation) + i64::from(anew),
        served: before.as_ref().map_or(0, |row| row.served),
        wanted: i64::from(plan.scale.clamp(wanted)),
        state: match &before {
            Some(row) if row.served > 0 => UPDATING.into(),
            _ => CREATING.into(),
        },
        reason: None,
        all_traffic,
        warnings: to_json(&warnings),
        created_by: before
            .as_ref()
            .map_or_else(|| ctx.principal().to_string(), |row| row.created_by.clone()),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::ENDPOINT_WRITE,
        scope: scope(&workspace, &endpoint),
        before: before.as_ref().map_or(Value::Null, |row| {
            from_json("d", "spec", &row.spec).unwrap_or_default()
        }),
        after: spec,
    };
    let (written, seen) = (row.clone(), before.map(|row| row.revision));
    ctx.change(change, move |tx| {
        Box::pin(async move {
            crate::workspace_life::hold(tx, &written.workspace).await?;
            let there =
                online_deployment::get(tx, &written.workspace, &written.endpoint, &written.name).await?;
            if there.as_ref().is_some_and(|there| there.state == DELETING) {
                return Err(Error::conflict(format!(
                    "failed to deploy `{}`: it is being deleted",
                    written.name
                ))
                .hint("try again in a moment"));
            }
            check_revision("deployment", &written.name, there.map(|row| row.revision), seen)?;
            Ok(online_deployment::put(tx, written).await?)
        })
    })
    .await?;
    online_endpoint::publish(app, &behind).await?;
    app.deployments.wake(app, &workspace, &endpoint, &name);
    shown(app, row).await
}

/// Starts all instances anew, one after the other, while the others answer.
///
/// # Errors
/// NotFound when it is not there.
pub async fn restart(ctx: &OpContext, workspace: &str, endpoint: &str, name: &str) -> Result<Shown> {
    ctx.authorize(action::ENDPOINT_WRITE, &scope(workspace, endpoint))
        .await?;
    let app = ctx.app();
    let behind = online_endpoint::find(app, workspace, endpoint).await?;
    let row = find(app, workspace, endpoint, name).await?;
    let mut plan = plan_of(&row)?;
    plan.instance.restarts += 1;
    let spec: Value = from_json("online_deployment", "spec", &row.spec)?;
    let warnings = serde_json::from_str(&row.warnings).unwrap_or_default();
    write(ctx, behind, Some(row), plan, spec, false, warnings).await
}

/// One deployment.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, workspace: &str, endpoint: &str, name: &str) -> Result<Shown> {
    ctx.authorize(action::ENDPOINT_READ, &scope(workspace, endpoint))
        .await?;
    online_endpoint::find(ctx.app(), workspace, endpoint).await?;
    let row = find(ctx.app(), workspace, endpoint, name).await?;
    shown(ctx.app(), row).await
}

/// The deployments of an endpoint by name.
///
/// # Errors
/// NotFound, for an endpoint that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, endpoint: &str) -> Result<Vec<Shown>> {
    ctx.authorize(action::ENDPOINT_READ, &scope(workspace, endpoint))
        .await?;
    online_endpoint::find(ctx.app(), workspace, endpoint).await?;
    let mut all = Vec::new();
    for row in online_deployment::list(ctx.app().store.read(), workspace, endpoint).await? {
        all.push(shown(ctx.app(), row).await?);
    }
    Ok(all)
}

async fn shown(app: &App, row: OnlineDeployment) -> Result<Shown> {
    let (workspace, endpoint, name) = (&row.workspace, &row.endpoint, &row.name);
    let instances = deployment_instance::list(app.store.read(), workspace, endpoint, name).await?;
    let message = app.deployments.message(workspace, endpoint, name);
    Ok(Shown {
        row,
        instances,
        message,
    })
}

/// The row, or the error that lists what there is.
pub(crate) async fn find(app: &App, workspace: &str, endpoint: &str, name: &str) -> Result<OnlineDeployment> {
    let db = app.store.read();
    if let Some(row) = online_deployment::get(db, workspace, endpoint, name).await? {
        return Ok(row);
    }
    let there = online_deployment::list(db, workspace, endpoint).await?;
    let names: Vec<_> = there.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("deployment", name).hint(match names.is_empty() {
        true => format!("endpoint `{endpoint}` has none: make it with `tidemill online-deployment create`"),
        false => format!("endpoint `{endpoint}` has: {}", names.join(", ")),
    }))
}

/// Removes a deployment that gets no traffic; comes back when its instances have ended.
///
/// # Errors
/// NotFound when it is not there; Conflict while it gets traffic.
pub async fn delete(ctx: &OpContext, workspace: &str, endpoint: &str, name: &str) -> Result<()> {
    let scope = scope(workspace, endpoint);
    ctx.authorize(action::ENDPOINT_DELETE, &scope).await?;
    crate::release::only_by_release(ctx, workspace, &scope).await?;
    let app = ctx.app();
    let behind = online_endpoint::find(app, workspace, endpoint).await?;
    let row = find(app, workspace, endpoint, name).await?;
    let mut spec = online_endpoint::spec_of(&behind)?;
    if let Some(share) = spec.traffic.get(name).filter(|share| **share > 0) {
        return Err(Error::conflict(format!(
            "failed to delete deployment `{name}`: it gets {share}% of the traffic of endpoint `{endpoint}`"
        ))
        .hint(format!(
            "send it elsewhere with `tidemill online-endpoint update -n {endpoint} --traffic \"{name}=0\"`"
        )));
    }
    if spec.traffic.contains_key(name) || spec.mirror_traffic.contains_key(name) {
        spec.traffic.shift_remove(name);
        spec.mirror_traffic.shift_remove(name);
        let system = app.system();
        online_endpoint::put(&system, workspace, endpoint, spec, Some(behind.revision)).await?;
    }
    let change = Change {
        action: action::ENDPOINT_DELETE,
        scope,
        before: from_json("online_deployment", "spec", &row.spec)?,
        after: Value::Null,
    };
    let key = (workspace.to_owned(), endpoint.to_owned(), name.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let (workspace, endpoint, name) = &key;
            match online_deployment::start_deleting(tx, workspace, endpoint, name).await? {
                true => Ok(()),
                false => Err(Error::not_found("deployment", name)),
            }
        })
    })
    .await?;
    // From here on nobody can name it.
    online_endpoint::publish_again(app, workspace, endpoint).await?;
    take_down(app, workspace, endpoint, name).await
}

/// Ends the instances of a deployment and removes it; comes back when it is gone.
pub(crate) async fn take_down(
    app: &std::sync::Arc<App>,
    workspace: &str,
    endpoint: &str,
    name: &str,
) -> Result<()> {
    let key = (workspace.to_owned(), endpoint.to_owned(), name.to_owned());
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(online_deployment::start_deleting(tx, &key.0, &key.1, &key.2).await?) })
        })
        .await?;
    app.deployments.wake(app, workspace, endpoint, name);
    let gone = async {
        while online_deployment::get(app.store.read(), workspace, endpoint, name)
            .await?
            .is_some()
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    };
    match tokio::time::timeout(TAKE_DOWN, gone).await {
        Ok(gone) => gone,
        Err(_) => Err(Error::new(
            Kind::Timeout,
            format!(
                "failed to see deployment `{name}` end within {} s; it goes on ending",
                TAKE_DOWN.as_secs()
            ),
        )
        .hint("look again with `tidemill online-deployment list`")),
    }
}

/// The plan, as it was stored.
pub(crate) fn plan_of(row: &OnlineDeployment) -> Result<DeploymentPlan> {
    Ok(from_json("online_deployment", "plan", &row.plan)?)
}

/// What is wanted of a log.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// The last lines; all that is kept where it is not given.
    pub lines: Option<usize>,
    /// Of this instance; of the youngest where it is not given.
    pub instance: Option<i64>,
    /// Of the build of the environment, not of the server.
    pub environment: bool,
    /// From this offset on, rather than the last lines.
    pub offset: Option<u64>,
}

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPiece {
    /// The instance that said it.
    pub instance: i64,
    /// What it said.
    pub text: String,
    /// Where the next piece begins.
    pub next_offset: u64,
}

/// What an instance of a deployment said.
///
/// # Errors
/// NotFound for a deployment or an instance that is not there.
pub async fn logs(
    ctx: &OpContext,
    workspace: &str,
    endpoint: &str,
    name: &str,
    query: LogQuery,
) -> Result<Option<LogPiece>> {
    const MOST: usize = 1 << 20;
    ctx.authorize(action::ENDPOINT_READ, &scope(workspace, endpoint))
        .await?;
    let app = ctx.app();
    online_endpoint::find(app, workspace, endpoint).await?;
    find(app, workspace, endpoint, name).await?;
    let there = deployment_instance::list(app.store.read(), workspace, endpoint, name).await?;
    let instance = match query.instance {
        None => match there.first() {
            Some(row) => row.number,
            None => return Ok(None),
        },
        Some(number) if there.iter().any(|row| row.number == number) => number,
        Some(number) => {
            let known: Vec<String> = there.iter().map(|row| row.number.to_string()).collect();
            return Err(Error::not_found("instance", &number.to_string())
                .hint(format!("deployment `{name}` remembers: {}", known.join(", "))));
        }
    };
    let folder = gateway_folder(app, workspace, endpoint, name).join(instance.to_string());
    let file = match query.environment {
        true => ENVIRONMENT_LOG,
        false => SERVER_LOG,
    };
    let read = tokio::task::spawn_blocking(move || match query.offset {
        Some(offset) => log::read_from(&folder, file, offset, MOST),
        None => log::tail(&folder, file, query.lines.unwrap_or(usize::MAX)),
    });
    let (text, next_offset) = read.await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(Some(LogPiece {
        instance,
        text,
        next_offset,
    }))
}

/// The last requests of a deployment, oldest first.
///
/// # Errors
/// NotFound for a deployment that is not there.
pub async fn requests(
    ctx: &OpContext,
    workspace: &str,
    endpoint: &str,
    name: &str,
    most: usize,
    id: Option<String>,
) -> Result<Vec<Entry>> {
    ctx.authorize(action::ENDPOINT_READ, &scope(workspace, endpoint))
        .await?;
    let app = ctx.app();
    online_endpoint::find(app, workspace, endpoint).await?;
    find(app, workspace, endpoint, name).await?;
    let dir = app.dir.clone();
    let key = (workspace.to_owned(), endpoint.to_owned(), name.to_owned());
    let read = tokio::task::spawn_blocking(move || {
        read_requests(&dir, (&key.0, &key.1, &key.2), most, id.as_deref())
    });
    read.await.map_err(Error::internal)?.map_err(Error::internal)
}

/// The folder of what a deployment says.
pub(crate) fn gateway_folder(app: &App, workspace: &str, endpoint: &str, name: &str) -> std::path::PathBuf {
    gateway::folder(&app.dir, workspace, endpoint, name)
}
