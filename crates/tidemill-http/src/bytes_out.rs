//! Files on their way to a client.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use tidemill_api::job::File;
use tidemill_objects::{ByteStream, FileMeta};

/// A file as lists show it.
pub(crate) fn wire(file: FileMeta) -> File {
    File {
        path: file.path.as_str().to_owned(),
        size_bytes: file.size_bytes,
    }
}

/// The bytes of a file, streamed. What a browser would run is sent as a download of plain bytes.
pub(crate) fn stream(path: &str, size_bytes: u64, bytes: ByteStream) -> Response {
    let mut response = Response::new(Body::from_stream(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size_bytes));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    response
}

fn kind(path: &str) -> &'static str {
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "txt" | "log" | "md" | "csv" | "tsv" | "yml" | "yaml" | "py" | "toml" | "ini" => {
            "text/plain; charset=utf-8"
        }
        "json" | "ipynb" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}
