//! Secrets: a name, and how many versions it has had.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One secret.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "secret")]
pub struct Model {
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_name: String,
    /// Unique in the group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The newest version, from 1.
    pub latest: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
    /// UTC milliseconds; a deleted secret can be restored.
    pub deleted_at: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One secret by name, also a deleted one.
pub async fn get(db: &impl ConnectionTrait, group: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((group.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Secrets of a group by name: those that are there, or those that were deleted.
pub async fn list(
    db: &impl ConnectionTrait,
    group: &str,
    deleted: bool,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::GroupName.eq(group))
        .filter(match deleted {
            true => Column::DeletedAt.is_not_null(),
            false => Column::DeletedAt.is_null(),
        })
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// Writes a secret, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        group_name,
        name,
        description,
        latest,
        created_at,
        updated_at,
        deleted_at,
    } = row;
    Entity::insert(ActiveModel {
        group_name: Set(group_name),
        name: Set(name),
        description: Set(description),
        latest: Set(latest),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
        deleted_at: Set(deleted_at),
    })
    .on_conflict(
        OnConflict::columns([Column::GroupName, Column::Name])
            .update_columns([
                Column::Description,
                Column::Latest,
                Column::UpdatedAt,
                Column::DeletedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a secret for good, with its versions.
pub async fn purge(db: &impl ConnectionTrait, group: &str, name: &str) -> Result<()> {
    super::version::delete_all(db, group, name).await?;
    Entity::delete_by_id((group.to_owned(), name.to_owned()))
        .exec(db)
        .await?;
    Ok(())
}
