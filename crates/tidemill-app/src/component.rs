//! Components: versions of steps that can be used again.

use tidemill_api::asset::AssetVersion;
use tidemill_objects::TreeSink;
use tidemill_spec::kinds::{Component, ComponentRef, Spec};
use tidemill_spec::refs::CodeRef;

use crate::asset::{self, Kind, NewVersion};
use crate::{Error, OpContext, Result, Scope, action, bytes};

/// Makes a version: under `version`, or under the highest whole number and one, also when its content is that of another
/// version.
///
/// # Errors
/// Invalid for a specification that makes no sense; Conflict when the version is there with other content.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: Option<&str>,
    spec: Component,
) -> Result<AssetVersion> {
    ctx.authorize(
        action::COMPONENT_WRITE,
        &asset::scope(Kind::Component, workspace, name),
    )
    .await?;
    asset::check_new(ctx, Kind::Component, workspace, name, version).await?;
    let spec = named(spec, name, version);
    crate::spec::check(&Spec::Component(spec.clone()))?;
    let asset_type = match &spec {
        Component::Command(component) => {
            if let Some(code) = &component.code {
                check_code(ctx, code).await?;
            }
            "command"
        }
        Component::Pipeline(_) => "pipeline",
    };
    let stored = asset::stored_spec(&spec)?;
    let new = NewVersion {
        kind: Kind::Component,
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        asset_type: asset_type.to_owned(),
        digest: asset::spec_digest(&stored),
        spec: stored,
        uri: None,
        size_bytes: None,
        files: None,
        job: None,
        created_by: ctx.principal().to_string(),
        now_ms: ctx.now_ms(),
    };
    asset::create(ctx, new).await
}

/// The component that a step or a job names, or has written out.
///
/// # Errors
/// NotFound, with what there is.
pub async fn resolve(ctx: &OpContext, workspace: &str, wanted: &ComponentRef) -> Result<Component> {
    ctx.authorize(action::COMPONENT_READ, &Scope::workspace(workspace))
        .await?;
    match wanted {
        ComponentRef::Inline(component) => Ok(component.clone()),
        ComponentRef::Reference(reference) => {
            asset::typed(&asset::resolve(ctx, Kind::Component, workspace, reference).await?)
        }
    }
}

fn named(mut spec: Component, name: &str, version: Option<&str>) -> Component {
    let (name, version) = (Some(name.to_owned()), version.map(str::to_owned));
    match &mut spec {
        Component::Command(component) => (component.name, component.version) = (name, version),
        Component::Pipeline(component) => (component.name, component.version) = (name, version),
    }
    spec
}

/// Code must be where every runner reaches it.
async fn check_code(ctx: &OpContext, code: &CodeRef) -> Result<()> {
    match code {
        CodeRef::Local(path) => Err(Error::invalid(format!(
            "failed to use the code {}: it is not uploaded",
            path.display()
        ))
        .hint("`tidemill` uploads a folder of your machine; over REST, upload a tree and name it")),
        CodeRef::Tree { digest, .. } => {
            ctx.hold(digest)?;
            match bytes::tree_store(ctx.app())?.has_tree(&digest.parse()?).await? {
                true => Ok(()),
                false => Err(Error::not_found("tree", digest).hint("upload the code first")),
            }
        }
        _ => Ok(()),
    }
}
