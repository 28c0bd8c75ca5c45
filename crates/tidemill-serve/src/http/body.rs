//! The body of a request, whole, up to a limit.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use super::answer;

/// Reads it.
///
/// # Errors
/// The answer to a body that is too large (413) or cut short (400).
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: u64) -> Result<Bytes, Response> {
    let too_large = || {
        let message =
            format!("The body has more than {limit} bytes, which is the limit of this server (--max-body).");
        answer::error(StatusCode::PAYLOAD_TOO_LARGE, &message, false)
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|text| text.parse::<u64>().ok())
        .is_some_and(|length| length > limit)
    {
        return Err(too_large());
    }
    let mut parts = body.into_data_stream();
    let cut = |_| {
        answer::error(
            StatusCode::BAD_REQUEST,
            "The body of the request ended before it was whole.",
            false,
        )
    };
    // Most bodies come in one piece, and are not copied.
    let Some(first) = parts.next().await.transpose().map_err(cut)? else {
        return Ok(Bytes::new());
    };
    let Some(second) = parts.next().await.transpose().map_err(cut)? else {
        return match first.len() as u64 > limit {
            true => Err(too_large()),
            false => Ok(first),
        };
    };
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    while let Some(part) = parts.next().await.transpose().map_err(cut)? {
        if (whole.len() + part.len()) as u64 > limit {
            return Err(too_large());
        }
        whole.extend_from_slice(&part);
    }
    match whole.len() as u64 > limit {
        true => Err(too_large()),
        false => Ok(whole.freeze()),
    }
}
