//! Groups: what workspaces belong to.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

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
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One group by name.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(name.to_owned()).one(db).await?)
}

/// Makes the group when it is not there.
pub(crate) async fn ensure(db: &impl ConnectionTrait, name: &str, now_ms: i64) -> Result<()> {
    Entity::insert(ActiveModel {
        name: Set(name.to_owned()),
        display_name: Set(name.to_owned()),
        created_at: Set(now_ms),
    })
    .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    Ok(())
}
