//! Compressed bodies, as Triton's client sends and wants them: gzip, and deflate in a zlib stream.

use std::io::{Read as _, Write as _};

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::oip::Problem;

/// Answers that are shorter are sent as they are, unless a client asks for nothing but compressed ones.
const WORTH_IT: usize = 4096;

/// The body as it was before it was compressed, with at most `limit` bytes.
pub(super) fn read(headers: &HeaderMap, body: Bytes, limit: u64) -> Result<Bytes, Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    let encoding = encoding.map(|encoding| encoding.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    let broken = |error: std::io::Error| Problem::invalid(format!("failed to decompress the body: {error}"));
    let mut whole = Vec::new();
    let more = limit.saturating_add(1);
    match encoding.as_deref() {
        None | Some("" | "identity") => return Ok(body),
        Some("gzip" | "x-gzip") => MultiGzDecoder::new(&body[..]).take(more).read_to_end(&mut whole),
        Some("deflate") => ZlibDecoder::new(&body[..]).take(more).read_to_end(&mut whole),
        Some(other) => {
            return Err(Problem::invalid(format!(
                "the body is compressed by `{other}`, which is not taken here; use gzip or deflate"
            )));
        }
    }
    .map_err(broken)?;
    if whole.len() as u64 > limit {
        return Err(Problem::invalid(format!(
            "the body has more than {limit} bytes when it is decompressed, which is the limit of this server (--max-body)"
        )));
    }
    Ok(whole.into())
}

/// The content of an answer, compressed where the client wants that, and by what.
pub(super) fn written(headers: &HeaderMap, content: Vec<u8>) -> (Bytes, Option<&'static str>) {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|text| text.to_str().ok()).unwrap_or_default();
    let names = |name: &str| {
        let mut parts = accepted
            .split(',')
            .map(|part| part.split(';').next().unwrap_or_default());
        parts.any(|part| part.trim().eq_ignore_ascii_case(name))
    };
    if content.len() < WORTH_IT && !matches!(accepted.trim(), "gzip" | "deflate") {
        return (content.into(), None);
    }
    let compressed = if names("gzip") {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let written = encoder.write_all(&content).and_then(|()| encoder.finish());
        written.map(|bytes| (bytes, "gzip"))
    } else if names("deflate") {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        let written = encoder.write_all(&content).and_then(|()| encoder.finish());
        written.map(|bytes| (bytes, "deflate"))
    } else {
        return (content.into(), None);
    };
    match compressed {
        Ok((bytes, by)) => (bytes.into(), Some(by)),
        // Writing to memory does not fail.
        Err(_) => (content.into(), None),
    }
}

/// Says by what an answer is compressed.
pub(super) fn tell(response: &mut Response, by: Option<&'static str>) {
    if let Some(by) = by {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(by));
    }
}
