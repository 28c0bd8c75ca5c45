//! What people say of a plan: they agree, or reject it.

use serde_json::{Value, json};
use tidemill_api::infra::InfraPlan;
use tidemill_store::infra::{plan as plan_row, vote as vote_row};

use super::plan::{body_of, find, shown};
use super::{gate, scope};
use crate::context::Change;
use crate::{Error, OpContext, Result, action};

/// The most characters of a comment.
const MOST: usize = 2000;

/// Agrees to a plan.
///
/// # Errors
/// Forbidden for who made it, and for who is not asked; Conflict when it has been applied.
pub async fn approve(ctx: &OpContext, id: &str, comment: Option<String>) -> Result<InfraPlan> {
    say(ctx, id, comment, true).await
}

/// Rejects a plan: it is not applied while that stands.
///
/// # Errors
/// As [`approve`].
pub async fn reject(ctx: &OpContext, id: &str, comment: Option<String>) -> Result<InfraPlan> {
    say(ctx, id, comment, false).await
}

async fn say(ctx: &OpContext, id: &str, comment: Option<String>, agrees: bool) -> Result<InfraPlan> {
    ctx.authorize(action::INFRA_APPROVE, &crate::Scope::server())
        .await?;
    let row = find(ctx.app(), id).await?;
    let doing = if agrees { "approve" } else { "reject" };
    let who = gate::subject_of(&ctx.principal().to_string());
    if ctx.subject().is_none() {
        return refused(ctx, &row, doing, "a job does not speak for anybody").await;
    }
    if row.state != "planned" && row.state != "failed" {
        return Err(Error::conflict(format!(
            "failed to {doing} plan {id}: it is {}",
            row.state
        )));
    }
    if who == gate::subject_of(&row.created_by) {
        return refused(ctx, &row, doing, "who made it does not agree to it").await;
    }
    if comment.as_ref().is_some_and(|text| text.chars().count() > MOST) {
        return Err(Error::invalid(format!(
            "failed to {doing} plan {id}: the comment has more than {MOST} characters"
        )));
    }
    let body = body_of(&row)?;
    if !gate::asks(ctx.app(), &row, &body, &who).await? {
        return refused(ctx, &row, doing, &format!("no stage that it touches asks {who}")).await;
    }
    let said = vote_row::Model {
        plan: row.id.clone(),
        who,
        agrees,
        comment,
        at: ctx.now_ms(),
    };
    let change = Change {
        action: action::INFRA_APPROVE,
        scope: scope(&row.stack),
        before: Value::Null,
        after: json!({ "plan": row.id, "digest": row.digest, "agrees": agrees, "comment": said.comment }),
    };
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(vote_row::put(tx, said).await?) })
    })
    .await?;
    shown(ctx, row).await
}

/// Refuses, and writes that down.
async fn refused(ctx: &OpContext, row: &plan_row::Model, doing: &str, why: &str) -> Result<InfraPlan> {
    ctx.refused(action::INFRA_APPROVE, &scope(&row.stack), why)
        .await?;
    Err(Error::forbidden(format!(
        "failed to {doing} plan {}: {why}",
        row.id
    )))
}
