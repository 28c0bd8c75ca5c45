//! The one binary: the command line, and the wiring of the server.

mod backup;
mod cli;
mod client;
mod context;
mod document;
mod error;
mod folders;
mod git;
mod job_name;
mod local;
mod mount;
mod output;
mod progress;
mod remembered;
mod server;
mod session;
mod terminal;
mod upload;
mod web;

use std::process::ExitCode;

/// Requests are made of many small pieces: this allocator takes a fifth off what a logged point costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main(std::env::args_os())
}
