//! Where an action falls: the server, a group, a workspace, or one thing in it.

use std::fmt;

/// The place of an action, from wide to narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// A group of workspaces, when the action falls on that; then there is no workspace.
    pub group: Option<String>,
    /// The workspace, or `None` for the server as a whole.
    pub workspace: Option<String>,
    /// The resource in it, as `noun/name`.
    pub resource: Option<String>,
    /// For a run: the job that it belongs to (its own job, or the job whose child run it is).
    pub job: Option<String>,
}

impl Scope {
    /// The server as a whole.
    pub fn server() -> Self {
        Self::default()
    }

    /// The same, for one thing that lies in no workspace, such as `users/ada`. The decision falls at the server all the same.
    #[must_use]
    pub fn about(self, resource: &str) -> Self {
        Self {
            resource: Some(resource.to_owned()),
            ..self
        }
    }

    /// A group of workspaces.
    pub fn group(group: &str) -> Self {
        Self {
            group: Some(group.to_owned()),
            ..Self::default()
        }
    }

    /// All of a workspace.
    pub fn workspace(workspace: &str) -> Self {
        Self {
            workspace: Some(workspace.to_owned()),
            ..Self::default()
        }
    }

    /// One thing of a workspace, such as `resource("default", "datastores", "lake")`.
    pub fn resource(workspace: &str, noun: &str, name: &str) -> Self {
        Self {
            resource: Some(format!("{noun}/{name}")),
            ..Self::workspace(workspace)
        }
    }

    /// One secret in the vault of a group.
    pub fn secret(group: &str, name: &str) -> Self {
        Self {
            resource: Some(format!("secrets/{name}")),
            ..Self::group(group)
        }
    }

    /// One run; `owner_job` is the job that made it, when a job did.
    pub fn run(workspace: &str, run_id: &str, owner_job: Option<&str>) -> Self {
        Self {
            job: Some(owner_job.unwrap_or(run_id).to_owned()),
            ..Self::resource(workspace, "runs", run_id)
        }
    }

    /// One job.
    pub fn job(workspace: &str, job: &str) -> Self {
        Self {
            job: Some(job.to_owned()),
            ..Self::resource(workspace, "jobs", job)
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match (&self.workspace, &self.group) {
            (Some(workspace), _) => format!("/workspaces/{workspace}"),
            (None, Some(group)) => format!("/groups/{group}"),
            (None, None) => String::new(),
        };
        match &self.resource {
            Some(resource) => write!(f, "{place}/{resource}"),
            None if place.is_empty() => f.write_str("/"),
            None => f.write_str(&place),
        }
    }
}
