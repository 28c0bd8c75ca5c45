//! `/swagger.json`: what the scoring script takes and gives, in the version that is asked for.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::access::Access;
use super::{App, answer};

pub(super) async fn get(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let (access, refused) = Access::begin(parts, &app);
    let response = refused.unwrap_or_else(|| document(&app, access.parts.uri.query()));
    access.end(response, &app)
}

fn document(app: &App, query: Option<&str>) -> Response {
    let ready = match app.ready() {
        Ok(ready) => ready,
        Err(response) => return response,
    };
    let swagger = ready
        .pool
        .as_ref()
        .map(|pool| pool.facts().swagger)
        .unwrap_or_default();
    let asked = query
        .unwrap_or_default()
        .split('&')
        .find_map(|pair| pair.strip_prefix("version="));
    let asked = asked.unwrap_or("2");
    let version = match asked {
        "2" | "2.0" => "2",
        "3" | "3.0" => "3",
        "3.1" => "3.1",
        _ => "",
    };
    if let Some(document) = swagger.get(version) {
        return answer::json(StatusCode::OK, document.clone(), false);
    }
    let supported: Vec<&str> = swagger.keys().map(String::as_str).collect();
    let supported = supported.join(", ");
    let message = match version {
        "" => format!("Swagger version [{asked}] is not valid. Supported versions: [{supported}]."),
        _ => format!(
            "Swagger version [{asked}] is not supported for the scoring script. Supported swagger versions: [{supported}]."
        ),
    };
    answer::error(StatusCode::NOT_FOUND, &message, false)
}
