//! The range of bytes that a request asks for (RFC 9110, section 14), and the answer to it.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// One range, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// From here to there, or to the end.
    From(u64, Option<u64>),
    /// The last bytes.
    Last(u64),
}

impl Asked {
    /// What a request asks for; `None` is the whole file, as for everything that is not one range of bytes.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::RANGE)?.to_str().ok()?;
        Self::parse(text)
    }

    /// `bytes=0-9`, `bytes=5-`, `bytes=-5`.
    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
        if start.is_empty() {
            return end.parse().ok().map(Self::Last);
        }
        let end = if end.is_empty() {
            None
        } else {
            Some(end.parse().ok()?)
        };
        Some(Self::From(start.parse().ok()?, end))
    }

    /// Cut to a file; `None` where nothing of it is in the file.
    pub(crate) fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(start, end) => start..end.map_or(size, |end| end.saturating_add(1).min(size)),
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        (range.start < range.end).then_some(range)
    }
}

/// The answer to a range that lies behind the file.
pub(crate) fn not_satisfiable(size: u64) -> Response {
    let all = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, all).into_response()
}

/// Says on an answer with a file which bytes of it these are, and that ranges may be asked for.
pub(crate) fn told(mut response: Response, range: Option<Range<u64>>, size: u64) -> Response {
    response
        .headers_mut()
        .insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(Range { start, end }) = range {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
        if let Ok(value) = HeaderValue::from_str(&format!("bytes {start}-{}/{size}", end - 1)) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        let within = |text, size| Asked::parse(text).and_then(|asked| asked.within(size));
        assert_eq!(within("bytes=0-9", 100), Some(0..10));
        assert_eq!(within("bytes=90-200", 100), Some(90..100));
        assert_eq!(within("bytes=5-", 10), Some(5..10));
        assert_eq!(within("bytes=-3", 10), Some(7..10));
        assert_eq!(within("bytes=10-", 10), None);
        assert_eq!(Asked::parse("lines=1-2"), None);
    }
}
