//! A trace that travels: what is known of it as MLflow's API tells it, and its spans as MLflow's files of traces have them.

use serde_json::{Map, Value, json};

/// A trace of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceTrace {
    /// `trace_id`, `request_time`, `execution_duration`, `state`, `tags`, `trace_metadata`, `assessments` and so on.
    pub info: Value,
    /// The spans, each whole.
    pub spans: Vec<Value>,
    /// Runs that were linked to it afterwards.
    pub runs: Vec<String>,
}

impl SourceTrace {
    /// Its id.
    pub fn id(&self) -> &str {
        self.info["trace_id"].as_str().unwrap_or_default()
    }

    /// Versions of prompts that are linked to it, as its tag tells them.
    pub fn prompts(&self) -> Value {
        let told = self.info["tags"]["mlflow.linkedPrompts"].as_str();
        let read: Option<Value> = told.and_then(|text| serde_json::from_str(text).ok());
        read.filter(Value::is_array).unwrap_or_else(|| json!([]))
    }

    /// The spans as an export of OpenTelemetry in JSON; `None` where their trace has no id that OpenTelemetry knows.
    pub fn otlp(&self) -> Option<Value> {
        let id = self.id().strip_prefix("tr-")?;
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let spans: Option<Vec<Value>> = self.spans.iter().map(|span| otlp_span(id, span)).collect();
        Some(json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans? }] }] }))
    }
}

fn otlp_span(trace_id: &str, span: &Value) -> Option<Value> {
    let attributes = span["attributes"].as_object().into_iter().flatten();
    // The attributes of a span are texts of JSON; those of its events are not.
    let read = |value: &Value| {
        let text = value.as_str()?;
        serde_json::from_str::<Value>(text).ok()
    };
    let attributes: Vec<Value> = attributes
        .map(
            |(key, value)| json!({ "key": key, "value": any(&read(value).unwrap_or_else(|| value.clone())) }),
        )
        .collect();
    let plain = |value: &Value| -> Vec<Value> {
        let pairs = value.as_object().into_iter().flatten();
        pairs
            .map(|(key, value)| json!({ "key": key, "value": any(value) }))
            .collect()
    };
    let items = |name: &str| span[name].as_array().into_iter().flatten();
    let events: Vec<Value> = items("events")
        .map(|event| {
            json!({
                "name": event["name"], "timeUnixNano": event["time_unix_nano"],
                "attributes": plain(&event["attributes"]),
            })
        })
        .collect();
    let links: Vec<Value> = items("links")
        .filter_map(|link| {
            let of = link["trace_id"].as_str()?.trim_start_matches("tr-");
            Some(
                json!({ "traceId": of, "spanId": link["span_id"], "attributes": plain(&link["attributes"]) }),
            )
        })
        .collect();
    let mut made = json!({
        "traceId": trace_id, "spanId": hex(&span["span_id"])?, "name": span["name"],
        "startTimeUnixNano": span["start_time_unix_nano"], "endTimeUnixNano": span["end_time_unix_nano"],
        "attributes": attributes, "events": events, "links": links,
        "status": { "code": span["status"]["code"], "message": span["status"]["message"] },
    });
    if let Some(kind) = span["kind"].as_str() {
        made["kind"] = kind.into();
    }
    if let Some(parent) = hex(&span["parent_span_id"]) {
        made["parentSpanId"] = parent.into();
    }
    Some(made)
}

/// A value as OpenTelemetry writes it.
fn any(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(yes) => json!({ "boolValue": yes }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(items) => {
            json!({ "arrayValue": { "values": items.iter().map(any).collect::<Vec<_>>() } })
        }
        Value::Object(fields) => {
            let pair = |(key, value): (&String, &Value)| json!({ "key": key, "value": any(value) });
            json!({ "kvlistValue": { "values": fields.iter().map(pair).collect::<Vec<_>>() } })
        }
    }
}

/// The id of a span, which files have in base64, in hex.
fn hex(id: &Value) -> Option<String> {
    let id = id.as_str().filter(|id| !id.is_empty())?;
    if id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(id.to_owned());
    }
    if let Some(digits) = id.strip_prefix("0x") {
        return Some(format!("{digits:0>16}"));
    }
    let bytes = base64(id)?;
    (bytes.len() == 8).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bits = 0_u32;
    let mut filled = 0;
    let mut bytes = Vec::new();
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            bytes.push(u8::try_from((bits >> filled) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// A moment of UTC milliseconds as protobuf writes it.
pub(crate) fn moment(ms: i64) -> String {
    let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // The civil calendar from days since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, thousandth) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{thousandth:03}Z")
}

/// A duration of milliseconds as protobuf writes it.
pub(crate) fn duration(ms: i64) -> String {
    format!("{}.{:03}s", ms / 1000, ms % 1000)
}

/// What is known of a trace, from its parts; what is `null` is left out.
pub(crate) fn info(fields: Value) -> Value {
    let fields = fields.as_object().cloned().unwrap_or_default();
    let kept: Map<String, Value> = fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_become_an_export_of_opentelemetry() {
        let trace = SourceTrace {
            info: json!({ "trace_id": "tr-0123456789abcdef0123456789abcdef" }),
            spans: vec![json!({
                "span_id": "AAECAwQFBgc=", "parent_span_id": null, "name": "ask", "start_time_unix_nano": 5,
                "end_time_unix_nano": 9, "status": { "code": "STATUS_CODE_OK", "message": "" },
                "attributes": { "mlflow.spanInputs": "{\"q\": [1, 0.5, null]}", "plain": "no json" },
                "events": [{ "name": "e", "time_unix_nano": 6, "attributes": { "a": true } }],
            })],
            runs: Vec::new(),
        };
        let made = trace.otlp().expect("an export");
        let span = &made["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["spanId"], "0001020304050607");
        assert_eq!(
            span["attributes"][1]["value"],
            json!({ "stringValue": "no json" })
        );
        let list =
            &span["attributes"][0]["value"]["kvlistValue"]["values"][0]["value"]["arrayValue"]["values"];
        assert_eq!(list[1], json!({ "doubleValue": 0.5 }));
        assert_eq!(
            span["events"][0]["attributes"][0]["value"],
            json!({ "boolValue": true })
        );
        assert!(span.get("parentSpanId").is_none());
    }

    #[test]
    fn moments_and_durations_are_written_as_protobuf_writes_them() {
        assert_eq!(moment(1_764_209_045_123), "2025-11-27T02:04:05.123Z");
        assert_eq!(moment(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(duration(1_050), "1.050s");
    }
}
