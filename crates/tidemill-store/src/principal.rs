//! Principals: users, teams and service principals.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "principal")]
pub struct Model {
    /// `user`, `team` or `service-principal`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Unique in its kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// JSON of its specification, without its password.
    pub spec: String,
    /// Argon2id of a user's password, when it has one.
    pub password: Option<String>,
    /// JSON: the teams that the user's last sign-in by OIDC put it into.
    pub mapped_teams: String,
    /// It may not sign in, and what it holds does not count.
    pub disabled: bool,
    /// Counts changes; the ETag.
    pub revision: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One of them.
pub async fn get(db: &impl ConnectionTrait, kind: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((kind.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Those of a kind by name.
pub async fn list(db: &impl ConnectionTrait, kind: &str, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Kind.eq(kind))
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// All of them, of every kind.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Writes one, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        kind,
        name,
        spec,
        password,
        mapped_teams,
        disabled,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        kind: Set(kind),
        name: Set(name),
        spec: Set(spec),
        password: Set(password),
        mapped_teams: Set(mapped_teams),
        disabled: Set(disabled),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Kind, Column::Name])
            .update_columns([
                Column::Spec,
                Column::Password,
                Column::MappedTeams,
                Column::Disabled,
                Column::Revision,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Sets the teams that a user's claims name.
pub async fn map_teams(db: &impl ConnectionTrait, name: &str, teams: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::MappedTeams, Expr::value(teams))
        .filter(Column::Kind.eq("user"))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes one, with its roles and what it signs in with.
pub async fn delete(db: &impl ConnectionTrait, kind: &str, name: &str) -> Result<bool> {
    crate::assignment::delete_of(db, kind, name).await?;
    crate::credential::delete_of(db, kind, name).await?;
    if kind == "user" {
        crate::identity::delete_of_user(db, name).await?;
    }
    let gone = Entity::delete_by_id((kind.to_owned(), name.to_owned()))
        .exec(db)
        .await?;
    Ok(gone.rows_affected > 0)
}
