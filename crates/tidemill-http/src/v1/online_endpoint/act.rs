//! `POST /workspaces/{ws}/online-endpoints/{name}:credentials` and `:regenerate-keys`.

use axum::Json;
use axum::extract::{Path, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tidemill_api::endpoint::{EndpointCredentials, RegenerateKey};
use tidemill_api::problem::Problem;
use tidemill_app::Error;
use tidemill_app::online_endpoint::{self, Credentials, KeyType};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The most bytes of the body.
const MOST: usize = 4096;
/// How long before its end a token is to be replaced.
const REFRESH_S: i64 = 600;

/// Act on an online endpoint: `{name}:credentials` answers with its keys or a token, `:regenerate-keys` makes one key anew.
#[utoipa::path(post, path = "/workspaces/{ws}/online-endpoints/{name}", operation_id = "online_endpoint_act", tag = "online-endpoint",
    params(("ws" = String, Path), ("name" = String, Path, description = "The endpoint's name and the action, as in `flights:credentials`.")),
    request_body(content = Option<RegenerateKey>),
    responses((status = OK, body = EndpointCredentials), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, name_and_action)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (name, action) = name_and_action.rsplit_once(':').unwrap_or((&name_and_action, ""));
    match action {
        "credentials" => {}
        "regenerate-keys" => {
            let body = axum::body::to_bytes(request.into_body(), MOST)
                .await
                .map_err(|error| Error::invalid(format!("failed to read the body: {error}")))?;
            let asked: RegenerateKey = match body.is_empty() {
                true => RegenerateKey::default(),
                false => serde_json::from_slice(&body)
                    .map_err(|error| Error::invalid(format!("failed to read the body: {error}")))?,
            };
            let which = match asked.key_type.as_deref().map(str::to_lowercase).as_deref() {
                None | Some("primary") => KeyType::Primary,
                Some("secondary") => KeyType::Secondary,
                Some(other) => {
                    let message =
                        format!("failed to make key `{other}` anew: there are primary and secondary");
                    return Err(Error::invalid(message).into());
                }
            };
            online_endpoint::regenerate(&ctx, &ws, name, which).await?;
        }
        _ => {
            let message = format!("failed to act on endpoint `{name}`: there is no action `{action}`");
            return Err(Error::invalid(message)
                .hint("write {name}:credentials or {name}:regenerate-keys")
                .into());
        }
    }
    let shown = match online_endpoint::credentials(&ctx, &ws, name).await? {
        Credentials::Keys { primary, secondary } => EndpointCredentials {
            primary_key: Some(primary),
            secondary_key: Some(secondary),
            ..EndpointCredentials::default()
        },
        Credentials::Token { token, expires_at } => EndpointCredentials {
            access_token: Some(token),
            expiry_time_utc: Some(expires_at / 1000),
            refresh_after_time_utc: Some(expires_at / 1000 - REFRESH_S),
            token_type: Some("Bearer".into()),
            ..EndpointCredentials::default()
        },
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(shown)).into_response())
}
