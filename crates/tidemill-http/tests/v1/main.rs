//! REST v1 as clients see it: a server, a request, an answer. Modules mirror the URLs.

mod access;
mod audit;
mod auth;
mod break_glass;
mod component;
mod compute;
mod compute_request;
mod data;
mod datastore;
mod environment;
mod event;
mod federation;
mod infra;
mod model;
mod openapi;
mod postgres;
mod recover;
mod remote;
mod role_matrix;
mod rollout;
mod sign_in;
mod token;
mod schedule;
mod secret;
mod tree;
mod workspace;
