//! Workspaces on MLflow's wire.

use serde::{Deserialize, Serialize};

use super::schema::{Check, Request, Schema};

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `POST workspaces`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateWorkspace {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where its artifacts are; only the server's own store.
    pub default_artifact_root: Option<String>,
}

impl Request for CreateWorkspace {
    const SCHEMA: Schema = &[
        ("name", &[Check::Required, Check::Text]),
        ("description", &[Check::Text]),
        ("default_artifact_root", &[Check::Text]),
    ];
}

/// `GET`, `PATCH` and `DELETE workspaces/{workspace_name}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedWorkspace {
    /// Which workspace.
    pub workspace_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where its artifacts are; only the server's own store.
    pub default_artifact_root: Option<String>,
}

impl Request for NamedWorkspace {
    const SCHEMA: Schema = &[
        ("description", &[Check::Text]),
        ("default_artifact_root", &[Check::Text]),
    ];
}

/// `GET workspaces`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListWorkspaces {}

impl Request for ListWorkspaces {
    const SCHEMA: Schema = &[];
}

/// One workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkspaceResponse {
    /// The workspace.
    pub workspace: Workspace,
}

/// All workspaces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListWorkspacesResponse {
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workspaces: Vec<Workspace>,
}
