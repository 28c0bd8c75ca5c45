//! Who asks.

use std::fmt;

/// Somebody or something that asks for an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The local owner of the server: the one that the first start made.
    Owner,
    /// The server itself, in its loops.
    System,
    /// One job, through the token that its runner was given.
    Job {
        /// Workspace of the job.
        workspace: String,
        /// Name of the job.
        job: String,
    },
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::Owner => f.write_str("owner"),
            Principal::System => f.write_str("system"),
            Principal::Job { workspace, job } => write!(f, "job:{workspace}/{job}"),
        }
    }
}
