//! `GET /audit`: rows of the audit log, newest first.

use axum::Json;
use axum::extract::Query;
use tidemill_api::audit::{AuditQuery, AuditRow};
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::audit::{self, Row};

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Rows of the audit log, newest first.
#[utoipa::path(get, path = "/audit", operation_id = "audit_list", tag = "audit",
    params(AuditQuery, PageQuery),
    responses((status = OK, body = List<AuditRow>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(query): Query<AuditQuery>,
    Query(part): Query<PageQuery>,
) -> Result<Json<List<AuditRow>>, ApiError> {
    let rows = audit::list(&ctx, super::filter(query), &page(part))
        .await?
        .map(view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}

fn view(row: Row) -> AuditRow {
    let Row {
        seq,
        id,
        at,
        principal,
        action,
        scope,
        outcome,
        request_id,
        address,
        agent,
        surface,
        detail,
        previous,
        hash,
    } = row;
    AuditRow {
        seq,
        id,
        at,
        principal,
        action,
        scope,
        outcome,
        request_id,
        address,
        agent,
        surface,
        detail: serde_json::from_str(&detail).unwrap_or_default(),
        previous,
        hash,
    }
}
