//! Datasets for evaluating: their records, tags and experiments.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, Order, Query};
use sea_orm::{DbBackend, QueryOrder, QuerySelect, QueryTrait};
use tidemill_query::{Comparison, Entity as Of, Order as OrderBy};

use crate::Result;
use crate::search::{Found, Window, compare, direction, has_text};
use crate::tag::{self, Noun, Table};

pub use record::{
    Model as Record, delete as delete_records, get as get_record, list as list_records, put as put_record,
};

/// One dataset.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "eval_dataset")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// `d-` and 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset_id: String,
    /// As people call it.
    pub name: String,
    /// JSON: the types of its fields.
    pub schema: Option<String>,
    /// JSON: how many records.
    pub profile: Option<String>,
    /// Changes when it changes.
    pub digest: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
    /// Who made it, as its tags say.
    pub created_by: Option<String>,
    /// Who changed it, as the tags of records say.
    pub updated_by: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One dataset by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), id.to_owned()))
        .one(db)
        .await?)
}

/// Writes a dataset, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        dataset_id,
        name,
        schema,
        profile,
        digest,
        created_at,
        updated_at,
        created_by,
        updated_by,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        dataset_id: Set(dataset_id),
        name: Set(name),
        schema: Set(schema),
        profile: Set(profile),
        digest: Set(digest),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
        created_by: Set(created_by),
        updated_by: Set(updated_by),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::DatasetId])
            .update_columns([
                Column::Schema,
                Column::Profile,
                Column::Digest,
                Column::UpdatedAt,
                Column::UpdatedBy,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a dataset with all that belongs to it.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<()> {
    for table in ["eval_record", "eval_dataset_experiment", "eval_dataset"] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("dataset_id").eq(id));
        db.execute(&delete).await?;
    }
    tag::delete_all(db, workspace, Noun::EvalDataset, id).await
}

/// Datasets that fit a filter, of these experiments when there are any. Without `order_by` come the youngest first.
pub async fn search(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiments: &[String],
    filter: &[Comparison],
    order_by: &[OrderBy],
    window: Window,
) -> Result<Found<Model>> {
    let backend = db.get_database_backend();
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    let select = QueryTrait::query(&mut query);
    let id = || Expr::col(("eval_dataset", "dataset_id"));
    if !experiments.is_empty() {
        let mut of = Query::select();
        of.column("dataset_id")
            .from("eval_dataset_experiment")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("experiment_id").is_in(experiments));
        select.and_where(id().in_subquery(of));
    }
    for comparison in filter {
        select.and_where(condition(backend, workspace, id(), comparison));
    }
    for order in order_by {
        select.order_by(column(&order.key.name), direction(order.ascending));
    }
    if order_by.is_empty() {
        select.order_by("created_at", Order::Desc);
    }
    select.order_by("dataset_id", Order::Desc);
    window.apply(select);
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

fn condition(backend: DbBackend, workspace: &str, id: Expr, comparison: &Comparison) -> Expr {
    if comparison.key.entity == Of::Tag {
        return has_text(backend, Table::Tag, workspace, Noun::EvalDataset, id, comparison);
    }
    let left = Expr::col(("eval_dataset", column(&comparison.key.name)));
    compare(backend, left, comparison.operator, &comparison.value)
}

fn column(attribute: &str) -> &'static str {
    match attribute {
        "created_time" => "created_at",
        "last_update_time" => "updated_at",
        "created_by" => "created_by",
        "last_updated_by" => "updated_by",
        _ => "name",
    }
}

/// Lets a dataset belong to experiments; to those that it belongs to already it still does.
pub async fn add_experiments(
    db: &impl ConnectionTrait,
    workspace: &str,
    id: &str,
    experiments: &[String],
) -> Result<()> {
    if experiments.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table("eval_dataset_experiment")
        .columns(["workspace", "dataset_id", "experiment_id"])
        .on_conflict(OnConflict::new().do_nothing().to_owned());
    for experiment in experiments {
        insert.values_panic([workspace.into(), id.into(), experiment.as_str().into()]);
    }
    db.execute(&insert).await?;
    Ok(())
}

/// Lets a dataset no longer belong to experiments.
pub async fn remove_experiments(
    db: &impl ConnectionTrait,
    workspace: &str,
    id: &str,
    experiments: &[String],
) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table("eval_dataset_experiment")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("dataset_id").eq(id))
        .and_where(Expr::col("experiment_id").is_in(experiments));
    db.execute(&delete).await?;
    Ok(())
}

/// The experiments that datasets belong to.
pub async fn experiments(
    db: &impl ConnectionTrait,
    workspace: &str,
    ids: &[String],
) -> Result<HashMap<String, Vec<String>>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for ids in ids.chunks(500) {
        let mut select = Query::select();
        select
            .columns(["dataset_id", "experiment_id"])
            .from("eval_dataset_experiment")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("dataset_id").is_in(ids))
            .order_by("experiment_id", Order::Asc);
        for row in db.query_all(&select).await? {
            let experiment = row.try_get("", "experiment_id")?;
            found
                .entry(row.try_get("", "dataset_id")?)
                .or_default()
                .push(experiment);
        }
    }
    Ok(found)
}

/// How many records a dataset has.
pub async fn count(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<u64> {
    record::count(db, workspace, id).await
}

mod record {
    //! Records of datasets.

    use super::*;

    /// One record.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "eval_record")]
    pub struct Model {
        /// The workspace.
        #[sea_orm(primary_key, auto_increment = false)]
        pub workspace: String,
        /// Its dataset.
        #[sea_orm(primary_key, auto_increment = false)]
        pub dataset_id: String,
        /// `dr-` and 32 hex digits.
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: String,
        /// Of its inputs; unique in its dataset.
        pub input_hash: String,
        /// JSON.
        pub inputs: String,
        /// JSON.
        pub outputs: Option<String>,
        /// JSON.
        pub expectations: Option<String>,
        /// JSON.
        pub tags: Option<String>,
        /// JSON: where it comes from.
        pub source: Option<String>,
        /// Such as the id of a trace.
        pub source_id: Option<String>,
        /// Such as `TRACE`.
        pub source_type: Option<String>,
        /// UTC milliseconds.
        pub created_at: i64,
        /// UTC milliseconds.
        pub updated_at: i64,
        /// Who made it.
        pub created_by: Option<String>,
        /// Who changed it.
        pub updated_by: Option<String>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    /// The record with these inputs.
    pub async fn get(
        db: &impl ConnectionTrait,
        workspace: &str,
        dataset_id: &str,
        input_hash: &str,
    ) -> Result<Option<Model>> {
        Ok(Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::DatasetId.eq(dataset_id))
            .filter(Column::InputHash.eq(input_hash))
            .one(db)
            .await?)
    }

    /// Writes a record, new or changed.
    pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
        let Model {
            workspace,
            dataset_id,
            record_id,
            input_hash,
            inputs,
            outputs,
            expectations,
            tags,
            source,
            source_id,
            source_type,
            created_at,
            updated_at,
            created_by,
            updated_by,
        } = row;
        Entity::insert(ActiveModel {
            workspace: Set(workspace),
            dataset_id: Set(dataset_id),
            record_id: Set(record_id),
            input_hash: Set(input_hash),
            inputs: Set(inputs),
            outputs: Set(outputs),
            expectations: Set(expectations),
            tags: Set(tags),
            source: Set(source),
            source_id: Set(source_id),
            source_type: Set(source_type),
            created_at: Set(created_at),
            updated_at: Set(updated_at),
            created_by: Set(created_by),
            updated_by: Set(updated_by),
        })
        .on_conflict(
            OnConflict::columns([Column::Workspace, Column::DatasetId, Column::RecordId])
                .update_columns([
                    Column::Outputs,
                    Column::Expectations,
                    Column::Tags,
                    Column::Source,
                    Column::SourceId,
                    Column::SourceType,
                    Column::UpdatedAt,
                    Column::UpdatedBy,
                ])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
        Ok(())
    }

    /// The records of a dataset after one of them (its time and id), in the order in which they were made.
    pub async fn list(
        db: &impl ConnectionTrait,
        workspace: &str,
        dataset_id: &str,
        after: Option<(i64, &str)>,
        most: u64,
    ) -> Result<Vec<Model>> {
        let mut query = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::DatasetId.eq(dataset_id))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::RecordId)
            .limit(most);
        if let Some((at, id)) = after {
            let later = Column::CreatedAt.gt(at);
            query = query.filter(later.or(Column::CreatedAt.eq(at).and(Column::RecordId.gt(id))));
        }
        Ok(query.all(db).await?)
    }

    /// Removes records; gives how many.
    pub async fn delete(
        db: &impl ConnectionTrait,
        workspace: &str,
        dataset_id: &str,
        ids: &[String],
    ) -> Result<u64> {
        let mut gone = 0;
        for ids in ids.chunks(500) {
            let done = Entity::delete_many()
                .filter(Column::Workspace.eq(workspace))
                .filter(Column::DatasetId.eq(dataset_id))
                .filter(Column::RecordId.is_in(ids))
                .exec(db)
                .await?;
            gone += done.rows_affected;
        }
        Ok(gone)
    }

    pub(super) async fn count(db: &impl ConnectionTrait, workspace: &str, dataset_id: &str) -> Result<u64> {
        use sea_orm::PaginatorTrait;
        Ok(Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::DatasetId.eq(dataset_id))
            .count(db)
            .await?)
    }
}
