//! Labels of models, which are MLflow's aliases.

use serde_json::{Value, json};
use tidemill_api::asset::{AssetVersion, Label};
use tidemill_spec::refs::VersionRef;
use tidemill_store::registered_model::{self, Alias};

use super::find::{find, find_model, find_version};
use super::show::view;
use super::{change, get, scope};
use crate::asset;
use crate::model_history::Teller;
use crate::{Error, OpContext, Result, action};

/// Labels and the versions that they name, `latest` among them.
///
/// # Errors
/// NotFound.
pub async fn labels(ctx: &OpContext, workspace: &str, name: &str) -> Result<Vec<Label>> {
    let model = get(ctx, workspace, name).await?;
    Ok(model
        .labels
        .into_iter()
        .map(|(label, version)| Label { label, version })
        .collect())
}

/// The version that a label names.
///
/// # Errors
/// NotFound, with the labels that there are.
pub async fn labelled(ctx: &OpContext, workspace: &str, name: &str, label: &str) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find(ctx, workspace, name, &VersionRef::Label(label.to_owned())).await?;
    view(ctx, row).await
}

/// Lets a label name a version, whatever it named before.
///
/// # Errors
/// Invalid for `latest`, which moves by itself; NotFound.
pub async fn put_label(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    label: &str,
    version: &str,
) -> Result<Label> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    asset::check_label(label)?;
    let row = find_version(ctx, workspace, name, version).await?;
    let alias = Alias {
        name: name.to_owned(),
        alias: label.to_owned(),
        version: row.version,
    };
    let after = json!({ "label": label, "version": row.version });
    let workspace_of = workspace.to_owned();
    let mut teller = Teller::new(ctx, 1);
    ctx.change(change(workspace, name, Value::Null, after), move |tx| {
        Box::pin(async move {
            let at = (workspace_of.as_str(), alias.name.as_str());
            teller.alias(tx, at, &alias.alias, Some(alias.version)).await?;
            Ok(registered_model::put_alias(tx, &workspace_of, alias).await?)
        })
    })
    .await?;
    Ok(Label {
        label: label.to_owned(),
        version: row.version.to_string(),
    })
}

/// Removes a label; its version stays.
///
/// # Errors
/// Invalid for `latest`; NotFound.
pub async fn delete_label(ctx: &OpContext, workspace: &str, name: &str, label: &str) -> Result<()> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    asset::check_label(label)?;
    find_model(ctx, workspace, name).await?;
    let aliases = registered_model::aliases(ctx.app().store.read(), workspace, &[name.to_owned()]).await?;
    if !aliases.iter().any(|alias| alias.alias == label) {
        return Err(Error::not_found("label", label));
    }
    let change = change(workspace, name, json!({ "label": label }), Value::Null);
    let (workspace, name, label) = (workspace.to_owned(), name.to_owned(), label.to_owned());
    let mut teller = Teller::new(ctx, 0);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            teller.alias(tx, (&workspace, &name), &label, None).await?;
            Ok(registered_model::delete_alias(tx, &workspace, &name, &label).await?)
        })
    })
    .await
}
