//! Assets: names whose versions people use. Data, environments and components have the same shape and differ in their
//! specifications, which are the use cases' business.

use std::fmt;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// Which assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Bytes.
    Data,
    /// Software to run in.
    Environment,
    /// Steps that can be used again.
    Component,
}

impl Kind {
    /// The word in the column `kind`, and in errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Environment => "environment",
            Kind::Component => "component",
        }
    }

    /// The word in paths, as in `data/flights/3`.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Environment => "environments",
            Kind::Component => "components",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which name of which workspace is meant.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// The workspace.
    pub workspace: &'a str,
    /// Which assets.
    pub kind: Kind,
    /// The name.
    pub name: &'a str,
}

/// Archived things in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Archived {
    /// Leave them out.
    #[default]
    Exclude,
    /// Show them too.
    Include,
    /// Show nothing else.
    Only,
}

/// One name.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "asset")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The word of a [`Kind`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Unique in workspace and kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Hidden from lists.
    pub archived: bool,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One name.
pub async fn get(db: &impl ConnectionTrait, key: Key<'_>) -> Result<Option<Model>> {
    let id = (
        key.workspace.to_owned(),
        key.kind.as_str().to_owned(),
        key.name.to_owned(),
    );
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Names in their order.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    kind: Kind,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Kind.eq(kind.as_str()))
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(archived) = archived.filter() {
        query = query.filter(Column::Archived.eq(archived));
    }
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// Makes the name when it is not there, and holds its row, so that versions count up one at a time.
pub(crate) async fn touch(db: &impl ConnectionTrait, key: Key<'_>, now_ms: i64) -> Result<()> {
    Entity::insert(ActiveModel {
        workspace: Set(key.workspace.to_owned()),
        kind: Set(key.kind.as_str().to_owned()),
        name: Set(key.name.to_owned()),
        archived: Set(false),
        created_at: Set(now_ms),
        updated_at: Set(now_ms),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Kind, Column::Name])
            .update_column(Column::UpdatedAt)
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes the environments of a workspace that is being deleted; all of them are archived by then.
pub(crate) async fn delete_archived_environments(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    let kind = Kind::Environment.as_str();
    crate::asset_label::Entity::delete_many()
        .filter(crate::asset_label::Column::Workspace.eq(workspace))
        .filter(crate::asset_label::Column::Kind.eq(kind))
        .exec(db)
        .await?;
    crate::asset_version::Entity::delete_many()
        .filter(crate::asset_version::Column::Workspace.eq(workspace))
        .filter(crate::asset_version::Column::Kind.eq(kind))
        .exec(db)
        .await?;
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Kind.eq(kind))
        .exec(db)
        .await?;
    Ok(())
}

/// Hides a name from lists, or shows it again; says whether it is there.
pub async fn set_archived(
    db: &impl ConnectionTrait,
    key: Key<'_>,
    archived: bool,
    now_ms: i64,
) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::Archived, Expr::value(archived))
        .col_expr(Column::UpdatedAt, Expr::value(now_ms))
        .filter(Column::Workspace.eq(key.workspace))
        .filter(Column::Kind.eq(key.kind.as_str()))
        .filter(Column::Name.eq(key.name))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

impl Archived {
    /// What the column `archived` must be, if that matters.
    pub fn filter(self) -> Option<bool> {
        match self {
            Archived::Exclude => Some(false),
            Archived::Include => None,
            Archived::Only => Some(true),
        }
    }
}
