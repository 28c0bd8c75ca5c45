//! What the store promises, on each database that there is: SQLite, and PostgreSQL where it is installed.

mod alone;
mod asset;
mod audit;
mod compute;
mod datastore;
mod endpoint;
mod experiment;
mod job;
mod lineage;
mod logged_model;
mod metric;
mod migrate;
mod model_version;
mod param;
mod registered_model;
mod release;
mod review;
mod run;
mod run_input;
mod run_search;
mod support;
mod tag;
mod token;
mod trace;
mod workspace;
mod write;
