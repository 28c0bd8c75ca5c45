//! Infrastructure as code: what is wanted becomes a plan, a plan is applied step by step through the use cases of each noun,
//! and what was applied is kept, so that what has moved since shows.
//!
//! [`tidemill_plan::infra`] decides what happens to each resource; here is what the kinds are. Nothing is written but through
//! the use case that a person would call, as the one who applies.

mod actual;
mod apply;
mod gate;
mod kind;
mod loss;
mod mask;
mod plan;
mod rights;
mod stack;
mod test;
mod vote;
mod wanted;
mod write;

pub use apply::{Running, apply};
pub use plan::{create, get, list};
pub use stack::{drift, list as stacks, show as stack};
pub use test::{Testing, run_again};
pub use vote::{approve, reject};

use crate::Scope;

/// Where changes of a stack are noted.
fn scope(stack: &str) -> Scope {
    Scope::server().about(&format!("stacks/{stack}"))
}
