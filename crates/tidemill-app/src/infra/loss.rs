//! What goes for good when a resource is removed, and what is in the way of removing it.

use std::collections::HashSet;

use tidemill_plan::infra::{Action, Address, Step};
use tidemill_store::page::PageRequest;
use tidemill_store::vault::secret;
use tidemill_store::{assignment, credential, job as job_row, workspace};

use super::kind::{Kind, workspace_of};
use crate::{App, Result};

/// What removing a resource does beside removing it.
#[derive(Debug, Default)]
pub(super) struct Loss {
    /// What would be lost.
    pub(super) loses: Vec<String>,
    /// Why it can't be removed as things are.
    pub(super) blocked: Option<String>,
}

/// Looks at one step of a plan, with the addresses that the same plan removes.
pub(super) async fn of(app: &App, step: &Step, removed: &HashSet<Address>) -> Result<Loss> {
    if !matches!(step.action, Action::Delete | Action::Replace) {
        return Ok(Loss::default());
    }
    let name = step.address.name.as_str();
    match Kind::parse(&step.address.kind) {
        Some(Kind::Workspace) => of_workspace(app, name, removed).await,
        Some(Kind::Group) => of_group(app, name, removed).await,
        Some(Kind::User | Kind::ServicePrincipal | Kind::Team) => of_principal(app, step, removed).await,
        Some(Kind::Compute) => of_compute(app, step).await,
        Some(Kind::Datastore) => {
            let secret = step
                .before
                .as_ref()
                .is_some_and(|spec| spec.to_string().contains(crate::datastore::HIDDEN));
            let loses = secret.then(|| "its credentials; the bytes stay where they are".to_owned());
            Ok(Loss {
                loses: loses.into_iter().collect(),
                blocked: None,
            })
        }
        _ => Ok(Loss::default()),
    }
}

/// Things of a workspace that the plan does not remove itself.
async fn of_workspace(app: &App, name: &str, removed: &HashSet<Address>) -> Result<Loss> {
    let also = |kind: Kind| {
        let inside = removed.iter().filter(|one| workspace_of(one) == Some(name));
        i64::try_from(inside.filter(|one| one.kind == kind.as_str()).count()).unwrap_or(i64::MAX)
    };
    let mut left = Vec::new();
    for (noun, count) in workspace::contents(app.store.read(), name).await? {
        let count = match noun {
            "datastores" => count - also(Kind::Datastore),
            "computes" => count - also(Kind::Compute),
            "environments" => count - also(Kind::Environment),
            _ => count,
        };
        if count > 0 {
            left.push(format!("{count} {noun}"));
        }
    }
    let blocked = (!left.is_empty()).then(|| {
        format!(
            "workspace `{name}` holds {}: remove these first, or keep the workspace",
            left.join(", ")
        )
    });
    Ok(Loss { loses: left, blocked })
}

async fn of_group(app: &App, name: &str, removed: &HashSet<Address>) -> Result<Loss> {
    let db = app.store.read();
    let within: Vec<String> = workspace::all(db)
        .await?
        .into_iter()
        .filter(|row| row.group_name == name)
        .map(|row| row.name)
        .filter(|workspace| !removed.contains(&super::kind::on_server(Kind::Workspace, workspace)))
        .collect();
    let secrets = secret::list(
        db,
        name,
        false,
        &PageRequest {
            limit: 1000,
            after: None,
        },
    )
    .await?
    .items
    .len();
    let loses = (secrets > 0)
        .then(|| format!("{secrets} secrets of its vault"))
        .into_iter()
        .collect();
    let blocked = (!within.is_empty()).then(|| {
        format!(
            "group `{name}` holds the workspaces {}: move or remove these first",
            within.join(", ")
        )
    });
    Ok(Loss { loses, blocked })
}

/// Roles and tokens go with a principal.
async fn of_principal(app: &App, step: &Step, removed: &HashSet<Address>) -> Result<Loss> {
    let (kind, name) = (step.address.kind.as_str(), step.address.name.as_str());
    let db = app.store.read();
    let mut loses = Vec::new();
    for row in assignment::all(db)
        .await?
        .iter()
        .filter(|row| row.kind == kind && row.name == name)
    {
        let address = Address::new(
            "assignment",
            &row.scope,
            &format!("{kind}:{name} as {}", row.role),
        );
        if !removed.contains(&address) {
            loses.push(format!("its role {} at {}", row.role, row.scope));
        }
    }
    for purpose in ["token", "secret"] {
        let live = credential::list(db, kind, name, purpose).await?;
        let count = live.iter().filter(|row| row.revoked_at.is_none()).count();
        if count > 0 {
            loses.push(format!("{count} {purpose}s that sign it in"));
        }
    }
    Ok(Loss { loses, blocked: None })
}

/// Jobs that wait for it find it no more.
async fn of_compute(app: &App, step: &Step) -> Result<Loss> {
    let workspace = workspace_of(&step.address).unwrap_or_default();
    let uses = job_row::uses(app.store.read(), workspace, i64::MAX).await?;
    let waiting = uses
        .iter()
        .filter(|job| job.compute.as_deref() == Some(step.address.name.as_str()))
        .count();
    let loses = (waiting > 0).then(|| format!("{waiting} jobs that wait for it or run on it"));
    Ok(Loss {
        loses: loses.into_iter().collect(),
        blocked: None,
    })
}
