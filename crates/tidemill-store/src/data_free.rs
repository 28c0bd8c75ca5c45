//! Copies that are still to be removed: what versions named that have gone for good.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// Rows that are written or removed at a time.
const AT_ONCE: usize = 200;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_free")]
pub struct Model {
    /// `tree`, `pack` or `blob`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Its name: 64 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// UTC milliseconds.
    pub since: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// All of them.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Adds some; what is there already stays as it is.
pub async fn add(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<()> {
    for some in rows.chunks(AT_ONCE) {
        let rows = some
            .iter()
            .cloned()
            .map(|Model { kind, digest, since }| ActiveModel {
                kind: Set(kind),
                digest: Set(digest),
                since: Set(since),
            });
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([Column::Kind, Column::Digest])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Removes some: their bytes are gone, or something names them again.
pub async fn delete(db: &impl ConnectionTrait, rows: &[Model]) -> Result<()> {
    for kind in ["tree", "pack", "blob"] {
        let digests: Vec<&str> = rows
            .iter()
            .filter(|row| row.kind == kind)
            .map(|row| row.digest.as_str())
            .collect();
        for some in digests.chunks(AT_ONCE) {
            Entity::delete_many()
                .filter(Column::Kind.eq(kind))
                .filter(Column::Digest.is_in(some.iter().copied()))
                .exec(db)
                .await?;
        }
    }
    Ok(())
}
