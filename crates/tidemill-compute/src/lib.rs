//! Compute drivers: start a runner, say how it is, stop it.
//!
//! A driver is a folder here that implements [`Driver`] and passes [`conformance::check`]. It never knows what a job is:
//! it starts one program, `tidemill runner`, and the rest is between that program and the server.

pub mod conformance;
mod driver;
mod error;
mod inventory;
mod launch;
mod local;

pub use driver::{Driver, End, Observation, Stop, Swept};
pub use error::ComputeError;
pub use inventory::{Gpu, Inventory};
pub use launch::{Attempt, Handle, Launch};
pub use local::LocalDriver;
