//! Jobs: submit, show, list, cancel, retry, resume, archive; their logs and outputs.
//!
//! A job is planned when it is submitted: every reference becomes exact bytes, and the plan is all that the loops and
//! the runner ever look at. Its run in the tracking store has the same name.

mod archive;
mod cancel;
mod code;
pub(crate) mod control_flow;
mod end;
mod inputs;
mod lineage;
mod log;
mod output;
mod own_step;
mod pipeline;
mod plan;
mod retry;
mod reused;
mod secrets;
mod show;
mod status;
pub(crate) mod step;
pub(crate) mod submit;
mod tags;
mod variables;

pub use archive::{archive, patch, restore};
pub use cancel::cancel;
pub(crate) use cancel::stop_steps;
pub use code::{code, code_file};
pub use control_flow::{Decision, Guard, Turn};
pub(crate) use end::{Ending, end, end_surely, fail_waiting, tell_all};
pub(crate) use inputs::planned_input;
pub use lineage::{Lineage, LineageJob, of_model, of_run};
pub use log::{LogEvent, follow, read as read_log};
pub use output::{artifact, artifacts, output_file, output_files, outputs_of};
pub(crate) use output::{artifact_home, artifact_root};
pub(crate) use pipeline::{other_name, plan_nested, plan_pipeline};
pub use plan::{
    CommandPlan, EnvironmentPlan, ModelStep, OutputRecord, PipelinePlan, Plan, PlannedInput, PlannedOutput,
    StepOutput, StepPlan, StepWork,
};
pub use retry::{resume, retry};
pub(crate) use reused::outputs_at_their_places;
pub use show::{children_count, get, list, metrics, reason};
pub use status::Status;
pub(crate) use step::{cache_key, resolve_step};
pub use submit::{Submission, submit, validate};
pub(crate) use variables::assignment;

/// Time between TERM and KILL, in seconds.
pub(crate) const GRACE_S: u64 = 10;

/// A job, as use cases hand it out.
pub type Job = tidemill_store::job::Model;
