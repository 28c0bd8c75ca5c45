//! Label schemas of experiments: the questions that reviewers of traces answer.

use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, IntoActiveModel, QueryOrder, QueryTrait};

use crate::Result;
use crate::search::{Found, Window};

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "label_schema")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// `ls-` and 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub schema_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: i64,
    /// As reviewers read it; unique in the experiment.
    pub name: String,
    /// `FEEDBACK` or `EXPECTATION`.
    #[sea_orm(column_name = "type")]
    pub kind: String,
    /// How it is answered, as JSON.
    pub input: String,
    /// More about it.
    pub instruction: Option<String>,
    /// Whether a reviewer may say why.
    pub enable_comment: bool,
    /// Whether it is the one that every experiment has.
    pub is_default: bool,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a question; says whether its name was free.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool> {
    let added = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(added > 0)
}

/// One question by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, schema_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), schema_id.to_owned()))
        .one(db)
        .await?)
}

/// The same, held until the transaction ends: of two that change it at once, the second sees what the first wrote.
pub async fn held(db: &impl ConnectionTrait, workspace: &str, schema_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), schema_id.to_owned()))
        .lock_exclusive()
        .one(db)
        .await?)
}

/// One question of an experiment by name.
pub async fn by_name(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    name: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .filter(Column::Name.eq(name))
        .one(db)
        .await?)
}

/// Whether an experiment has the question that every experiment has.
pub async fn has_default(db: &impl ConnectionTrait, workspace: &str, experiment_id: i64) -> Result<bool> {
    let found = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .filter(Column::IsDefault.eq(true))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The questions of an experiment, the youngest first.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    window: Window,
) -> Result<Found<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::SchemaId);
    window.apply(QueryTrait::query(&mut query));
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// Which of these ids are questions of an experiment.
pub async fn known(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    schema_ids: &[String],
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for ids in schema_ids.chunks(500) {
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::ExperimentId.eq(experiment_id))
            .filter(Column::SchemaId.is_in(ids))
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| row.schema_id));
    }
    Ok(found)
}

/// Writes a question as it is now.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        schema_id,
        experiment_id: _,
        name,
        kind: _,
        input,
        instruction,
        enable_comment,
        is_default: _,
        created_at: _,
        updated_at,
    } = row;
    Entity::update_many()
        .set(ActiveModel {
            name: Set(name),
            input: Set(input),
            instruction: Set(instruction),
            enable_comment: Set(enable_comment),
            updated_at: Set(updated_at),
            ..Default::default()
        })
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::SchemaId.eq(schema_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes a question.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, schema_id: &str) -> Result<()> {
    Entity::delete_by_id((workspace.to_owned(), schema_id.to_owned()))
        .exec(db)
        .await?;
    Ok(())
}
