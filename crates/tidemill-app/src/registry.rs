//! The registry `azureml`: the curated environments, which are built in. Jobs name them, so they can be looked at like any other.

use indexmap::IndexMap;
use serde_json::json;
use tidemill_api::asset::{Asset, AssetVersion};
use tidemill_env::catalogue::{self, Entry};

use crate::asset::LATEST;
use crate::page::Page;
use crate::{Error, OpContext, Result, Scope, action, asset};

/// How the registry is called.
const AZUREML: &str = "azureml";
/// What is built in has one version.
const VERSION: &str = "1";

/// The environments of a registry.
///
/// # Errors
/// NotFound for another registry.
pub async fn list(ctx: &OpContext, workspace: &str, registry: &str, noun: &str) -> Result<Page<Asset>> {
    let entries = entries(ctx, workspace, registry, noun).await?;
    let items = entries
        .iter()
        .map(|entry| Asset {
            name: entry.name.clone(),
            r#type: Some("conda".into()),
            description: Some(entry.description.clone()),
            tags: IndexMap::new(),
            latest_version: Some(VERSION.into()),
            labels: IndexMap::from([(LATEST.to_owned(), VERSION.to_owned())]),
            archived: false,
            created_at: 0,
            updated_at: 0,
        })
        .collect();
    Ok(Page { items, next: None })
}

/// The versions of an environment of a registry.
///
/// # Errors
/// NotFound, with the environments that there are.
pub async fn versions(
    ctx: &OpContext,
    workspace: &str,
    registry: &str,
    noun: &str,
    name: &str,
) -> Result<Page<AssetVersion>> {
    entries(ctx, workspace, registry, noun).await?;
    let found = (noun == "environment").then(|| curated(name)).flatten();
    let found = found.ok_or_else(|| with_curated(Error::not_found(noun, name)))?;
    Ok(Page {
        items: vec![found],
        next: None,
    })
}

async fn entries(ctx: &OpContext, workspace: &str, registry: &str, noun: &str) -> Result<&'static [Entry]> {
    ctx.authorize(action::ENVIRONMENT_READ, &Scope::workspace(workspace))
        .await?;
    if registry != AZUREML {
        return Err(Error::not_found("registry", registry).hint(format!(
            "the registry `{AZUREML}` has the curated environments; assets of your own are kept in workspaces"
        )));
    }
    Ok(match noun {
        "environment" => catalogue::entries(),
        _ => &[],
    })
}

/// The curated environment of this name, as a version.
pub(crate) fn curated(name: &str) -> Option<AssetVersion> {
    let entry = catalogue::find(name)?;
    let mut dependencies = vec![json!(format!("python={}", entry.python)), json!("pip")];
    dependencies.push(json!({ "pip": entry.pip }));
    let mut conda = json!({ "channels": ["conda-forge"], "dependencies": dependencies });
    if !entry.variables.is_empty() {
        conda["variables"] = json!(entry.variables);
    }
    let spec = json!({ "description": entry.description, "conda_file": conda });
    let digest = asset::spec_digest(&spec);
    Some(AssetVersion {
        name: entry.name.clone(),
        version: VERSION.into(),
        r#type: "conda".into(),
        description: Some(entry.description.clone()),
        tags: IndexMap::new(),
        labels: vec![LATEST.into()],
        archived: false,
        created_at: 0,
        updated_at: 0,
        created_by: None,
        job: None,
        run_id: None,
        etag: format!("\"{}\"", &digest[..16]),
        digest: Some(digest),
        size_bytes: None,
        files: None,
        uri: Some(format!(
            "azureml://registries/{AZUREML}/environments/{}/versions/{VERSION}",
            entry.name
        )),
        warnings: Vec::new(),
        spec,
    })
}

/// The error with the names of what is built in.
pub(crate) fn with_curated(error: Error) -> Error {
    let names: Vec<_> = catalogue::entries()
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let curated = format!("curated ones are: {}", names.join(", "));
    let hint = match &error.hint {
        Some(hint) => format!("{hint}; {curated}"),
        None => curated,
    };
    error.hint(hint)
}

#[cfg(test)]
mod tests {
    use tidemill_spec::kinds::Environment;

    use super::*;

    #[test]
    fn a_curated_environment_is_shown_as_what_it_is() {
        for name in ["sklearn-1.5", "AzureML-sklearn-1.5", "azureml-sklearn-1.5"] {
            let found = curated(name).expect(name);
            assert_eq!(
                (found.name.as_str(), found.labels.as_slice()),
                ("sklearn-1.5", &["latest".to_owned()][..])
            );
            let spec: Environment = serde_json::from_value(found.spec).expect("a specification");
            let conda = serde_json::to_string(&spec.conda_file.expect("conda")).expect("text");
            assert!(
                conda.contains("scikit-learn~=1.5.0") && conda.contains("python=3.10"),
                "{conda}"
            );
        }
        assert_eq!(curated("no-such"), None);
    }
}
