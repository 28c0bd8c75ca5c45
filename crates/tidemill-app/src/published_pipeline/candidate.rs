//! A candidate: the model that a run of a published pipeline makes. It is deployed in the first stage and a release of it is opened there,
//! as who published the pipeline; further it goes only as any release does. Each step is written before the next, and may be done again.

use std::sync::Arc;

use serde_json::json;
use tidemill_api::endpoint::LOCAL_NAME;
use tidemill_api::runner::Source;
use tidemill_policy::Subject;
use tidemill_spec::kinds::{self, DeploymentModel, InlineModel, ModelType};
use tidemill_store::{candidate, event, release as release_row};

use super::{Row, scope, spec_of};
use crate::job::{Job, outputs_of};
use crate::schedule::acting;
use crate::{App, Error, OpContext, Result, action, content, online_deployment, release, resolve};

/// A candidate as it is kept.
pub type Candidate = candidate::Model;

/// Its run goes on.
pub(crate) const TRAINING: &str = "Training";
/// Its deployment comes up in the first stage.
pub(crate) const DEPLOYING: &str = "Deploying";
/// Its release is open.
pub(crate) const RELEASED: &str = "Released";
/// It came to nothing.
pub(crate) const FAILED: &str = "Failed";

/// What would be refused when a model is there is refused now: who publishes must be able to deploy and release in the first stage.
pub(super) async fn check(ctx: &OpContext, workspace: &str, wanted: &kinds::Candidate) -> Result<()> {
    let target = wanted.workspace.as_deref().unwrap_or(workspace);
    let target = &crate::workspace::get(ctx, target).await?.name;
    ctx.authorize(
        action::ENDPOINT_WRITE,
        &crate::Scope::resource(target, "endpoints", &wanted.deployment.endpoint_name),
    )
    .await?;
    ctx.authorize(
        action::RELEASE_WRITE,
        &release::scope(target, &wanted.release.name),
    )
    .await?;
    release::check_place(ctx.app(), target, &wanted.release).await?;
    crate::online_endpoint::find(ctx.app(), target, &wanted.deployment.endpoint_name).await?;
    Ok(())
}

/// Writes down that the model of a run is to be looked for.
pub(crate) async fn watch(
    app: &Arc<App>,
    row: &Row,
    spec: &kinds::PublishedPipeline,
    job: &str,
) -> Result<()> {
    let Some(wanted) = &spec.candidate else {
        return Ok(());
    };
    let now = app.clock.now_ms();
    let id = app.clock.ulid().to_ascii_lowercase();
    let start = id.len().saturating_sub(12);
    let new = Candidate {
        workspace: row.workspace.clone(),
        job: job.to_owned(),
        pipeline: row.name.clone(),
        version: row.version,
        target: wanted.workspace.clone().unwrap_or_else(|| row.workspace.clone()),
        endpoint: wanted.deployment.endpoint_name.clone(),
        // A deployment of its own: what a release carries is taken from it.
        deployment: format!("c-{}", &id[start..]),
        model: None,
        release: None,
        state: TRAINING.into(),
        reason: None,
        created_at: now,
        updated_at: now,
    };
    write(app, new, "training").await?;
    app.candidates.look();
    Ok(())
}

/// Ends a candidate whose run was never submitted.
pub(super) async fn give_up(app: &Arc<App>, workspace: &str, job: &str, why: &str) -> Result<()> {
    for one in candidate::open(app.store.read()).await? {
        if one.workspace == workspace && one.job == job {
            let failed = Candidate {
                state: FAILED.into(),
                reason: Some(why.to_owned()),
                updated_at: app.clock.now_ms(),
                ..one
            };
            write(app, failed, "failed").await?;
        }
    }
    Ok(())
}

/// Writes a candidate with the event of it.
pub(crate) async fn write(app: &Arc<App>, row: Candidate, what: &str) -> Result<()> {
    let told = event::Model {
        id: app.clock.ulid(),
        at: row.updated_at,
        workspace: Some(row.workspace.clone()),
        kind: format!("candidate/{what}"),
        subject: scope(&row.workspace, &row.pipeline).to_string(),
        detail: json!({ "job": row.job, "model": row.model, "release": row.release, "reason": row.reason })
            .to_string(),
    };
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                candidate::put(tx, row).await?;
                Ok(event::append(tx, told).await?)
            })
        })
        .await
}

/// Deploys the model of a run that has completed; gives the name of the model.
pub(crate) async fn deploy(app: &Arc<App>, row: &Candidate, job: &Job) -> Result<String> {
    let (publisher, wanted) = publisher(app, row).await?;
    let outputs = outputs_of(job);
    let made = outputs.get(&wanted.output).ok_or_else(|| {
        Error::invalid(format!(
            "failed to release what `{}` made: it has no output `{}`",
            row.job, wanted.output
        ))
        .hint(format!(
            "it has: {}",
            outputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        ))
    })?;
    let asset = made
        .asset
        .as_deref()
        .and_then(|asset| asset.strip_prefix("models/"))
        .and_then(|asset| asset.split_once('/'));
    let model = match asset {
        Some((name, version)) => format!("azureml:{name}:{version}"),
        None => made.uri.clone(),
    };
    let place = match (asset, row.target == row.workspace) {
        (Some(_), true) => DeploymentModel::Reference(
            model
                .parse()
                .map_err(|error| Error::invalid(format!("{error}")))?,
        ),
        _ => {
            // The bytes go among the trees, where every workspace finds them.
            let path = model
                .parse()
                .map_err(|error| Error::invalid(format!("{error}")))?;
            let found = resolve::data(&publisher, &row.workspace, &path, Some(&made.r#type)).await?;
            let source = content::copy_to_tree(
                &publisher,
                &row.workspace,
                &found.source,
                &tidemill_objects::Silent,
            )
            .await?;
            let Source::Tree { tree, path } = source else {
                return Err(Error::internal("a copy among the trees is no tree"));
            };
            let uri = match path.as_str() {
                "" => format!("tidemill://trees/{tree}"),
                path => format!("tidemill://trees/{tree}/{path}"),
            };
            DeploymentModel::Inline(Box::new(InlineModel {
                path: Some(uri.parse().map_err(|error| Error::invalid(format!("{error}")))?),
                model_type: Some(match made.r#type.as_str() {
                    "mlflow_model" => ModelType::MlflowModel,
                    "triton_model" => ModelType::TritonModel,
                    _ => ModelType::CustomModel,
                }),
                properties: [(LOCAL_NAME.to_owned(), json!(wanted.output))]
                    .into_iter()
                    .collect(),
                ..InlineModel::default()
            }))
        }
    };
    let mut spec = *wanted.deployment;
    spec.name = row.deployment.clone();
    spec.model = Some(place);
    spec.tags.insert(
        "tidemill.candidate".into(),
        format!("{}/{}", row.workspace, row.job),
    );
    online_deployment::put(
        &publisher,
        &row.target,
        &row.endpoint,
        &row.deployment,
        spec,
        false,
        None,
    )
    .await?;
    Ok(model)
}

/// Opens the release of a candidate that is up, once; gives its name and number.
pub(crate) async fn open(app: &Arc<App>, row: &Candidate) -> Result<String> {
    let (publisher, wanted) = publisher(app, row).await?;
    let mut spec = *wanted.release;
    spec.deployment = row.deployment.clone();
    let name = spec.name.clone();
    for there in release_row::list(app.store.read(), &row.target, Some(&name), 20).await? {
        // A server that was killed after that it was opened.
        if release::spec_of(&there)?.deployment == row.deployment {
            return Ok(format!("{name}:{}", there.number));
        }
    }
    let made = release::create(&publisher, &row.target, spec).await?;
    Ok(format!("{name}:{}", made.row.number))
}

/// Who published the pipeline, with their rights as they are now, and what they want of its models.
async fn publisher(app: &Arc<App>, row: &Candidate) -> Result<(OpContext, kinds::Candidate)> {
    let published = super::find(app, &row.workspace, &row.pipeline, Some(row.version)).await?;
    let subject = Subject::parse(&published.publisher)
        .ok_or_else(|| Error::internal(format!("nobody is {}", published.publisher)))?;
    if !app.access.current().active.contains(&subject) {
        return Err(Error::forbidden(format!(
            "failed to release what `{}` made: {subject}, who published it, is no more",
            row.job
        ))
        .hint("publish the pipeline again"));
    }
    let wanted = spec_of(&published)?
        .candidate
        .ok_or_else(|| Error::internal("a version without candidates has one"))?;
    Ok((acting(app, &subject)?, wanted))
}

/// Removes deployments of earlier candidates of the pipeline from the first stage: a release carries all that it needs itself.
pub(crate) async fn tidy(app: &Arc<App>, newest: &Candidate) -> Result<()> {
    for old in candidate::of(app.store.read(), &newest.workspace, &newest.pipeline, 20).await? {
        let is_old = old.job != newest.job
            && matches!(old.state.as_str(), RELEASED | FAILED)
            && old.created_at <= newest.created_at;
        let there = tidemill_store::online_deployment::get(
            app.store.read(),
            &old.target,
            &old.endpoint,
            &old.deployment,
        )
        .await?;
        if is_old && there.is_some() {
            let behind = crate::online_endpoint::find(app, &old.target, &old.endpoint).await?;
            // One that somebody has given requests is theirs.
            if !crate::online_endpoint::spec_of(&behind)?
                .traffic
                .contains_key(&old.deployment)
            {
                online_deployment::take_down(app, &old.target, &old.endpoint, &old.deployment).await?;
            }
        }
    }
    Ok(())
}
