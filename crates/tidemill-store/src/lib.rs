//! Metadata: tables, queries and migrations, on SQLite or PostgreSQL.
//!
//! Reads go to [`Store::read`], a pool. Changes go through [`Store::write`]: on SQLite one writer runs the work that
//! waits, each piece in a savepoint of its own, and commits the group with one sync; on PostgreSQL each piece is a
//! transaction. When `write` returns, what it did is on disk. A noun has one file, with its entity and its queries.

pub mod alone;
pub mod asset;
pub mod asset_label;
pub mod asset_version;
pub mod assignment;
pub mod audit;
pub mod backup;
pub mod break_glass;
pub mod break_glass_event;
pub mod candidate;
mod checkpoint;
pub mod compute;
pub mod compute_power;
pub mod compute_request;
pub mod connect;
pub mod credential;
pub mod data_contract;
pub mod data_free;
pub mod data_removal;
pub mod data_retention;
pub mod data_validation;
pub mod datastore;
pub mod deployment_instance;
pub mod eval_dataset;
pub mod event;
pub mod experiment;
pub mod group;
pub mod identity;
pub mod identity_provider;
mod in_workspace;
pub mod infra;
pub mod issue;
pub mod job;
pub mod keyset;
pub mod label_schema;
pub mod lineage;
pub mod logged_model;
pub mod metric;
pub mod migrate;
pub mod model;
pub mod model_history;
pub mod model_validation;
pub mod model_version;
pub mod online_deployment;
pub mod online_endpoint;
pub mod page;
pub mod param;
pub mod policy;
pub mod principal;
pub mod published_pipeline;
pub mod purge;
pub mod registered_model;
pub mod release;
pub mod release_event;
pub mod release_stage;
pub mod review_queue;
pub mod role;
pub mod run;
pub mod run_input;
pub mod run_search;
pub mod schedule;
pub mod schedule_run;
pub mod scorer;
pub mod search;
pub mod seen_token;
mod sequence;
mod shrink;
pub mod sign_in;
pub mod tag;
pub mod token;
pub mod trace;
pub mod tree_reference;
pub mod vault;
pub mod webhook;
pub mod workspace;
pub mod workspace_state;
mod write;

pub use connect::{Store, StoreOptions};
pub use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};

/// What can go wrong with metadata.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("failed to use the database: {0}")]
    Database(#[from] DbErr),
    /// The database was made by a newer program.
    #[error(
        "failed to open the database: it has schema version {found}, this program knows {known}; \
         install the Tidemill that wrote it, or a newer one"
    )]
    FromTheFuture {
        /// Version that the database has.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A row holds JSON that does not read back.
    #[error("failed to read column {column} of {table}: {source}")]
    Json {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// The address of the database is not understood.
    #[error("failed to open database `{url}`: expected `sqlite:PATH` or `postgresql://user@host/name`")]
    Url {
        /// The address given, without its password.
        url: String,
    },
    /// Another server has this database.
    #[error(
        "failed to open the database: another Tidemill server uses it ({holder}); a database has one server: \
         stop that one, use it as it is, or give this one a database of its own with --database"
    )]
    Shared {
        /// Which session of the database holds it.
        holder: String,
    },
    /// A change panicked; nothing of it stands.
    #[error("failed to write: the change broke off inside the server; its log says where")]
    Broken,
    /// Points could not be appended, or moved to their place.
    #[error("failed to write metric points: {error}")]
    Append {
        /// What the database said, to all who shared the commit.
        error: String,
    },
    /// Bytes do not read back.
    #[error("failed to read {what}: its bytes are damaged; restore the database from a backup")]
    Damaged {
        /// Which bytes.
        what: String,
    },
    /// The writer has stopped.
    #[error("failed to write: the server is stopping")]
    Stopped,
}

/// A result of this crate.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Writes a value as JSON text for a column.
pub fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("a value made of strings, numbers and maps always serialises")
}

/// Reads a JSON column.
pub fn from_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<T> {
    serde_json::from_str(text).map_err(|source| StoreError::Json {
        table,
        column,
        source,
    })
}
