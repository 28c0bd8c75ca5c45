//! Issues of experiments: problems that traces show.

use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, Query};
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use crate::Result;

/// One issue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "issue")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// `iss-` and letters, digits, `_` or `-`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issue_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: i64,
    /// As people call it.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// `pending`, `rejected` or `resolved`.
    pub status: String,
    /// `not_an_issue`, `low`, `medium` or `high`.
    pub severity: Option<String>,
    /// A list of texts as JSON.
    pub root_causes: String,
    /// The run that found it.
    pub source_run_id: Option<String>,
    /// A list of texts as JSON.
    pub categories: String,
    /// A map of texts as JSON.
    pub metadata: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who made it.
    pub created_by: Option<String>,
    /// UTC milliseconds.
    pub updated_at: i64,
    /// Who changed it last.
    pub updated_by: Option<String>,
    /// UTC milliseconds; never goes back.
    pub last_seen_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds an issue; says whether its id was free.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool> {
    let added = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(added > 0)
}

/// One issue by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, issue_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), issue_id.to_owned()))
        .one(db)
        .await?)
}

/// The same, held until the transaction ends: of two that change it at once, the second sees what the first wrote.
pub async fn held(db: &impl ConnectionTrait, workspace: &str, issue_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), issue_id.to_owned()))
        .lock_exclusive()
        .one(db)
        .await?)
}

/// Writes an issue as it is now.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        issue_id,
        experiment_id: _,
        name,
        description,
        status,
        severity,
        root_causes: _,
        source_run_id: _,
        categories,
        metadata,
        created_at: _,
        created_by: _,
        updated_at,
        updated_by,
        last_seen_at,
    } = row;
    Entity::update_many()
        .set(ActiveModel {
            name: Set(name),
            description: Set(description),
            status: Set(status),
            severity: Set(severity),
            categories: Set(categories),
            metadata: Set(metadata),
            updated_at: Set(updated_at),
            updated_by: Set(updated_by),
            last_seen_at: Set(last_seen_at),
            ..Default::default()
        })
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::IssueId.eq(issue_id))
        .exec(db)
        .await?;
    Ok(())
}

/// The issues of one experiment, or of all, in no order.
pub async fn all(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: Option<i64>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    if let Some(id) = experiment_id {
        query = query.filter(Column::ExperimentId.eq(id));
    }
    Ok(query.all(db).await?)
}

/// How many traces show each of these issues.
pub async fn trace_counts(
    db: &impl ConnectionTrait,
    workspace: &str,
    issue_ids: &[String],
) -> Result<std::collections::HashMap<String, i64>> {
    let mut found = std::collections::HashMap::new();
    for ids in issue_ids.chunks(500) {
        let mut select = Query::select();
        select
            .column("name")
            .expr_as(Expr::col("trace_id").count_distinct(), "traces")
            .from("assessment")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("kind").eq("issue"))
            .and_where(Expr::col("name").is_in(ids))
            .group_by_col("name");
        for row in db.query_all(&select).await? {
            found.insert(row.try_get("", "name")?, row.try_get("", "traces")?);
        }
    }
    Ok(found)
}
