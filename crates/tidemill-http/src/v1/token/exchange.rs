//! `POST /tokens:exchange`: a token that another issuer signed, for one of this server.

use axum::Json;
use axum::extract::State;
use tidemill_api::access::{ExchangedToken, TokenExchange};
use tidemill_api::problem::Problem;
use tidemill_app::federation;

use crate::Server;
use crate::extract::{Body, From};
use crate::problem::ApiError;

/// Exchange a signed token, such as a CI job's, for a token of the service principal that trusts it. It counts for an hour.
#[utoipa::path(post, path = "/tokens:exchange", operation_id = "token_exchange", tag = "token",
    request_body = TokenExchange,
    responses((status = OK, body = ExchangedToken), (status = "default", body = Problem)))]
pub(super) async fn exchange(
    State(server): State<Server>,
    From(origin): From,
    Body(TokenExchange {
        assertion,
        service_principal,
    }): Body<TokenExchange>,
) -> Result<Json<ExchangedToken>, ApiError> {
    let done = federation::exchange(
        &server.app,
        assertion.trim(),
        service_principal.as_deref(),
        &origin,
    )
    .await?;
    Ok(Json(ExchangedToken {
        token: done.token,
        principal: done.principal,
        expires_at: done.expires_at,
    }))
}
