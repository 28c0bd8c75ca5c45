//! Traces and spans as the wire has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tidemill_api::mlflow::trace::{Texts, TraceInfo, TraceLocation};
use tidemill_store::ConnectionTrait;
use tidemill_store::tag::{self, Noun, Pairs, Table};
use tidemill_store::trace::{self, Span};

use super::{Row, assessment, state};
use crate::Result;

/// Rows of one workspace with their tags, metadata and assessments.
pub(super) async fn infos(db: &impl ConnectionTrait, rows: Vec<Row>) -> Result<Vec<TraceInfo>> {
    let Some(workspace) = rows.first().map(|row| row.workspace.clone()) else {
        return Ok(Vec::new());
    };
    let ids: Vec<String> = rows.iter().map(|row| row.trace_id.clone()).collect();
    let mut tags = tag::of_many(db, Table::Tag, &workspace, Noun::Trace, &ids).await?;
    let mut metadata = tag::of_many(db, Table::Param, &workspace, Noun::Trace, &ids).await?;
    let mut assessments = trace::assessments(db, &workspace, &ids).await?;
    let view = |row: Row| {
        let id = row.trace_id.clone();
        let state = state(&row);
        let Row {
            workspace: _,
            trace_id,
            experiment_id,
            request_time,
            execution_ms,
            state: _,
            client_request_id,
            request_preview,
            response_preview,
        } = row;
        TraceInfo {
            trace_id,
            client_request_id,
            trace_location: TraceLocation::experiment(experiment_id.to_string()),
            request_preview,
            response_preview,
            request_time: Some(timestamp(request_time)),
            execution_duration: execution_ms.map(duration),
            state,
            trace_metadata: cut(metadata.remove(&id).unwrap_or_default(), 250),
            assessments: assessments
                .remove(&id)
                .unwrap_or_default()
                .into_iter()
                .map(assessment::view)
                .collect(),
            tags: cut(tags.remove(&id).unwrap_or_default(), 4096),
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Texts, each cut to what fits into an answer.
fn cut(pairs: Pairs, most: usize) -> Texts {
    let short = |text: String, most: usize| match text.char_indices().nth(most) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    };
    pairs
        .into_iter()
        .map(|(key, value)| (short(key, 250), short(value, most)))
        .collect()
}

/// How many spans its client says that a trace has.
pub(super) fn spans_told(info: &TraceInfo) -> usize {
    let stats = info.trace_metadata.get("mlflow.trace.sizeStats");
    let stats: Value = stats
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    stats["num_spans"]
        .as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}

/// A span as protobuf writes it in JSON.
pub(super) fn span(row: &Span) -> Value {
    let content: Value = serde_json::from_str(&row.content).unwrap_or_default();
    let attributes = content["attributes"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            // Attributes are kept as texts of JSON.
            let read = value.as_str().and_then(|text| serde_json::from_str(text).ok());
            json!({ "key": key, "value": any(&read.unwrap_or_else(|| value.clone())) })
        });
    let plain = |value: &Value| -> Vec<Value> {
        let pairs = value.as_object().into_iter().flatten();
        pairs
            .map(|(key, value)| json!({ "key": key, "value": any(value) }))
            .collect()
    };
    let mut span = json!({
        "trace_id": content["trace_id"],
        "span_id": content["span_id"],
    });
    if !content["parent_span_id"].is_null() {
        span["parent_span_id"] = content["parent_span_id"].clone();
    }
    span["name"] = json!(row.name);
    span["kind"] = content
        .get("kind")
        .cloned()
        .unwrap_or_else(|| json!("SPAN_KIND_INTERNAL"));
    span["start_time_unix_nano"] = json!(row.start_ns);
    if let Some(end) = row.end_ns {
        span["end_time_unix_nano"] = json!(end);
    }
    span["attributes"] = attributes.collect();
    let items = |name: &str| content[name].as_array().into_iter().flatten();
    let events: Vec<_> = items("events")
        .map(|event| {
            json!({
                "time_unix_nano": event["time_unix_nano"],
                "name": event["name"],
                "attributes": plain(&event["attributes"]),
            })
        })
        .collect();
    if !events.is_empty() {
        span["events"] = events.into();
    }
    let links: Vec<_> = items("links")
        .filter_map(|link| {
            let id = |name: &str, bytes: usize| {
                let hex = link[name].as_str()?.rsplit('/').next()?.trim_start_matches("tr-");
                let value = u128::from_str_radix(hex, 16).ok()?.to_be_bytes();
                Some(STANDARD.encode(&value[16 - bytes..]))
            };
            Some(json!({
                "trace_id": id("trace_id", 16)?,
                "span_id": id("span_id", 8)?,
                "attributes": plain(&link["attributes"]),
            }))
        })
        .collect();
    if !links.is_empty() {
        span["links"] = links.into();
    }
    let mut status = serde_json::Map::new();
    if let Some(message) = content["status"]["message"]
        .as_str()
        .filter(|message| !message.is_empty())
    {
        status.insert("message".into(), message.into());
    }
    if let Some(code) = content["status"]["code"]
        .as_str()
        .filter(|code| *code != "STATUS_CODE_UNSET")
    {
        status.insert("code".into(), code.into());
    }
    span["status"] = status.into();
    span
}

/// A value as OpenTelemetry wraps it.
fn any(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(value) => json!({ "bool_value": value }),
        Value::Number(value) if value.is_f64() || value.as_i64().is_none() => {
            json!({ "double_value": value })
        }
        Value::Number(value) => json!({ "int_value": value }),
        Value::String(value) => json!({ "string_value": value }),
        Value::Array(items) => {
            json!({ "array_value": { "values": items.iter().map(any).collect::<Vec<_>>() } })
        }
        Value::Object(items) => {
            let pairs = items
                .iter()
                .map(|(key, value)| json!({ "key": key, "value": any(value) }));
            json!({ "kvlist_value": { "values": pairs.collect::<Vec<_>>() } })
        }
    }
}

/// `2026-11-23T17:45:00.123Z` in milliseconds since 1970.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

/// Milliseconds since 1970 as protobuf writes them: with three digits of a second, or none.
pub(super) fn timestamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    match ms.rem_euclid(1000) {
        0 => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        rest => format!("{}.{rest:03}Z", time.strftime("%Y-%m-%dT%H:%M:%S")),
    }
}

/// `0.25s` in milliseconds.
pub(super) fn duration_ms(text: &str) -> Option<i64> {
    let seconds: f64 = text.trim().strip_suffix('s')?.parse().ok()?;
    Some((seconds * 1000.0).round() as i64)
}

fn duration(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let (seconds, rest) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    if rest == 0 {
        format!("{sign}{seconds}s")
    } else {
        format!("{sign}{seconds}.{rest:03}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_went() {
        for ms in [0, 1, 999, 1000, 1_700_000_000_120] {
            assert_eq!(milliseconds(&timestamp(ms)), Some(ms));
            assert_eq!(duration_ms(&duration(ms)), Some(ms));
        }
        assert_eq!(
            (timestamp(1500).as_str(), duration(250).as_str()),
            ("1970-01-01T00:00:01.500Z", "0.250s")
        );
    }

    #[test]
    fn values_are_wrapped_by_their_type() {
        let wrapped = any(&json!({"a": [1, 2.5, "x", true, null]}));
        assert_eq!(
            wrapped["kvlist_value"]["values"][0]["value"]["array_value"]["values"],
            json!([{"int_value": 1}, {"double_value": 2.5}, {"string_value": "x"}, {"bool_value": true}, {}])
        );
    }
}
