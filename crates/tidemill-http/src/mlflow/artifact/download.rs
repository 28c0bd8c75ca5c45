//! A file as an answer: streamed, in ranges if asked, never shown as a page of this site.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tidemill_app::artifact::Download;
use tidemill_app::{OpContext, artifact};

use crate::mlflow::error::MlflowError;
use crate::range::{self, Asked};

pub(in crate::mlflow) async fn download(
    ctx: &OpContext,
    workspace: &str,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, MlflowError> {
    let range = match Asked::of(headers) {
        None => None,
        Some(asked) => {
            let size = artifact::get(ctx, workspace, path, None).await?.size_bytes;
            match asked.within(size) {
                Some(range) => Some(range),
                None => return Ok(range::not_satisfiable(size)),
            }
        }
    };
    let Download { size_bytes, bytes } = artifact::get(ctx, workspace, path, range.clone()).await?;
    let mut response = Body::from_stream(bytes).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_LENGTH, size_bytes.into());
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    out.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(&attachment(path)) {
        out.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(range::told(response, range, size_bytes))
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
    fn a_page_is_never_served_as_a_page() {
        assert_eq!(content_type("a/b.html"), "text/plain; charset=utf-8");
        assert_eq!(attachment("a/é.png"), "attachment; filename*=UTF-8''%C3%A9%2Epng");
    }
}
