//! The roles that every server has. Nobody changes them; what an organisation wants otherwise is a role of its own.

use crate::role::{Role, RoleDefinition};

/// Everything, roles included.
pub const OWNER: &str = "Owner";

/// Name, what it is for, `actions`, `notActions`, `dataActions`, with a space between patterns.
type Line = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const LINES: &[Line] = &[
    (OWNER, "Everything, sharing and roles included", "*", "", "*"),
    (
        "Contributor",
        "Everything but sharing and roles",
        "*",
        "assignments/write assignments/delete roles/write roles/delete principals/write principals/delete policies/write audit/read",
        "*",
    ),
    (
        "Reader",
        "Sees runs, metrics, models and the rest, and may call an endpoint",
        "*/read",
        "audit/read",
        "endpoints/score",
    ),
    (
        "Data Scientist",
        "Experiments and pipelines over the data of the workspace: no compute, no workspace, no publishing, no deployments",
        "*/read jobs/* experiments/* runs/* environments/write computes/request computes/start computes/stop",
        "audit/read principals/read infra/read",
        "datastores/files/read endpoints/score",
    ),
    (
        "ML Engineer",
        "Everything in a workspace but its computes, its sharing and the workspace itself",
        "*/read jobs/* experiments/* runs/* environments/* components/* data/* models/* datastores/* endpoints/* releases/* schedules/* pipelines/* computes/request computes/start computes/stop",
        "audit/read principals/read infra/read",
        "*",
    ),
    (
        "IT Administrator",
        "Groups, workspaces, computes, datastores and who is who: what infrastructure is, not what is made on it",
        "groups/* workspaces/* computes/* datastores/* principals/* policies/* roles/read assignments/read audit/read jobs/read endpoints/read releases/read schedules/read pipelines/read secrets/list secrets/write secrets/delete vault/rotate infra/*",
        "",
        "",
    ),
    (
        "Release Manager",
        "Brings models and deployments from stage to stage, and makes nothing itself",
        "*/read models/write endpoints/* releases/*",
        "audit/read principals/read infra/read",
        "datastores/files/read endpoints/score",
    ),
    (
        "Scoring Only",
        "Calls endpoints, and sees nothing else",
        "",
        "",
        "endpoints/score",
    ),
    (
        "Datastore Reader",
        "Reads the files of the datastore or folder that it is given on",
        "datastores/read",
        "",
        "datastores/files/read",
    ),
    (
        "Datastore Writer",
        "Reads and writes the files of the datastore or folder that it is given on",
        "datastores/read",
        "",
        "datastores/files/*",
    ),
];

/// The definitions, in the order in which people read them.
pub fn definitions() -> impl Iterator<Item = RoleDefinition> {
    let words = |text: &str| {
        text.split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    LINES
        .iter()
        .map(move |(name, description, actions, not, data)| RoleDefinition {
            name: (*name).to_owned(),
            description: Some((*description).to_owned()),
            actions: words(actions),
            not_actions: words(not),
            data_actions: words(data),
            assignable_scopes: vec!["/".to_owned()],
            ..RoleDefinition::default()
        })
}

/// The roles.
pub fn roles() -> impl Iterator<Item = Role> {
    // A test reads every line, so none is lost here.
    definitions().filter_map(|definition| definition.read().ok())
}

/// Whether a name is one of them, in any spelling of its letters.
pub fn is_builtin(name: &str) -> bool {
    LINES.iter().any(|line| line.0.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActionSet, action};

    fn set(name: &str) -> ActionSet {
        roles().find(|role| role.name == name).expect("there").set
    }

    #[test]
    fn every_line_is_a_role_and_every_pattern_fits_something() {
        assert_eq!(roles().count(), LINES.len());
        assert!(roles().all(|role| role.unknown.is_empty()));
    }

    #[test]
    fn only_the_owner_shares() {
        for role in roles().filter(|role| role.name != OWNER) {
            assert!(
                !role.set.has(action::ASSIGNMENT_WRITE) && !role.set.has(action::ROLE_WRITE),
                "{}",
                role.name
            );
        }
        assert!(set(OWNER).has(action::ASSIGNMENT_WRITE));
    }

    #[test]
    fn a_data_scientist_experiments_and_publishes_nothing() {
        let may = set("Data Scientist");
        for action in [
            action::JOB_WRITE,
            action::RUN_WRITE,
            action::EXPERIMENT_WRITE,
            action::DATA_READ,
        ] {
            assert!(may.has(action), "{action}");
        }
        for action in [
            action::COMPUTE_WRITE,
            action::WORKSPACE_WRITE,
            action::MODEL_WRITE,
            action::COMPONENT_WRITE,
            action::ENDPOINT_WRITE,
        ] {
            assert!(!may.has(action), "{action}");
        }
    }
}
