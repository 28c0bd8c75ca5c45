//! Reads the JSON encoding: ids are hex, 64-bit numbers may be texts.

use serde_json::{Map, Value};

use super::{Attributes, Event, Link, OtlpError, ResourceSpans, Span, float};
use crate::mlflow::lenient::{number, whole};

type Result<T> = std::result::Result<T, OtlpError>;

/// Reads an export as JSON.
///
/// # Errors
/// When the text is not one.
pub fn from_json(text: &[u8]) -> Result<Vec<ResourceSpans>> {
    let read: Value = serde_json::from_slice(text).map_err(|_| OtlpError("it is no JSON"))?;
    items(&read, "resourceSpans")
        .map(|resource| {
            let spans = items(resource, "scopeSpans").flat_map(|scope| items(scope, "spans"));
            Ok(ResourceSpans {
                attributes: attributes(resource.get("resource").unwrap_or(&Value::Null)),
                spans: spans.map(span).collect::<Result<_>>()?,
            })
        })
        .collect()
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn span(value: &Value) -> Result<Span> {
    let status = value.get("status").unwrap_or(&Value::Null);
    Ok(Span {
        trace_id: id(value, "traceId")?,
        span_id: id(value, "spanId")?,
        parent_span_id: id(value, "parentSpanId")?,
        name: text(value, "name"),
        kind: named(
            value,
            "kind",
            "SPAN_KIND_",
            &[
                "UNSPECIFIED",
                "INTERNAL",
                "SERVER",
                "CLIENT",
                "PRODUCER",
                "CONSUMER",
            ],
        ),
        start_time_ns: time(value, "startTimeUnixNano")?,
        end_time_ns: time(value, "endTimeUnixNano")?,
        attributes: attributes(value),
        events: items(value, "events")
            .map(|event| {
                Ok(Event {
                    time_ns: time(event, "timeUnixNano")?,
                    name: text(event, "name"),
                    attributes: attributes(event),
                })
            })
            .collect::<Result<_>>()?,
        links: items(value, "links")
            .map(|link| {
                Ok(Link {
                    trace_id: id(link, "traceId")?,
                    span_id: id(link, "spanId")?,
                    attributes: attributes(link),
                })
            })
            .collect::<Result<_>>()?,
        status_code: named(status, "code", "STATUS_CODE_", &["UNSET", "OK", "ERROR"]),
        status_message: text(status, "message"),
    })
}

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn time(value: &Value, name: &str) -> Result<u64> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::String(text)) => text.parse().map_err(|_| OtlpError("a time is no number")),
        Some(other) => other.as_u64().ok_or(OtlpError("a time is no number")),
    }
}

/// A number, or a name of it.
fn named(value: &Value, field: &str, prefix: &str, names: &[&str]) -> i64 {
    match value.get(field) {
        Some(Value::String(name)) => {
            let name = name.strip_prefix(prefix).unwrap_or(name);
            let at = names.iter().position(|known| *known == name);
            at.and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
        }
        Some(other) => other.as_i64().unwrap_or(0),
        None => 0,
    }
}

fn id(value: &Value, name: &str) -> Result<Vec<u8>> {
    let hex = value.get(name).and_then(Value::as_str).unwrap_or_default();
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return Err(OtlpError("an id is not in hex"));
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| OtlpError("an id is not in hex")))
        .collect()
}

fn attributes(value: &Value) -> Attributes {
    items(value, "attributes")
        .map(|pair| (text(pair, "key"), pair.get("value").map_or(Value::Null, any)))
        .collect()
}

/// Nesting is bounded by the JSON reader.
fn any(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "intValue" => whole(inner).map_or(Value::Null, Value::from),
        "doubleValue" => number(inner).map_or(Value::Null, float),
        "arrayValue" => Value::Array(items(inner, "values").map(any).collect()),
        "kvlistValue" => {
            let pairs = items(inner, "values")
                .map(|pair| (text(pair, "key"), pair.get("value").map_or(Value::Null, any)));
            Value::Object(Map::from_iter(pairs))
        }
        _ => inner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids_times_and_values() {
        let body = br#"{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]},
            "scopeSpans": [{"spans": [{"traceId": "00ff", "spanId": "01", "name": "n", "kind": "SPAN_KIND_CLIENT",
            "startTimeUnixNano": "7", "status": {"code": 2}, "attributes": [
                {"key": "i", "value": {"intValue": "5"}}, {"key": "a", "value": {"arrayValue": {"values": [{"boolValue": true}]}}}]}]}]}]}"#;
        let found = from_json(body).expect("it is an export");
        let span = &found[0].spans[0];
        assert_eq!(
            (
                span.trace_id.as_slice(),
                span.kind,
                span.start_time_ns,
                span.status_code
            ),
            (&[0, 255][..], 3, 7, 2)
        );
        assert_eq!(span.attributes[1].1, serde_json::json!([true]));
    }

    #[test]
    fn an_id_that_is_not_hex_is_refused() {
        let body = br#"{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz1"}]}]}]}"#;
        assert!(from_json(body).is_err());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in ".{0,120}") {
            drop(from_json(bytes.as_bytes()));
        }
    }
}
