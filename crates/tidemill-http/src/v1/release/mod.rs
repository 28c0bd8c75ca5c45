//! Releases over REST.

mod act;
mod create;
mod get;
mod history;
mod list;
mod plan;

use serde_json::Value;
use tidemill_api::release::{Release, ReleaseEvent, ReleaseStage};
use tidemill_app::release::{Event, Shown, Stage};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, act::act))
        .routes(routes!(history::history))
        .routes(routes!(plan::plan))
}

fn view(shown: Shown) -> Release {
    let Shown {
        row,
        stages,
        shares,
        events,
    } = shown;
    let plan: Value = serde_json::from_str(&row.plan).unwrap_or_default();
    let model = &plan["plan"]["instance"]["model"];
    let asset = model["input"]
        .pointer("/asset")
        .or_else(|| model["input"].pointer("/Data/asset"));
    let model = asset.and_then(Value::as_str).or_else(|| model["name"].as_str());
    Release {
        model: model.map(str::to_owned),
        workspace: row.workspace,
        name: row.name,
        number: row.number,
        digest: row.digest,
        author: row.author,
        spec: serde_json::from_str(&row.spec).unwrap_or_default(),
        stages: stages
            .into_iter()
            .map(|(stage, there)| {
                let share = shares.get(&stage).copied();
                stage_view(stage, there, share)
            })
            .collect(),
        events: events.into_iter().map(event_view).collect(),
        created_at: row.created_at,
    }
}

fn stage_view(stage: String, there: Option<Stage>, traffic_percent: Option<u32>) -> ReleaseStage {
    match there {
        None => ReleaseStage {
            stage,
            state: "NotStarted".into(),
            workspace: None,
            deployment: None,
            traffic_percent: None,
            previous: None,
            promoter: None,
            reason: None,
            evidence: Value::Array(Vec::new()),
            updated_at: None,
        },
        Some(there) => ReleaseStage {
            stage,
            state: there.state,
            workspace: Some(there.target),
            deployment: Some(there.deployment),
            traffic_percent,
            previous: there.previous,
            promoter: Some(there.promoter),
            reason: there.reason,
            evidence: serde_json::from_str(&there.evidence).unwrap_or_default(),
            updated_at: Some(there.updated_at),
        },
    }
}

fn event_view(event: Event) -> ReleaseEvent {
    ReleaseEvent {
        release: match event.number {
            0 => event.name,
            number => format!("{}:{number}", event.name),
        },
        id: event.id,
        stage: event.stage,
        workspace: event.target,
        at: event.at,
        who: event.who,
        kind: event.kind,
        detail: serde_json::from_str(&event.detail).unwrap_or_default(),
    }
}
