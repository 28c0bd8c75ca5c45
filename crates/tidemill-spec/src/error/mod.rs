//! Problems in what people wrote: where, what was found, what was expected, what to do.

mod nearest;
mod path;
mod problem;
mod spec_error;

pub use nearest::did_you_mean;
pub(crate) use nearest::{list_words, nearest};
pub use path::{FieldPath, Segment};
pub use problem::{Problem, Warning};
pub use spec_error::{SpecError, SpecErrors};
