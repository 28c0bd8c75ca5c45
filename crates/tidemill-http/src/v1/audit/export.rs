//! `GET /audit:export`: the audit log as JSON lines, oldest first.

use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::TryStreamExt;
use tidemill_api::audit::{AuditLine, AuditQuery};
use tidemill_api::problem::Problem;
use tidemill_app::audit::{self, Row};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The audit log as JSON lines, oldest first: each holds what its hash was made of.
#[utoipa::path(get, path = "/audit:export", operation_id = "audit_export", tag = "audit", params(AuditQuery),
    responses((status = OK, content_type = "application/jsonl", body = AuditLine), (status = "default", body = Problem)))]
pub(super) async fn export(Ctx(ctx): Ctx, Query(query): Query<AuditQuery>) -> Result<Response, ApiError> {
    let rows = audit::export(&ctx, super::filter(query)).await?;
    let lines = rows.map_ok(|rows| Bytes::from(rows.into_iter().map(line).collect::<String>()));
    let mut response = Response::new(Body::from_stream(lines));
    let kind = HeaderValue::from_static("application/jsonl");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn line(row: Row) -> String {
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
    let line = AuditLine {
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
    };
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}
