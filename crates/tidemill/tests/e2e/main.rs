//! Whole jobs through the real binary: command line, server, runner, files. Each test has a server of its own.

mod backup;
mod command;
mod control;
mod crash;
mod data;
mod distributed;
mod endpoint;
mod flights;
mod flood;
mod input;
mod isolation;
mod pipeline;
mod points;
mod promotion;
mod policy;
mod purge;
mod release;
mod release_gates;
mod retrain;
mod reuse;
mod rollout;
mod schedule;
mod secrets;
mod support;
mod validation;
