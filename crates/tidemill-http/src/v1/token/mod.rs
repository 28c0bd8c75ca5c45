//! Personal access tokens over REST.

mod create;
mod delete;
mod exchange;
mod list;

use tidemill_api::access::{NewToken, Token};
use tidemill_app::credential::{Asked, Row};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(delete::delete))
        .routes(routes!(exchange::exchange))
}

pub(super) fn asked(body: NewToken) -> Asked {
    let NewToken {
        label,
        days,
        scope,
        actions,
    } = body;
    Asked {
        label,
        days,
        scope,
        actions,
    }
}

pub(super) fn view(row: Row, token: Option<String>) -> Token {
    Token {
        name: row.id,
        principal: format!("{}:{}", row.kind, row.name),
        label: row.label,
        scope: row.scope,
        actions: row
            .actions
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        token,
    }
}
