//! What a resource of the infrastructure is known by: its kind, the place that it lies in, and its name there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a resource is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Such as `compute`.
    pub kind: String,
    /// `/`, `/groups/{group}` or `/workspaces/{workspace}`.
    pub scope: String,
    /// Its name in that place.
    pub name: String,
}

impl Address {
    /// The address of a kind, in a place, by a name.
    pub fn new(kind: &str, scope: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, scope, name } = self;
        match scope.rsplit('/').next() {
            None | Some("") => write!(f, "{kind} {name}"),
            Some(place) => write!(f, "{kind} {place}/{name}"),
        }
    }
}
