//! What travels: REST v1 and MLflow wire types, and the errors. Pure.

pub mod access;
pub mod asset;
pub mod audit;
pub mod compute;
pub mod data_contract;
pub mod data_import;
pub mod datastore;
pub mod endpoint;
pub mod import;
pub mod infra;
pub mod job;
pub mod mlflow;
pub mod model;
pub mod otlp;
pub mod page;
pub mod pipeline;
pub mod policy;
pub mod release;
pub mod problem;
pub mod query;
pub mod run;
pub mod runner;
pub mod schedule;
pub mod secret;
pub mod tree;
pub mod workspace;
