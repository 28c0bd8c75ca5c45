//! Versions of assets: what a name stood for when they were made. Their content never changes.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::asset::{self, Archived, Key, Kind};
use crate::page::{Page, PageRequest};

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "asset_version")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The word of a [`Kind`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The asset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Unique in the asset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// The order of creation, from 1.
    pub number: i64,
    /// `uri_folder`, `command`, `conda`, …
    #[sea_orm(column_name = "type")]
    pub asset_type: String,
    /// JSON of its specification.
    pub spec: String,
    /// Names its content: the digest of the manifest (data), or of the specification.
    pub digest: String,
    /// Where its bytes are.
    pub uri: Option<String>,
    /// Bytes in all.
    pub size_bytes: Option<i64>,
    /// Number of files.
    pub files: Option<i64>,
    /// Hidden from lists, and never `latest`.
    pub archived: bool,
    /// Made for one job, and never shown in lists.
    pub anonymous: bool,
    /// The job that made it.
    pub job: Option<String>,
    /// The principal.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
    /// Counts changes; the ETag.
    pub revision: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn of(key: Key<'_>) -> Select<Entity> {
    Entity::find()
        .filter(Column::Workspace.eq(key.workspace))
        .filter(Column::Kind.eq(key.kind.as_str()))
        .filter(Column::Name.eq(key.name))
}

/// One version.
pub async fn get(db: &impl ConnectionTrait, key: Key<'_>, version: &str) -> Result<Option<Model>> {
    Ok(of(key).filter(Column::Version.eq(version)).one(db).await?)
}

/// The newest version that is not archived.
pub async fn latest(db: &impl ConnectionTrait, key: Key<'_>) -> Result<Option<Model>> {
    Ok(of(key)
        .filter(Column::Archived.eq(false))
        .filter(Column::Anonymous.eq(false))
        .order_by_desc(Column::Number)
        .one(db)
        .await?)
}

/// The newest versions of several names, archived ones where there is no other.
pub async fn latest_of_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    kind: Kind,
    names: &[String],
) -> Result<HashMap<String, Model>> {
    let mut found = HashMap::new();
    for names in names.chunks(500) {
        let newest = Entity::find()
            .select_only()
            .column(Column::Name)
            .column_as(Column::Number.max(), "number")
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::Name.is_in(names))
            .group_by(Column::Name)
            .group_by(Column::Archived)
            .into_tuple::<(String, i64)>()
            .all(db)
            .await?;
        let numbers = newest.iter().map(|(_, number)| *number);
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::Name.is_in(names))
            .filter(Column::Number.is_in(numbers))
            .all(db)
            .await?;
        for row in rows
            .into_iter()
            .filter(|row| newest.contains(&(row.name.clone(), row.number)))
        {
            let better = |old: &Model| (!row.archived, row.number) > (!old.archived, old.number);
            if found.get(&row.name).is_none_or(better) {
                found.insert(row.name.clone(), row);
            }
        }
    }
    Ok(found)
}

/// Versions, newest first; `after` is the number of the last one seen.
pub async fn list(
    db: &impl ConnectionTrait,
    key: Key<'_>,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = of(key)
        .filter(Column::Anonymous.eq(false))
        .order_by_desc(Column::Number)
        .limit(page.limit + 1);
    if let Some(archived) = archived.filter() {
        query = query.filter(Column::Archived.eq(archived));
    }
    if let Some(after) = page.after.as_ref().and_then(|after| after.parse::<i64>().ok()) {
        query = query.filter(Column::Number.lt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.number.to_string()
    }))
}

/// Adds a version under `row.version`, or under the highest whole number and one when that is empty; its order of
/// creation is counted here. `None` when the version is taken.
pub async fn insert(db: &impl ConnectionTrait, mut row: Model, kind: Kind) -> Result<Option<Model>> {
    let key = Key {
        workspace: &row.workspace,
        kind,
        name: &row.name,
    };
    asset::touch(db, key, row.created_at).await?;
    let taken = of(key)
        .select_only()
        .column(Column::Version)
        .column(Column::Number)
        .into_tuple::<(String, i64)>()
        .all(db)
        .await?;
    if row.version.is_empty() {
        row.version = next_version(taken.iter().map(|(version, _)| version.as_str()));
    } else if taken.iter().any(|(version, _)| *version == row.version) {
        return Ok(None);
    }
    row.number = taken
        .iter()
        .map(|(_, number)| number)
        .max()
        .map_or(1, |last| last + 1);
    Entity::insert(active(row.clone()))
        .exec_without_returning(db)
        .await?;
    Ok(Some(row))
}

/// Writes all of a version that is there.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    Entity::update(active(row)).exec(db).await?;
    Ok(())
}

/// Removes a version; says whether it was there. Its number is not given again as long as there is a later one.
pub async fn delete(db: &impl ConnectionTrait, key: Key<'_>, version: &str) -> Result<bool> {
    let done = Entity::delete_many()
        .filter(Column::Workspace.eq(key.workspace))
        .filter(Column::Kind.eq(key.kind.as_str()))
        .filter(Column::Name.eq(key.name))
        .filter(Column::Version.eq(version))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// The highest whole number among versions, and one.
fn next_version<'a>(taken: impl Iterator<Item = &'a str>) -> String {
    let highest = taken.filter_map(|version| version.parse::<u64>().ok()).max();
    highest.map_or(1, |highest| highest.saturating_add(1)).to_string()
}

fn active(row: Model) -> ActiveModel {
    let Model {
        workspace,
        kind,
        name,
        version,
        number,
        asset_type,
        spec,
        digest,
        uri,
        size_bytes,
        files,
        archived,
        anonymous,
        job,
        created_by,
        created_at,
        updated_at,
        revision,
    } = row;
    ActiveModel {
        workspace: Set(workspace),
        kind: Set(kind),
        name: Set(name),
        version: Set(version),
        number: Set(number),
        asset_type: Set(asset_type),
        spec: Set(spec),
        digest: Set(digest),
        uri: Set(uri),
        size_bytes: Set(size_bytes),
        files: Set(files),
        archived: Set(archived),
        anonymous: Set(anonymous),
        job: Set(job),
        created_by: Set(created_by),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
        revision: Set(revision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_on_from_the_highest() {
        for (taken, next) in [
            (&[] as &[&str], "1"),
            (&["1", "2"], "3"),
            (&["10", "9", "dev", "2024.01"], "11"),
            (&["01"], "2"),
            (&["beta"], "1"),
        ] {
            assert_eq!(next_version(taken.iter().copied()), next, "{taken:?}");
        }
    }
}
