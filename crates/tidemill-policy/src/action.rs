//! The actions: `noun/verb`, as roles name them.

use std::fmt;

/// One thing that a principal may or may not do, such as `datastores/write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action(&'static str);

impl Action {
    /// The action as roles and the audit log spell it.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Action = Action($text);)*
        /// Every action there is, in the order of the nouns.
        pub const ALL: &[Action] = &[$($name),*];
    };
}

actions! {
    /// See a workspace and its settings.
    WORKSPACE_READ = "workspaces/read";
    /// Create or change a workspace.
    WORKSPACE_WRITE = "workspaces/write";
    /// Delete a workspace.
    WORKSPACE_DELETE = "workspaces/delete";
    /// See a datastore, without its secrets.
    DATASTORE_READ = "datastores/read";
    /// Create or change a datastore.
    DATASTORE_WRITE = "datastores/write";
    /// Remove a datastore.
    DATASTORE_DELETE = "datastores/delete";
    /// See data assets and read their bytes.
    DATA_READ = "data/read";
    /// Create data versions and upload bytes.
    DATA_WRITE = "data/write";
    /// See environments.
    ENVIRONMENT_READ = "environments/read";
    /// Create or archive environments.
    ENVIRONMENT_WRITE = "environments/write";
    /// See components.
    COMPONENT_READ = "components/read";
    /// Create or archive components.
    COMPONENT_WRITE = "components/write";
    /// See compute.
    COMPUTE_READ = "computes/read";
    /// Create or change compute.
    COMPUTE_WRITE = "computes/write";
    /// Remove compute.
    COMPUTE_DELETE = "computes/delete";
    /// See jobs and their logs.
    JOB_READ = "jobs/read";
    /// Submit, change and cancel jobs.
    JOB_WRITE = "jobs/write";
    /// What only the runner of a job does: take its assignment, report, finish.
    JOB_RUN = "jobs/run";
    /// See experiments.
    EXPERIMENT_READ = "experiments/read";
    /// Create or change experiments.
    EXPERIMENT_WRITE = "experiments/write";
    /// Delete or restore experiments, with the runs in them.
    EXPERIMENT_DELETE = "experiments/delete";
    /// See runs, their metrics and artifacts.
    RUN_READ = "runs/read";
    /// Create runs, and log to them.
    RUN_WRITE = "runs/write";
    /// See registered models and their versions.
    MODEL_READ = "models/read";
    /// Register models and versions, set aliases, tags and stages.
    MODEL_WRITE = "models/write";
    /// Delete registered models and versions.
    MODEL_DELETE = "models/delete";
    /// See the policy of a workspace, and what is in use of it.
    POLICY_READ = "policies/read";
    /// Set or remove the policy of a workspace.
    POLICY_WRITE = "policies/write";
    /// See which secrets there are; never their values.
    SECRET_LIST = "secrets/list";
    /// Read the value of a secret, and give it to a job or a datastore.
    SECRET_GET = "secrets/get";
    /// Set a secret, and restore a deleted one.
    SECRET_WRITE = "secrets/write";
    /// Delete a secret.
    SECRET_DELETE = "secrets/delete";
    /// Rotate the master key of the vault.
    VAULT_ROTATE = "vault/rotate";
    /// Read the audit log.
    AUDIT_READ = "audit/read";
}
