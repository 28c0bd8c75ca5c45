//! Schedules over REST.

mod act;
mod delete;
mod get;
mod list;
mod put;
mod runs;

use serde_json::Value;
use tidemill_api::schedule::{Schedule, ScheduleRun};
use tidemill_app::schedule::{Row, Run, Shown};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete, act::act))
        .routes(routes!(runs::runs))
}

fn view(shown: Shown) -> Schedule {
    let Shown {
        row,
        next_times,
        last,
    } = shown;
    let Row {
        workspace: _,
        name,
        spec,
        job: _,
        owner,
        enabled,
        next_at: _,
        made_at: _,
        seen_at: _,
        created_by,
        revision,
        created_at,
        updated_at,
    } = row;
    let spec: Value = serde_json::from_str(&spec).unwrap_or_default();
    Schedule {
        display_name: spec["display_name"].as_str().map(str::to_owned),
        name,
        is_enabled: enabled,
        run_as: owner,
        next_times,
        last_run: last.map(run_view),
        spec,
        etag: revision.to_string(),
        created_by,
        created_at,
        updated_at,
    }
}

fn run_view((run, job_status): (Run, Option<String>)) -> ScheduleRun {
    let Run {
        workspace: _,
        schedule: _,
        id,
        due_at,
        at,
        why,
        missed,
        who,
        job,
        inputs: _,
        state,
        reason,
    } = run;
    ScheduleRun {
        id,
        due_at,
        at,
        why,
        missed,
        who,
        job,
        state,
        job_status,
        reason,
    }
}
