//! What starts a schedule that has no times: a new version of data, a validation that alarms.

use std::sync::Arc;

use serde_json::{Value, json};
use tidemill_spec::kinds::{DataTrigger, Schedule, Trigger};
use tidemill_store::asset::Key;
use tidemill_store::{asset_version, event};

use super::{Due, Row};
use crate::asset::Kind;
use crate::{App, Result};

/// The event of a validation that alarms: columns have drifted in several versions in a row.
const ALARM: &str = "data/alarm";
/// How late an event may be written after its time, in milliseconds.
const SETTLE_MS: i64 = 5_000;

/// Up to where what happens has been looked at when a schedule begins to count: the number of the newest version, or the time.
pub(super) async fn seen_now(app: &Arc<App>, workspace: &str, spec: &Schedule) -> Result<i64> {
    Ok(match &spec.trigger {
        Trigger::DataVersion(on) => newest(app, workspace, on).await?.map_or(0, |row| row.number),
        _ => app.clock.now_ms(),
    })
}

async fn newest(app: &Arc<App>, workspace: &str, on: &DataTrigger) -> Result<Option<asset_version::Model>> {
    Ok(asset_version::latest(app.store.read(), key(workspace, on)).await?)
}

fn key<'a>(workspace: &'a str, on: &'a DataTrigger) -> Key<'a> {
    Key {
        workspace,
        kind: Kind::Data,
        name: on.data.strip_prefix("azureml:").unwrap_or(&on.data),
    }
}

/// What has happened since it was looked last, oldest first, each with up to where that is.
pub(crate) async fn since(app: &Arc<App>, row: &Row, spec: &Schedule) -> Result<Vec<(Due, i64)>> {
    match &spec.trigger {
        Trigger::DataVersion(on) => {
            let Some(newest) = newest(app, &row.workspace, on)
                .await?
                .filter(|newest| newest.number > row.seen_at)
            else {
                return Ok(Vec::new());
            };
            let missed = newest.number - row.seen_at - 1;
            let due = Due {
                id: format!("data-{}", newest.version),
                due_at: newest.created_at,
                why: "data_version",
                missed,
                who: newest.created_by,
                inputs: inputs(on, &newest.version),
                reason: (missed > 0).then(|| {
                    format!(
                        "{missed} earlier new versions are passed over; this run is for {}",
                        newest.version
                    )
                }),
            };
            Ok(vec![(due, newest.number)])
        }
        Trigger::DriftAlarm(on) => {
            let from_ms = u64::try_from(row.seen_at - SETTLE_MS).unwrap_or_default();
            let after = ulid::Ulid::from_parts(from_ms, 0).to_string();
            let subject =
                crate::asset::scope(Kind::Data, &row.workspace, key(&row.workspace, on).name).to_string();
            let found = event::of_kind(app.store.read(), &after, ALARM, &subject).await?;
            let dues = found
                .into_iter()
                .filter(|event| event.at >= row.made_at)
                .map(|event| {
                    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
                    let version = detail["version"].as_str().unwrap_or_default();
                    let columns: Vec<&str> = detail["columns"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|one| one["column"].as_str())
                        .collect();
                    let due = Due {
                        id: format!("drift-{}", event.id),
                        due_at: event.at,
                        why: "drift_alarm",
                        missed: 0,
                        who: "system".into(),
                        inputs: inputs(on, version),
                        reason: Some(format!(
                            "an alarm of version {version}: {} drifted",
                            columns.join(", ")
                        )),
                    };
                    (due, event.at)
                });
            Ok(dues.collect())
        }
        Trigger::Cron(_) | Trigger::Recurrence(_) => Ok(Vec::new()),
    }
}

fn inputs(on: &DataTrigger, version: &str) -> Value {
    match &on.input {
        Some(input) => {
            let name = on.data.strip_prefix("azureml:").unwrap_or(&on.data);
            json!({ input: { "path": format!("azureml:{name}:{version}") } })
        }
        None => json!({}),
    }
}
