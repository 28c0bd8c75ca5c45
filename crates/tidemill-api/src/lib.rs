//! What travels: REST v1 and MLflow wire types, and the errors. Pure.

pub mod problem;
pub mod runner;
