//! The real program, against a server that it starts itself on a free port and an empty data folder.

mod asset;
mod audit;
mod azure;
mod completion;
mod context;
mod datastore;
mod export;
mod help;
mod import;
mod import_mlflow;
mod infra;
mod job;
mod output;
mod query;
mod run;
mod schema;
mod serve;
mod server;
mod support;
mod table;
