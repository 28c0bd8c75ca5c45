//! Which versions may be told of to whom: those of data whose files one may read.

use tidemill_store::asset::Key;
use tidemill_store::page::PageRequest;
use tidemill_store::{asset, asset_label, asset_version};

use super::show::show_asset;
use super::{Archived, Asset, Kind, Row};
use crate::{Error, OpContext, Result, datastore_access};

/// Whether versions of this kind are told of to some alone.
pub(super) fn is_closed(ctx: &OpContext, kind: Kind) -> bool {
    kind == Kind::Data && datastore_access::any(ctx)
}

/// Those of the versions that may be told of.
pub(super) async fn told_of(ctx: &OpContext, kind: Kind, rows: Vec<Row>) -> Result<Vec<Row>> {
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

pub(super) fn only_told(name: &str) -> String {
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
pub(super) async fn told(ctx: &OpContext, kind: Kind, row: asset::Model) -> Result<Option<Asset>> {
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
