//! The answer of a query on its way to a client.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use futures::TryStreamExt;
use tidemill_api::query::QueryFormat;
use tidemill_app::query::AnswerFile;
use tidemill_app::query::Format;
use tokio::io::AsyncReadExt;

/// Bytes that are read from the file at a time.
const PIECE: usize = 256 << 10;

pub(super) fn format(wire: QueryFormat) -> Format {
    match wire {
        QueryFormat::Json => Format::Answer,
        QueryFormat::JsonLines => Format::JsonLines,
        QueryFormat::Csv => Format::Csv,
        QueryFormat::Arrow => Format::Arrow,
        QueryFormat::Parquet => Format::Parquet,
    }
}

/// The bytes; `x-tidemill-rows` and `x-tidemill-truncated` say what formats without words for it do not.
pub(super) fn response(answer: AnswerFile) -> Response {
    let AnswerFile {
        file,
        answered,
        format,
    } = answer;
    let kind = match format {
        Format::Answer | Format::Json => "application/json",
        Format::JsonLines => "application/jsonl",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Arrow => "application/vnd.apache.arrow.file",
        Format::Parquet => "application/vnd.apache.parquet",
    };
    let pieces = futures::stream::try_unfold(file, |mut file| async move {
        let mut piece = bytes::BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
    });
    let mut response = Response::new(Body::from_stream(pieces.into_stream()));
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(answered.bytes));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        HeaderName::from_static("x-tidemill-rows"),
        HeaderValue::from(answered.row_count),
    );
    headers.insert(
        HeaderName::from_static("x-tidemill-truncated"),
        HeaderValue::from_static(if answered.truncated { "true" } else { "false" }),
    );
    response
}
