//! What the one who applies has to be allowed, step by step, said before anything is done.

use tidemill_plan::infra::{Action as What, Address, Step};
use tidemill_policy::{Action, RoleDefinition};

use super::kind::{Kind, group_of, workspace_of};
use super::wanted::Wanted;
use crate::{OpContext, Scope, action};

/// The permissions that a step lacks, each as `action at place`; empty when it may be done.
pub(super) fn lacking(ctx: &OpContext, step: &Step, wanted: &[Wanted]) -> Vec<String> {
    let mut lacks = Vec::new();
    for (action, scope) in asked(step, wanted) {
        if !may(ctx, action, &scope, wanted) {
            lacks.push(format!("{action} at {scope}"));
        }
    }
    if step.action == What::Create && step.address.kind == Kind::Assignment.as_str() {
        lacks.extend(more_than_own(ctx, step, wanted));
    }
    lacks
}

/// Whether the one who asks may see what is at an address.
pub(super) fn may_see(ctx: &OpContext, address: &Address, wanted: &[Wanted]) -> bool {
    let Some(kind) = Kind::parse(&address.kind) else {
        return false;
    };
    let (read, _, _) = actions(kind);
    may(ctx, read, &place(kind, address), wanted)
}

/// A workspace that is not there yet will be in its group, and what a role gives there it gives in it.
fn may(ctx: &OpContext, action: Action, scope: &Scope, wanted: &[Wanted]) -> bool {
    // What a plan may do that has passed its gates.
    let ctx = &ctx.rolling_out();
    if ctx.may(action, scope) {
        return true;
    }
    let Some(workspace) = &scope.workspace else {
        return false;
    };
    let current = ctx.app().access.current();
    if current.access.group_of(workspace).is_some() {
        return false;
    }
    new_group(workspace, wanted).is_some_and(|group| ctx.may(action, &Scope::group(group)))
}

fn new_group<'w>(workspace: &str, wanted: &'w [Wanted]) -> Option<&'w str> {
    let is = |one: &&Wanted| one.address.kind == Kind::Workspace.as_str() && one.address.name == workspace;
    wanted.iter().find(is)?.spec.get("resource_group")?.as_str()
}

fn asked(step: &Step, wanted: &[Wanted]) -> Vec<(Action, Scope)> {
    let Some(kind) = Kind::parse(&step.address.kind) else {
        return Vec::new();
    };
    let (_, write, delete) = actions(kind);
    let scope = place(kind, &step.address);
    let mut asked = match step.action {
        What::Keep | What::Forget | What::Adopt => Vec::new(),
        What::Create | What::Change => vec![(write, scope.clone())],
        What::Replace => vec![(delete, scope.clone()), (write, scope.clone())],
        What::Delete => vec![(delete, scope.clone())],
    };
    match (kind, step.action) {
        // Making a workspace is an action on its group, and so is moving it.
        (Kind::Workspace, What::Create) => {
            let group = new_group(&step.address.name, wanted).unwrap_or(crate::workspace::DEFAULT);
            asked = vec![(write, Scope::group(group))];
        }
        (Kind::Workspace, What::Change) => {
            let moved = step.fields.iter().find(|field| field.path == "resource_group");
            let groups = moved.into_iter().flat_map(|field| [&field.before, &field.after]);
            let groups = groups.filter_map(|group| group.as_ref()?.as_str());
            asked.extend(groups.map(|group| (action::GROUP_WRITE, Scope::group(group))));
        }
        // Whoever lets a datastore open with a secret has to be allowed to read it.
        (Kind::Datastore, What::Create | What::Change | What::Replace) => {
            let secrets = step
                .needs
                .iter()
                .filter(|need| need.kind == Kind::Secret.as_str());
            asked.extend(
                secrets.filter_map(|need| {
                    Some((action::SECRET_GET, Scope::secret(group_of(need)?, &need.name)))
                }),
            );
        }
        _ => {}
    }
    asked
}

/// Nobody gives more than they have.
fn more_than_own(ctx: &OpContext, step: &Step, wanted: &[Wanted]) -> Option<String> {
    let after = step.after.as_ref()?;
    let name = after["role"].as_str()?;
    let place = crate::role::read_place(after["scope"].as_str()?).ok()?;
    let current = ctx.app().access.current();
    let set = match current.access.role(name) {
        Some(role) => role.set,
        None => {
            let is = |one: &&Wanted| one.address.kind == Kind::Role.as_str() && one.address.name == name;
            let spec = wanted.iter().find(is)?.spec.clone();
            let definition: RoleDefinition = serde_json::from_value(spec).ok()?;
            definition.read().ok()?.set
        }
    };
    let scope = place.scope();
    let missing = set
        .iter()
        .find(|action| !may(ctx, *action, &scope, wanted) && *action != action::JOB_RUN)?;
    Some(format!(
        "{missing} at {scope}, which role `{name}` gives: nobody gives more than they have"
    ))
}

fn actions(kind: Kind) -> (Action, Action, Action) {
    match kind {
        Kind::Group => (action::GROUP_READ, action::GROUP_WRITE, action::GROUP_DELETE),
        Kind::Secret => (action::SECRET_LIST, action::SECRET_WRITE, action::SECRET_DELETE),
        Kind::User | Kind::ServicePrincipal | Kind::Team => (
            action::PRINCIPAL_READ,
            action::PRINCIPAL_WRITE,
            action::PRINCIPAL_DELETE,
        ),
        Kind::Role => (action::ROLE_READ, action::ROLE_WRITE, action::ROLE_DELETE),
        Kind::Workspace => (
            action::WORKSPACE_READ,
            action::WORKSPACE_WRITE,
            action::WORKSPACE_DELETE,
        ),
        Kind::Policy => (action::POLICY_READ, action::POLICY_WRITE, action::POLICY_WRITE),
        Kind::Datastore => (
            action::DATASTORE_READ,
            action::DATASTORE_WRITE,
            action::DATASTORE_DELETE,
        ),
        Kind::Compute => (
            action::COMPUTE_READ,
            action::COMPUTE_WRITE,
            action::COMPUTE_DELETE,
        ),
        Kind::Environment => (
            action::ENVIRONMENT_READ,
            action::ENVIRONMENT_WRITE,
            action::ENVIRONMENT_WRITE,
        ),
        Kind::Assignment => (
            action::ASSIGNMENT_READ,
            action::ASSIGNMENT_WRITE,
            action::ASSIGNMENT_DELETE,
        ),
    }
}

fn place(kind: Kind, address: &Address) -> Scope {
    let name = address.name.as_str();
    let workspace = workspace_of(address).unwrap_or_default();
    match kind {
        Kind::Group => Scope::group(name),
        Kind::Secret => Scope::secret(group_of(address).unwrap_or_default(), name),
        Kind::User | Kind::ServicePrincipal | Kind::Team | Kind::Role => Scope::server(),
        Kind::Workspace => Scope::workspace(name),
        Kind::Policy => Scope::resource(workspace, "policies", "policy"),
        Kind::Datastore => Scope::resource(workspace, "datastores", name),
        Kind::Compute => Scope::resource(workspace, "computes", name),
        Kind::Environment => {
            let name = name.split(':').next().unwrap_or(name);
            Scope::resource(workspace, "environments", name)
        }
        Kind::Assignment => {
            crate::role::read_place(&address.scope).map_or_else(|_| Scope::server(), |place| place.scope())
        }
    }
}
