//! The traces of a SQLite file, with spans that lie in it.

use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::Result;
use crate::sql_row::{number, opt_text, rows, text};
use crate::trace::{SourceTrace, duration, info, moment};

/// The ids of the traces of an experiment, the oldest first.
pub(crate) async fn ids(db: &mut SqliteConnection, experiment: &str) -> Result<Vec<String>> {
    let found = rows(
        db,
        "SELECT request_id FROM trace_info WHERE experiment_id = ?1 ORDER BY timestamp_ms, request_id",
        experiment,
    )
    .await?;
    Ok(found.iter().map(|row| text(row, "request_id")).collect())
}

/// One trace with its spans, assessments and links; `None` when it is gone meanwhile.
pub(crate) async fn whole(db: &mut SqliteConnection, id: &str) -> Result<Option<SourceTrace>> {
    let found = rows(db, "SELECT * FROM trace_info WHERE request_id = ?1", id).await?;
    let Some(row) = found.first() else { return Ok(None) };
    let tags = rows(db, "SELECT key, value FROM trace_tags WHERE request_id = ?1", id).await?;
    let metadata = rows(
        db,
        "SELECT key, value FROM trace_request_metadata WHERE request_id = ?1",
        id,
    )
    .await?;
    let assessments = rows(
        db,
        "SELECT * FROM assessments WHERE trace_id = ?1 ORDER BY created_timestamp, assessment_id",
        id,
    )
    .await?;
    let spans = rows(
        db,
        "SELECT content FROM spans WHERE trace_id = ?1 ORDER BY start_time_unix_nano, span_id",
        id,
    )
    .await?;
    let runs = rows(
        db,
        "SELECT destination_id FROM entity_associations
         WHERE source_type = 'trace' AND destination_type = 'run' AND source_id = ?1",
        id,
    )
    .await?;
    let told = info(json!({
        "trace_id": id,
        "client_request_id": opt_text(row, "client_request_id"),
        "request_preview": opt_text(row, "request_preview"),
        "response_preview": opt_text(row, "response_preview"),
        "request_time": moment(number(row, "timestamp_ms").unwrap_or(0)),
        "execution_duration": number(row, "execution_time_ms").map(duration),
        "state": text(row, "status"),
        "trace_metadata": with(pairs(&metadata), promoted(row)),
        "tags": with(pairs(&tags), vec![("mlflow.traceName", opt_text(row, "trace_name"))]),
        "assessments": assessments.iter().map(assessment).collect::<Vec<_>>(),
    }));
    Ok(Some(SourceTrace {
        info: told,
        spans: spans
            .iter()
            .filter_map(|row| serde_json::from_str(&text(row, "content")).ok())
            .collect(),
        runs: runs.iter().map(|row| text(row, "destination_id")).collect(),
    }))
}

fn pairs(rows: &[SqliteRow]) -> Value {
    rows.iter()
        .map(|row| (text(row, "key"), Value::from(text(row, "value"))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Texts that MLflow keeps in columns of their own, where they are there.
fn with(mut texts: Value, more: Vec<(&str, Option<String>)>) -> Value {
    for (key, text) in more {
        if let Some(text) = text {
            texts[key] = text.into();
        }
    }
    texts
}

/// The metadata that is in columns: the conversation, tokens and costs.
fn promoted(row: &SqliteRow) -> Vec<(&'static str, Option<String>)> {
    let tokens = [
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation_input_tokens_above_1hr",
    ];
    let tokens: Vec<String> = tokens
        .iter()
        .filter_map(|key| Some(format!("\"{key}\": {}", number(row, key)?)))
        .collect();
    let costs: Vec<String> = ["input_cost", "output_cost", "total_cost"]
        .iter()
        .filter_map(|key| {
            let cost: Option<f64> = row.try_get_unchecked(*key).ok().flatten();
            Some(format!("\"{key}\": {:?}", cost?))
        })
        .collect();
    let object = |parts: Vec<String>| (!parts.is_empty()).then(|| format!("{{{}}}", parts.join(", ")));
    vec![
        ("mlflow.trace.session", opt_text(row, "session_id")),
        ("mlflow.trace.tokenUsage", object(tokens)),
        ("mlflow.trace.cost", object(costs)),
    ]
}

/// An assessment as MLflow's API tells it.
fn assessment(row: &SqliteRow) -> Value {
    let json = |column: &str| -> Option<Value> { serde_json::from_str(&opt_text(row, column)?).ok() };
    let value = json("value").unwrap_or_default();
    let kind = text(row, "assessment_type");
    let what = match kind.as_str() {
        "feedback" => info(json!({ "value": value, "error": json("error") })),
        "issue" => json!({ "issue_name": value }),
        // As a text, so that a whole number stays one.
        _ => json!({
            "serialized_value": { "serialization_format": "JSON_FORMAT", "value": text(row, "value") },
        }),
    };
    let mut told = json!({
        "assessment_id": text(row, "assessment_id"),
        "assessment_name": text(row, "name"),
        "trace_id": text(row, "trace_id"),
        "span_id": opt_text(row, "span_id"),
        "source": info(json!({ "source_type": text(row, "source_type"), "source_id": opt_text(row, "source_id") })),
        "create_time": moment(number(row, "created_timestamp").unwrap_or(0)),
        "last_update_time": moment(number(row, "last_updated_timestamp").unwrap_or(0)),
        "rationale": opt_text(row, "rationale"),
        "metadata": json("assessment_metadata"),
        "overrides": opt_text(row, "overrides"),
        "valid": number(row, "valid") != Some(0),
    });
    told[kind] = what;
    info(told)
}
