//! Who may do what, kept ready in memory: read anew after each change of principals, roles, assignments or workspaces.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use ipnet::IpNet;
use serde::Deserialize;
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_policy::{Access, Assignment, Grants, Place, RoleDefinition, Subject, builtin};
use tidemill_store::{
    ConnectionTrait, Store, assignment, from_json, group, principal, role, workspace, workspace_state,
};

use crate::{Error, Kind, Result, Scope};

/// The user that the first start makes.
pub const OWNER: &str = "owner";

/// What stands in the store, made ready.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Roles, assignments and teams.
    pub access: Access,
    /// Users and service principals that may sign in.
    pub active: Vec<Subject>,
    /// Teams.
    pub teams: Vec<Subject>,
    /// Which claims put a user into which team: claim, value, team.
    pub claims: Vec<(String, String, String)>,
    networks: HashMap<String, Vec<IpNet>>,
    /// Workspaces that plans of infrastructure change alone.
    by_rollout: HashSet<String>,
    /// Workspaces that are read alone.
    archived: HashSet<String>,
    /// Workspaces that were deleted, and are kept.
    deleted: HashSet<String>,
    grants: RwLock<HashMap<Subject, Arc<Grants>>>,
}

/// The snapshot that counts now.
#[derive(Debug, Default)]
pub struct AccessCache {
    current: RwLock<Arc<Snapshot>>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    allowed_networks: Vec<String>,
    #[serde(default)]
    stage: Option<String>,
}

#[derive(Deserialize)]
struct GroupFields {
    #[serde(default)]
    infrastructure: HashMap<String, tidemill_spec::kinds::RolloutGates>,
}

impl AccessCache {
    /// Reads the store anew. Whoever changed something calls it before answering, so that the change counts at once.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) async fn reload(&self, store: &Store) -> Result<()> {
        let _one_at_a_time = self.reading.lock().await;
        let fresh = Arc::new(Snapshot::read(store.read()).await?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// What counts now.
    pub fn current(&self) -> Arc<Snapshot> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What a principal may do.
    pub fn grants(&self, subject: &Subject) -> Arc<Grants> {
        self.current().grants(subject)
    }

    /// Whether the local owner is the only one who may sign in: then nobody has to on loopback.
    pub fn is_owner_alone(&self) -> bool {
        let current = self.current();
        matches!(current.active.as_slice(), [one] if *one == Subject::user(OWNER))
    }
}

impl Snapshot {
    pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<Self> {
        let mut snapshot = Self::default();
        let mut members = Vec::new();
        for row in principal::all(db).await? {
            let Some(kind) = SubjectKind::parse(&row.kind) else {
                continue;
            };
            let subject = Subject { kind, name: row.name };
            if row.disabled {
                continue;
            }
            match kind {
                SubjectKind::Team => {
                    let team: tidemill_spec::kinds::Team = from_json("principal", "spec", &row.spec)?;
                    let inner = team.members.iter().filter_map(|member| Subject::parse(member));
                    members.extend(inner.map(|member| (member, subject.clone())));
                    let claims = team.claims.into_iter();
                    snapshot
                        .claims
                        .extend(claims.map(|of| (of.claim, of.value, subject.name.clone())));
                    snapshot.teams.push(subject);
                }
                SubjectKind::User => {
                    let mapped: Vec<String> = from_json("principal", "mapped_teams", &row.mapped_teams)?;
                    members.extend(mapped.into_iter().map(|name| {
                        let team = Subject {
                            kind: SubjectKind::Team,
                            name,
                        };
                        (subject.clone(), team)
                    }));
                    snapshot.active.push(subject);
                }
                SubjectKind::ServicePrincipal => snapshot.active.push(subject),
            }
        }
        let known: HashSet<&Subject> = snapshot.active.iter().chain(&snapshot.teams).collect();
        members.retain(|(member, team)| known.contains(member) && known.contains(team));
        let mut given: Vec<Assignment> = assignment::all(db)
            .await?
            .into_iter()
            .filter_map(read_assignment)
            .collect();
        let shut_out: Vec<_> = given
            .extract_if(.., |assignment| !known.contains(&assignment.subject))
            .collect();
        let mut groups = HashMap::new();
        let mut closed: HashSet<(String, String)> = HashSet::new();
        for row in group::all(db).await? {
            let spec: GroupFields = from_json("resource_group", "spec", &row.spec)?;
            let stages = spec
                .infrastructure
                .into_iter()
                .filter(|(_, gates)| gates.by_hand == Some(false));
            closed.extend(stages.map(|(stage, _)| (row.name.clone(), stage)));
        }
        for row in workspace::kept(db).await? {
            let fields: Fields = from_json("workspace", "spec", &row.spec)?;
            let networks: Vec<IpNet> = fields
                .allowed_networks
                .iter()
                .filter_map(|text| network(text))
                .collect();
            if !fields.allowed_networks.is_empty() {
                snapshot.networks.insert(row.name.clone(), networks);
            }
            if let Some(stage) = fields.stage
                && closed.contains(&(row.group_name.clone(), stage))
            {
                snapshot.by_rollout.insert(row.name.clone());
            }
            groups.insert(row.name, row.group_name);
        }
        for row in workspace_state::all(db).await? {
            if row.deleted_at.is_some() {
                snapshot.deleted.insert(row.workspace.clone());
            }
            if row.archived_at.is_some() {
                snapshot.archived.insert(row.workspace);
            }
        }
        let mut roles: Vec<_> = builtin::roles().collect();
        for row in role::all(db).await? {
            let definition: RoleDefinition = from_json("role_definition", "spec", &row.spec)?;
            // One that this program can't read gives nothing.
            roles.extend(definition.read().ok());
        }
        snapshot.access = Access::new(roles, given, members, groups);
        snapshot.access.keep_closed(&shut_out);
        Ok(snapshot)
    }

    /// What a principal may do.
    pub fn grants(&self, subject: &Subject) -> Arc<Grants> {
        if let Some(known) = self
            .grants
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(subject)
        {
            return known.clone();
        }
        let made = Arc::new(
            match self.active.contains(subject) || self.teams.contains(subject) {
                true => self.access.grants(subject),
                false => Grants::default(),
            },
        );
        let mut grants = self.grants.write().unwrap_or_else(PoisonError::into_inner);
        grants.insert(subject.clone(), made.clone());
        made
    }

    /// Whether a workspace may be reached from an address.
    pub fn reaches(&self, workspace: &str, address: IpAddr) -> bool {
        let Some(networks) = self.networks.get(workspace) else {
            return true;
        };
        let address = address.to_canonical();
        networks.iter().any(|network| network.contains(&address))
    }

    /// Whether a workspace is changed by plans of infrastructure alone.
    pub fn is_by_rollout(&self, workspace: &str) -> bool {
        self.by_rollout.contains(workspace)
    }

    /// Whether a workspace is archived: it is read alone.
    pub fn is_archived(&self, workspace: &str) -> bool {
        self.archived.contains(workspace)
    }

    /// Whether a workspace was deleted, and is kept.
    pub fn is_deleted(&self, workspace: &str) -> bool {
        self.deleted.contains(workspace)
    }

    /// Refuses a state in which nobody may do everything.
    pub(crate) fn has_owner(&self) -> Result<()> {
        let everything = builtin::roles().find(|role| role.name == builtin::OWNER);
        let everything = everything.map(|role| role.set).unwrap_or_default();
        let owns = |subject: &Subject| {
            everything
                .without(self.access.grants(subject).at(&Scope::server()))
                .is_empty()
        };
        if self.active.iter().any(owns) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Conflict,
            "failed to take this away: then nobody would be the owner of the server",
        )
        .hint("first give somebody else the role Owner at `/`"))
    }
}

fn read_assignment(row: assignment::Model) -> Option<Assignment> {
    let assignment::Model {
        id,
        kind,
        name,
        role,
        scope,
        ..
    } = row;
    Some(Assignment {
        id,
        subject: Subject {
            kind: SubjectKind::parse(&kind)?,
            name,
        },
        role,
        place: Place::parse(&scope).ok()?,
    })
}

/// A network, or a single address. IPv4 that is written as IPv6 (`::ffff:10.0.0.0/104`) is IPv4.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let read: Option<IpNet> = text
        .parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    match read? {
        IpNet::V6(net) => {
            let plain = net.addr().to_ipv4_mapped().zip(net.prefix_len().checked_sub(96));
            let plain = plain.and_then(|(address, prefix)| IpNet::new(address.into(), prefix).ok());
            Some(plain.unwrap_or(IpNet::V6(net)))
        }
        net => Some(net),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_however_both_are_written() {
        let reaches = |network: &str, address: &str| {
            let snapshot = Snapshot {
                networks: HashMap::from([(
                    "lab".to_owned(),
                    vec![super::network(network).expect("a network")],
                )]),
                ..Snapshot::default()
            };
            snapshot.reaches("lab", address.parse().expect("an address"))
        };
        for (network, address, is_in) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "::ffff:11.1.2.3", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("10.0.0.0/8", "::a01:203", false),
            ("fd00::/8", "fd00::1", true),
            ("0.0.0.0/0", "fd00::1", false),
        ] {
            assert_eq!(reaches(network, address), is_in, "{network} {address}");
        }
    }
}
