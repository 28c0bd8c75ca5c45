//! The kinds of resources that infrastructure is made of, and the addresses that they have.

use tidemill_plan::infra::Address;

/// A kind of resource. In this order they come where nothing else decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Group,
    Secret,
    User,
    ServicePrincipal,
    Team,
    Role,
    Workspace,
    Policy,
    Datastore,
    Compute,
    Environment,
    Assignment,
}

const ALL: &[(Kind, &str)] = &[
    (Kind::Group, "group"),
    (Kind::Secret, "secret"),
    (Kind::User, "user"),
    (Kind::ServicePrincipal, "service-principal"),
    (Kind::Team, "team"),
    (Kind::Role, "role"),
    (Kind::Workspace, "workspace"),
    (Kind::Policy, "policy"),
    (Kind::Datastore, "datastore"),
    (Kind::Compute, "compute"),
    (Kind::Environment, "environment"),
    (Kind::Assignment, "assignment"),
];

impl Kind {
    pub(super) fn parse(word: &str) -> Option<Self> {
        ALL.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    pub(super) fn as_str(self) -> &'static str {
        ALL.iter()
            .find(|(kind, _)| *kind == self)
            .map_or("resource", |(_, name)| name)
    }

    /// Every kind by name, for errors.
    pub(super) fn names() -> String {
        let names: Vec<_> = ALL.iter().map(|(_, name)| *name).collect();
        names.join(", ")
    }
}

/// Of something that lies on the server.
pub(super) fn on_server(kind: Kind, name: &str) -> Address {
    Address::new(kind.as_str(), "/", name)
}

/// Of something in a group.
pub(super) fn in_group(kind: Kind, group: &str, name: &str) -> Address {
    Address::new(kind.as_str(), &format!("/groups/{group}"), name)
}

/// Of something in a workspace.
pub(super) fn in_workspace(kind: Kind, workspace: &str, name: &str) -> Address {
    Address::new(kind.as_str(), &format!("/workspaces/{workspace}"), name)
}

/// The workspace that an address lies in.
pub(super) fn workspace_of(address: &Address) -> Option<&str> {
    address.scope.strip_prefix("/workspaces/")
}

/// The group that an address lies in.
pub(super) fn group_of(address: &Address) -> Option<&str> {
    address.scope.strip_prefix("/groups/")
}
