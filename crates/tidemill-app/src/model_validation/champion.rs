//! The model that a validation holds a version against: what stands under an alias, a version, or what answers in a stage.

use tidemill_spec::refs::DataPath;
use tidemill_store::{release, release_stage};

use super::{is_absent, label, named, plan};
use crate::job::PlannedInput;
use crate::release::{LIVE, Place, carried};
use crate::{Error, OpContext, Result};

/// The champion; none where there is none yet.
///
/// # Errors
/// NotFound for a version that is not there, Invalid for what names none.
pub(super) async fn find(
    ctx: &OpContext,
    workspace: &str,
    model: &str,
    wanted: Option<&str>,
) -> Result<Option<plan::Model>> {
    let Some(wanted) = wanted else { return Ok(None) };
    if let Some(stage) = wanted.strip_prefix("stage:") {
        return in_stage(ctx, workspace, model, stage).await;
    }
    let reference = named(wanted, "the champion")?;
    let path = DataPath::Asset(reference.clone());
    match crate::resolve::data(ctx, workspace, &path, Some("custom_model")).await {
        Ok(found) => {
            let asset = found.asset.clone().unwrap_or_default();
            match asset.split('/').collect::<Vec<_>>().as_slice() {
                ["models", name, version] => {
                    let version = version.parse().map_err(Error::internal)?;
                    Ok(Some(plan::model(ctx, workspace, name, version).await?))
                }
                _ => Err(Error::invalid(format!(
                    "failed to use the champion `{wanted}`: it is no model"
                ))),
            }
        }
        // Nobody has that title yet.
        Err(error) if is_absent(&error) && label(&reference).is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The version of the model that a release brought into a stage of the group, where one answers there.
async fn in_stage(ctx: &OpContext, workspace: &str, model: &str, stage: &str) -> Result<Option<plan::Model>> {
    let app = ctx.app();
    let place = Place::of(app, workspace).await?;
    if !place.stages.iter().any(|one| one == stage) {
        return Err(Error::invalid(format!(
            "failed to find the champion: group `{}` has no stage {stage}",
            place.group
        ))
        .hint(format!("it has: {}", place.stages.join(", "))));
    }
    let db = app.store.read();
    for there in release_stage::in_states(db, &[LIVE]).await? {
        if there.stage != stage || Place::of(app, &there.workspace).await?.group != place.group {
            continue;
        }
        let Some(row) = release::get(db, &there.workspace, &there.name, there.number).await? else {
            continue;
        };
        let Some(carried) = carried(&row)?.plan.instance.model else {
            continue;
        };
        let shown = carried.shown().to_owned();
        let PlannedInput::Data { source, .. } = &carried.input else {
            continue;
        };
        if let Some(version) = shown.strip_prefix(&format!("models/{model}/")) {
            let shown = format!("{model}:{version} ({stage})");
            return Ok(Some(
                plan::of_source(
                    &app.system(),
                    workspace,
                    source,
                    carried.name,
                    carried.kind,
                    shown,
                )
                .await?,
            ));
        }
    }
    Ok(None)
}
