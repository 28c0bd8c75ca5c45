//! REST v1 as clients see it: a server, a request, an answer. Modules mirror the URLs.

mod auth;
mod datastore;
mod openapi;
mod workspace;
