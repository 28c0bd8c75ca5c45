//! What the jobs of a compute or of a workspace may reach. A Tidemill extension.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far jobs are kept from what is not theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobIsolation {
    /// As the server does it.
    #[default]
    Auto,
    /// Namespaces: files, processes and /tmp of their own.
    Bubblewrap,
    /// Rules of the kernel for files and other processes.
    Landlock,
    /// Not at all.
    None,
}

/// What of the network there is for jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobNetwork {
    /// Nothing but this server, and environments are built of what is on the machine.
    None,
    /// Environments are built from package sources; commands reach nothing but this server.
    Packages,
    /// All that the machine reaches.
    Open,
}
