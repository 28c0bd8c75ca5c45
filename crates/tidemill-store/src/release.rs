//! Releases: what each number carries.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One number of a release.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "release_number")]
pub struct Model {
    /// The workspace in which it was made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Counts up.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// JSON of its specification.
    pub spec: String,
    /// JSON of what is deployed: every byte by its digest.
    pub plan: String,
    /// The hash of that.
    pub digest: String,
    /// Who made it.
    pub author: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One number of a release.
pub async fn get(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    number: i64,
) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), name.to_owned(), number);
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// The newest number of a release.
pub async fn newest(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .order_by_desc(Column::Number)
        .one(db)
        .await?)
}

/// Releases of a workspace, newest first; all numbers of one name where it is given.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: Option<&str>,
    most: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    if let Some(name) = name {
        query = query.filter(Column::Name.eq(name));
    }
    Ok(query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Number)
        .limit(most)
        .all(db)
        .await?)
}

/// Adds a number.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        number,
        spec,
        plan,
        digest,
        author,
        created_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        number: Set(number),
        spec: Set(spec),
        plan: Set(plan),
        digest: Set(digest),
        author: Set(author),
        created_at: Set(created_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}
