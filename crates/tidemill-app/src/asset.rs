//! What data, environments and components have in common: versions that never change, labels that move, archiving.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tidemill_api::asset::{Asset, AssetPatch, AssetVersion, Label};
use tidemill_policy::Action;
use tidemill_spec::refs::{AssetRef, VersionRef};
use tidemill_store::asset::Key;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{DatabaseTransaction, asset, asset_label, asset_version, from_json, to_json};

pub use tidemill_store::asset::{Archived, Kind};

use crate::context::Change;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result, Scope, action, datastore_access, name, registry};

/// The label of the newest version that is not archived. It moves by itself.
pub const LATEST: &str = "latest";

/// One version, as the store has it.
pub(crate) type Row = asset_version::Model;

/// Names of one kind, with what the newest version of each says.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<Asset>> {
    ctx.authorize(read(kind), &Scope::workspace(workspace)).await?;
    crate::workspace::get(ctx, workspace).await?;
    let db = ctx.app().store.read();
    let mut rows = asset::list(db, workspace, kind, archived, page).await?;
    if is_closed(ctx, kind) {
        let mut shown = Vec::new();
        for row in std::mem::take(&mut rows.items) {
            if let Some(asset) = told(ctx, kind, row).await? {
                shown.push(asset);
            }
        }
        return Ok(Page {
            items: shown,
            next: rows.next,
        });
    }
    let names: Vec<String> = rows.items.iter().map(|row| row.name.clone()).collect();
    let mut newest = asset_version::latest_of_many(db, workspace, kind, &names).await?;
    let mut labels = asset_label::of_many(db, workspace, kind, &names).await?;
    Ok(rows.map(|row| {
        let labels = labels.remove(&row.name).unwrap_or_default();
        let newest = newest.remove(&row.name);
        show_asset(row, newest, labels)
    }))
}

/// One name.
///
/// # Errors
/// NotFound, with names that are like it or that there are.
pub async fn get(ctx: &OpContext, kind: Kind, workspace: &str, name: &str) -> Result<Asset> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    let row = find_asset(ctx, kind, workspace, name).await?;
    if is_closed(ctx, kind) {
        let shown = told(ctx, kind, row).await?;
        return shown.ok_or_else(|| Error::not_found(kind.as_str(), name));
    }
    let db = ctx.app().store.read();
    let names = [name.to_owned()];
    let newest = asset_version::latest_of_many(db, workspace, kind, &names)
        .await?
        .remove(name);
    let labels = asset_label::of(
        db,
        Key {
            workspace,
            kind,
            name,
        },
    )
    .await?;
    Ok(show_asset(row, newest, labels))
}

/// Hides a name from lists, or shows it again. Its versions still resolve.
///
/// # Errors
/// NotFound.
pub async fn archive(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    archived: bool,
) -> Result<Asset> {
    let scope = scope(kind, workspace, name);
    ctx.authorize(write(kind), &scope).await?;
    let before = find_asset(ctx, kind, workspace, name).await?;
    if is_closed(ctx, kind) && told(ctx, kind, before.clone()).await?.is_none() {
        return Err(Error::not_found(kind.as_str(), name));
    }
    if before.archived != archived {
        let change = Change {
            action: write(kind),
            scope,
            before: json!({ "archived": before.archived }),
            after: json!({ "archived": archived }),
        };
        let (now, workspace, name) = (ctx.now_ms(), workspace.to_owned(), name.to_owned());
        ctx.change(change, move |tx| {
            Box::pin(async move {
                let key = Key {
                    workspace: &workspace,
                    kind,
                    name: &name,
                };
                match asset::set_archived(tx, key, archived, now).await? {
                    true => Ok(()),
                    false => Err(Error::not_found(kind.as_str(), &name)),
                }
            })
        })
        .await?;
    }
    get(ctx, kind, workspace, name).await
}

/// Versions, newest first.
///
/// # Errors
/// NotFound.
pub async fn versions(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<AssetVersion>> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    find_asset(ctx, kind, workspace, name).await?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let labels = labels_by_version(ctx, key).await?;
    let mut rows = asset_version::list(ctx.app().store.read(), key, archived, page).await?;
    rows.items = told_of(ctx, kind, rows.items).await?;
    Ok(rows.map(|row| {
        let labels = labels.get(&row.version).cloned().unwrap_or_default();
        show(row, labels)
    }))
}

/// One version.
///
/// # Errors
/// NotFound, with the versions that there are.
pub async fn version(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    version: &str,
) -> Result<AssetVersion> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let row = match find_version(ctx, key, version).await {
        Ok(row) => row,
        Err(error) => return built_in(ctx, key, error).await,
    };
    check_told(ctx, kind, &row).await?;
    view(ctx, kind, row).await
}

/// Whether versions of this kind are told of to some alone.
fn is_closed(ctx: &OpContext, kind: Kind) -> bool {
    kind == Kind::Data && datastore_access::any(ctx)
}

/// Those of the versions that may be told of.
async fn told_of(ctx: &OpContext, kind: Kind, rows: Vec<Row>) -> Result<Vec<Row>> {
    if !is_closed(ctx, kind) {
        return Ok(rows);
    }
    let mut told = Vec::new();
    for row in rows {
        if datastore_access::is_told(ctx, &row.workspace, row.uri.as_deref()).await? {
            told.push(row);
        }
    }
    Ok(told)
}

fn only_told(name: &str) -> String {
    format!("`tidemill data list --name {name}` shows those whose files you may read")
}

/// # Errors
/// NotFound for a version that may not be told of.
pub(crate) async fn check_told(ctx: &OpContext, kind: Kind, row: &Row) -> Result<()> {
    match told_of(ctx, kind, vec![row.clone()]).await?.is_empty() {
        true => Err(
            Error::not_found("version", &format!("{}:{}", row.name, row.version)).hint(only_told(&row.name)),
        ),
        false => Ok(()),
    }
}

/// A name with those of its versions that may be told of; `None` where there are versions, and none of them may.
async fn told(ctx: &OpContext, kind: Kind, row: asset::Model) -> Result<Option<Asset>> {
    let db = ctx.app().store.read();
    let key = Key {
        workspace: &row.workspace,
        kind,
        name: &row.name,
    };
    let mut labels = Vec::new();
    for label in asset_label::of(db, key).await? {
        if let Some(named) = asset_version::get(db, key, &label.version).await?
            && !told_of(ctx, kind, vec![named]).await?.is_empty()
        {
            labels.push(label);
        }
    }
    let (mut newest, mut is_empty) = (None, true);
    for archived in [Archived::Exclude, Archived::Include] {
        let mut page = PageRequest {
            limit: 100,
            after: None,
        };
        while newest.is_none() {
            let found = asset_version::list(db, key, archived, &page).await?;
            is_empty &= found.items.is_empty();
            newest = told_of(ctx, kind, found.items).await?.into_iter().next();
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
    }
    Ok((newest.is_some() || is_empty).then(|| show_asset(row, newest, labels)))
}

/// Labels and the versions that they name, `latest` among them.
///
/// # Errors
/// NotFound.
pub async fn labels(ctx: &OpContext, kind: Kind, workspace: &str, name: &str) -> Result<Vec<Label>> {
    let asset = get(ctx, kind, workspace, name).await?;
    Ok(asset
        .labels
        .into_iter()
        .map(|(label, version)| Label { label, version })
        .collect())
}

/// The version that a label names.
///
/// # Errors
/// NotFound, with the labels that there are.
pub async fn labelled(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    label: &str,
) -> Result<AssetVersion> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    let wanted = VersionRef::Label(label.to_owned());
    let key = Key {
        workspace,
        kind,
        name,
    };
    let row = match find(ctx, key, &wanted).await {
        Ok(row) => row,
        Err(error) if label == LATEST => return built_in(ctx, key, error).await,
        Err(error) => return Err(error),
    };
    check_told(ctx, kind, &row).await?;
    view(ctx, kind, row).await
}

/// A curated environment, where the workspace has none of that name; else the error.
async fn built_in(ctx: &OpContext, key: Key<'_>, error: Error) -> Result<AssetVersion> {
    if key.kind != Kind::Environment
        || error.kind != crate::Kind::NotFound
        || asset::get(ctx.app().store.read(), key).await?.is_some()
    {
        return Err(error);
    }
    crate::workspace::get(ctx, key.workspace).await?;
    registry::curated(key.name).ok_or_else(|| registry::with_curated(error))
}

/// Lets a label name a version, whatever it named before.
///
/// # Errors
/// Invalid for `latest`, which moves by itself; NotFound.
pub async fn put_label(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    label: &str,
    version: &str,
) -> Result<Label> {
    let scope = scope(kind, workspace, name);
    ctx.authorize(write(kind), &scope).await?;
    check_label(label)?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let named = find_version(ctx, key, version).await?;
    check_told(ctx, kind, &named).await?;
    let before = asset_label::get(ctx.app().store.read(), key, label).await?;
    let change = Change {
        action: write(kind),
        scope,
        before: json!({ "label": label, "version": before }),
        after: json!({ "label": label, "version": version }),
    };
    let shown = Label {
        label: label.to_owned(),
        version: version.to_owned(),
    };
    let (workspace, name, put) = (workspace.to_owned(), name.to_owned(), shown.clone());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let key = Key {
                workspace: &workspace,
                kind,
                name: &name,
            };
            Ok(asset_label::put(tx, key, &put.label, &put.version).await?)
        })
    })
    .await?;
    Ok(shown)
}

/// Removes a label; its version stays.
///
/// # Errors
/// Invalid for `latest`; NotFound.
pub async fn delete_label(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    label: &str,
) -> Result<()> {
    let scope = scope(kind, workspace, name);
    ctx.authorize(write(kind), &scope).await?;
    check_label(label)?;
    find_asset(ctx, kind, workspace, name).await?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let db = ctx.app().store.read();
    if let Some(version) = asset_label::get(db, key, label).await?
        && let Some(named) = asset_version::get(db, key, &version).await?
    {
        check_told(ctx, kind, &named)
            .await
            .map_err(|_| Error::not_found("label", label))?;
    }
    let change = Change {
        action: write(kind),
        scope,
        before: json!({ "label": label }),
        after: Value::Null,
    };
    let (workspace, name, label) = (workspace.to_owned(), name.to_owned(), label.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let key = Key {
                workspace: &workspace,
                kind,
                name: &name,
            };
            match asset_label::delete(tx, key, &label).await? {
                true => Ok(()),
                false => Err(Error::not_found("label", &label)),
            }
        })
    })
    .await
}

/// Changes what may change of a version: description, tags and properties.
///
/// # Errors
/// NotFound; Precondition when it was changed in between; Invalid for a field that this kind has not.
pub async fn patch(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    version: &str,
    patch: AssetPatch,
    if_match: Option<i64>,
) -> Result<AssetVersion> {
    ctx.authorize(write(kind), &scope(kind, workspace, name)).await?;
    let before = find_version(
        ctx,
        Key {
            workspace,
            kind,
            name,
        },
        version,
    )
    .await?;
    check_told(ctx, kind, &before).await?;
    check_revision(
        kind.as_str(),
        &format!("{name}:{version}"),
        Some(before.revision),
        if_match,
    )?;
    let AssetPatch {
        display_name,
        description,
        tags,
        properties,
        stage,
    } = patch;
    let of_component = properties.is_some() || display_name.is_some();
    if stage.is_some() || (of_component && kind != Kind::Component) {
        return Err(
            Error::invalid(format!("failed to change {kind} `{name}`: it has no such field"))
                .hint("description and tags may change; content never does: make another version"),
        );
    }
    let mut spec = spec_of(&before);
    let fields = spec
        .as_object_mut()
        .ok_or_else(|| Error::internal("a specification is not a map"))?;
    patch_text(fields, "display_name", display_name);
    patch_text(fields, "description", description);
    patch_map(fields, "tags", tags.map(texts));
    patch_map(fields, "properties", properties);
    let after = Row {
        spec: to_json(&spec),
        ..before.clone()
    };
    change_version(ctx, kind, before, after).await
}

/// Hides a version from lists and from `latest`, or shows it again. It still resolves by its name.
///
/// # Errors
/// NotFound.
pub async fn archive_version(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    version: &str,
    archived: bool,
) -> Result<AssetVersion> {
    ctx.authorize(write(kind), &scope(kind, workspace, name)).await?;
    let before = find_version(
        ctx,
        Key {
            workspace,
            kind,
            name,
        },
        version,
    )
    .await?;
    check_told(ctx, kind, &before).await?;
    let after = Row {
        archived,
        ..before.clone()
    };
    change_version(ctx, kind, before, after).await
}

async fn change_version(ctx: &OpContext, kind: Kind, before: Row, after: Row) -> Result<AssetVersion> {
    if before == after {
        return view(ctx, kind, after).await;
    }
    let after = Row {
        revision: before.revision + 1,
        updated_at: ctx.now_ms(),
        ..after
    };
    let told = |row: &Row| json!({ "version": row.version, "archived": row.archived, "spec": spec_of(row) });
    let change = Change {
        action: write(kind),
        scope: scope(kind, &before.workspace, &before.name),
        before: told(&before),
        after: told(&after),
    };
    let written = after.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let key = Key {
                workspace: &before.workspace,
                kind,
                name: &before.name,
            };
            let found = asset_version::get(tx, key, &before.version).await?;
            check_revision(
                kind.as_str(),
                &before.name,
                found.map(|row| row.revision),
                Some(before.revision),
            )?;
            Ok(asset_version::update(tx, written).await?)
        })
    })
    .await?;
    view(ctx, kind, after).await
}

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

/// The version that a reference means; archived ones too, when they are named exactly.
///
/// # Errors
/// NotFound, with what there is; Invalid for a reference to another registry.
pub(crate) async fn resolve(ctx: &OpContext, kind: Kind, workspace: &str, wanted: &AssetRef) -> Result<Row> {
    match wanted {
        AssetRef::Named { name, version } => find(ctx, Key { workspace, kind, name }, version).await,
        AssetRef::Id { kind: noun, name, version, id, .. } => {
            if noun != kind.plural() && noun != kind.as_str() {
                return Err(Error::invalid(format!("failed to resolve {kind} `{id}`: it names {noun}")));
            }
            find(ctx, Key { workspace, kind, name }, version).await
        }
        AssetRef::Registry { registry, name, .. } => Err(Error::not_found(kind.as_str(), name).hint(format!(
            "registry `{registry}` cannot be reached from here: register it in workspace `{workspace}`, and name it \
             `azureml:{name}@latest`"
        ))),
    }
}

async fn find(ctx: &OpContext, key: Key<'_>, wanted: &VersionRef) -> Result<Row> {
    let Key { kind, name, .. } = key;
    let db = ctx.app().store.read();
    match wanted {
        VersionRef::Version(version) => find_version(ctx, key, version).await,
        VersionRef::Label(label) if label != LATEST => {
            find_asset(ctx, kind, key.workspace, name).await?;
            match asset_label::get(db, key, label).await? {
                Some(version) => find_version(ctx, key, &version).await,
                None if is_closed(ctx, kind) => Err(Error::not_found("label", &format!("{name}@{label}"))),
                None => {
                    let mut there: Vec<String> = asset_label::of(db, key)
                        .await?
                        .into_iter()
                        .map(|row| row.label)
                        .collect();
                    there.push(LATEST.to_owned());
                    Err(Error::not_found("label", &format!("{name}@{label}"))
                        .hint(format!("{kind} `{name}` has: {}", there.join(", "))))
                }
            }
        }
        VersionRef::Label(_) | VersionRef::Unsaid => match asset_version::latest(db, key).await? {
            Some(row) => Ok(row),
            None => {
                find_asset(ctx, kind, key.workspace, name).await?;
                Err(Error::not_found(kind.as_str(), &format!("{name}@latest"))
                    .hint("all of its versions are archived: restore one, or name one exactly"))
            }
        },
    }
}

async fn find_asset(ctx: &OpContext, kind: Kind, workspace: &str, name: &str) -> Result<asset::Model> {
    let db = ctx.app().store.read();
    if let Some(row) = asset::get(
        db,
        Key {
            workspace,
            kind,
            name,
        },
    )
    .await?
    {
        return Ok(row);
    }
    crate::workspace::get(ctx, workspace).await?;
    if is_closed(ctx, kind) {
        // Which names there are is not for everybody.
        return Err(Error::not_found(kind.as_str(), name)
            .hint(format!("`tidemill {kind} list` shows those that you may see")));
    }
    let there = asset::list(
        db,
        workspace,
        kind,
        Archived::Exclude,
        &PageRequest {
            limit: 20,
            after: None,
        },
    )
    .await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(
        Error::not_found(kind.as_str(), name).hint(match names.is_empty() {
            true => format!("workspace `{workspace}` has none: make it with `tidemill {kind} create`"),
            false => format!("workspace `{workspace}` has: {}", names.join(", ")),
        }),
    )
}

/// A version that is named exactly.
pub(crate) async fn find_version(ctx: &OpContext, key: Key<'_>, version: &str) -> Result<Row> {
    let db = ctx.app().store.read();
    if let Some(row) = asset_version::get(db, key, version).await? {
        return Ok(row);
    }
    find_asset(ctx, key.kind, key.workspace, key.name).await?;
    let page = PageRequest {
        limit: 20,
        after: None,
    };
    let there = asset_version::list(db, key, Archived::Include, &page).await?;
    if is_closed(ctx, key.kind) {
        let none = Error::not_found("version", &format!("{}:{version}", key.name));
        return Err(none.hint(only_told(key.name)));
    }
    let versions: Vec<_> = there.items.iter().map(|row| row.version.as_str()).collect();
    Err(
        Error::not_found(key.kind.as_str(), &format!("{}:{version}", key.name))
            .hint(format!("it has the versions {}", versions.join(", "))),
    )
}

async fn view(ctx: &OpContext, kind: Kind, row: Row) -> Result<AssetVersion> {
    let key = Key {
        workspace: &row.workspace,
        kind,
        name: &row.name,
    };
    let labels = labels_by_version(ctx, key)
        .await?
        .remove(&row.version)
        .unwrap_or_default();
    Ok(show(row, labels))
}

async fn labels_by_version(ctx: &OpContext, key: Key<'_>) -> Result<HashMap<String, Vec<String>>> {
    let db = ctx.app().store.read();
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    if let Some(latest) = asset_version::latest(db, key).await? {
        found.entry(latest.version).or_default().push(LATEST.to_owned());
    }
    for row in asset_label::of(db, key).await? {
        found.entry(row.version).or_default().push(row.label);
    }
    Ok(found)
}

fn show(row: Row, labels: Vec<String>) -> AssetVersion {
    let mut spec = spec_of(&row);
    let Row {
        workspace: _,
        kind: _,
        name,
        version,
        number: _,
        asset_type,
        spec: _,
        digest,
        uri,
        size_bytes,
        files,
        archived,
        anonymous: _,
        job,
        created_by,
        created_at,
        updated_at,
        revision,
    } = row;
    if let Some(fields) = spec.as_object_mut() {
        fields.insert("name".into(), name.clone().into());
        fields.insert("version".into(), version.clone().into());
    }
    AssetVersion {
        name,
        version,
        r#type: asset_type,
        description: description_of(&spec),
        tags: tags_of(&spec),
        spec,
        labels,
        archived,
        created_at,
        updated_at,
        created_by: Some(created_by),
        job,
        run_id: None,
        digest: Some(digest),
        size_bytes: size_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        files: files.and_then(|files| u64::try_from(files).ok()),
        uri,
        etag: revision.to_string(),
        warnings: Vec::new(),
    }
}

fn show_asset(row: asset::Model, newest: Option<Row>, labels: Vec<asset_label::Model>) -> Asset {
    let asset::Model {
        workspace: _,
        kind: _,
        name,
        archived,
        created_at,
        updated_at,
    } = row;
    let spec = newest.as_ref().map(spec_of).unwrap_or_default();
    let latest = newest
        .as_ref()
        .filter(|row| !row.archived)
        .map(|row| row.version.clone());
    let mut shown: IndexMap<String, String> =
        labels.into_iter().map(|row| (row.label, row.version)).collect();
    shown.extend(latest.clone().map(|version| (LATEST.to_owned(), version)));
    Asset {
        name,
        r#type: newest.map(|row| row.asset_type),
        description: description_of(&spec),
        tags: tags_of(&spec),
        latest_version: latest,
        labels: shown,
        archived,
        created_at,
        updated_at,
    }
}

/// The specification of a version, without its name and version.
pub(crate) fn spec_of(row: &Row) -> Value {
    from_json("asset_version", "spec", &row.spec).unwrap_or(Value::Null)
}

/// The specification of a version as a typed one, with its name and version.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(row: &Row) -> Result<T> {
    let mut spec = spec_of(row);
    if let Some(fields) = spec.as_object_mut() {
        fields.insert("name".into(), row.name.clone().into());
        fields.insert("version".into(), row.version.clone().into());
    }
    serde_json::from_value(spec).map_err(Error::internal)
}

fn description_of(spec: &Value) -> Option<String> {
    spec.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn tags_of(spec: &Value) -> IndexMap<String, String> {
    let tags = spec.get("tags").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    tags.into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

/// A specification as it is kept: what names it stands in columns.
pub(crate) fn stored_spec(spec: &impl serde::Serialize) -> Result<Value> {
    let mut spec = serde_json::to_value(spec).map_err(Error::internal)?;
    if let Some(fields) = spec.as_object_mut() {
        for field in ["name", "version", "id"] {
            fields.shift_remove(field);
        }
    }
    Ok(spec)
}

/// Names the content of a specification: its description and tags are no part of it.
pub(crate) fn spec_digest(spec: &Value) -> String {
    let mut content = spec.clone();
    if let Some(fields) = content.as_object_mut() {
        for field in ["description", "tags", "auto_delete_setting"] {
            fields.shift_remove(field);
        }
    }
    content.sort_all_objects();
    blake3::hash(content.to_string().as_bytes()).to_hex().to_string()
}

pub(crate) fn patch_text(fields: &mut Map<String, Value>, field: &str, text: Option<String>) {
    match text {
        Some(text) if text.is_empty() => drop(fields.shift_remove(field)),
        Some(text) => drop(fields.insert(field.into(), text.into())),
        None => {}
    }
}

/// Sets and takes away entries of a map; an empty map goes.
pub(crate) fn patch_map(
    fields: &mut Map<String, Value>,
    field: &str,
    changes: Option<impl IntoIterator<Item = (String, Value)>>,
) {
    let Some(changes) = changes else { return };
    let mut map = fields
        .get(field)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (key, value) in changes {
        match value {
            Value::Null => drop(map.shift_remove(&key)),
            value => drop(map.insert(key, value)),
        }
    }
    match map.is_empty() {
        true => drop(fields.shift_remove(field)),
        false => drop(fields.insert(field.to_owned(), map.into())),
    }
}

pub(crate) fn texts(tags: IndexMap<String, Option<String>>) -> impl IntoIterator<Item = (String, Value)> {
    tags.into_iter()
        .map(|(key, value)| (key, value.map_or(Value::Null, Value::from)))
}

/// Checks a label that somebody sets or removes.
pub(crate) fn check_label(label: &str) -> Result<()> {
    name::check("label", label)?;
    if label == LATEST {
        return Err(Error::invalid(
            "failed to change label `latest`: it moves by itself to the newest version",
        )
        .hint("archive a version to take `latest` off it, or choose another label"));
    }
    Ok(())
}

pub(crate) fn scope(kind: Kind, workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, kind.plural(), name)
}

fn read(kind: Kind) -> Action {
    match kind {
        Kind::Data => action::DATA_READ,
        Kind::Environment => action::ENVIRONMENT_READ,
        Kind::Component => action::COMPONENT_READ,
    }
}

pub(crate) fn write(kind: Kind) -> Action {
    match kind {
        Kind::Data => action::DATA_WRITE,
        Kind::Environment => action::ENVIRONMENT_WRITE,
        Kind::Component => action::COMPONENT_WRITE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_and_tags_are_no_content() {
        let a = json!({"image": "x", "tags": {"a": "1"}, "description": "d", "os_type": "linux"});
        let b = json!({"os_type": "linux", "image": "x"});
        assert_eq!(spec_digest(&a), spec_digest(&b));
        assert_ne!(
            spec_digest(&a),
            spec_digest(&json!({"image": "y", "os_type": "linux"}))
        );
    }

    #[test]
    fn a_patch_sets_and_takes_away() {
        let mut fields = json!({"tags": {"a": "1", "b": "2"}, "description": "old"});
        let fields = fields.as_object_mut().expect("a map");
        patch_map(
            fields,
            "tags",
            Some([("a".to_owned(), Value::Null), ("c".to_owned(), json!("3"))]),
        );
        patch_text(fields, "description", Some(String::new()));
        assert_eq!(
            Value::Object(fields.clone()),
            json!({"tags": {"b": "2", "c": "3"}})
        );
        patch_map(
            fields,
            "tags",
            Some([("b".to_owned(), Value::Null), ("c".to_owned(), Value::Null)]),
        );
        assert_eq!(Value::Object(fields.clone()), json!({}));
    }
}
