//! Webhooks, and what is still to be told to them.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, Order, Query};
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::search::{Found, Window};

/// One webhook.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// A UUID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: String,
    /// As people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where to.
    pub url: String,
    /// JSON: what it is told of, as `model_version.created`.
    pub events: String,
    /// Sealed: what signs its messages.
    pub secret: Option<String>,
    /// `ACTIVE` or `DISABLED`.
    pub status: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One webhook by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), id.to_owned()))
        .one(db)
        .await?)
}

/// Every webhook of every workspace.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Writes a webhook, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        webhook_id,
        name,
        description,
        url,
        events,
        secret,
        status,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        webhook_id: Set(webhook_id),
        name: Set(name),
        description: Set(description),
        url: Set(url),
        events: Set(events),
        secret: Set(secret),
        status: Set(status),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::WebhookId])
            .update_columns([
                Column::Name,
                Column::Description,
                Column::Url,
                Column::Events,
                Column::Secret,
                Column::Status,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a webhook, with what is still to be told to it.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table("webhook_delivery")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("webhook_id").eq(id));
    db.execute(&delete).await?;
    Entity::delete_by_id((workspace.to_owned(), id.to_owned()))
        .exec(db)
        .await?;
    Ok(())
}

/// Webhooks, the youngest first.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, window: Window) -> Result<Found<Model>> {
    let mut items = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::WebhookId)
        .limit(window.limit.saturating_add(1))
        .offset(window.offset)
        .all(db)
        .await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// Webhooks that are told of something.
pub async fn active(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Status.eq("ACTIVE"))
        .all(db)
        .await?)
}

/// Something to tell a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Unique; the webhook sees it too.
    pub id: String,
    /// The workspace.
    pub workspace: String,
    /// Which webhook.
    pub webhook_id: String,
    /// JSON.
    pub body: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When to try next: UTC milliseconds.
    pub next_at: i64,
}

const FIELDS: [&str; 6] = ["id", "workspace", "webhook_id", "body", "attempts", "next_at"];

/// Adds something to tell.
pub async fn add_delivery(db: &impl ConnectionTrait, row: Delivery) -> Result<()> {
    let Delivery {
        id,
        workspace,
        webhook_id,
        body,
        attempts,
        next_at,
    } = row;
    let mut insert = Query::insert();
    insert
        .into_table("webhook_delivery")
        .columns(FIELDS)
        .values_panic([
            id.into(),
            workspace.into(),
            webhook_id.into(),
            body.into(),
            attempts.into(),
            next_at.into(),
        ]);
    db.execute(&insert).await?;
    Ok(())
}

/// What is to be told next, the most urgent first.
pub async fn next_deliveries(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Delivery>> {
    let mut select = Query::select();
    select
        .columns(FIELDS)
        .from("webhook_delivery")
        .order_by("next_at", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(most);
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            Ok(Delivery {
                id: row.try_get("", "id")?,
                workspace: row.try_get("", "workspace")?,
                webhook_id: row.try_get("", "webhook_id")?,
                body: row.try_get("", "body")?,
                attempts: row.try_get("", "attempts")?,
                next_at: row.try_get("", "next_at")?,
            })
        })
        .collect()
}

/// It was told, or is given up.
pub async fn end_delivery(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table("webhook_delivery")
        .and_where(Expr::col("id").eq(id));
    db.execute(&delete).await?;
    Ok(())
}

/// It is tried again.
pub async fn retry_delivery(db: &impl ConnectionTrait, id: &str, attempts: i64, next_at: i64) -> Result<()> {
    let mut update = Query::update();
    update
        .table("webhook_delivery")
        .value("attempts", attempts)
        .value("next_at", next_at)
        .and_where(Expr::col("id").eq(id));
    db.execute(&update).await?;
    Ok(())
}
