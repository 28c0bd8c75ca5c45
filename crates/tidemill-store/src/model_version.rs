//! Versions of registered models: integers that count up, each with where its files are and where it came from.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Order, Query};
use sea_orm::{QueryOrder, QueryTrait};
use tidemill_query::{Comparison, Entity as Of, Order as OrderBy};

use crate::search::{Found, Window, compare, direction, has_text};
use crate::tag::{Noun, Table};
use crate::{Result, registered_model};

/// The stage of a version that is deleted; its number is not given again.
pub const DELETED_STAGE: &str = "Deleted_Internal";

const JOIN: BinOper = BinOper::Custom("||");

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_version")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The registered model.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Counts up from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// What it is for.
    pub description: Option<String>,
    /// Who registered it.
    pub created_by: Option<String>,
    /// MLflow's stage: `None`, `Staging`, `Production`, `Archived`.
    pub stage: String,
    /// Where it came from, as it was given: `mlflow-artifacts:/…`, `runs:/…`, `models:/m-…`, `azureml://…`.
    pub source: String,
    /// Where its files are: `mlflow-artifacts:/…`, `azureml://datastores/…`, `tidemill://trees/…` or a URL.
    pub storage_location: String,
    /// The run that made it.
    pub run_id: Option<String>,
    /// A link to the run on another server.
    pub run_link: Option<String>,
    /// The logged model that it is.
    pub model_id: Option<String>,
    /// The job that made it.
    pub job: Option<String>,
    /// `READY`, `PENDING_REGISTRATION` or `FAILED_REGISTRATION`.
    pub status: String,
    /// Why it is not ready.
    pub status_message: Option<String>,
    /// `mlflow_model`, `custom_model` or `triton_model`.
    pub kind: String,
    /// The digest of its files, when they were copied.
    pub digest: Option<String>,
    /// JSON object.
    pub properties: String,
    /// JSON object.
    pub flavors: String,
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

impl Model {
    /// A version of which nothing is known but where it is; the rest is empty.
    pub fn new(workspace: &str, name: &str, source: &str, now_ms: i64) -> Self {
        Self {
            workspace: workspace.to_owned(),
            name: name.to_owned(),
            version: 0,
            description: None,
            created_by: None,
            stage: "None".to_owned(),
            source: source.to_owned(),
            storage_location: source.to_owned(),
            run_id: None,
            run_link: None,
            model_id: None,
            job: None,
            status: "READY".to_owned(),
            status_message: None,
            kind: "mlflow_model".to_owned(),
            digest: None,
            properties: "{}".to_owned(),
            flavors: "{}".to_owned(),
            archived: false,
            created_at: now_ms,
            updated_at: now_ms,
        }
    }
}

/// One version that is not deleted.
pub async fn get(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    version: i64,
) -> Result<Option<Model>> {
    Ok(
        Entity::find_by_id((workspace.to_owned(), name.to_owned(), version))
            .filter(Column::Stage.ne(DELETED_STAGE))
            .one(db)
            .await?,
    )
}

/// The newest version that is not deleted.
pub async fn newest(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(of_model(workspace, name)
        .order_by_desc(Column::Version)
        .one(db)
        .await?)
}

/// The versions that a run or job made.
pub async fn of_run(db: &impl ConnectionTrait, workspace: &str, run: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Stage.ne(DELETED_STAGE))
        .filter(Column::RunId.eq(run).or(Column::Job.eq(run)))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Version)
        .all(db)
        .await?)
}

/// All versions that are not deleted, newest first.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Vec<Model>> {
    Ok(of_model(workspace, name)
        .order_by_desc(Column::Version)
        .all(db)
        .await?)
}

fn of_model(workspace: &str, name: &str) -> Select<Entity> {
    Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Stage.ne(DELETED_STAGE))
}

/// The numbers of all versions, also of deleted ones.
pub(crate) async fn numbers(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Vec<i64>> {
    let mut select = Query::select();
    select
        .column("version")
        .from("model_version")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("name").eq(name))
        .order_by("version", Order::Asc);
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| Ok(row.try_get("", "version")?)).collect()
}

/// Adds a version under the number in `row.version`, or under the next one when that is 0. `None` when the model is
/// not there, or the number is taken.
pub async fn insert(db: &impl ConnectionTrait, mut row: Model) -> Result<Option<Model>> {
    // Holds the model's row: of two that register at once, one waits.
    if !registered_model::touch(db, &row.workspace, &row.name, row.updated_at).await? {
        return Ok(None);
    }
    let taken = numbers(db, &row.workspace, &row.name).await?;
    if row.version == 0 {
        row.version = taken.last().map_or(1, |last| last + 1);
    } else if taken.contains(&row.version) {
        return Ok(None);
    }
    Entity::insert(active(row.clone()))
        .exec_without_returning(db)
        .await?;
    Ok(Some(row))
}

/// Writes all of a version that is there.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    Entity::update(active(row)).exec(db).await?;
    Ok(())
}

fn active(row: Model) -> ActiveModel {
    let Model {
        workspace,
        name,
        version,
        description,
        created_by,
        stage,
        source,
        storage_location,
        run_id,
        run_link,
        model_id,
        job,
        status,
        status_message,
        kind,
        digest,
        properties,
        flavors,
        archived,
        created_at,
        updated_at,
    } = row;
    ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        version: Set(version),
        description: Set(description),
        created_by: Set(created_by),
        stage: Set(stage),
        source: Set(source),
        storage_location: Set(storage_location),
        run_id: Set(run_id),
        run_link: Set(run_link),
        model_id: Set(model_id),
        job: Set(job),
        status: Set(status),
        status_message: Set(status_message),
        kind: Set(kind),
        digest: Set(digest),
        properties: Set(properties),
        flavors: Set(flavors),
        archived: Set(archived),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    }
}

/// Moves all other versions of a stage to `Archived`.
pub async fn archive_stage(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    stage: &str,
    but: i64,
    now_ms: i64,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Stage, Expr::value("Archived"))
        .col_expr(Column::UpdatedAt, Expr::value(now_ms))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Stage.eq(stage))
        .filter(Column::Version.ne(but))
        .exec(db)
        .await?;
    Ok(())
}

/// The numbers of the versions in a stage.
pub async fn in_stage(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    stage: &str,
) -> Result<Vec<i64>> {
    let rows = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Stage.eq(stage))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Deletes a version: what is left is its number.
pub async fn delete(db: &impl ConnectionTrait, row: Model, now_ms: i64) -> Result<()> {
    let mut aliases = Query::delete();
    aliases
        .from_table("model_alias")
        .and_where(Expr::col("workspace").eq(row.workspace.as_str()))
        .and_where(Expr::col("name").eq(row.name.as_str()))
        .and_where(Expr::col("version").eq(row.version));
    db.execute(&aliases).await?;
    registered_model::touch(db, &row.workspace, &row.name, now_ms).await?;
    let empty = Model::new(&row.workspace, &row.name, "REDACTED-SOURCE-PATH", row.created_at);
    update(
        db,
        Model {
            version: row.version,
            stage: DELETED_STAGE.to_owned(),
            updated_at: now_ms,
            ..empty
        },
    )
    .await
}

/// Of several models the newest version of each stage, by name and number.
pub async fn latest_by_stage(
    db: &impl ConnectionTrait,
    workspace: &str,
    names: &[String],
) -> Result<Vec<Model>> {
    let mut found = Vec::new();
    for names in names.chunks(500) {
        let mut newer = Query::select();
        newer.expr(Expr::value(1)).from_as("model_version", "n");
        for column in ["workspace", "name", "stage"] {
            newer.and_where(Expr::col(("n", column)).eq(Expr::col(("model_version", column))));
        }
        newer.and_where(Expr::col(("n", "version")).gt(Expr::col(("model_version", "version"))));
        found.extend(
            Entity::find()
                .filter(Column::Workspace.eq(workspace))
                .filter(Column::Name.is_in(names))
                .filter(Column::Stage.ne(DELETED_STAGE))
                .filter(Expr::not_exists(newer))
                .order_by_asc(Column::Name)
                .order_by_asc(Column::Version)
                .all(db)
                .await?,
        );
    }
    Ok(found)
}

/// Versions that fit a filter. Without `order_by` come the last changed first.
pub async fn search(
    db: &impl ConnectionTrait,
    workspace: &str,
    filter: &[Comparison],
    order_by: &[OrderBy],
    window: Window,
) -> Result<Found<Model>> {
    let backend = db.get_database_backend();
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Stage.ne(DELETED_STAGE));
    let select = QueryTrait::query(&mut query);
    let of = |column: &'static str| Expr::col(("model_version", column));
    for comparison in filter {
        let Comparison { key, operator, value } = comparison;
        if key.entity == Of::Tag {
            if key.name != registered_model::PROMPT_TAG {
                let owner = of("name")
                    .binary(JOIN, "/")
                    .binary(JOIN, of("version").cast_as("text"));
                select.and_where(has_text(
                    backend,
                    Table::Tag,
                    workspace,
                    Noun::ModelVersion,
                    owner,
                    comparison,
                ));
            }
            continue;
        }
        select.and_where(compare(backend, of(column(&key.name)), *operator, value));
    }
    select.and_where(registered_model::prompt_condition(
        backend,
        workspace,
        of("name"),
        filter,
    ));
    for order in order_by {
        select.order_by(column(&order.key.name), direction(order.ascending));
    }
    if order_by.is_empty() {
        select.order_by("updated_at", Order::Desc);
    }
    select
        .order_by("name", Order::Asc)
        .order_by("version", Order::Desc);
    window.apply(select);
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// The column of an attribute that filters and orderings know.
fn column(attribute: &str) -> &'static str {
    match attribute {
        "name" => "name",
        "version_number" => "version",
        "run_id" => "run_id",
        "creation_timestamp" => "created_at",
        "last_updated_timestamp" => "updated_at",
        _ => "source",
    }
}
