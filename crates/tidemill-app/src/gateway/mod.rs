//! The way of a request to an instance: which endpoints there are, who may call them, which deployment answers, whose turn
//! it is. What is decided here is carried out by the HTTP surface; nothing of it waits for the database.

mod backend;
mod balancer;
mod figures;
mod request_log;
mod route;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

pub use backend::{Backend, Turn};
pub use balancer::{Lease, NoTurn, Target};
pub use figures::{BUCKETS_S, Figures, Snapshot};
pub(crate) use request_log::folder;
pub use request_log::{Entry, KEPT_HOURS, Requests, read as read_requests};
pub use route::{Caller, Pick, Route};

use crate::{App, token};

/// All routes, and the deployments behind them.
#[derive(Debug, Default)]
pub struct Gateway {
    routes: RwLock<HashMap<String, Arc<Route>>>,
    backends: RwLock<HashMap<String, Arc<Backend>>>,
    /// Notes requests, for `get-logs`.
    pub requests: Requests,
}

fn endpoint_key(workspace: &str, endpoint: &str) -> String {
    format!("{workspace}/{endpoint}")
}

fn deployment_key(workspace: &str, endpoint: &str, deployment: &str) -> String {
    format!("{workspace}/{endpoint}/{deployment}")
}

impl Gateway {
    /// The route of an endpoint.
    pub fn route(&self, workspace: &str, endpoint: &str) -> Option<Arc<Route>> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        routes.get(&endpoint_key(workspace, endpoint)).cloned()
    }

    /// The endpoint, by workspace and name, that a key or token is one of.
    pub fn place_of(&self, app: &App, text: &str) -> Option<(String, String)> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let hash = token::hash(text);
        let mut places = routes.iter().filter_map(|(key, route)| {
            let (workspace, endpoint) = key.split_once('/')?;
            Some((workspace, endpoint, route))
        });
        let (workspace, endpoint, _) = places
            .find(|(workspace, endpoint, route)| route.knows(app, (workspace, endpoint), text, &hash))?;
        Some((workspace.to_owned(), endpoint.to_owned()))
    }

    /// Lets an endpoint be called, or changes how.
    pub(crate) fn put_route(&self, workspace: &str, endpoint: &str, route: Route) {
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.insert(endpoint_key(workspace, endpoint), Arc::new(route));
    }

    /// Lets an endpoint be called no more.
    pub(crate) fn remove_route(&self, workspace: &str, endpoint: &str) {
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.remove(&endpoint_key(workspace, endpoint));
    }

    /// The deployment of this name.
    pub fn backend(&self, workspace: &str, endpoint: &str, deployment: &str) -> Option<Arc<Backend>> {
        let backends = self.backends.read().unwrap_or_else(PoisonError::into_inner);
        backends
            .get(&deployment_key(workspace, endpoint, deployment))
            .cloned()
    }

    /// Every deployment.
    pub fn backends(&self) -> Vec<Arc<Backend>> {
        let backends = self.backends.read().unwrap_or_else(PoisonError::into_inner);
        backends.values().cloned().collect()
    }

    /// The deployment of this name; made, with nothing behind it yet, when it is new.
    pub(crate) fn ensure_backend(&self, workspace: &str, endpoint: &str, deployment: &str) -> Arc<Backend> {
        let mut backends = self.backends.write().unwrap_or_else(PoisonError::into_inner);
        backends
            .entry(deployment_key(workspace, endpoint, deployment))
            .or_insert_with(|| Arc::new(Backend::new(workspace, endpoint, deployment)))
            .clone()
    }

    /// Forgets a deployment.
    pub(crate) fn remove_backend(&self, workspace: &str, endpoint: &str, deployment: &str) {
        let mut backends = self.backends.write().unwrap_or_else(PoisonError::into_inner);
        backends.remove(&deployment_key(workspace, endpoint, deployment));
    }
}
