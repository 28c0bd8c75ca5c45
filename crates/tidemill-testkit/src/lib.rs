//! A server in a test, builders, and fakes of what is outside.

pub mod client;
pub mod issuer;
pub mod server;

pub use client::Client;
pub use issuer::Issuer;
pub use server::TestServer;
pub use tidemill_testdb::{TestDatabase, databases, postgres};
