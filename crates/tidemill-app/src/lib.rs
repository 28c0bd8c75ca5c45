//! Use cases, one file a noun: the only place that decides.
//!
//! Every use case takes an [`OpContext`] first, and its first line is `ctx.authorize(action, scope)`. A change goes
//! through [`OpContext::change`], which writes its audit row and its event in the same transaction.

// The future of a pipeline holds those of everything that it may do.
#![recursion_limit = "256"]

pub mod access;
pub mod app;
pub mod artifact;
pub mod artifact_link;
pub mod asset;
pub mod assignment;
pub mod audit;
pub mod bytes;
pub mod clock;
pub mod component;
pub mod compute;
pub mod compute_request;
pub mod content;
pub mod contract;
pub mod context;
pub mod credential;
pub mod data;
pub mod data_dir;
pub mod data_file;
pub mod data_validation;
pub mod datastore;
mod deployment_instance;
pub mod environment;
pub mod error;
pub mod eval_dataset;
pub mod event;
pub mod experiment;
pub mod federation;
pub mod gateway;
pub mod group;
pub mod history;
pub mod hub;
pub mod identity_provider;
pub mod import;
pub mod infra;
pub mod isolation;
pub mod job;
pub mod logged_model;
mod loops;
pub mod metric;
pub mod model;
pub mod model_history;
mod model_source;
pub mod model_version;
pub mod name;
pub mod oidc;
pub mod peer;
pub mod online_deployment;
pub mod online_endpoint;
pub mod release;
mod place;
pub mod policy;
pub mod principal;
pub mod profile;
pub mod query;
pub mod registered_model;
pub mod resolve;
pub mod role;
mod rule;
pub mod run;
mod run_door;
pub mod run_input;
mod run_name;
pub mod runner;
mod seal;
pub mod secret;
pub mod service_principal;
pub mod session;
pub mod sign_in;
pub mod spec;
mod table;
pub mod tag_policy;
pub mod team;
pub mod token;
pub mod trace;
pub mod tree;
pub mod user;
pub mod validation;
pub mod vault;
pub mod webhook;
pub mod workspace;

pub use app::{App, AppOptions};
pub use clock::{Clock, SystemClock};
pub use context::OpContext;
pub use data_dir::DataDir;
pub use error::{Error, Kind, Result};
pub use tidemill_policy::{Principal, Scope, action};
pub use tidemill_store::job::Filter as JobFilter;
pub use tidemill_store::lineage::Model as LineageEdge;
pub use tidemill_store::page;
