//! Processes of this machine: who they are, what they started, what they use, and their end. Linux, through `/proc`.
//!
//! Nothing here signals a bare process number: a process is named by an [`Identity`], which a recycled number does not
//! satisfy.

pub mod cgroup;
mod identity;
pub mod isolation;
mod pages;
mod stat;
mod sweep;
mod tree;
mod variables;

pub use identity::{Identity, Signal};
pub use pages::release_program_pages;
pub use stat::{ProcessState, Stat};
pub use sweep::{MARKER, Swept, marked, sweep};
pub use tree::{all, children_first, cpu_seconds, descendants, resident_bytes};
pub use variables::is_passed_on;
