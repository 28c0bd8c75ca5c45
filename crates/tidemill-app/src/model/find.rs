//! From what somebody names to the version that is meant; else what there is instead.

use tidemill_spec::refs::{AssetRef, VersionRef};
use tidemill_store::asset::Archived;
use tidemill_store::page::PageRequest;
use tidemill_store::{model, model_version, registered_model};

use super::Row;
use crate::asset::LATEST;
use crate::place::Place;
use crate::resolve::{self, Resolved};
use crate::{Error, OpContext, Result};

/// The version that a reference means, as an input of a job.
pub(crate) async fn resolve(ctx: &OpContext, workspace: &str, wanted: &AssetRef) -> Result<Resolved> {
    let row = match wanted {
        AssetRef::Named { name, version } => find(ctx, workspace, name, version).await?,
        AssetRef::Id {
            kind, name, version, ..
        } if kind == "models" => find(ctx, workspace, name, version).await?,
        AssetRef::Id { id, kind, .. } => {
            return Err(Error::invalid(format!(
                "failed to resolve model `{id}`: it names {kind}"
            )));
        }
        AssetRef::Registry { registry, name, .. } => {
            return Err(Error::not_found("model", name).hint(format!(
                "registry `{registry}` cannot be reached from here: register the model in workspace `{workspace}`, \
                 and name it `azureml:{name}@latest`"
            )));
        }
    };
    let Place { source, .. } = resolve::stored_place(ctx, workspace, &row.storage_location).await?;
    Ok(Resolved {
        r#type: row.kind,
        source,
        manifest: row.digest,
        asset: Some(format!("models/{}/{}", row.name, row.version)),
        uri: row.storage_location,
    })
}

pub(super) async fn find(ctx: &OpContext, workspace: &str, name: &str, wanted: &VersionRef) -> Result<Row> {
    let db = ctx.app().store.read();
    match wanted {
        VersionRef::Version(version) => find_version(ctx, workspace, name, version).await,
        VersionRef::Label(label) if label != LATEST => {
            find_model(ctx, workspace, name).await?;
            let aliases = registered_model::aliases(db, workspace, &[name.to_owned()]).await?;
            match aliases.iter().find(|alias| alias.alias == *label) {
                Some(alias) => find_version(ctx, workspace, name, &alias.version.to_string()).await,
                None => {
                    let mut there: Vec<&str> = aliases.iter().map(|alias| alias.alias.as_str()).collect();
                    there.push(LATEST);
                    Err(Error::not_found("label", &format!("{name}@{label}"))
                        .hint(format!("model `{name}` has: {}", there.join(", "))))
                }
            }
        }
        VersionRef::Label(_) | VersionRef::Unsaid => match model::latest(db, workspace, name).await? {
            Some(row) => Ok(row),
            None => {
                find_model(ctx, workspace, name).await?;
                Err(Error::not_found("model", &format!("{name}@latest"))
                    .hint("it has no version that is not archived: register one, or name one exactly"))
            }
        },
    }
}

pub(super) async fn find_model(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
) -> Result<registered_model::Model> {
    let db = ctx.app().store.read();
    if let Some(row) = registered_model::get(db, workspace, name).await? {
        return Ok(row);
    }
    crate::workspace::get(ctx, workspace).await?;
    let page = PageRequest {
        limit: 20,
        after: None,
    };
    let there = model::list(db, workspace, Archived::Exclude, &page).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("model", name).hint(match names.is_empty() {
        true => format!("workspace `{workspace}` has none: make it with `tidemill model create`"),
        false => format!("workspace `{workspace}` has: {}", names.join(", ")),
    }))
}

pub(super) async fn find_version(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Row> {
    let db = ctx.app().store.read();
    if let Ok(number) = number(version)
        && let Some(row) = model_version::get(db, workspace, name, number).await?
    {
        return Ok(row);
    }
    find_model(ctx, workspace, name).await?;
    let page = PageRequest {
        limit: 20,
        after: None,
    };
    let there = model::versions(db, workspace, name, Archived::Include, &page).await?;
    let versions: Vec<_> = there.items.iter().map(|row| row.version.to_string()).collect();
    Err(Error::not_found("model", &format!("{name}:{version}"))
        .hint(format!("it has the versions {}", versions.join(", "))))
}

/// Versions of models are whole numbers from 1.
pub(super) fn number(version: &str) -> Result<i64> {
    version.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Error::invalid(format!(
            "failed to use {version:?} as the version of a model: it is no whole number from 1"
        ))
        .hint("leave the version out to count up, and give it a label for a name")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_models_are_whole_numbers() {
        assert_eq!(number("7").ok(), Some(7));
        for bad in ["0", "-1", "1.0", "v1", "", "99999999999999999999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }
}
