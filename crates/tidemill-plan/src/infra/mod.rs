//! Infrastructure: what is wanted against what is there, and the steps from one to the other. Nothing here knows what
//! kinds of resources there are.

mod address;
mod diff;
mod drift;
mod steps;

pub use address::Address;
pub use diff::{FieldChange, at, fields, mark};
pub use drift::{Drift, Moved, Seen, digest, drift, moved};
pub use steps::{Action, Actual, Desired, Managed, PlanError, Step, plan};
