//! Registered models: names for versions that people deploy. Azure's models and MLflow's are the same ones.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};
use sea_orm::{DbBackend, QueryTrait};
use tidemill_query::{Comparison, Entity as Of, Operator, Order as OrderBy, Value as Literal};

use crate::model_history;
use crate::search::{Found, Window, compare, direction, has_text};
use crate::tag::{self, Noun, Table, version_owner};
use crate::{Result, model_version};

/// The tag that makes a registered model a prompt; a search shows prompts only when it asks for them.
pub const PROMPT_TAG: &str = "mlflow.prompt.is_prompt";

/// One registered model.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registered_model")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
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

/// One registered model by name.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Adds a registered model; says whether the name was free.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool> {
    let Model {
        workspace,
        name,
        description,
        archived,
        created_at,
        updated_at,
    } = row;
    let added = Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        description: Set(description),
        archived: Set(archived),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    Ok(added > 0)
}

/// Writes what can change: description, archived and time.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        description,
        archived,
        created_at: _,
        updated_at,
    } = row;
    Entity::update_many()
        .col_expr(Column::Description, Expr::value(description))
        .col_expr(Column::Archived, Expr::value(archived))
        .col_expr(Column::UpdatedAt, Expr::value(updated_at))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}

/// Notes that something changed; also holds the row, so that versions count up one at a time.
pub async fn touch(db: &impl ConnectionTrait, workspace: &str, name: &str, now_ms: i64) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::UpdatedAt, Expr::value(now_ms))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Gives a model, its versions, aliases and tags another name; the caller has looked that it is free.
pub async fn rename(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    new_name: &str,
    now_ms: i64,
) -> Result<()> {
    for version in model_version::numbers(db, workspace, name).await? {
        let (from, to) = (version_owner(name, version), version_owner(new_name, version));
        tag::rename_owner(db, workspace, Noun::ModelVersion, &from, &to).await?;
    }
    tag::rename_owner(db, workspace, Noun::Model, name, new_name).await?;
    model_history::rename(db, workspace, name, new_name).await?;
    for table in ["registered_model", "model_version", "model_alias"] {
        let mut update = Query::update();
        update
            .table(table)
            .value("name", new_name)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("name").eq(name));
        if table != "model_alias" {
            update.value("updated_at", now_ms);
        }
        db.execute(&update).await?;
    }
    Ok(())
}

/// Removes a model, its versions, aliases and tags; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    for version in model_version::numbers(db, workspace, name).await? {
        tag::delete_all(db, workspace, Noun::ModelVersion, &version_owner(name, version)).await?;
    }
    tag::delete_all(db, workspace, Noun::Model, name).await?;
    for table in ["model_version", "model_alias"] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("name").eq(name));
        db.execute(&delete).await?;
    }
    let gone = Entity::delete_by_id((workspace.to_owned(), name.to_owned()))
        .exec(db)
        .await?;
    Ok(gone.rows_affected > 0)
}

/// An alias of a model and the version that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The model.
    pub name: String,
    /// The alias.
    pub alias: String,
    /// The version.
    pub version: i64,
}

/// The aliases of models, by name.
pub async fn aliases(db: &impl ConnectionTrait, workspace: &str, names: &[String]) -> Result<Vec<Alias>> {
    let mut found = Vec::new();
    for names in names.chunks(500) {
        let mut select = Query::select();
        select
            .columns(["name", "alias", "version"])
            .from("model_alias")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("name").is_in(names))
            .order_by("alias", Order::Asc);
        for row in db.query_all(&select).await? {
            found.push(Alias {
                name: row.try_get("", "name")?,
                alias: row.try_get("", "alias")?,
                version: row.try_get("", "version")?,
            });
        }
    }
    Ok(found)
}

/// Lets an alias name a version, whatever it named before.
pub async fn put_alias(db: &impl ConnectionTrait, workspace: &str, alias: Alias) -> Result<()> {
    let Alias { name, alias, version } = alias;
    let mut insert = Query::insert();
    insert
        .into_table("model_alias")
        .columns(["workspace", "name", "alias", "version"])
        .values_panic([workspace.into(), name.into(), alias.into(), version.into()])
        .on_conflict(
            OnConflict::columns(["workspace", "name", "alias"])
                .update_column("version")
                .to_owned(),
        );
    db.execute(&insert).await?;
    Ok(())
}

/// Removes an alias, if it is there.
pub async fn delete_alias(db: &impl ConnectionTrait, workspace: &str, name: &str, alias: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table("model_alias")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("name").eq(name))
        .and_where(Expr::col("alias").eq(alias));
    db.execute(&delete).await?;
    Ok(())
}

/// Models that fit a filter. After `order_by` comes the name.
pub async fn search(
    db: &impl ConnectionTrait,
    workspace: &str,
    filter: &[Comparison],
    order_by: &[OrderBy],
    window: Window,
) -> Result<Found<Model>> {
    let backend = db.get_database_backend();
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    let select = QueryTrait::query(&mut query);
    let name = || Expr::col(("registered_model", "name"));
    for comparison in filter {
        if comparison.key.entity != Of::Tag {
            select.and_where(compare(backend, name(), comparison.operator, &comparison.value));
        } else if comparison.key.name != PROMPT_TAG {
            select.and_where(has_text(
                backend,
                Table::Tag,
                workspace,
                Noun::Model,
                name(),
                comparison,
            ));
        }
    }
    select.and_where(prompt_condition(backend, workspace, name(), filter));
    for order in order_by {
        let column = match order.key.name.as_str() {
            "name" => "name",
            "creation_timestamp" => "created_at",
            _ => "updated_at",
        };
        select.order_by(column, direction(order.ascending));
    }
    select.order_by("name", Order::Asc);
    window.apply(select);
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// Prompts when the filter asks for them, else everything else; `name` is the column with the model's name.
pub(crate) fn prompt_condition(
    backend: DbBackend,
    workspace: &str,
    name: Expr,
    filter: &[Comparison],
) -> Expr {
    let wanted = filter.iter().any(|Comparison { key, operator, value }| {
        let Literal::Text(text) = value else { return false };
        let text = text.to_ascii_lowercase();
        key.entity == Of::Tag
            && key.name == PROMPT_TAG
            && ((*operator == Operator::Eq && text == "true")
                || (*operator == Operator::Ne && text == "false"))
    });
    let is_prompt = Comparison {
        key: tidemill_query::Key {
            entity: Of::Tag,
            name: PROMPT_TAG.to_owned(),
        },
        operator: Operator::Eq,
        value: Literal::Text("true".to_owned()),
    };
    let is_prompt = has_text(backend, Table::Tag, workspace, Noun::Model, name, &is_prompt);
    if wanted { is_prompt } else { is_prompt.not() }
}
