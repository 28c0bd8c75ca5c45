//! Conda files: reading them, and what their packages are called on a Python package index.

mod file;
mod names;
mod spec;

pub use file::CondaFile;
pub use names::{Equivalent, equivalent};
pub use spec::CondaSpec;
