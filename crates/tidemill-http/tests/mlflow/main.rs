//! The MLflow surface, driven over HTTP and by the real `mlflow` client.

mod bad_input;
mod client;
mod envelope;
mod graphql;
mod job_token;
mod policy;
mod purge;
mod workspace;
