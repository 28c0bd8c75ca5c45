//! Surfaces: REST v1, MLflow, and what every request passes on its way in.

pub mod auth;
pub(crate) mod bytes_out;
pub mod extract;
mod gateway;
pub mod metrics;
mod mlflow;
pub mod ops;
pub mod problem;
mod range;
pub mod router;
mod studio;
mod to_the_end;
pub mod v1;
mod workspace_name;

pub use router::{HttpOptions, Server, openapi, router};
