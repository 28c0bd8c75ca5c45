//! What is refused before a handler of MLflow's surface sees it (sign-in, Host, Origin) is refused in its envelope too.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tidemill_api::problem::Problem;
use tidemill_app::Kind;

use super::error::{MlflowError, code};

/// Rewrites problem details on the paths of MLflow's surface, and adds the headers that keep browsers from guessing
/// types and other sites from framing answers, as MLflow's server does.
pub(crate) async fn envelope(request: Request, next: Next) -> Response {
    if !is_ours(request.uri().path()) {
        return next.run(request).await;
    }
    let mut response = in_envelope(next.run(request).await).await;
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ] {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn in_envelope(response: Response) -> Response {
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    if !is_problem {
        return response;
    }
    let Ok(bytes) = to_bytes(response.into_body(), 1 << 20).await else {
        return MlflowError::new(code(Kind::Internal), "failed to read an error of the server")
            .into_response();
    };
    let kinds = [
        Kind::NotFound,
        Kind::Conflict,
        Kind::Invalid,
        Kind::Forbidden,
        Kind::Unauthenticated,
        Kind::Precondition,
        Kind::Capacity,
        Kind::Unavailable,
        Kind::Timeout,
    ];
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(Problem {
            detail,
            hint,
            code: found,
            ..
        }) => {
            let kind = kinds
                .into_iter()
                .find(|kind| kind.code() == found)
                .unwrap_or(Kind::Internal);
            let message = hint.map_or_else(|| detail.clone(), |hint| format!("{detail} ({hint})"));
            MlflowError::new(code(kind), message).into_response()
        }
        Err(_) => MlflowError::new(code(Kind::Internal), String::from_utf8_lossy(&bytes)).into_response(),
    }
}

/// Whether a path is one of MLflow's: `/api/2.0/…`, `/ajax-api/3.0/…`, also below `/workspaces/{name}`.
fn is_ours(path: &str) -> bool {
    let path = match path.strip_prefix("/workspaces/") {
        Some(rest) => rest.find('/').map_or("", |at| &rest[at..]),
        None => path,
    };
    [
        "/api/2.",
        "/api/3.",
        "/ajax-api/",
        "/get-artifact",
        "/model-versions/",
        "/v1/traces",
        "/artifact-links/",
        "/graphql",
    ]
    .iter()
    .any(|p| path.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_paths_of_mlflow() {
        for ours in [
            "/api/2.0/mlflow/runs/get",
            "/ajax-api/3.0/x",
            "/workspaces/team/api/2.0/mlflow/x",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "/api/v1/workspaces",
            "/health",
            "/workspaces/team",
            "/workspaces/team/api/v1/x",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
