//! Which version of a model stood under which alias, or in which stage, when and by whose hand.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// A time in which a version stood somewhere.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_history")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The model.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// ULID of its beginning.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `alias` or `stage`.
    pub kind: String,
    /// The alias or stage.
    pub label: String,
    /// The version.
    pub version: i64,
    /// UTC milliseconds.
    pub began_at: i64,
    /// Who put it there.
    pub began_by: String,
    /// UTC milliseconds; none while it stands there.
    pub ended_at: Option<i64>,
    /// Who took it away.
    pub ended_by: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What ends now.
#[derive(Debug, Clone, Copy)]
pub enum Which<'w> {
    /// That of an alias, whatever version it names.
    Alias(&'w str),
    /// That of a version in its stage.
    Stage(i64),
    /// All of a version.
    Version(i64),
    /// All of the model.
    All,
}

/// Ends what stands.
pub async fn end(
    db: &impl ConnectionTrait,
    (workspace, name): (&str, &str),
    which: Which<'_>,
    by: &str,
    now_ms: i64,
) -> Result<()> {
    let mut update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now_ms))
        .col_expr(Column::EndedBy, Expr::value(by))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::EndedAt.is_null());
    update = match which {
        Which::Alias(alias) => update
            .filter(Column::Kind.eq("alias"))
            .filter(Column::Label.eq(alias)),
        Which::Stage(version) => update
            .filter(Column::Kind.eq("stage"))
            .filter(Column::Version.eq(version)),
        Which::Version(version) => update.filter(Column::Version.eq(version)),
        Which::All => update,
    };
    update.exec(db).await?;
    Ok(())
}

/// Begins what stands from now on.
pub async fn begin(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        id,
        kind,
        label,
        version,
        began_at,
        began_by,
        ended_at,
        ended_by,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        id: Set(id),
        kind: Set(kind),
        label: Set(label),
        version: Set(version),
        began_at: Set(began_at),
        began_by: Set(began_by),
        ended_at: Set(ended_at),
        ended_by: Set(ended_by),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// The history of a model, the youngest first.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .order_by_desc(Column::Id)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| row.id.clone()))
}

/// The history of one alias, the youngest first.
pub async fn of_alias(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    alias: &str,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Kind.eq("alias"))
        .filter(Column::Label.eq(alias))
        .order_by_desc(Column::Id)
        .all(db)
        .await?)
}

/// Gives the history of a model to its new name.
pub async fn rename(db: &impl ConnectionTrait, workspace: &str, from: &str, to: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(to))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(from))
        .exec(db)
        .await?;
    Ok(())
}
