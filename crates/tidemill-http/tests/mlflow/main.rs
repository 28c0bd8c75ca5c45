//! The MLflow surface, driven over HTTP and by the real `mlflow` client.

mod client;
mod envelope;
mod job_token;
mod workspace;
