//! Plans: made of what is wanted and what is there, kept with the state that they were made against, and shown.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_api::infra::{
    InfraCounts, InfraField, InfraGate, InfraNote, InfraPlan, InfraRequest, InfraStep, InfraTest,
};
use tidemill_plan::infra::{
    self as pure, Action, Actual, Address, FieldChange, Managed, PlanError, Seen, Step, digest,
};
use tidemill_store::infra::{plan as plan_row, resource, step as step_row};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{from_json, to_json};

use tidemill_spec::kinds::RolloutTest;

use super::gate::{self, Touch};
use super::kind::Kind;
use super::wanted::{Wanted, read};
use super::{actual, loss, rights, scope, test};
use crate::context::Change;
use crate::{App, Error, OpContext, Result, Scope, action, name};

/// The most resources of a plan.
const MOST: usize = 5_000;
/// How long a plan that nobody applies can be applied: a week.
const KEPT_MS: i64 = 7 * 24 * 3_600_000;

/// What is kept of a plan; secrets are masked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Body {
    /// What happens, in order.
    pub(super) steps: Vec<Step>,
    /// The state that it was made against.
    pub(super) seen: Vec<Seen>,
    /// What each step would lose, by its place.
    pub(super) loses: Vec<Vec<String>>,
    /// Where each step is written, by its place.
    sources: Vec<Option<(String, u32)>>,
    /// Why it can't be applied.
    pub(super) blocked: Vec<String>,
    /// Stages that it touches.
    pub(super) stages: Vec<String>,
    /// The stages whose gates must be passed, with their groups.
    #[serde(default)]
    pub(super) touches: Vec<Touch>,
    /// The stages that it holds anything of, changed or not.
    #[serde(default)]
    pub(super) covers: Vec<Touch>,
    /// What must hold after it was applied.
    #[serde(default)]
    pub(super) tests: Vec<RolloutTest>,
    /// Names the files that it was read from.
    #[serde(default)]
    pub(super) source: Option<String>,
    /// What the signed token of its maker claimed; null when there was none.
    #[serde(default)]
    pub(super) signed: Value,
    notes: Vec<InfraNote>,
    #[serde(default)]
    outputs: Value,
}

/// Makes a plan, and keeps it.
///
/// # Errors
/// Invalid for resources that can't be read, need each other, or need what is not there; Conflict for one that another stack
/// manages.
pub async fn create(ctx: &OpContext, request: InfraRequest) -> Result<InfraPlan> {
    ctx.authorize(action::INFRA_PLAN, &scope(&request.stack)).await?;
    let InfraRequest {
        stack,
        resources,
        destroy,
        notes,
        outputs,
        tests,
        source,
    } = request;
    name::check("stack", &stack)?;
    let tests = test::read(tests)?;
    if source.as_ref().is_some_and(|source| source.len() > 200) {
        return Err(Error::invalid(
            "failed to plan: `source` has more than 200 characters",
        ));
    }
    if destroy && !resources.is_empty() {
        return Err(Error::invalid(
            "failed to plan: with `destroy` there are no resources",
        ));
    }
    if resources.len() > MOST {
        return Err(Error::invalid(format!(
            "failed to plan {} resources: a stack has {MOST} at most",
            resources.len()
        ))
        .hint("make several stacks of it"));
    }
    let app = ctx.app();
    let wanted = read(resources)?;
    let managed = managed(app, &stack).await?;
    let addresses: Vec<Address> = wanted
        .iter()
        .map(|one| one.address.clone())
        .chain(managed.iter().map(|one| one.address.clone()))
        .collect();
    let there = look(app, addresses.clone()).await?;
    check_owners(app, &stack, &wanted).await?;
    check_needs(app, &wanted).await?;
    let desired: Vec<_> = wanted.iter().map(|one| one.desired(app)).collect();
    let mut steps = pure::plan(&desired, &there, &managed).map_err(|error| unplanned(error, &wanted))?;
    if destroy {
        for step in steps.iter_mut().filter(|step| step.action == Action::Delete) {
            step.why = "the whole stack goes".into();
        }
    }
    let removed: HashSet<Address> = steps
        .iter()
        .filter(|step| step.action == Action::Delete)
        .map(|step| step.address.clone())
        .collect();
    let mut loses = Vec::new();
    let mut blocked = Vec::new();
    for step in &steps {
        let loss = loss::of(app, step, &removed).await?;
        loses.push(loss.loses);
        blocked.extend(loss.blocked);
        blocked.extend(changed_version(step));
    }
    let sources: HashMap<&Address, &Option<(String, u32)>> =
        wanted.iter().map(|one| (&one.address, &one.source)).collect();
    let seen = seen(&addresses, &there);
    let touches = gate::touches(app, &steps, true).await?;
    let mut stages: Vec<String> = touches.iter().map(|touch| touch.stage.clone()).collect();
    stages.sort();
    stages.dedup();
    let body = Body {
        covers: gate::touches(app, &steps, false).await?,
        touches,
        tests: test::placed(tests, &wanted)?,
        source,
        signed: ctx.signed_claims().clone(),
        sources: steps
            .iter()
            .map(|step| sources.get(&step.address).and_then(|source| (*source).clone()))
            .collect(),
        stages,
        loses,
        blocked,
        notes,
        outputs,
        steps,
        seen,
    };
    keep(ctx, stack, destroy, body, &wanted).await
}

async fn keep(
    ctx: &OpContext,
    stack: String,
    destroys: bool,
    body: Body,
    wanted: &[Wanted],
) -> Result<InfraPlan> {
    let id = ctx.app().clock.ulid();
    let text = serde_json::to_string(wanted).map_err(Error::internal)?;
    let sealed = ctx
        .app()
        .vault
        .seal(crate::workspace::DEFAULT, &sealed_for(&id), &text)
        .await?;
    let row = plan_row::Model {
        id: id.clone(),
        stack: stack.clone(),
        state: "planned".into(),
        destroys,
        digest: digest(&body.seen),
        body: to_json(&body),
        sealed: Some(sealed),
        created_by: ctx.principal().to_string(),
        created_at: ctx.now_ms(),
        applied_by: None,
        started_at: None,
        ended_at: None,
        error: None,
    };
    let change = Change {
        action: action::INFRA_PLAN,
        scope: scope(&stack),
        before: Value::Null,
        after: serde_json::json!({ "plan": id, "digest": row.digest, "counts": counts(&body.steps) }),
    };
    let written = row.clone();
    let too_old = ctx.now_ms() - KEPT_MS;
    ctx.change(change, move |tx| {
        Box::pin(async move {
            plan_row::forget_old_secrets(tx, &written.stack, too_old).await?;
            Ok(plan_row::insert(tx, written).await?)
        })
    })
    .await?;
    let gates = gate::findings(ctx.app(), &row, &body, None).await?;
    let tests = test::shown(ctx.app(), &row, &body).await?;
    Ok(view(ctx, row, body, (Vec::new(), gates, tests), wanted))
}

/// The place for which the resources of a plan are sealed.
fn sealed_for(id: &str) -> String {
    format!("infrastructure/{id}")
}

/// One plan, as it is now.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, id: &str) -> Result<InfraPlan> {
    ctx.authorize(action::INFRA_READ, &Scope::server()).await?;
    shown(ctx, find(ctx.app(), id).await?).await
}

/// Plans, newest first, without their steps being looked at one by one.
///
/// # Errors
/// Forbidden.
pub async fn list(ctx: &OpContext, stack: Option<&str>, page: &PageRequest) -> Result<Page<InfraPlan>> {
    ctx.authorize(action::INFRA_READ, &Scope::server()).await?;
    let rows = plan_row::list(ctx.app().store.read(), stack, page).await?;
    let mut items = Vec::new();
    for row in rows.items {
        items.push(shown(ctx, row).await?);
    }
    Ok(Page {
        items,
        next: rows.next,
    })
}

pub(super) async fn find(app: &App, id: &str) -> Result<plan_row::Model> {
    let row = plan_row::get(app.store.read(), id).await?;
    row.ok_or_else(|| Error::not_found("plan", id).hint("`tidemill infra plan` makes one and shows its id"))
}

/// A plan with how far it is.
pub(super) async fn shown(ctx: &OpContext, row: plan_row::Model) -> Result<InfraPlan> {
    let body = body_of(&row)?;
    let steps = step_row::of(ctx.app().store.read(), &row.id).await?;
    let wanted = opened(ctx.app(), &row).await?.unwrap_or_default();
    let gates = match row.state.as_str() {
        "applied" => Vec::new(),
        _ => gate::findings(ctx.app(), &row, &body, None).await?,
    };
    let tests = test::shown(ctx.app(), &row, &body).await?;
    Ok(view(ctx, row, body, (steps, gates, tests), &wanted))
}

pub(super) fn body_of(row: &plan_row::Model) -> Result<Body> {
    Ok(from_json("infra_plan", "body", &row.body)?)
}

/// The resources of a plan with their secrets, as long as they are kept.
pub(super) async fn opened(app: &App, row: &plan_row::Model) -> Result<Option<Vec<Wanted>>> {
    let Some(sealed) = &row.sealed else {
        return Ok(None);
    };
    let text = app.vault.unseal(&sealed_for(&row.id), sealed).await?;
    Ok(Some(serde_json::from_str(&text).map_err(Error::internal)?))
}

/// What a stack manages.
pub(super) async fn managed(app: &App, stack: &str) -> Result<Vec<Managed>> {
    let rows = resource::of(app.store.read(), stack).await?;
    rows.into_iter().map(|row| managed_of(&row)).collect()
}

pub(super) fn managed_of(row: &resource::Model) -> Result<Managed> {
    Ok(Managed {
        address: Address::new(&row.kind, &row.scope, &row.name),
        applied: from_json("infra_resource", "applied", &row.applied)?,
        needs: from_json("infra_resource", "needs", &row.needs)?,
    })
}

/// What is at these addresses.
pub(super) async fn look(app: &App, addresses: Vec<Address>) -> Result<Vec<Actual>> {
    let mut looked = HashSet::new();
    let mut there = Vec::new();
    for address in addresses {
        if looked.insert(address.clone())
            && let Some(found) = actual::find(app, &address).await?
        {
            there.push(found.actual);
        }
    }
    Ok(there)
}

fn seen(addresses: &[Address], there: &[Actual]) -> Vec<Seen> {
    let found: HashMap<&Address, &Value> = there.iter().map(|one| (&one.address, &one.spec)).collect();
    let mut looked = HashSet::new();
    addresses
        .iter()
        .filter(|address| looked.insert(*address))
        .map(|address| Seen {
            address: address.clone(),
            spec: found.get(address).map(|spec| (*spec).clone()),
        })
        .collect()
}

/// A resource belongs to one stack.
pub(super) async fn check_owners(app: &App, stack: &str, wanted: &[Wanted]) -> Result<()> {
    let rows = resource::all(app.store.read()).await?;
    let owners: HashMap<Address, String> = rows
        .into_iter()
        .filter(|row| row.stack != stack)
        .map(|row| (Address::new(&row.kind, &row.scope, &row.name), row.stack))
        .collect();
    for one in wanted {
        if let Some(owner) = owners.get(&one.address) {
            return Err(Error::conflict(format!(
                "failed to plan: {} belongs to stack `{owner}`{}",
                one.address,
                at(&one.source)
            ))
            .hint(format!(
                "take it out of one of the two; what `{owner}` forgets, `{stack}` may take"
            )));
        }
    }
    Ok(())
}

/// What is needed is wanted too, or is there.
async fn check_needs(app: &App, wanted: &[Wanted]) -> Result<()> {
    let own: HashSet<&Address> = wanted.iter().map(|one| &one.address).collect();
    let mut there: HashMap<&Address, bool> = HashMap::new();
    for one in wanted {
        for need in one.needs.iter().filter(|need| !own.contains(need)) {
            // A policy is looked at only for the order: a workspace may have none.
            if need.kind == Kind::Policy.as_str() {
                continue;
            }
            let found = match there.get(need) {
                Some(found) => *found,
                None => {
                    let found = actual::find(app, need).await?.is_some();
                    there.insert(need, found);
                    found
                }
            };
            if !found {
                return Err(Error::invalid(format!(
                    "failed to plan: {} needs {need}, which is not there and not in the files{}",
                    one.address,
                    at(&one.source)
                ))
                .hint("add it to the files, or make it first"));
            }
        }
    }
    Ok(())
}

fn at(source: &Option<(String, u32)>) -> String {
    match source {
        Some((file, 0)) => format!(" ({file})"),
        Some((file, line)) => format!(" ({file}:{line})"),
        None => String::new(),
    }
}

fn unplanned(error: PlanError, wanted: &[Wanted]) -> Error {
    let addresses: Vec<&Address> = match &error {
        PlanError::Twice(address) => vec![address],
        PlanError::Needed { address, .. } => vec![address.as_ref()],
        PlanError::Cycle(addresses) => addresses.iter().skip(1).collect(),
    };
    let places: Vec<String> = wanted
        .iter()
        .filter(|one| addresses.contains(&&one.address))
        .map(|one| at(&one.source))
        .filter(|place| !place.is_empty())
        .collect();
    Error::invalid(format!("{error}{}", places.concat()))
}

/// The content of a version never changes.
fn changed_version(step: &Step) -> Option<String> {
    let content = |change: &&FieldChange| {
        let top = change.path.split('.').next().unwrap_or_default();
        !["description", "tags"].contains(&top)
    };
    let versioned = step.address.kind == Kind::Environment.as_str() && step.address.name.contains(':');
    let field = step.fields.iter().find(content).filter(|_| versioned)?;
    Some(format!(
        "{} is there with another {}, and a version never changes: give it another version",
        step.address, field.path
    ))
}

pub(super) fn counts(steps: &[Step]) -> InfraCounts {
    let mut counts = InfraCounts::default();
    for step in steps {
        let count = match step.action {
            Action::Create => &mut counts.create,
            Action::Change => &mut counts.change,
            Action::Replace => &mut counts.replace,
            Action::Delete => &mut counts.delete,
            Action::Adopt => &mut counts.adopt,
            Action::Forget => &mut counts.forget,
            Action::Keep => &mut counts.keep,
        };
        *count += 1;
    }
    counts
}

fn view(
    ctx: &OpContext,
    row: plan_row::Model,
    body: Body,
    (rows, gates, tests): (Vec<step_row::Model>, Vec<InfraGate>, Vec<InfraTest>),
    wanted: &[Wanted],
) -> InfraPlan {
    let mut progress: HashMap<usize, step_row::Model> = rows
        .into_iter()
        .filter_map(|row| Some((usize::try_from(row.place).ok()?, row)))
        .collect();
    let open = row.state != "applied";
    let own = row.created_by == ctx.principal().to_string();
    let counts = counts(&body.steps);
    let mut lacking = Vec::new();
    let mut steps = Vec::new();
    let Body {
        steps: planned,
        loses,
        sources,
        blocked,
        stages,
        notes,
        outputs,
        source,
        signed,
        touches: _,
        covers: _,
        tests: _,
        seen: _,
    } = body;
    for (place, ((step, loses), source)) in planned.into_iter().zip(loses).zip(sources).enumerate() {
        let lacks = if open {
            rights::lacking(ctx, &step, wanted)
        } else {
            Vec::new()
        };
        for lack in &lacks {
            if !lacking.contains(lack) {
                lacking.push(lack.clone());
            }
        }
        let sees = rights::may_see(ctx, &step.address, wanted);
        steps.push(step_view(
            step,
            loses,
            lacks,
            source,
            progress.remove(&place),
            (sees, own),
        ));
    }
    let interrupted = row.state == "applying" && !ctx.app().infra.is_running(&row.id);
    InfraPlan {
        state: if interrupted {
            "interrupted".into()
        } else {
            row.state
        },
        id: row.id,
        stack: row.stack,
        destroys: row.destroys,
        digest: row.digest,
        has_changes: steps.iter().any(|step| step.action != "keep"),
        counts,
        steps,
        stages,
        lacking,
        blocked: if open { blocked } else { Vec::new() },
        notes,
        outputs,
        gates,
        tests,
        source,
        branch: crate::oidc::claim::text(&signed["claims"], "ref"),
        commit: gate::commit(&signed),
        created_by: row.created_by,
        created_at: row.created_at,
        applied_by: row.applied_by,
        started_at: row.started_at,
        ended_at: row.ended_at,
        error: row.error,
    }
}

fn step_view(
    step: Step,
    loses: Vec<String>,
    lacking: Vec<String>,
    source: Option<(String, u32)>,
    row: Option<step_row::Model>,
    (sees, own): (bool, bool),
) -> InfraStep {
    let Step {
        address,
        action,
        why,
        fields,
        before,
        after,
        waits_for,
        needs: _,
    } = step;
    let (file, line) = source.map_or((None, None), |(file, line)| (Some(file), Some(line)));
    InfraStep {
        address: address.to_string(),
        action: word(action).to_owned(),
        why,
        fields: if sees {
            fields.into_iter().map(field).collect()
        } else {
            Vec::new()
        },
        before: before.filter(|_| sees),
        // Whoever wrote it knows what it is to be.
        after: after.filter(|_| sees || own),
        waits_for,
        loses: if sees { loses } else { Vec::new() },
        lacking,
        file,
        line,
        state: row.as_ref().map(|row| row.state.clone()),
        error: row.and_then(|row| row.error),
        kind: address.kind,
        scope: address.scope,
        name: address.name,
    }
}

pub(super) fn field(change: FieldChange) -> InfraField {
    InfraField {
        path: change.path,
        before: change.before.unwrap_or_default(),
        after: change.after.unwrap_or_default(),
    }
}

pub(super) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Change => "change",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Forget => "forget",
        Action::Keep => "keep",
    }
}
