//! `POST /tokens`: makes a token of one's own, and shows it this once.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::{NewToken, Token, TokenQuery};
use tidemill_api::problem::Problem;
use tidemill_app::credential::{self, Purpose};

use super::list::whose;
use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Make a personal access token.
#[utoipa::path(post, path = "/tokens", operation_id = "token_create", tag = "token", params(TokenQuery),
    request_body = NewToken, responses((status = OK, body = Token), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Query(query): Query<TokenQuery>,
    Body(body): Body<NewToken>,
) -> Result<Json<Token>, ApiError> {
    let subject = whose(&ctx, query)?;
    let (row, text) = credential::create(&ctx, Purpose::Token, &subject, super::asked(body)).await?;
    Ok(Json(super::view(row, Some(text))))
}
