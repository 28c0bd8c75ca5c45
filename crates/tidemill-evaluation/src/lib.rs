//! How good a model is, from what it said of rows whose truth is known: metrics, curves, checks, and the report. Pure.
//!
//! A process that knows nothing of quality scores the model and writes down what it said ([`Told`], [`Arrays`]). From that and
//! from what is asked (`tidemill_spec::kinds::Validation`) come the [`Figures`], and from those the [`Check`]s.

mod arrays;
mod check;
pub mod curve;
mod figures;
pub mod metric;
mod report;
mod told;

pub use arrays::Arrays;
pub use check::{Check, Facts, check};
pub use figures::{Figures, Fold, Importance, Latency, Part, Slice, figures};
pub use report::{Subject, report};
pub use told::{Case, Greatest, Newest, Tests, Told};
