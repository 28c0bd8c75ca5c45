//! Environments: versions of the software that jobs run in, and what a job's reference to one means.

use serde_json::Value;
use tidemill_api::asset::AssetVersion;
use tidemill_env::{BuildContext, EnvironmentRequest, catalogue};
use tidemill_objects::TreeSink;
use tidemill_spec::kinds::{Environment, EnvironmentRef, Spec};
use tidemill_spec::refs::{AssetRef, CodeRef};

use crate::asset::{self, Kind, NewVersion};
use crate::{Error, Kind as ErrorKind, OpContext, Result, Scope, action, bytes, content, registry};

/// An environment, found.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedEnvironment {
    /// What it is called; `None` for one that a job wrote out without a name.
    pub name: Option<String>,
    /// The version; `None` for one that is written out or curated.
    pub version: Option<String>,
    /// `tidemill_env::EnvironmentRequest` in JSON, without its policy.
    pub request: Value,
    /// Digest of the tree of its build context, in hex.
    pub build_context: Option<String>,
}

impl ResolvedEnvironment {
    /// For people, such as `sklearn-1.5:1`.
    pub fn label(&self) -> Option<String> {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => Some(format!("{name}:{version}")),
            (name, _) => name.clone(),
        }
    }
}

/// Makes a version: under `version`, or under the highest whole number and one.
///
/// # Errors
/// Invalid for a specification that makes no sense; Conflict when the version is there with other content.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: Option<&str>,
    mut spec: Environment,
) -> Result<AssetVersion> {
    ctx.authorize(
        action::ENVIRONMENT_WRITE,
        &asset::scope(Kind::Environment, workspace, name),
    )
    .await?;
    asset::check_new(ctx, Kind::Environment, workspace, name, version).await?;
    spec.name = Some(name.to_owned());
    spec.version = version.map(str::to_owned);
    crate::spec::check(&Spec::Environment(spec.clone()))?;
    if let Some(path) = spec.build.as_ref().and_then(|build| build.path.as_ref()) {
        build_tree(ctx, path).await?;
    }
    let stored = asset::stored_spec(&spec)?;
    let new = NewVersion {
        kind: Kind::Environment,
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        asset_type: kind_of(&spec).to_owned(),
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

fn kind_of(spec: &Environment) -> &'static str {
    if spec.build.is_some() {
        "build"
    } else if spec.conda_file.is_some() {
        "conda"
    } else if spec.requirements_file.is_some() {
        "pip"
    } else {
        "image"
    }
}

/// What a job asks for: an environment that is written out, one of the workspace, or a curated one.
///
/// # Errors
/// NotFound, with what there is; Invalid for a build context that is not uploaded.
pub async fn resolve(
    ctx: &OpContext,
    workspace: &str,
    wanted: &EnvironmentRef,
) -> Result<ResolvedEnvironment> {
    ctx.authorize(action::ENVIRONMENT_READ, &Scope::workspace(workspace))
        .await?;
    match wanted {
        EnvironmentRef::Inline(spec) => request_of(ctx, spec).await,
        EnvironmentRef::Expression(text) => Err(Error::invalid(format!(
            "failed to resolve environment `{text}`: it is not filled in"
        ))),
        EnvironmentRef::Reference(reference) => by_reference(ctx, workspace, reference).await,
    }
}

async fn by_reference(ctx: &OpContext, workspace: &str, wanted: &AssetRef) -> Result<ResolvedEnvironment> {
    match asset::resolve(ctx, Kind::Environment, workspace, wanted).await {
        Ok(row) => request_of(ctx, &asset::typed::<Environment>(&row)?).await,
        Err(error) if error.kind == ErrorKind::NotFound => match curated(wanted) {
            Some(found) => Ok(found),
            None => Err(registry::with_curated(error)),
        },
        Err(error) => Err(error),
    }
}

/// A curated environment; versions and labels of those are not told apart.
fn curated(wanted: &AssetRef) -> Option<ResolvedEnvironment> {
    let reference = match wanted {
        AssetRef::Named { name, .. } => name.clone(),
        // A full id that ends in a curated name means that one, whose registry is Azure's own.
        AssetRef::Id { name, .. } => name.clone(),
        AssetRef::Registry { .. } => wanted.to_string(),
    };
    let entry = catalogue::find(&reference)?;
    let request = EnvironmentRequest {
        name: Some(entry.name.clone()),
        ..EnvironmentRequest::default()
    };
    Some(ResolvedEnvironment {
        name: Some(entry.name.clone()),
        version: None,
        request: without_policy(&request),
        build_context: None,
    })
}

async fn request_of(ctx: &OpContext, spec: &Environment) -> Result<ResolvedEnvironment> {
    let mut request = EnvironmentRequest {
        name: spec.name.clone(),
        image: spec.image.clone(),
        conda: spec.conda_file.clone(),
        pip_requirements: spec.requirements_file.clone(),
        ..EnvironmentRequest::default()
    };
    let mut tree = None;
    if let Some(build) = &spec.build {
        let path = build
            .path
            .as_ref()
            .ok_or_else(|| Error::invalid("failed to resolve the environment: its `build` has no `path`"))?;
        tree = Some(build_tree(ctx, path).await?);
        // The runner puts the folder here in which it has laid the tree.
        request.build_context = Some(BuildContext {
            path: "".into(),
            dockerfile_path: build.dockerfile_path.clone().unwrap_or_default(),
        });
    }
    Ok(ResolvedEnvironment {
        name: spec.name.clone(),
        version: spec.version.clone(),
        request: without_policy(&request),
        build_context: tree,
    })
}

fn without_policy(request: &EnvironmentRequest) -> Value {
    let mut request = serde_json::to_value(request).expect("a request is made of strings and maps");
    if let Some(fields) = request.as_object_mut() {
        fields.shift_remove("policy");
    }
    request
}

/// The tree of a build context, which must be there.
async fn build_tree(ctx: &OpContext, path: &CodeRef) -> Result<String> {
    let CodeRef::Tree { digest, path: inside } = path else {
        return Err(Error::invalid(format!(
            "failed to use the build context `{path}`: it is not uploaded"
        ))
        .hint("`tidemill` uploads a folder of your machine; over REST, upload a tree and name it"));
    };
    ctx.hold(digest)?;
    if !inside.is_empty() {
        let tree = content::subtree(ctx.app(), digest, inside).await?;
        ctx.hold(&tree)?;
        return Ok(tree);
    }
    match bytes::tree_store(ctx.app())?.has_tree(&digest.parse()?).await? {
        true => Ok(digest.clone()),
        false => Err(Error::not_found("tree", digest).hint("upload the build context first")),
    }
}
