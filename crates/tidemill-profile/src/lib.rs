//! Statistics of tables, expectations and drift, over Arrow batches. Pure.
//!
//! A [`Profiler`] is fed batches, on as many threads as there are, and merged; [`Profiler::finish`] gives the [`Profile`].
//! Columns of few values are counted exactly; sketches and samples take over where they are many, and every figure says
//! which of the two it is and within which bound.

pub mod drift;
mod error;
pub mod expect;
mod finish;
mod hash;
mod kind;
mod options;
mod profile;
mod profiler;
pub mod report;
mod sketch;
mod state;

pub use error::{Error, Result};
pub use finish::{Asked, Distribution};
pub use kind::Kind;
pub use options::Options;
pub use profile::{
    ColumnProfile, Correlation, Estimate, Feature, Histogram, Likelihood, MissingTogether, Numbers, Profile,
    Segment, Segments, TargetClass, TargetProfile, TextProfile, TimeProfile, Top,
};
pub use profiler::{Profiler, Reader};
pub use state::{Monotonic, Position, Rows};
