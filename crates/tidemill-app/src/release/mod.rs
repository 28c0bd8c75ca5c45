//! Releases: one door to production. A release takes exactly what a deployment of the first stage runs; from there it goes
//! through the stages of the group, each behind its gates.

mod act;
pub mod break_glass;
pub(crate) mod capacity;
mod contracts;
mod gates;
pub(crate) mod load;
mod plan;
mod register;
mod test;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidemill_api::runner::Source;
use tidemill_spec::kinds::{self, Spec};
use tidemill_store::workspace as workspace_row;
use tidemill_store::{
    DatabaseTransaction, break_glass_event, from_json, group, release, release_event, release_stage, to_json,
};

use crate::context::Change;
use crate::job::PlannedInput;
use crate::online_deployment::{self, DeploymentPlan, InstancePlan};
use crate::{App, Error, OpContext, Result, Scope, action, content, name};

pub use act::{approve, promote, reject, roll_back};
pub use gates::as_json as gates_as_json;
pub(crate) use gates::{as_json as gates_json, findings};
pub use plan::{Step, plan};
pub(crate) use register::register;
pub(crate) use test::{differs, run as run_test};

/// A number of a release, as use cases hand it out.
pub type Release = release::Model;
/// A release in a stage.
pub type Stage = release_stage::Model;
/// Something that happened to a release.
pub type Event = release_event::Model;

/// Its gates are not all passed yet.
pub const WAITING: &str = "Waiting";
/// Its deployment comes up, without any requests.
pub const DEPLOYING: &str = "Deploying";
/// Its system tests run.
pub const TESTING: &str = "Testing";
/// It gets a growing share of the requests.
pub const ROLLING_OUT: &str = "RollingOut";
/// It answers.
pub const LIVE: &str = "Live";
/// Another release answers since.
pub const SUPERSEDED: &str = "Superseded";
/// It answered, and was taken back.
pub const ROLLED_BACK: &str = "RolledBack";
/// Somebody said no, or a gate will not hold.
pub const REJECTED: &str = "Rejected";
/// It did not come up, failed a test, or failed while it was rolled out; nothing of it answers.
pub const FAILED: &str = "Failed";
/// States in which the server works on it, or waits for somebody.
pub const OPEN: &[&str] = &[WAITING, DEPLOYING, TESTING, ROLLING_OUT];

/// What a release carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// The specification of the deployment, without what belongs to a stage.
    pub spec: Value,
    /// The plan: every byte by its digest.
    pub plan: DeploymentPlan,
    /// The deployment that it was taken from.
    pub from: String,
}

/// A release with all that is known of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The release.
    pub row: Release,
    /// The stages of its group, in order, with where it stands in each.
    pub stages: Vec<(String, Option<Stage>)>,
    /// What share of the requests its deployments get at this moment, in percent, by stage: also where somebody has broken the glass.
    pub shares: std::collections::HashMap<String, u32>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
}

pub(crate) fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "releases", name)
}

/// Makes a release of what a deployment runs. Its workspace is of the first stage, where it counts as live.
///
/// # Errors
/// NotFound for a deployment that is not there; Precondition for one that is not up; Invalid for a workspace that is not of the
/// first stage of its group, and for stages that are not there.
pub async fn create(ctx: &OpContext, workspace: &str, spec: kinds::Release) -> Result<Shown> {
    let scope = scope(workspace, &spec.name);
    ctx.authorize(action::RELEASE_WRITE, &scope).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    name::workspace(&spec.name)?;
    crate::spec::check(&Spec::Release(Box::new(spec.clone())))?;
    let app = ctx.app();
    let place = Place::of(app, workspace).await?;
    place.check(&spec)?;
    if let Some(test) = spec.tests.iter().find(|test| test.request.is_none()) {
        return Err(Error::invalid(format!(
            "failed to read system test `{}`: it has no `request`",
            test.name
        ))
        .hint("`tidemill release create` puts the content of `request_file` there"));
    }
    let deployment = online_deployment::find(app, workspace, &spec.endpoint, &spec.deployment).await?;
    if deployment.state != online_deployment::SUCCEEDED {
        return Err(Error::new(
            crate::Kind::Precondition,
            format!(
                "failed to release deployment `{}`: it is {}, and only what answers is released",
                spec.deployment, deployment.state
            ),
        )
        .hint("wait until it is up, or correct it"));
    }
    let carried = carry(ctx, workspace, &deployment).await?;
    let digest = digest(&carried.plan.instance);
    let now = ctx.now_ms();
    let after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let draft = Release {
        workspace: workspace.clone(),
        name: spec.name.clone(),
        number: 0,
        spec: to_json(&after),
        plan: to_json(&carried),
        digest: digest.clone(),
        author: who(ctx),
        created_at: now,
    };
    let change = Change {
        action: action::RELEASE_WRITE,
        scope,
        before: Value::Null,
        after: json!({ "spec": after, "digest": digest }),
    };
    let first = Stage {
        workspace: workspace.clone(),
        name: spec.name.clone(),
        number: 0,
        stage: place.stages[0].clone(),
        target: workspace.clone(),
        endpoint: spec.endpoint.clone(),
        deployment: spec.deployment.clone(),
        previous: None,
        state: LIVE.into(),
        step: 0,
        promoter: who(ctx),
        reason: None,
        evidence: "[]".into(),
        created_at: now,
        updated_at: now,
    };
    let id = app.clock.ulid();
    let who = who(ctx);
    let row = ctx
        .change(change, move |tx| {
            Box::pin(async move {
                let newest = release::newest(tx, &draft.workspace, &draft.name).await?;
                let number = newest.map_or(1, |row| row.number + 1);
                let row = Release { number, ..draft };
                release::add(tx, row.clone()).await?;
                let stage = Stage { number, ..first };
                for old in release_stage::behind(tx, &stage.target, &stage.endpoint, &[LIVE]).await? {
                    let state = SUPERSEDED.to_owned();
                    release_stage::put(
                        tx,
                        Stage {
                            state,
                            updated_at: now,
                            ..old
                        },
                    )
                    .await?;
                }
                release_stage::put(tx, stage.clone()).await?;
                let detail = json!({ "deployment": stage.deployment, "digest": row.digest });
                release_event::add(tx, event(id, now, &who, &stage, "created", &detail)).await?;
                Ok(row)
            })
        })
        .await?;
    shown(app, row).await
}

/// Whether a release may be made in this workspace at all.
pub(crate) async fn check_place(app: &App, workspace: &str, spec: &kinds::Release) -> Result<()> {
    Place::of(app, workspace).await?.check(spec)
}

/// The hash of what each instance runs.
pub(crate) fn digest(instance: &InstancePlan) -> String {
    blake3::hash(to_json(instance).as_bytes()).to_hex().to_string()
}

/// What a deployment runs, with its model among the trees, where every workspace finds it.
async fn carry(
    ctx: &OpContext,
    workspace: &str,
    row: &online_deployment::OnlineDeployment,
) -> Result<Carried> {
    let mut plan = online_deployment::plan_of(row)?;
    if let Some(model) = &mut plan.instance.model
        && let PlannedInput::Data { source, .. } = &mut model.input
        && !matches!(source, Source::Tree { .. })
    {
        *source = content::copy_to_tree(ctx, workspace, source, &tidemill_objects::Silent).await?;
    }
    plan.instance.restarts = 0;
    let spec: Value = from_json("online_deployment", "spec", &row.spec)?;
    Ok(Carried {
        spec,
        plan,
        from: row.name.clone(),
    })
}

/// One number of a release; the newest where none is given.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str, number: Option<i64>) -> Result<Shown> {
    ctx.authorize(action::RELEASE_READ, &scope(workspace, name))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let row = find(ctx.app(), workspace, name, number).await?;
    shown(ctx.app(), row).await
}

/// Releases of a workspace, newest first; all numbers of one name where it is given.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, name: Option<&str>) -> Result<Vec<Shown>> {
    const MOST: u64 = 200;
    ctx.authorize(action::RELEASE_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let app = ctx.app();
    let mut all = Vec::new();
    for row in release::list(app.store.read(), workspace, name, MOST).await? {
        all.push(shown(app, row).await?);
    }
    Ok(all)
}

/// What happened to releases in a workspace, and when it was changed without one, newest first; up to a moment where it is given.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn history(ctx: &OpContext, target: &str, until: Option<i64>) -> Result<Vec<Event>> {
    const MOST: u64 = 500;
    ctx.authorize(action::RELEASE_READ, &Scope::workspace(target))
        .await?;
    let target = crate::workspace::get(ctx, target).await?.name;
    let db = ctx.app().store.read();
    let mut all = release_event::in_target(db, &target, until, MOST).await?;
    let broken = break_glass_event::of(db, &target, until, MOST).await?;
    all.extend(broken.into_iter().map(break_glass::as_history));
    all.sort_by(|one, other| other.id.cmp(&one.id));
    all.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    Ok(all)
}

pub(crate) async fn find(app: &App, workspace: &str, name: &str, number: Option<i64>) -> Result<Release> {
    let db = app.store.read();
    let found = match number {
        Some(number) => release::get(db, workspace, name, number).await?,
        None => release::newest(db, workspace, name).await?,
    };
    let shown = number.map_or_else(|| name.to_owned(), |number| format!("{name}:{number}"));
    found.ok_or_else(|| {
        Error::not_found("release", &shown).hint("`tidemill release list` shows what there is")
    })
}

pub(crate) async fn shown(app: &App, row: Release) -> Result<Shown> {
    let db = app.store.read();
    let place = Place::of(app, &row.workspace).await?;
    let there = release_stage::of(db, &row.workspace, &row.name, row.number).await?;
    let stages = place
        .stages
        .iter()
        .map(|stage| {
            (
                stage.clone(),
                there.iter().find(|one| one.stage == *stage).cloned(),
            )
        })
        .collect();
    let share = |one: &Stage| {
        let route = app.gateway.route(&one.target, &one.endpoint)?;
        Some((one.stage.clone(), route.share(&one.deployment)?))
    };
    let shares = there.iter().filter_map(share).collect();
    let events = release_event::of(db, &row.workspace, &row.name, row.number).await?;
    Ok(Shown {
        row,
        stages,
        shares,
        events,
    })
}

/// The specification, as it was written.
pub(crate) fn spec_of(row: &Release) -> Result<kinds::Release> {
    Ok(from_json("release", "spec", &row.spec)?)
}

/// What it carries.
pub(crate) fn carried(row: &Release) -> Result<Carried> {
    Ok(from_json("release", "plan", &row.plan)?)
}

/// Who asks, as gates name them.
fn who(ctx: &OpContext) -> String {
    ctx.subject()
        .map_or_else(|| ctx.principal().to_string(), |subject| subject.to_string())
}

/// An event of a release in a stage.
pub(crate) fn event(id: String, at: i64, who: &str, stage: &Stage, kind: &str, detail: &Value) -> Event {
    Event {
        id,
        workspace: stage.workspace.clone(),
        name: stage.name.clone(),
        number: stage.number,
        stage: stage.stage.clone(),
        target: stage.target.clone(),
        at,
        who: who.to_owned(),
        kind: kind.to_owned(),
        detail: detail.to_string(),
    }
}

/// Writes a stage with the event that led to it.
pub(crate) async fn write(tx: &DatabaseTransaction, stage: Stage, event: Event) -> Result<()> {
    release_stage::put(tx, stage).await?;
    Ok(release_event::add(tx, event).await?)
}

/// The group of a workspace, with its stages and their workspaces.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The group's name.
    pub(crate) group: String,
    /// Its stages, in order.
    pub(crate) stages: Vec<String>,
    /// What the group says of releases.
    pub(crate) spec: kinds::Group,
    /// The stage of the workspace.
    own: Option<String>,
    workspace: String,
    /// The workspaces of each stage.
    of_stage: IndexMap<String, Vec<String>>,
}

impl Place {
    /// Of the group of a workspace.
    pub(crate) async fn of(app: &App, workspace: &str) -> Result<Self> {
        let db = app.store.read();
        let row = workspace_row::get(db, workspace).await?;
        let row = row.ok_or_else(|| Error::not_found("workspace", workspace))?;
        let group = group::get(db, &row.group_name).await?;
        let group = group.ok_or_else(|| Error::not_found("group", &row.group_name))?;
        let mut spec: Value = from_json("group", "spec", &group.spec)?;
        spec["name"] = group.name.clone().into();
        let spec: kinds::Group = serde_json::from_value(spec).map_err(Error::internal)?;
        let stages = match spec.stages.is_empty() {
            true => crate::group::STAGES.map(str::to_owned).to_vec(),
            false => spec.stages.clone(),
        };
        let mut of_stage: IndexMap<String, Vec<String>> = IndexMap::new();
        let mut own = None;
        for other in workspace_row::all(db).await? {
            if other.group_name != group.name {
                continue;
            }
            let spec: Value = from_json("workspace", "spec", &other.spec)?;
            let Some(stage) = spec.get("stage").and_then(Value::as_str) else {
                continue;
            };
            if other.name == row.name {
                own = Some(stage.to_owned());
            }
            of_stage.entry(stage.to_owned()).or_default().push(other.name);
        }
        Ok(Self {
            group: group.name,
            stages,
            spec,
            own,
            workspace: row.name,
            of_stage,
        })
    }

    /// All workspaces of the group that are of a stage.
    fn workspaces(&self) -> Vec<String> {
        self.of_stage.values().flatten().cloned().collect()
    }

    /// Whether the workspace is of the last stage of several: then only releases change what answers in it.
    pub(crate) fn is_last(&self) -> bool {
        self.stages.len() > 1 && self.own.is_some() && self.own.as_ref() == self.stages.last()
    }

    /// A release is made in the first stage, and names stages that there are.
    fn check(&self, spec: &kinds::Release) -> Result<()> {
        let first = &self.stages[0];
        if self.own.as_ref() != Some(first) {
            let own = self
                .own
                .as_deref()
                .map_or_else(|| "has no stage".to_owned(), |own| format!("is of stage {own}"));
            return Err(Error::invalid(format!(
                "failed to release from workspace `{}`: it {own}, and a release is made in {first}",
                self.workspace
            ))
            .hint(format!(
                "set the stage with `tidemill workspace update --name {} --set stage={first}`, or deploy to a workspace of {first}",
                self.workspace
            )));
        }
        for stage in spec.gates.keys().chain(spec.targets.keys()) {
            if !self.stages.contains(stage) {
                return Err(Error::invalid(format!(
                    "failed to read the release: group `{}` has no stage {stage}",
                    self.group
                ))
                .hint(format!("it has: {}", self.stages.join(", "))));
            }
        }
        Ok(())
    }

    /// The workspace of a stage.
    pub(crate) fn target(&self, spec: &kinds::Release, stage: &str) -> Result<String> {
        let there = self.of_stage.get(stage).map(Vec::as_slice).unwrap_or_default();
        let of_group = format!("group `{}`", self.group);
        match (spec.targets.get(stage), there) {
            (Some(named), _) if there.contains(named) => Ok(named.clone()),
            (Some(named), _) => Err(Error::invalid(format!(
                "failed to bring the release into {stage}: workspace `{named}` is not of that stage in {of_group}"
            ))
            .hint(format!("there are: {}", there.join(", ")))),
            (None, [one]) => Ok(one.clone()),
            (None, []) => Err(Error::invalid(format!(
                "failed to bring the release into {stage}: {of_group} has no workspace of that stage"
            ))
            .hint("make one with `stage:` set")),
            (None, several) => Err(Error::invalid(format!(
                "failed to bring the release into {stage}: {of_group} has several workspaces of that stage"
            ))
            .hint(format!("write one of {} into `targets`", several.join(", ")))),
        }
    }
}

/// Refuses what would change what answers in a workspace of the last stage: that is what releases are for. Somebody who has broken its
/// glass is let through, and it is told to everybody.
///
/// # Errors
/// Forbidden, with the way that there is.
pub(crate) async fn only_by_release(ctx: &OpContext, workspace: &str, scope: &Scope) -> Result<()> {
    if *ctx.principal() == crate::Principal::System {
        return Ok(());
    }
    let place = Place::of(ctx.app(), workspace).await?;
    if !place.is_last() {
        return Ok(());
    }
    let stage = place.own.unwrap_or_default();
    if break_glass::covers(ctx, workspace, &stage, scope).await? {
        return Ok(());
    }
    let why = format!("workspace `{workspace}` is of stage {stage}, which only releases change");
    ctx.refused(action::ENDPOINT_WRITE, scope, &why).await?;
    Err(Error::forbidden(format!("failed to change what answers at `{scope}`: {why}"))
        .hint(
            "deploy to the first stage, then `tidemill release create` and `tidemill release promote`; in an emergency two people open \
             it for a time with `tidemill release break-glass open`",
        ))
}
