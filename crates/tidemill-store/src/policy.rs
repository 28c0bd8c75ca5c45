//! Policies: at most one for a workspace.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, JoinType, OnConflict, Query};

use crate::Result;

/// The policy of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
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

/// The policy of a workspace, when it has one.
pub async fn get(db: &impl ConnectionTrait, workspace: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(workspace.to_owned()).one(db).await?)
}

/// The specification of a workspace's policy, of its group, and the group's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Above {
    /// JSON of the policy, when there is one.
    pub policy: Option<String>,
    /// JSON of the group.
    pub group: Option<String>,
    /// The group.
    pub group_name: String,
}

/// What is said above the runs and jobs of a workspace; `None` without the workspace.
pub async fn above(db: &impl ConnectionTrait, workspace: &str) -> Result<Option<Above>> {
    let mut select = Query::select();
    select
        .expr_as(Expr::col(("p", "spec")), "policy_spec")
        .expr_as(Expr::col(("g", "spec")), "group_spec")
        .expr_as(Expr::col(("w", "group_name")), "group_name")
        .from_as("workspace", "w")
        .join_as(
            JoinType::LeftJoin,
            "policy",
            "p",
            Expr::col(("p", "workspace")).eq(Expr::col(("w", "name"))),
        )
        .join_as(
            JoinType::LeftJoin,
            "resource_group",
            "g",
            Expr::col(("g", "name")).eq(Expr::col(("w", "group_name"))),
        )
        .and_where(Expr::col(("w", "name")).eq(workspace));
    let Some(row) = db.query_one(&select).await? else {
        return Ok(None);
    };
    Ok(Some(Above {
        policy: row.try_get("", "policy_spec")?,
        group: row.try_get("", "group_spec")?,
        group_name: row.try_get("", "group_name")?,
    }))
}

/// Writes a policy, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        spec: Set(spec),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::column(Column::Workspace)
            .update_columns([Column::Spec, Column::Revision, Column::UpdatedAt])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes the policy of a workspace; says whether it had one.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str) -> Result<bool> {
    let gone = Entity::delete_by_id(workspace.to_owned()).exec(db).await?;
    Ok(gone.rows_affected > 0)
}
