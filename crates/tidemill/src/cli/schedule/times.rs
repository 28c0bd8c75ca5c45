//! The times of a schedule as people read them: in UTC, beside the milliseconds of the API.

use serde_json::Value;

/// Adds `next_runs` (RFC 3339) and what a table shows.
pub(super) fn told(mut view: Value) -> Value {
    let times: Vec<Value> = view["next_times"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(utc)
        .map(Value::String)
        .collect();
    view["next_run"] = times.first().cloned().unwrap_or(Value::Null);
    view["next_runs"] = Value::Array(times);
    if let Some(fields) = view.as_object_mut() {
        fields.remove("next_times");
    }
    view["last_state"] = view["last_run"]["state"].clone();
    view
}

/// UTC milliseconds as RFC 3339.
pub(super) fn utc(ms: &Value) -> Option<String> {
    jiff::Timestamp::from_millisecond(ms.as_i64()?)
        .ok()
        .map(|moment| moment.to_string())
}
