//! What may change of a version: what is said about it, and whether lists show it. Its content never does.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tidemill_api::asset::{AssetPatch, AssetVersion};
use tidemill_store::asset::Key;
use tidemill_store::{asset_version, to_json};

use super::content::spec_of;
use super::find::find_version;
use super::show::view;
use super::told::check_told;
use super::{Kind, Row, scope, write};
use crate::context::Change;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result};

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

#[cfg(test)]
mod tests {
    use super::*;

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
