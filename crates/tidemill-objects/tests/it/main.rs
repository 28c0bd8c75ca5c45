//! The bytes' promises, kept on a real disk, a real Azurite, a real S3-speaking server and a real web server.

mod artifacts;
mod disk;
mod http;
mod local;
mod remote;
mod remove;
mod scan;
mod suite;
mod support;
mod tree;
