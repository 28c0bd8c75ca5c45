//! Who asks.

use std::fmt;

/// Somebody or something that asks for an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The local owner of the server: the one that the first start made.
    Owner,
    /// A user.
    User {
        /// The user's name.
        name: String,
    },
    /// A service principal: a program, such as a CI job.
    ServicePrincipal {
        /// Its name.
        name: String,
    },
    /// The server itself, in its loops.
    System,
    /// What a job runs: its script, through the token in its environment.
    Job {
        /// Workspace of the job.
        workspace: String,
        /// Name of the job.
        job: String,
    },
    /// The runner of a job, through a token that its script does not get.
    Runner {
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
            Principal::User { name } => write!(f, "user:{name}"),
            Principal::ServicePrincipal { name } => write!(f, "service-principal:{name}"),
            Principal::System => f.write_str("system"),
            Principal::Job { workspace, job } => write!(f, "job:{workspace}/{job}"),
            Principal::Runner { workspace, job } => write!(f, "runner:{workspace}/{job}"),
        }
    }
}
