//! The graph of a pipeline: its order, what is ready, and cache keys. Pure.

mod cache_key;
mod dag;
mod progress;

pub use cache_key::{CacheKey, InputKey, StepKey};
pub use dag::{Dag, DagError};
pub use progress::{End, Progress};
