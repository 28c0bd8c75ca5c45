//! Writing one resource: through the use case of its noun, as the one who applies, and no other way.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tidemill_plan::infra::Address;
use tidemill_policy::Subject;
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_spec::kinds;

use super::actual;
use super::kind::{Kind, group_of, workspace_of};
use super::wanted::Wanted;
use crate::{Error, OpContext, Result, asset};

/// Makes or changes a resource; `revision` is the one that must still stand.
pub(super) async fn put(ctx: &OpContext, wanted: &Wanted, revision: Option<i64>) -> Result<()> {
    let address = &wanted.address;
    let name = address.name.as_str();
    let workspace = workspace_of(address).unwrap_or_default();
    match wanted.kind()? {
        Kind::Group => {
            let spec: kinds::Group = typed(wanted)?;
            let given = spec.name.clone();
            crate::group::put(ctx, &given, spec, revision).await.map(drop)
        }
        Kind::Secret => {
            let text = |field: &str| wanted.spec.get(field).and_then(Value::as_str);
            let group = group_of(address).unwrap_or_default();
            // Without one, the one that it had goes.
            let description = Some(text("description").unwrap_or_default().to_owned());
            let value = text("value").unwrap_or_default();
            crate::secret::set(ctx, group, name, value, description)
                .await
                .map(drop)
        }
        Kind::User => crate::user::put(ctx, typed(wanted)?, None, revision)
            .await
            .map(drop),
        Kind::ServicePrincipal => crate::service_principal::put(ctx, typed(wanted)?, revision)
            .await
            .map(drop),
        Kind::Team => crate::team::put(ctx, typed(wanted)?, revision).await.map(drop),
        Kind::Role => crate::role::put(ctx, typed(wanted)?, revision).await.map(drop),
        Kind::Workspace => {
            let spec: kinds::Workspace = typed(wanted)?;
            let (given, group) = (spec.name.clone(), spec.resource_group.clone());
            crate::workspace::put(ctx, &given, group.as_deref(), spec, revision)
                .await
                .map(drop)
        }
        Kind::Policy => crate::policy::put(ctx, workspace, typed(wanted)?, revision)
            .await
            .map(drop),
        Kind::Datastore => crate::datastore::put(ctx, workspace, name, typed(wanted)?, revision)
            .await
            .map(drop),
        Kind::Compute => crate::compute::put(ctx, workspace, name, typed(wanted)?, revision)
            .await
            .map(drop),
        Kind::Environment => environment(ctx, workspace, typed(wanted)?).await,
        Kind::Assignment => crate::assignment::put(ctx, None, typed(wanted)?).await.map(drop),
    }
}

/// A version is never changed: other content is a new version, and what was archived comes back.
async fn environment(ctx: &OpContext, workspace: &str, spec: kinds::Environment) -> Result<()> {
    let name = spec.name.clone().unwrap_or_default();
    let version = spec.version.clone();
    let kind = asset::Kind::Environment;
    if let Ok(there) = asset::get(ctx, kind, workspace, &name).await
        && there.archived
    {
        asset::archive(ctx, kind, workspace, &name, false).await?;
    }
    let made = crate::environment::create(ctx, workspace, &name, version.as_deref(), spec).await?;
    if made.archived {
        asset::archive_version(ctx, kind, workspace, &name, &made.version, false).await?;
    }
    Ok(())
}

/// Removes a resource. An environment is archived: what ran in it still names it.
pub(super) async fn delete(ctx: &OpContext, address: &Address) -> Result<()> {
    let name = address.name.as_str();
    let workspace = workspace_of(address).unwrap_or_default();
    let kind =
        Kind::parse(&address.kind).ok_or_else(|| Error::internal("a plan holds a kind that is not known"))?;
    match kind {
        Kind::Group => crate::group::delete(ctx, name).await,
        Kind::Secret => crate::secret::delete(ctx, group_of(address).unwrap_or_default(), name, false).await,
        Kind::User | Kind::ServicePrincipal | Kind::Team => {
            let kind =
                SubjectKind::parse(kind.as_str()).ok_or_else(|| Error::internal("no kind of principal"))?;
            crate::principal::delete(
                ctx,
                &Subject {
                    kind,
                    name: name.to_owned(),
                },
            )
            .await
        }
        Kind::Role => crate::role::delete(ctx, name).await,
        Kind::Workspace => crate::workspace::delete(ctx, name).await,
        Kind::Policy => crate::policy::delete(ctx, workspace).await,
        Kind::Datastore => crate::datastore::delete(ctx, workspace, name).await,
        Kind::Compute => crate::compute::delete(ctx, workspace, name).await,
        Kind::Environment => archive(ctx, workspace, name).await,
        Kind::Assignment => match actual::given(ctx.app(), address).await? {
            Some(row) => crate::assignment::delete(ctx, &row.id).await,
            None => Ok(()),
        },
    }
}

/// Archives an environment, or one version of it; with its last version the name is archived, too.
async fn archive(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let kind = asset::Kind::Environment;
    let name = match name.split_once(':') {
        None => name,
        Some((name, version)) => {
            asset::archive_version(ctx, kind, workspace, name, version, true).await?;
            let left = asset::get(ctx, kind, workspace, name).await?.latest_version;
            if left.is_some() {
                return Ok(());
            }
            name
        }
    };
    asset::archive(ctx, kind, workspace, name, true).await.map(drop)
}

fn typed<T: DeserializeOwned>(wanted: &Wanted) -> Result<T> {
    serde_json::from_value(wanted.spec.clone()).map_err(Error::internal)
}
