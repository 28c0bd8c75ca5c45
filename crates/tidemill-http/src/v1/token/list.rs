//! `GET /tokens`: one's tokens, without their texts.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::{Token, TokenQuery};
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::credential::{self, Purpose};
use tidemill_app::{Error, OpContext};
use tidemill_policy::Subject;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Personal access tokens.
#[utoipa::path(get, path = "/tokens", operation_id = "token_list", tag = "token", params(TokenQuery),
    responses((status = OK, body = List<Token>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(query): Query<TokenQuery>,
) -> Result<Json<List<Token>>, ApiError> {
    let rows = credential::list(&ctx, Purpose::Token, &whose(&ctx, query)?).await?;
    Ok(Json(List {
        items: rows.into_iter().map(|row| super::view(row, None)).collect(),
        next: None,
    }))
}

/// The one who is named, else the one who asks.
pub(super) fn whose(ctx: &OpContext, query: TokenQuery) -> Result<Subject, Error> {
    let Some(named) = query.principal else {
        return ctx
            .subject()
            .ok_or_else(|| Error::forbidden("failed to find tokens: a job has none of its own"));
    };
    Subject::parse(&named).ok_or_else(|| {
        Error::invalid(format!(
            "failed to read the principal `{named}`: write user:NAME or service-principal:NAME"
        ))
    })
}
