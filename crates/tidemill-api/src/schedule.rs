//! Schedules on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A schedule as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// Unique in its workspace.
    pub name: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// Whether it counts.
    pub is_enabled: bool,
    /// As whom its jobs are submitted, such as `user:ada`.
    pub run_as: String,
    /// The next times, at most five, in UTC milliseconds; none for one that is switched off or waits for something to happen.
    pub next_times: Vec<i64>,
    /// What it did last.
    pub last_run: Option<ScheduleRun>,
    /// Its specification, with the job that is submitted as it was when it was written.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// For `If-Match`.
    pub etag: String,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// One time that a schedule fell due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleRun {
    /// What it is known by: each starts one job.
    pub id: String,
    /// When it was due, in UTC milliseconds.
    pub due_at: i64,
    /// When it was taken up, in UTC milliseconds.
    pub at: i64,
    /// `due`, `catch_up` (late, or for times that were missed), `by_hand`, `data_version` or `drift_alarm`.
    pub why: String,
    /// How many other times it stands for.
    pub missed: i64,
    /// Who started it; `system` for the server.
    pub who: String,
    /// The name of its job; empty for one that brings data in.
    pub job: String,
    /// `Submitted`, `Imported` or `Failed`; `Claimed` until then.
    pub state: String,
    /// The status of the job.
    pub job_status: Option<String>,
    /// Why it failed, what was missed, or which version was brought in.
    pub reason: Option<String>,
}

/// What a schedule did, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleRuns {
    /// The runs.
    pub items: Vec<ScheduleRun>,
}

/// What is asked of the runs of a schedule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, IntoParams)]
pub struct ScheduleRunsQuery {
    /// So many at most, 1 to 1000; 100 where nothing is said.
    pub limit: Option<u64>,
}
