//! What goes on by itself: the scheduler, the pipelines, retention, and finding running jobs again after a restart.

mod candidate;
mod compute_power;
pub(crate) mod deployment;
mod launch;
mod model_validation;
mod pipeline;
mod purge;
mod recover;
mod release;
mod retention;
mod schedule;
mod scheduler;
mod webhook;

pub use candidate::Candidates;
pub use deployment::Deployments;
pub(crate) use launch::{end_or_retry, stop_runner, watch};
pub(crate) use model_validation::follow as follow_validation;
pub(crate) use pipeline::{Pipelines, start_pipeline};
pub(crate) use purge::round as purge;
pub(crate) use recover::{ask, start};
pub use release::Releases;
pub use schedule::Schedules;
pub(crate) use scheduler::Ask;
pub use scheduler::Scheduler;
