//! The actions: `noun/verb`, as roles name them.

use std::fmt;

/// One thing that a principal may or may not do, such as `datastores/write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action {
    text: &'static str,
    place: u8,
}

impl Action {
    /// The action as roles and the audit log spell it.
    pub fn as_str(self) -> &'static str {
        self.text
    }

    /// The action of this name.
    pub fn parse(text: &str) -> Option<Self> {
        ALL.iter().find(|action| action.text == text).copied()
    }

    /// Whether it moves bytes or secrets rather than what describes them: such actions are in `dataActions` of a role.
    pub fn is_data(self) -> bool {
        DATA.contains(&self)
    }

    /// Whether it reads or writes files of a datastore.
    pub fn is_file(self) -> bool {
        self == DATASTORE_FILE_READ || self == DATASTORE_FILE_WRITE
    }

    /// Its place in [`ALL`].
    pub(crate) fn place(self) -> u8 {
        self.place
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// What moves bytes: `dataActions` of a role give these, `actions` give the rest.
pub const DATA: &[Action] = &[DATASTORE_FILE_READ, DATASTORE_FILE_WRITE, ENDPOINT_SCORE];

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        #[expect(non_camel_case_types, reason = "one list makes constants and places")]
        enum Place { $($name),* }
        $($(#[$doc])* pub const $name: Action = Action { text: $text, place: Place::$name as u8 };)*
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
    /// Ask for a compute.
    COMPUTE_REQUEST = "computes/request";
    /// Start a compute instance.
    COMPUTE_START = "computes/start";
    /// Stop a compute instance.
    COMPUTE_STOP = "computes/stop";
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
    /// See a group, and which workspaces are in it.
    GROUP_READ = "groups/read";
    /// Create or change a group.
    GROUP_WRITE = "groups/write";
    /// Delete a group.
    GROUP_DELETE = "groups/delete";
    /// See users, teams and service principals.
    PRINCIPAL_READ = "principals/read";
    /// Create or change users, teams and service principals, and their secrets.
    PRINCIPAL_WRITE = "principals/write";
    /// Remove users, teams and service principals.
    PRINCIPAL_DELETE = "principals/delete";
    /// See roles.
    ROLE_READ = "roles/read";
    /// Create or change roles.
    ROLE_WRITE = "roles/write";
    /// Remove roles.
    ROLE_DELETE = "roles/delete";
    /// See who has which role where.
    ASSIGNMENT_READ = "assignments/read";
    /// Give a role to a principal.
    ASSIGNMENT_WRITE = "assignments/write";
    /// Take a role from a principal.
    ASSIGNMENT_DELETE = "assignments/delete";
    /// Read files of a datastore.
    DATASTORE_FILE_READ = "datastores/files/read";
    /// Write files of a datastore.
    DATASTORE_FILE_WRITE = "datastores/files/write";
    /// See endpoints and their deployments.
    ENDPOINT_READ = "endpoints/read";
    /// Create or change endpoints and their deployments.
    ENDPOINT_WRITE = "endpoints/write";
    /// Remove endpoints and their deployments.
    ENDPOINT_DELETE = "endpoints/delete";
    /// Call an endpoint.
    ENDPOINT_SCORE = "endpoints/score";
    /// See plans of infrastructure, what stacks manage, and what has moved since.
    INFRA_READ = "infra/read";
    /// Make a plan of infrastructure.
    INFRA_PLAN = "infra/plan";
    /// Apply a plan of infrastructure; each of its steps asks for its own action besides.
    INFRA_APPLY = "infra/apply";
    /// Agree to a plan of infrastructure, or reject it.
    INFRA_APPROVE = "infra/approve";
    /// Read the keys of an endpoint, and make them anew.
    ENDPOINT_KEYS = "endpoints/listkeys";
    /// See releases, their gates and what came of them.
    RELEASE_READ = "releases/read";
    /// Make a release of what answers in the first stage.
    RELEASE_WRITE = "releases/write";
    /// Bring a release into a stage, and back out of it.
    RELEASE_PROMOTE = "releases/promote";
    /// Agree that a release enters a stage, or reject it.
    RELEASE_APPROVE = "releases/approve";
    /// Ask to change the last stage without a release, and do so when somebody else has agreed.
    RELEASE_BREAK_GLASS = "releases/break-glass";
    /// See schedules, when they fall due, and what they did.
    SCHEDULE_READ = "schedules/read";
    /// Make, change, switch and remove schedules, and start one by hand.
    SCHEDULE_WRITE = "schedules/write";
    /// See published pipelines, their versions and what became of the models that they made.
    PIPELINE_READ = "pipelines/read";
    /// Publish a version of a pipeline, and say which one is meant when none is named.
    PIPELINE_PUBLISH = "pipelines/publish";
    /// Run a published pipeline.
    PIPELINE_INVOKE = "pipelines/invoke";
    /// Remove a published pipeline.
    PIPELINE_DELETE = "pipelines/delete";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_its_own_place_and_name() {
        for (place, action) in ALL.iter().enumerate() {
            assert_eq!(usize::from(action.place()), place);
            assert_eq!(Action::parse(action.as_str()), Some(*action));
        }
        // A set of actions is a number of 128 bits.
        assert!(ALL.len() <= 128);
    }
}
