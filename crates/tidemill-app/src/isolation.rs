//! How far jobs are kept from what is not theirs: what the server gives, what a compute asks for, what a policy wants.

use std::fmt;

use tidemill_spec::kinds::{self, JobIsolation, JobNetwork};
use tidemill_store::{compute, from_json};

use crate::{App, Error, Result};

pub use tidemill_process::isolation::{Isolation, Network};

/// How this server keeps jobs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// The level of jobs whose compute asks for none.
    pub level: Isolation,
    /// Whether the level was asked for by name. One that is shared runs jobs without isolation only then.
    pub asked: bool,
    /// Whether others than the owner of this machine reach the server: from elsewhere, or as people of its own.
    pub shared: bool,
}

impl Keeping {
    /// A server of one owner, with the level that was asked for.
    pub fn alone(level: Isolation) -> Self {
        Self {
            level,
            asked: true,
            shared: false,
        }
    }

    /// Why no job is run by default, where none is.
    pub fn refuses(self) -> Option<Error> {
        (self.level == Isolation::None && self.shared && !self.asked).then(|| {
            Error::forbidden(
                "failed to run jobs: others reach this server, and this machine gives no isolation that would keep \
                 jobs from its keys and from each other",
            )
            .hint(
                "install the package bubblewrap, or a kernel from 6.2 on, and start the server again; \
                 `--isolation none` runs jobs without",
            )
        })
    }

    /// The level that holds on a compute.
    fn level_on(self, name: &str, asked: JobIsolation) -> Result<Isolation> {
        let level = match asked {
            JobIsolation::Auto => return self.refuses().map_or(Ok(self.level), Err),
            JobIsolation::Bubblewrap => Isolation::Bubblewrap,
            JobIsolation::Landlock => Isolation::Landlock,
            JobIsolation::None => Isolation::None,
        };
        if level == Isolation::None && self.shared && !(self.level == Isolation::None && self.asked) {
            return Err(Error::forbidden(format!(
                "failed to use compute `{name}`: it asks for isolation none, and others reach this server"
            ))
            .hint("leave the field isolation out; `tidemill server start --isolation none` would allow it"));
        }
        match level.lacks() {
            None => Ok(level),
            Some(why) => Err(Error::invalid(format!(
                "failed to use compute `{name}`: it asks for isolation {level}, which this machine does not give: {why}"
            ))
            .hint("install what is missing and start the server again, or choose isolation auto")),
        }
    }
}

/// What is in force for one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confinement {
    /// How far it is kept apart.
    pub level: Isolation,
    /// What of the network there is for it.
    pub network: Network,
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, network {}", self.level, self.network)
    }
}

/// What holds for a job on a compute that is there; of the compute and the policy of its workspace, the stricter network.
///
/// # Errors
/// Forbidden or Invalid when this server may not or cannot run jobs so.
pub(crate) async fn of_compute(app: &App, workspace: &str, name: &str) -> Result<Confinement> {
    let db = app.store.read();
    let spec: Option<kinds::Compute> = match compute::get(db, workspace, name).await? {
        Some(row) => Some(from_json("compute", "spec", &row.spec)?),
        // It was removed while the job waited; the server's own level and the policy hold.
        None => None,
    };
    let wanted = crate::policy::network(db, workspace).await?;
    said(in_force(app), name, spec.as_ref(), wanted)
}

/// Refuses a compute whose jobs this server could not run as it says.
///
/// # Errors
/// As [`of_compute`].
pub(crate) fn check(app: &App, name: &str, spec: &kinds::Compute) -> Result<()> {
    match asked(spec) {
        (None, None) => Ok(()),
        _ => said(in_force(app), name, Some(spec), None).map(drop),
    }
}

/// What the server gives now: it is shared from the day on which anybody beside its owner may sign in.
fn in_force(app: &App) -> Keeping {
    Keeping {
        shared: app.keeping.shared || !app.access.is_owner_alone(),
        ..app.keeping
    }
}

fn said(
    keeping: Keeping,
    name: &str,
    spec: Option<&kinds::Compute>,
    policy: Option<JobNetwork>,
) -> Result<Confinement> {
    let (isolation, network) = spec.map(asked).unwrap_or_default();
    let level = keeping.level_on(name, isolation.unwrap_or_default())?;
    let network = [network, policy].into_iter().flatten().map(as_network).max();
    let network = network.unwrap_or_default();
    if network.is_closed() && level != Isolation::Bubblewrap {
        return Err(Error::forbidden(format!(
            "failed to use compute `{name}`: its network is to be {network}, and with isolation {level} it stays open"
        ))
        .hint(
            "install the package bubblewrap and start the server again, or have the network open in the compute and \
             the policy",
        ));
    }
    Ok(Confinement { level, network })
}

fn asked(spec: &kinds::Compute) -> (Option<JobIsolation>, Option<JobNetwork>) {
    match spec {
        kinds::Compute::Local(c) => (c.isolation, c.network),
        kinds::Compute::AmlCompute(c) => (c.isolation, c.network),
        kinds::Compute::ComputeInstance(c) => (c.isolation, c.network),
        kinds::Compute::Kubernetes(_)
        | kinds::Compute::VirtualMachine(_)
        | kinds::Compute::SynapseSpark(_) => (None, None),
    }
}

fn as_network(network: JobNetwork) -> Network {
    match network {
        JobNetwork::None => Network::None,
        JobNetwork::Packages => Network::Packages,
        JobNetwork::Open => Network::Open,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compute(more: serde_json::Value) -> kinds::Compute {
        let mut spec = json!({"type": "amlcompute", "name": "c"});
        spec.as_object_mut()
            .expect("it is one")
            .extend(more.as_object().expect("it is one").clone());
        serde_json::from_value(spec).expect("a compute")
    }

    fn keeping(level: Isolation, asked: bool, shared: bool) -> Keeping {
        Keeping { level, asked, shared }
    }

    #[test]
    fn a_shared_server_runs_no_job_without_isolation_unless_told() {
        let holds = |keeping| said(keeping, "c", Some(&compute(json!({}))), None);
        let refused = holds(keeping(Isolation::None, false, true)).expect_err("it is shared");
        assert!(refused.hint.is_some_and(|hint| hint.contains("--isolation none")));
        assert!(holds(keeping(Isolation::None, true, true)).is_ok(), "it was told");
        assert!(
            holds(keeping(Isolation::None, false, false)).is_ok(),
            "it is nobody else's"
        );
    }

    #[test]
    fn a_compute_of_a_shared_server_cannot_ask_for_none() {
        let none = compute(json!({"isolation": "none"}));
        let holds = |keeping| said(keeping, "c", Some(&none), None);
        assert!(holds(keeping(Isolation::Bubblewrap, true, true)).is_err());
        assert!(holds(keeping(Isolation::None, true, true)).is_ok());
        let alone = holds(keeping(Isolation::Bubblewrap, false, false)).expect("its own machine");
        assert_eq!(alone.level, Isolation::None);
    }

    #[test]
    fn of_compute_and_policy_the_stricter_network_holds() {
        let strong = Keeping::alone(Isolation::Bubblewrap);
        let holds = |compute_says: &str, policy| {
            said(
                strong,
                "c",
                Some(&compute(json!({"network": compute_says}))),
                policy,
            )
            .expect("it holds")
            .network
        };
        assert_eq!(holds("open", Some(JobNetwork::None)), Network::None);
        assert_eq!(holds("packages", Some(JobNetwork::Open)), Network::Packages);
        assert_eq!(holds("open", None), Network::Open);
    }

    #[test]
    fn a_network_that_cannot_be_closed_is_refused() {
        let closed = compute(json!({"network": "none"}));
        for level in [Isolation::Landlock, Isolation::None] {
            let refused = said(Keeping::alone(level), "c", Some(&closed), None).expect_err("it stays open");
            assert!(
                refused.message.contains("network is to be none"),
                "{}",
                refused.message
            );
        }
    }
}
