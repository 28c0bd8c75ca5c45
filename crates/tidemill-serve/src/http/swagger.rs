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
        .find_map(|pair| pair.strip_prefix("version="))
        .map_or_else(|| String::from("2"), decoded);
    let version = match asked.as_str() {
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

/// A value of a query as it was meant (`application/x-www-form-urlencoded`). What is no escape stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escaped = bytes
            .get(at + 1..at + 3)
            .filter(|_| *byte == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        found.push(escaped.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&found).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn escapes_are_read() {
        assert_eq!(decoded("3%2E1"), "3.1");
        assert_eq!(decoded("a+b%20c%zz%"), "a b c%zz%");
    }
}
