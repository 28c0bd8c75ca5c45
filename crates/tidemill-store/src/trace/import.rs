//! Traces of schema version 4 were kept as one JSON each; this takes them apart.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use super::{Model, put};
use crate::Result;
use crate::tag::Pairs;

/// Moves every row of `trace`, which is then empty of meaning.
pub(crate) async fn import(db: &impl ConnectionTrait) -> Result<()> {
    let backend = db.get_database_backend();
    let rows = db
        .query_all_raw(Statement::from_string(
            backend,
            "SELECT workspace, trace_id, experiment_id, request_time, info FROM trace",
        ))
        .await?;
    for row in rows {
        let info: String = row.try_get("", "info")?;
        // What a client sent that is no JSON object had no info to lose.
        let info: Value = serde_json::from_str(&info).unwrap_or(Value::Null);
        let text = |name: &str| info[name].as_str().map(str::to_owned);
        let texts = |name: &str| -> Pairs {
            let pairs = info[name].as_object().into_iter().flatten();
            pairs
                .map(|(key, value)| {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    (key.clone(), value)
                })
                .collect()
        };
        let seconds =
            text("execution_duration").and_then(|text| text.trim_end_matches('s').parse::<f64>().ok());
        let moved = Model {
            workspace: row.try_get("", "workspace")?,
            trace_id: row.try_get("", "trace_id")?,
            experiment_id: row.try_get("", "experiment_id")?,
            request_time: row.try_get("", "request_time")?,
            execution_ms: seconds.map(|seconds| (seconds * 1000.0).round() as i64),
            state: text("state").unwrap_or_else(|| "STATE_UNSPECIFIED".to_owned()),
            client_request_id: text("client_request_id"),
            request_preview: text("request_preview"),
            response_preview: text("response_preview"),
        };
        put(db, moved, &texts("tags"), &texts("trace_metadata")).await?;
    }
    Ok(())
}
