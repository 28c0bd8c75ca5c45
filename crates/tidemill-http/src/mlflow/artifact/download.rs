//! A file as an answer: streamed, in ranges if asked, never shown as a page of this site.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tidemill_app::artifact::Download;
use tidemill_app::{OpContext, artifact};

use crate::mlflow::error::MlflowError;

pub(in crate::mlflow) async fn download(
    ctx: &OpContext,
    workspace: &str,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, MlflowError> {
    let asked = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok())
        .and_then(parse_range);
    let range = match asked {
        None => None,
        Some(asked) => {
            let size = artifact::get(ctx, workspace, path, None).await?.size_bytes;
            match asked.within(size) {
                Some(range) => Some(range),
                None => {
                    let all = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
                    return Ok((StatusCode::RANGE_NOT_SATISFIABLE, all).into_response());
                }
            }
        }
    };
    let Download { size_bytes, bytes } = artifact::get(ctx, workspace, path, range.clone()).await?;
    let mut response = Body::from_stream(bytes).into_response();
    let length = range.as_ref().map_or(size_bytes, |range| range.end - range.start);
    let out = response.headers_mut();
    out.insert(header::CONTENT_LENGTH, length.into());
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    out.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(&attachment(path)) {
        out.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Some(Range { start, end }) = range {
        let value = format!("bytes {start}-{}/{size_bytes}", end - 1);
        if let Ok(value) = HeaderValue::from_str(&value) {
            out.insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// One range, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// From here to there, or to the end.
    From(u64, Option<u64>),
    /// The last bytes.
    Last(u64),
}

impl Asked {
    fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Asked::From(start, end) => start..end.map_or(size, |end| end.saturating_add(1).min(size)),
            Asked::Last(count) => size.saturating_sub(count)..size,
        };
        (range.start < range.end).then_some(range)
    }
}

/// `bytes=0-9`, `bytes=5-`, `bytes=-5`; anything else is answered with the whole file.
fn parse_range(text: &str) -> Option<Asked> {
    let (start, end) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    if start.is_empty() {
        return end.parse().ok().map(Asked::Last);
    }
    let end = if end.is_empty() {
        None
    } else {
        Some(end.parse().ok()?)
    };
    Some(Asked::From(start.parse().ok()?, end))
}

fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "csv" => "text/csv; charset=utf-8",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "txt" | "log" | "md" | "py" | "yaml" | "yml" | "html" | "js" | "xml" | "cfg" | "toml" => {
            "text/plain; charset=utf-8"
        }
        _ if matches!(name, "MLmodel" | "MLproject") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn attachment(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    {
        return format!("attachment; filename={name}");
    }
    format!(
        "attachment; filename*=UTF-8''{}",
        utf8_percent_encode(name, NON_ALPHANUMERIC)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        let within = |text, size| parse_range(text).and_then(|asked| asked.within(size));
        assert_eq!(within("bytes=0-9", 100), Some(0..10));
        assert_eq!(within("bytes=90-200", 100), Some(90..100));
        assert_eq!(within("bytes=5-", 10), Some(5..10));
        assert_eq!(within("bytes=-3", 10), Some(7..10));
        assert_eq!(within("bytes=10-", 10), None);
        assert_eq!(parse_range("lines=1-2"), None);
    }

    #[test]
    fn a_page_is_never_served_as_a_page() {
        assert_eq!(content_type("a/b.html"), "text/plain; charset=utf-8");
        assert_eq!(attachment("a/é.png"), "attachment; filename*=UTF-8''%C3%A9%2Epng");
    }
}
