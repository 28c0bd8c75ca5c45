//! The decision: one pure function that explains itself.

use crate::{Action, Principal, Scope, action};

/// What was decided, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Refused; `why` is for people and names the rule.
    Deny {
        /// The rule that refused.
        why: String,
    },
}

/// What a job may read of its own workspace.
const JOB_READS: &[Action] = &[
    action::WORKSPACE_READ,
    action::DATA_READ,
    action::DATASTORE_FILE_READ,
    action::ENVIRONMENT_READ,
    action::COMPONENT_READ,
    action::EXPERIMENT_READ,
    action::RUN_READ,
    action::MODEL_READ,
    action::JOB_READ,
];

/// What a job may do to its own run and the child runs that it made.
const JOB_OWN: &[Action] = &[action::RUN_WRITE];

/// What the runner of a job may do to it. Its script may not: an assignment holds the keys of datastores.
const RUNNER_OWN: &[Action] = &[action::JOB_RUN];

/// What a job may change in its workspace: what `mlflow` does on behalf of a training script.
const JOB_WRITES: &[Action] = &[action::MODEL_WRITE, action::EXPERIMENT_WRITE];

/// Decides whether `who` may do `action` at `scope`, for those whose rights are not given by roles.
///
/// What users and service principals may do is in their roles: see [`crate::Grants`]. The owner and the server itself may do anything. A job may read its workspace, log to its own run and the child
/// runs that it made, and register models; nothing else, and nothing in another workspace. Its runner may take and end
/// that job, and nothing else.
pub fn decide(who: &Principal, action: Action, scope: &Scope) -> Decision {
    let (workspace, job, all, own) = match who {
        Principal::Owner | Principal::System => return Decision::Allow,
        Principal::User { .. } | Principal::ServicePrincipal { .. } => {
            return deny(format!("{who} has no role here"));
        }
        Principal::Job { workspace, job } => (workspace, job, [JOB_READS, JOB_WRITES], JOB_OWN),
        Principal::Runner { workspace, job } => (workspace, job, [&[] as &[Action], &[]], RUNNER_OWN),
    };
    if scope.workspace.as_deref() != Some(workspace) {
        return deny(format!(
            "a job of workspace `{workspace}` may do nothing at `{scope}`"
        ));
    }
    if all.iter().any(|some| some.contains(&action)) {
        return Decision::Allow;
    }
    if own.contains(&action) {
        return match &scope.job {
            Some(owner) if owner == job => Decision::Allow,
            Some(other) => deny(format!(
                "the token of job `{job}` may not do {action} on `{other}`"
            )),
            None => deny(format!(
                "{action} by a job needs one run as its scope, got `{scope}`"
            )),
        };
    }
    let who = match who {
        Principal::Runner { .. } => "the runner of a job",
        _ => "a job",
    };
    deny(format!("{who} may not do {action}"))
}

fn deny(why: String) -> Decision {
    Decision::Deny { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Principal {
        Principal::Job {
            workspace: "default".into(),
            job: "a".into(),
        }
    }

    #[test]
    fn the_owner_may_do_everything_everywhere() {
        for action in action::ALL {
            assert_eq!(
                decide(&Principal::Owner, *action, &Scope::server()),
                Decision::Allow
            );
        }
    }

    #[test]
    fn a_job_writes_its_own_run_and_its_children_only() {
        let cases = [
            (Scope::run("default", "a", None), true),
            (Scope::run("default", "child", Some("a")), true),
            (Scope::run("default", "b", None), false),
            (Scope::run("other", "a", None), false),
            (Scope::workspace("default"), false),
        ];
        for (scope, allowed) in cases {
            assert_eq!(
                decide(&job(), action::RUN_WRITE, &scope) == Decision::Allow,
                allowed,
                "{scope}"
            );
        }
    }

    #[test]
    fn a_job_changes_nothing_that_belongs_to_people() {
        for action in [
            action::WORKSPACE_WRITE,
            action::DATASTORE_READ,
            action::DATASTORE_WRITE,
            action::COMPUTE_WRITE,
            action::JOB_WRITE,
            action::AUDIT_READ,
            action::DATA_WRITE,
        ] {
            assert_ne!(
                decide(&job(), action, &Scope::workspace("default")),
                Decision::Allow,
                "{action}"
            );
        }
    }

    #[test]
    fn a_runner_does_what_its_script_may_not_and_nothing_else() {
        let runner = Principal::Runner {
            workspace: "default".into(),
            job: "a".into(),
        };
        let (own, other) = (Scope::job("default", "a"), Scope::job("default", "b"));
        assert_eq!(decide(&runner, action::JOB_RUN, &own), Decision::Allow);
        assert_ne!(decide(&runner, action::JOB_RUN, &other), Decision::Allow);
        assert_ne!(decide(&job(), action::JOB_RUN, &own), Decision::Allow);
        for action in action::ALL.iter().filter(|action| **action != action::JOB_RUN) {
            assert_ne!(decide(&runner, *action, &own), Decision::Allow, "{action}");
        }
    }
}
