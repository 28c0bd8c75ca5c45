//! Use cases, one file a noun: the only place that decides.
//!
//! Every use case takes an [`OpContext`] first, and its first line is `ctx.authorize(action, scope)`. A change goes
//! through [`OpContext::change`], which writes its audit row and its event in the same transaction.

pub mod app;
pub mod artifact;
pub mod clock;
pub mod context;
pub mod data_dir;
pub mod datastore;
pub mod error;
pub mod experiment;
pub mod logged_model;
pub mod metric;
mod model_source;
pub mod model_version;
pub mod name;
pub mod peer;
pub mod registered_model;
mod rule;
pub mod run;
pub mod run_input;
mod run_name;
pub mod token;
pub mod trace;
pub mod workspace;

pub use app::{App, AppOptions};
pub use clock::{Clock, SystemClock};
pub use context::OpContext;
pub use data_dir::DataDir;
pub use error::{Error, Kind, Result};
pub use tidemill_store::page;
pub use tidemill_policy::{Principal, Scope, action};
