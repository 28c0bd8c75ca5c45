//! Groups: what workspaces belong to.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource_group")]
pub struct Model {
    /// Unique on a server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// As people wrote it.
    pub display_name: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// JSON of its specification.
    pub spec: String,
    /// Counts changes; the ETag.
    pub revision: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One group by name.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(name).one(db).await?)
}

/// Groups by name.
pub async fn list(db: &impl ConnectionTrait, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find().order_by_asc(Column::Name).limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// All groups.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Writes a group, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        name,
        display_name,
        created_at,
        spec,
        revision,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        name: Set(name),
        display_name: Set(display_name),
        created_at: Set(created_at),
        spec: Set(spec),
        revision: Set(revision),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::column(Column::Name)
            .update_columns([
                Column::DisplayName,
                Column::Spec,
                Column::Revision,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a group.
pub async fn delete(db: &impl ConnectionTrait, name: &str) -> Result<bool> {
    Ok(Entity::delete_by_id(name).exec(db).await?.rows_affected > 0)
}

/// Makes the group when it is not there.
pub(crate) async fn ensure(db: &impl ConnectionTrait, name: &str, now_ms: i64) -> Result<()> {
    Entity::insert(ActiveModel {
        name: Set(name.to_owned()),
        display_name: Set(name.to_owned()),
        created_at: Set(now_ms),
        spec: Set(format!(r#"{{"name":"{name}"}}"#)),
        revision: Set(1),
        updated_at: Set(now_ms),
    })
    .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    Ok(())
}
