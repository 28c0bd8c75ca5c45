//! Published pipelines, version by version.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::Result;

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "published_pipeline")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Counts up.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// JSON of its specification.
    pub spec: String,
    /// Who published it, as `user:ada`: candidates are deployed and released as them.
    pub publisher: String,
    /// Whether it is the one that is meant when no version is named.
    pub is_default: bool,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The versions of one, newest first.
pub async fn of(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .order_by_desc(Column::Version)
        .all(db)
        .await?)
}

/// The default version of each published pipeline of a workspace, by name.
pub async fn defaults(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::IsDefault.eq(true))
        .order_by_asc(Column::Name)
        .all(db)
        .await?)
}

/// Every version of each published pipeline of a workspace.
pub async fn all(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Version)
        .all(db)
        .await?)
}

/// Adds a version; it is the default one from then on when it says so.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        version,
        spec,
        publisher,
        is_default,
        created_at,
    } = row;
    if is_default {
        clear(db, &workspace, &name).await?;
    }
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        version: Set(version),
        spec: Set(spec),
        publisher: Set(publisher),
        is_default: Set(is_default),
        created_at: Set(created_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

async fn clear(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::IsDefault, Expr::value(false))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}

/// Makes a version the default one.
pub async fn set_default(db: &impl ConnectionTrait, workspace: &str, name: &str, version: i64) -> Result<()> {
    clear(db, workspace, name).await?;
    Entity::update_many()
        .col_expr(Column::IsDefault, Expr::value(true))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Version.eq(version))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes all versions of one.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}
