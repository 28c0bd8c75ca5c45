//! Workspaces.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{DbBackend, QueryOrder, QuerySelect, Statement};

use crate::page::{Page, PageRequest};
use crate::{Result, group, workspace_state};

/// One workspace.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workspace")]
pub struct Model {
    /// Unique on a server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The group that it belongs to.
    pub group_name: String,
    /// As people wrote it.
    pub display_name: String,
    /// JSON of its specification.
    pub spec: String,
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

/// One workspace by name; one that was deleted is not there.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(name)
        .filter(Column::Name.not_in_subquery(workspace_state::deleted()))
        .one(db)
        .await?)
}

/// Holds a workspace until the end of the transaction, deleted or not: together with others where something starts in it, `alone` where it
/// is put to rest. Says whether it is there. SQLite has one writer, who holds everything.
pub async fn hold(tx: &impl ConnectionTrait, name: &str, alone: bool) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("name")
        .from("workspace")
        .and_where(Expr::col("name").eq(name))
        .lock(if alone { LockType::Update } else { LockType::Share });
    Ok(tx.query_one(&select).await?.is_some())
}

/// One workspace by name, also one that was deleted and is kept.
pub async fn get_kept(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(name).one(db).await?)
}

/// Every workspace that is kept, deleted ones too, by name.
pub async fn kept(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Name).all(db).await?)
}

/// Workspaces by name.
pub async fn list(db: &impl ConnectionTrait, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Name.not_in_subquery(workspace_state::deleted()))
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// All of them, by group and name.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Name.not_in_subquery(workspace_state::deleted()))
        .order_by_asc(Column::GroupName)
        .order_by_asc(Column::Name)
        .all(db)
        .await?)
}

/// Writes a workspace, new or changed; its group is made when it is not there.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    group::ensure(db, &row.group_name, row.created_at).await?;
    let Model {
        name,
        group_name,
        display_name,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        name: Set(name),
        group_name: Set(group_name),
        display_name: Set(display_name),
        spec: Set(spec),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::column(Column::Name)
            .update_columns([
                Column::GroupName,
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

/// What a workspace holds besides its own datastores and compute: nouns and how many, only those that are there. Archived
/// environments don't count: without runs, nothing names them.
pub async fn contents(db: &impl ConnectionTrait, name: &str) -> Result<Vec<(&'static str, i64)>> {
    const HELD: &[(&str, &str)] = &[
        (
            "datastores",
            "SELECT COUNT(*) AS n FROM datastore WHERE kind <> 'workspace_folder' AND workspace = ",
        ),
        (
            "experiments",
            "SELECT COUNT(*) AS n FROM experiment WHERE experiment_id <> 0 AND workspace = ",
        ),
        ("runs", "SELECT COUNT(*) AS n FROM run WHERE workspace = "),
        (
            "jobs",
            "SELECT COUNT(*) AS n FROM job WHERE parent IS NULL AND workspace = ",
        ),
        (
            "computes",
            "SELECT COUNT(*) AS n FROM compute WHERE name <> 'local' AND workspace = ",
        ),
        (
            "data",
            "SELECT COUNT(*) AS n FROM asset WHERE kind = 'data' AND workspace = ",
        ),
        (
            "environments",
            "SELECT COUNT(*) AS n FROM asset WHERE kind = 'environment' AND archived = FALSE AND workspace = ",
        ),
        (
            "components",
            "SELECT COUNT(*) AS n FROM asset WHERE kind = 'component' AND workspace = ",
        ),
        (
            "models",
            "SELECT COUNT(*) AS n FROM registered_model WHERE workspace = ",
        ),
        (
            "online endpoints",
            "SELECT COUNT(*) AS n FROM online_endpoint WHERE workspace = ",
        ),
        (
            "published pipelines",
            "SELECT COUNT(*) AS n FROM published_pipeline WHERE workspace = ",
        ),
        (
            "schedules",
            "SELECT COUNT(*) AS n FROM schedule WHERE workspace = ",
        ),
    ];
    let mut held = Vec::new();
    for (noun, sql) in HELD {
        let place = if db.get_database_backend() == DbBackend::Postgres {
            "$1"
        } else {
            "?"
        };
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), format!("{sql}{place}"), [name.into()]);
        let count: i64 = match db.query_one_raw(statement).await? {
            Some(row) => row.try_get("", "n")?,
            None => 0,
        };
        if count > 0 {
            held.push((*noun, count));
        }
    }
    Ok(held)
}

/// Removes a workspace that is empty, with its own datastores and compute, and its archived environments.
pub async fn delete(db: &impl ConnectionTrait, name: &str) -> Result<bool> {
    crate::datastore::delete_all(db, name).await?;
    crate::compute::delete_all(db, name).await?;
    crate::compute_power::delete_all(db, name).await?;
    crate::policy::delete(db, name).await?;
    crate::compute_request::delete_of(db, name).await?;
    crate::asset::delete_archived_environments(db, name).await?;
    crate::experiment::delete_default(db, name).await?;
    remove_row(db, name).await
}

/// Removes the row of a workspace of which nothing else is left.
pub(crate) async fn remove_row(db: &impl ConnectionTrait, name: &str) -> Result<bool> {
    workspace_state::Entity::delete_by_id(name).exec(db).await?;
    Ok(Entity::delete_by_id(name).exec(db).await?.rows_affected > 0)
}
