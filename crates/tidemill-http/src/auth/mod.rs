//! What every request passes: a request id, the Host and Origin rules, and sign-in.

mod host;
mod sign_in;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

pub use host::host;
pub use sign_in::{SESSION_COOKIE, sign_in};

/// The id of a request, in its extensions and in the `x-request-id` header of the answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives each request an id, or keeps a plain one that it came with.
pub async fn request_id(mut request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get("x-request-id")
        .and_then(|value| value.to_str().ok());
    let id = match given {
        Some(id)
            if !id.is_empty()
                && id.len() <= 64
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') =>
        {
            id.to_owned()
        }
        _ => ulid::Ulid::new().to_string(),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
