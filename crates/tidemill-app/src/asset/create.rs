//! A version that is new.

use serde_json::{Value, json};
use tidemill_api::asset::AssetVersion;
use tidemill_store::asset::Key;
use tidemill_store::{DatabaseTransaction, asset_version, to_json};

use super::content::spec_of;
use super::find::find_version;
use super::show::view;
use super::{Kind, LATEST, Row, scope, write};
use crate::context::Change;
use crate::{Error, OpContext, Result, name};

/// A version that is to be.
#[derive(Debug, Clone)]
pub(crate) struct NewVersion {
    pub(crate) kind: Kind,
    pub(crate) workspace: String,
    pub(crate) name: String,
    /// `None`: the next number.
    pub(crate) version: Option<String>,
    pub(crate) asset_type: String,
    /// Without name and version.
    pub(crate) spec: Value,
    pub(crate) digest: String,
    pub(crate) uri: Option<String>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) files: Option<u64>,
    pub(crate) job: Option<String>,
    pub(crate) created_by: String,
    pub(crate) now_ms: i64,
}

/// Adds a version, in the transaction of whoever makes it. The same content under the same version again changes
/// nothing but description and tags. Says whether anything was written.
///
/// # Errors
/// Conflict, when the version is there with other content.
pub(crate) async fn add(tx: &DatabaseTransaction, new: NewVersion) -> Result<(Row, bool)> {
    let kind = new.kind;
    let size = |value: Option<u64>| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
    let row = Row {
        workspace: new.workspace,
        kind: kind.as_str().to_owned(),
        name: new.name,
        version: new.version.unwrap_or_default(),
        number: 0,
        asset_type: new.asset_type,
        spec: to_json(&new.spec),
        digest: new.digest,
        uri: new.uri,
        size_bytes: size(new.size_bytes),
        files: size(new.files),
        archived: false,
        anonymous: false,
        job: new.job,
        created_by: new.created_by,
        created_at: new.now_ms,
        updated_at: new.now_ms,
        revision: 1,
    };
    if let Some(added) = asset_version::insert(tx, row.clone(), kind).await? {
        return Ok((added, true));
    }
    let key = Key {
        workspace: &row.workspace,
        kind,
        name: &row.name,
    };
    let there = asset_version::get(tx, key, &row.version)
        .await?
        .ok_or_else(|| Error::internal("a version that is taken is there"))?;
    if !same_content(&there, &row) {
        return Err(taken(kind, &there, &row));
    }
    let (mut spec, wanted) = (spec_of(&there), new.spec);
    for field in ["description", "tags"] {
        let value = wanted.get(field).cloned();
        if let (Some(fields), Some(value)) = (spec.as_object_mut(), value) {
            fields.insert(field.to_owned(), value);
        }
    }
    if spec == spec_of(&there) {
        return Ok((there, false));
    }
    let after = Row {
        spec: to_json(&spec),
        revision: there.revision + 1,
        updated_at: new.now_ms,
        ..there
    };
    asset_version::update(tx, after.clone()).await?;
    Ok((after, true))
}

fn same_content(there: &Row, new: &Row) -> bool {
    there.digest == new.digest && there.asset_type == new.asset_type && there.uri == new.uri
}

/// What is in the way, and what was to be put there.
fn taken(kind: Kind, there: &Row, new: &Row) -> Error {
    let tell = |row: &Row| {
        let digest = row.digest.get(..12).unwrap_or(&row.digest);
        match &row.uri {
            Some(uri) => format!("{} {uri} ({digest})", row.asset_type),
            None => format!("{} ({digest})", row.asset_type),
        }
    };
    let (name, version) = (&there.name, &there.version);
    Error::conflict(format!(
        "failed to create {kind} `{name}` version `{version}`: it is there with other content: {}, and this is {}",
        tell(there),
        tell(new)
    ))
    .hint("give another version, or none to count up")
}

/// Adds a version with its audit row and its event, and shows it.
pub(crate) async fn create(ctx: &OpContext, new: NewVersion) -> Result<AssetVersion> {
    let kind = new.kind;
    let change = Change {
        action: write(kind),
        scope: scope(kind, &new.workspace, &new.name),
        before: Value::Null,
        after: Value::Null,
    };
    let unchanged = (new.workspace.clone(), new.name.clone(), new.version.clone());
    let written = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let (row, wrote) = add(tx, new).await?;
                let told = json!({ "version": row.version, "digest": row.digest, "spec": spec_of(&row) });
                Ok(wrote.then_some((row, told)))
            })
        })
        .await?;
    let row = match (written, unchanged) {
        (Some(row), _) => row,
        (None, (workspace, name, version)) => {
            let key = Key {
                workspace: &workspace,
                kind,
                name: &name,
            };
            find_version(ctx, key, version.as_deref().unwrap_or_default()).await?
        }
    };
    view(ctx, kind, row).await
}

/// Checks the names of a version that is to be, before anything is done for it.
pub(crate) async fn check_new(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    given: &str,
    version: Option<&str>,
) -> Result<()> {
    name::check(kind.as_str(), given)?;
    if let Some(version) = version {
        name::check("version", version)?;
        if version == LATEST {
            return Err(Error::invalid(
                "failed to create version `latest`: this is a label, and moves by itself",
            )
            .hint("give another version, or none to count up"));
        }
    }
    crate::workspace::get(ctx, workspace).await.map(drop)
}
