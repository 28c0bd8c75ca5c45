//! Who has which role where, made ready for decisions: a principal's assignments become sets of actions by place.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use crate::folder::ByFolder;
use crate::place::Place;
use crate::role::Role;
use crate::{Action, ActionSet, Scope};

/// What kind of principal a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Somebody.
    User,
    /// Some of them.
    Team,
    /// A program.
    ServicePrincipal,
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Team => "team",
            Kind::ServicePrincipal => "service-principal",
        }
    }

    /// The kind that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Kind::User, Kind::Team, Kind::ServicePrincipal]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// A principal by kind and name: `user:ada`, `team:analysts`, `service-principal:ci`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
}

impl Subject {
    /// A user.
    pub fn user(name: &str) -> Self {
        Self {
            kind: Kind::User,
            name: name.to_owned(),
        }
    }

    /// Reads `kind:name`; a bare name is a user's.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (Kind::parse(kind)?, name),
            None => (Kind::User, text),
        };
        (!name.is_empty()).then(|| Self {
            kind,
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

/// A role that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: String,
    /// To whom.
    pub subject: Subject,
    /// Which role.
    pub role: String,
    /// Where.
    pub place: Place,
}

/// An assignment with the role that it gives, looked up once.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) assignment: Arc<Assignment>,
    /// None for a role that is not there any more.
    pub(crate) role: Option<Arc<Role>>,
}

/// Everything that decisions rest on.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Roles by name in small letters.
    roles: HashMap<String, Arc<Role>>,
    assignments: HashMap<Subject, Vec<Given>>,
    /// The teams that a principal is directly in.
    teams: HashMap<Subject, Vec<Subject>>,
    /// The group of each workspace.
    groups: HashMap<String, String>,
    /// The datastores whose files are given by folder.
    by_folder: Arc<ByFolder>,
}

impl Access {
    /// Puts it together: roles, assignments, members (who is directly in which team), and workspaces with their groups.
    pub fn new(
        roles: impl IntoIterator<Item = Role>,
        assignments: impl IntoIterator<Item = Assignment>,
        members: impl IntoIterator<Item = (Subject, Subject)>,
        groups: HashMap<String, String>,
    ) -> Self {
        let mut access = Self {
            groups,
            ..Self::default()
        };
        access.roles.extend(
            roles
                .into_iter()
                .map(|role| (role.name.to_lowercase(), Arc::new(role))),
        );
        let mut by_folder = ByFolder::default();
        for assignment in assignments {
            let role = access.roles.get(&assignment.role.to_lowercase()).cloned();
            by_folder.add(&assignment, role.as_deref());
            let own = access.assignments.entry(assignment.subject.clone()).or_default();
            own.push(Given {
                assignment: Arc::new(assignment),
                role,
            });
        }
        for (member, team) in members {
            access.teams.entry(member).or_default().push(team);
        }
        access.by_folder = Arc::new(by_folder);
        access
    }

    /// Takes into account what was given to those who may not sign in now: a datastore does not open because they are shut out.
    pub fn keep_closed<'a>(&mut self, assignments: impl IntoIterator<Item = &'a Assignment>) {
        let mut by_folder = (*self.by_folder).clone();
        for assignment in assignments {
            by_folder.add(assignment, self.role(&assignment.role));
        }
        self.by_folder = Arc::new(by_folder);
    }

    /// The datastores whose files are given by folder.
    pub fn by_folder(&self) -> &ByFolder {
        &self.by_folder
    }

    /// A role by name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(&name.to_lowercase()).map(Arc::as_ref)
    }

    /// The group of a workspace.
    pub fn group_of(&self, workspace: &str) -> Option<&str> {
        self.groups.get(workspace).map(String::as_str)
    }

    /// A principal, and every team that it is in, directly or through another team.
    pub fn circles(&self, subject: &Subject) -> Vec<Subject> {
        let mut seen = BTreeSet::from([subject.clone()]);
        let mut circles = vec![subject.clone()];
        let mut next = 0;
        while let Some(current) = circles.get(next).cloned() {
            next += 1;
            for team in self.teams.get(&current).into_iter().flatten() {
                if seen.insert(team.clone()) {
                    circles.push(team.clone());
                }
            }
        }
        circles
    }

    /// The assignments that count for a principal, its teams' included.
    pub fn assignments(&self, subject: &Subject) -> Vec<&Assignment> {
        self.given(subject)
            .into_iter()
            .map(|given| given.assignment.as_ref())
            .collect()
    }

    /// The same, each with its role.
    pub(crate) fn given(&self, subject: &Subject) -> Vec<&Given> {
        let of = |circle| self.assignments.get(circle).into_iter().flatten();
        self.circles(subject).iter().flat_map(of).collect()
    }

    /// All principals that have an assignment.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.assignments.keys()
    }

    /// Whether a principal may do this there, straight from the assignments.
    pub fn decide(&self, subject: &Subject, action: Action, scope: &Scope) -> bool {
        let group = scope
            .workspace
            .as_deref()
            .and_then(|workspace| self.group_of(workspace));
        let by_folder = self.by_folder.decides(action, scope).is_some();
        let allows = |given: &Given| {
            let place = &given.assignment.place;
            place.covers(scope, group)
                && (!by_folder || matches!(place, Place::Resource { .. }))
                && given.role.as_ref().is_some_and(|role| role.set.has(action))
        };
        self.circles(subject)
            .iter()
            .any(|circle| self.assignments.get(circle).into_iter().flatten().any(allows))
    }

    /// What a principal may do, made ready.
    pub fn grants(&self, subject: &Subject) -> Grants {
        let mut grants = Grants {
            by_folder: self.by_folder.clone(),
            ..Grants::default()
        };
        for Given { assignment, role } in self.given(subject) {
            let Some(role) = role else {
                continue;
            };
            let set = match &assignment.place {
                Place::Server => &mut grants.server,
                Place::Group(group) => {
                    for (workspace, _) in self.groups.iter().filter(|(_, of)| *of == group) {
                        let within = grants.workspaces.entry(workspace.clone()).or_default();
                        within.set = within.set | role.set;
                    }
                    grants.groups.entry(group.clone()).or_default()
                }
                Place::Workspace(workspace) => {
                    &mut grants.workspaces.entry(workspace.clone()).or_default().set
                }
                Place::Resource { workspace, resource } => {
                    let within = grants.workspaces.entry(workspace.clone()).or_default();
                    within.resources.entry(resource.clone()).or_default()
                }
            };
            *set = *set | role.set;
        }
        grants
    }
}

/// What one principal may do where. Looking it up neither allocates nor walks over assignments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    server: ActionSet,
    groups: HashMap<String, ActionSet>,
    workspaces: HashMap<String, Within>,
    by_folder: Arc<ByFolder>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Within {
    set: ActionSet,
    resources: HashMap<String, ActionSet>,
}

impl Grants {
    /// Whether it may do this there.
    pub fn allow(&self, action: Action, scope: &Scope) -> bool {
        if self.by_folder.decides(action, scope).is_some() {
            let within = scope
                .workspace
                .as_ref()
                .and_then(|workspace| self.workspaces.get(workspace));
            let given = within.zip(scope.resource.as_deref());
            return given.is_some_and(|(within, resource)| within.resource(resource).has(action));
        }
        if self.server.has(action) {
            return true;
        }
        if let Some(group) = &scope.group {
            return self.groups.get(group).is_some_and(|set| set.has(action));
        }
        let Some(within) = scope
            .workspace
            .as_ref()
            .and_then(|workspace| self.workspaces.get(workspace))
        else {
            return false;
        };
        within.set.has(action)
            || scope
                .resource
                .as_deref()
                .is_some_and(|resource| within.resource(resource).has(action))
    }

    /// All that it has there by its roles. Files of a datastore that gives access by folder are among it: who shares may give them.
    pub fn at(&self, scope: &Scope) -> ActionSet {
        let group = scope
            .group
            .as_ref()
            .and_then(|group| self.groups.get(group))
            .copied();
        let within = scope
            .workspace
            .as_ref()
            .and_then(|workspace| self.workspaces.get(workspace));
        let own = within.map_or(ActionSet::NONE, |within| {
            within.set
                | scope
                    .resource
                    .as_deref()
                    .map_or(ActionSet::NONE, |resource| within.resource(resource))
        });
        self.server | group.unwrap_or_default() | own
    }

    /// Whether it may do this somewhere in the workspace: at the workspace, or at some resource of it.
    pub fn allow_within(&self, action: Action, workspace: &str) -> bool {
        self.server.has(action)
            || self.workspaces.get(workspace).is_some_and(|within| {
                within.set.has(action) || within.resources.values().any(|set| set.has(action))
            })
    }
}

impl Within {
    /// What is given on a resource and on what it lies in.
    fn resource(&self, resource: &str) -> ActionSet {
        if self.resources.is_empty() {
            return ActionSet::NONE;
        }
        let ends = resource
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([resource.len()]);
        ends.filter_map(|end| self.resources.get(&resource[..end]))
            .fold(ActionSet::NONE, |all, set| all | *set)
    }
}

/// The way round, when making `member` a member of `team` closes a circle: the team would be in itself.
pub fn circle(members: &[(Subject, Subject)], member: &Subject, team: &Subject) -> Option<Vec<Subject>> {
    if member == team {
        return Some(vec![team.clone(), member.clone()]);
    }
    // From the team upwards: if it lies, however deep, in the member, adding the member closes the circle.
    let mut ways = vec![vec![team.clone()]];
    let mut seen = BTreeSet::from([team.clone()]);
    while let Some(way) = ways.pop() {
        let last = &way[way.len() - 1];
        for (_, above) in members.iter().filter(|(inner, _)| inner == last) {
            let mut on = way.clone();
            on.push(above.clone());
            if above == member {
                on.push(team.clone());
                return Some(on);
            }
            if seen.insert(above.clone()) {
                ways.push(on);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{action, builtin};

    fn team(name: &str) -> Subject {
        Subject {
            kind: Kind::Team,
            name: name.into(),
        }
    }

    fn given(subject: Subject, role: &str, place: &str) -> Assignment {
        Assignment {
            id: format!("{subject} {role} {place}"),
            subject,
            role: role.into(),
            place: Place::parse(place).expect("a place"),
        }
    }

    fn access(assignments: Vec<Assignment>) -> Access {
        let members = [
            (Subject::user("ada"), team("analysts")),
            (team("analysts"), team("all")),
        ];
        let groups = [("dev", "eu"), ("prd", "eu"), ("lab", "us")];
        let groups = groups.map(|(workspace, group)| (workspace.to_owned(), group.to_owned()));
        Access::new(builtin::roles(), assignments, members, groups.into())
    }

    #[test]
    fn a_role_counts_at_its_place_and_below() {
        let cases = [
            ("/", "dev", true),
            ("/groups/eu", "dev", true),
            ("/groups/us", "dev", false),
            ("/workspaces/dev", "dev", true),
            ("/workspaces/prd", "dev", false),
            ("/workspaces/dev/models/iris", "dev", false),
        ];
        for (place, workspace, allowed) in cases {
            let grants =
                access(vec![given(Subject::user("ada"), "Reader", place)]).grants(&Subject::user("ada"));
            assert_eq!(
                grants.allow(action::MODEL_READ, &Scope::workspace(workspace)),
                allowed,
                "{place}"
            );
            assert!(!grants.allow(action::MODEL_WRITE, &Scope::workspace(workspace)));
        }
    }

    #[test]
    fn one_resource_gives_nothing_beside_it() {
        let place = "/workspaces/dev/datastores/lake/silver";
        let grants = access(vec![given(Subject::user("ada"), "Datastore Reader", place)])
            .grants(&Subject::user("ada"));
        let may = |name| {
            grants.allow(
                action::DATASTORE_FILE_READ,
                &Scope::resource("dev", "datastores", name),
            )
        };
        assert!(may("lake/silver") && may("lake/silver/2026/a.csv"));
        assert!(!may("lake") && !may("lake/gold") && !may("lake/silverware"));
    }

    #[test]
    fn teams_give_to_their_members_through_other_teams_too() {
        let access = access(vec![given(team("all"), "Reader", "/workspaces/dev")]);
        assert!(
            access
                .grants(&Subject::user("ada"))
                .allow(action::RUN_READ, &Scope::workspace("dev"))
        );
        assert!(
            !access
                .grants(&Subject::user("bob"))
                .allow(action::RUN_READ, &Scope::workspace("dev"))
        );
    }

    #[test]
    fn a_circle_of_teams_is_found_and_named() {
        let members = [(team("a"), team("b")), (team("b"), team("c"))];
        let way = circle(&members, &team("c"), &team("a")).expect("a circle");
        assert_eq!(
            way.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c", "a"]
        );
        assert!(circle(&members, &team("a"), &team("a")).is_some());
        assert!(circle(&members, &team("a"), &team("c")).is_none());
        assert!(circle(&members, &Subject::user("ada"), &team("a")).is_none());
    }
}
