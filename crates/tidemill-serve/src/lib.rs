//! The inference data plane: one program that answers for one model.
//!
//! [`serve`] makes a model ready and answers until it is told to stop. HTTP is spoken here; Python runs in warm worker
//! processes ([`worker`]), each behind a Unix socket, so that nothing a script does reaches this process but its answers.
//! It never speaks to a database or to another server.

pub mod azure;
mod config;
mod error;
mod http;
mod log;
mod oip;
mod onnx;
mod reload;
mod server;
pub mod worker;

pub use config::{Batching, Config, Model, Python};
pub use error::StartError;
pub use log::{Level, Log};
pub use server::{Bound, serve};
