//! The graph of a pipeline: its order, what is ready, and cache keys; infrastructure, desired against actual. Pure.

mod cache_key;
mod dag;
pub mod infra;
mod progress;

pub use cache_key::{CacheKey, InputKey, StepKey};
pub use dag::{Dag, DagError};
pub use progress::{End, Progress};
