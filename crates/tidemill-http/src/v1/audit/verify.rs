//! `GET /audit:verify`: whether the audit log is as it was written.

use axum::Json;
use axum::extract::Query;
use tidemill_api::audit::{AuditCheck, AuditPin};
use tidemill_api::problem::Problem;
use tidemill_app::audit;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Whether the audit log is as it was written: every hash is made anew and compared.
#[utoipa::path(get, path = "/audit:verify", operation_id = "audit_verify", tag = "audit", params(AuditPin),
    responses((status = OK, body = AuditCheck), (status = "default", body = Problem)))]
pub(super) async fn verify(Ctx(ctx): Ctx, Query(pin): Query<AuditPin>) -> Result<Json<AuditCheck>, ApiError> {
    let checked = audit::verify(&ctx, pin.head).await?;
    Ok(Json(AuditCheck {
        sound: checked.faults.is_empty(),
        rows: checked.rows,
        seq: checked.seq,
        head: checked.head,
        faults: checked.faults.iter().map(ToString::to_string).collect(),
    }))
}
