//! OpenTelemetry's trace export (OTLP over HTTP), read from protobuf or JSON into one shape.

mod json;
mod proto;

pub use json::from_json;
pub use proto::from_proto;

use serde_json::Value;

/// Keys and values, in the order in which they came.
pub type Attributes = Vec<(String, Value)>;

/// An export that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the export: {0}")]
pub struct OtlpError(pub &'static str);

/// The spans of one resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceSpans {
    /// What the resource says of itself.
    pub attributes: Attributes,
    /// Its spans, of all scopes.
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span {
    /// 16 bytes.
    pub trace_id: Vec<u8>,
    /// 8 bytes.
    pub span_id: Vec<u8>,
    /// 8 bytes, or none for the outermost span.
    pub parent_span_id: Vec<u8>,
    /// Its name.
    pub name: String,
    /// 0 to 5, as OpenTelemetry numbers kinds.
    pub kind: i64,
    /// Nanoseconds since 1970.
    pub start_time_ns: u64,
    /// Nanoseconds since 1970; 0 while it lasts.
    pub end_time_ns: u64,
    /// What it says of itself.
    pub attributes: Attributes,
    /// What happened in it.
    pub events: Vec<Event>,
    /// Other spans that it has to do with.
    pub links: Vec<Link>,
    /// 0 unset, 1 ok, 2 error.
    pub status_code: i64,
    /// What went wrong.
    pub status_message: String,
}

/// Something that happened in a span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// Nanoseconds since 1970.
    pub time_ns: u64,
    /// What happened.
    pub name: String,
    /// More about it.
    pub attributes: Attributes,
}

/// Another span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    /// 16 bytes.
    pub trace_id: Vec<u8>,
    /// 8 bytes.
    pub span_id: Vec<u8>,
    /// More about it.
    pub attributes: Attributes,
}

/// A number as JSON has it; what JSON has no word for is a text.
fn float(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number)
}
