//! Published pipelines: a pipeline under a name, version by version, invoked by that name.

mod candidate;

pub use candidate::Candidate;
pub(crate) use candidate::{DEPLOYING, FAILED, RELEASED, TRAINING, deploy, open, tidy, watch, write};

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_policy::Action;
use tidemill_spec::kinds::{self, Input, Job, Spec};
use tidemill_store::{candidate as candidate_row, from_json, published_pipeline, to_json};

use crate::context::Change;
use crate::job::{Job as JobRow, Submission};
use crate::{App, Error, OpContext, Result, Scope, action, name};

/// A version as it is kept.
pub type Row = published_pipeline::Model;

/// A published pipeline with its versions and what became of the models that it made.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The versions, newest first.
    pub versions: Vec<Row>,
    /// What its runs made, newest first.
    pub candidates: Vec<Candidate>,
}

/// So many candidates are shown.
const SHOWN_CANDIDATES: u64 = 50;

pub(crate) fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "pipelines", name)
}

/// Publishes a pipeline: under the next version of its name, which is the default one from then on.
///
/// # Errors
/// Invalid with the field; what the pipeline would be refused for as a job; Forbidden for a job and a limited token.
pub async fn publish(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    mut spec: kinds::PublishedPipeline,
) -> Result<Shown> {
    let scope = scope(workspace, given);
    ctx.authorize(action::PIPELINE_PUBLISH, &scope).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    name::check("published pipeline", given)?;
    spec.name = given.to_owned();
    spec.job.name = None;
    crate::spec::check(&Spec::PublishedPipeline(Box::new(spec.clone())))?;
    let Some(publisher) = ctx.subject().filter(|_| ctx.limits().is_none()) else {
        let why = "what a published pipeline makes is released as who published it, which neither a job nor a limited token may arrange";
        ctx.refused(action::PIPELINE_PUBLISH, &scope, why).await?;
        return Err(Error::forbidden(format!(
            "failed to publish pipeline `{given}`: {why}"
        )));
    };
    let submission = submission(&spec, given, 0, &IndexMap::new(), []);
    crate::job::validate(ctx, workspace, given, &submission).await?;
    if let Some(candidate) = &spec.candidate {
        candidate::check(ctx, workspace, candidate).await?;
    }
    let after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let row = Row {
        workspace: workspace.clone(),
        name: given.to_owned(),
        version: 0,
        spec: to_json(&after),
        publisher: publisher.to_string(),
        is_default: true,
        created_at: ctx.now_ms(),
    };
    change(
        ctx,
        action::PIPELINE_PUBLISH,
        scope,
        Value::Null,
        after,
        move |tx| {
            Box::pin(async move {
                let newest = published_pipeline::of(tx, &row.workspace, &row.name).await?;
                let version = newest.first().map_or(1, |newest| newest.version + 1);
                Ok(published_pipeline::add(tx, Row { version, ..row }).await?)
            })
        },
    )
    .await?;
    shown(ctx.app(), workspace, given).await
}

async fn change<F>(
    ctx: &OpContext,
    action: Action,
    scope: Scope,
    before: Value,
    after: Value,
    work: F,
) -> Result<()>
where
    F: for<'t> FnOnce(&'t tidemill_store::DatabaseTransaction) -> crate::context::Work<'t, ()>
        + Send
        + 'static,
{
    let change = Change {
        action,
        scope,
        before,
        after,
    };
    ctx.change(change, work).await
}

/// A published pipeline.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Shown> {
    ctx.authorize(action::PIPELINE_READ, &scope(workspace, name))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    shown(ctx.app(), workspace, name).await
}

/// Published pipelines by name.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str) -> Result<Vec<Shown>> {
    ctx.authorize(action::PIPELINE_READ, &Scope::workspace(workspace))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let mut all = Vec::new();
    for row in published_pipeline::defaults(ctx.app().store.read(), workspace).await? {
        all.push(shown(ctx.app(), workspace, &row.name).await?);
    }
    Ok(all)
}

async fn shown(app: &App, workspace: &str, name: &str) -> Result<Shown> {
    Ok(Shown {
        versions: versions(app, workspace, name).await?,
        candidates: candidate_row::of(app.store.read(), workspace, name, SHOWN_CANDIDATES).await?,
    })
}

/// All versions, newest first, or the error that lists what there is.
async fn versions(app: &App, workspace: &str, name: &str) -> Result<Vec<Row>> {
    let db = app.store.read();
    let found = published_pipeline::of(db, workspace, name).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let there = published_pipeline::defaults(db, workspace).await?;
    let names: Vec<_> = there.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("published pipeline", name).hint(match names.is_empty() {
        true => format!("workspace `{workspace}` has none: publish one with `tidemill pipeline publish -f published.yml`"),
        false => format!("workspace `{workspace}` has: {}", names.join(", ")),
    }))
}

/// One version: the default one where none is named.
pub(crate) async fn find(app: &App, workspace: &str, name: &str, version: Option<i64>) -> Result<Row> {
    let all = versions(app, workspace, name).await?;
    let newest = all.first().map(|row| row.version).unwrap_or_default();
    let found = all.into_iter().find(|row| match version {
        Some(version) => row.version == version,
        None => row.is_default,
    });
    found.ok_or_else(|| {
        let shown = version.map_or_else(|| name.to_owned(), |version| format!("{name}:{version}"));
        Error::not_found("published pipeline", &shown)
            .hint(format!("the newest version of `{name}` is {newest}"))
    })
}

/// Makes a version the one that is meant when none is named.
///
/// # Errors
/// NotFound.
pub async fn set_default(ctx: &OpContext, workspace: &str, name: &str, version: i64) -> Result<Shown> {
    let scope = scope(workspace, name);
    ctx.authorize(action::PIPELINE_PUBLISH, &scope).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let before = find(ctx.app(), workspace, name, None).await?;
    let row = find(ctx.app(), workspace, name, Some(version)).await?;
    let (before, after) = (
        json!({ "default_version": before.version }),
        json!({ "default_version": version }),
    );
    change(ctx, action::PIPELINE_PUBLISH, scope, before, after, move |tx| {
        Box::pin(async move {
            Ok(published_pipeline::set_default(tx, &row.workspace, &row.name, row.version).await?)
        })
    })
    .await?;
    shown(ctx.app(), workspace, name).await
}

/// Removes a published pipeline with all its versions; its runs stay, and a schedule that invokes it fails from then on.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let scope = scope(workspace, name);
    ctx.authorize(action::PIPELINE_DELETE, &scope).await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    let row = find(ctx.app(), &workspace, name, None).await?;
    let before = json!({ "version": row.version, "publisher": row.publisher });
    change(
        ctx,
        action::PIPELINE_DELETE,
        scope,
        before,
        Value::Null,
        move |tx| {
            Box::pin(async move { Ok(published_pipeline::delete(tx, &row.workspace, &row.name).await?) })
        },
    )
    .await
}

/// What a run of a published pipeline is asked for.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The version; the default one where none is named.
    pub version: Option<i64>,
    /// Inputs in place of those that it has.
    pub inputs: IndexMap<String, Input>,
    /// The name of the job; one is made up where none is given.
    pub job: Option<String>,
    /// Facts about why.
    pub properties: IndexMap<String, String>,
}

/// Runs a published pipeline, as the one who asks.
///
/// # Errors
/// NotFound; Invalid for inputs that it has not; what the job is refused for.
pub async fn invoke(ctx: &OpContext, workspace: &str, name: &str, call: Call) -> Result<JobRow> {
    ctx.authorize(action::PIPELINE_INVOKE, &scope(workspace, name))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let row = find(ctx.app(), workspace, name, call.version).await?;
    let spec = spec_of(&row)?;
    if let Some(unknown) = call
        .inputs
        .keys()
        .find(|input| !spec.job.inputs.contains_key(*input) && spec.job.component.is_none())
    {
        let known: Vec<_> = spec.job.inputs.keys().map(String::as_str).collect();
        return Err(Error::invalid(format!(
            "failed to run pipeline `{name}`: it has no input `{unknown}`"
        ))
        .hint(match known.is_empty() {
            true => "it has no inputs".to_owned(),
            false => format!("it has: {}", known.join(", ")),
        }));
    }
    let job = call
        .job
        .unwrap_or_else(|| format!("{name}-{}", ctx.app().clock.ulid().to_ascii_lowercase()));
    let submission = submission(&spec, name, row.version, &call.inputs, call.properties);
    // Written down first: a run whose model nobody looks for would be lost.
    if spec.candidate.is_some() {
        watch(ctx.app(), &row, &spec, &job).await?;
    }
    let submitted = crate::job::submit(ctx, workspace, &job, submission).await;
    if let (Err(error), true) = (&submitted, spec.candidate.is_some()) {
        candidate::give_up(ctx.app(), workspace, &job, &error.message).await?;
    }
    submitted
}

fn submission(
    spec: &kinds::PublishedPipeline,
    name: &str,
    version: i64,
    inputs: &IndexMap<String, Input>,
    properties: impl IntoIterator<Item = (String, String)>,
) -> Submission {
    let mut job = spec.job.clone();
    job.name = None;
    job.inputs.extend(inputs.clone());
    job.display_name = job.display_name.or_else(|| Some(name.to_owned()));
    let published = ("tidemill.pipeline".to_owned(), format!("{name}:{version}"));
    Submission {
        spec: Job::Pipeline(Box::new(job)),
        environment_policy: None,
        properties: properties.into_iter().chain([published]).collect(),
        rerun_from: None,
    }
}

/// What a version says.
pub(crate) fn spec_of(row: &Row) -> Result<kinds::PublishedPipeline> {
    Ok(from_json("published_pipeline", "spec", &row.spec)?)
}
