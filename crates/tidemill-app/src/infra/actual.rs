//! Resources as they are, in the form in which plans tell them.

use serde_json::{Value, json};
use tidemill_plan::infra::{Actual, Address};
use tidemill_policy::builtin;
use tidemill_store::asset::Key;
use tidemill_store::vault::secret;
use tidemill_store::{
    asset as asset_row, asset_version, assignment, compute, datastore, from_json, group, policy, principal,
    role, workspace,
};

use super::kind::{Kind, group_of, workspace_of};
use super::wanted::shown;
use crate::access::OWNER;
use crate::{App, Result, compute_password};

/// A resource that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// As plans tell it.
    pub(super) actual: Actual,
    /// Counts its changes, where something does.
    pub(super) revision: Option<i64>,
}

/// What is at an address. It asks nobody whether it may be seen: whoever shows it does.
pub(super) async fn find(app: &App, address: &Address) -> Result<Option<Found>> {
    let Some(kind) = Kind::parse(&address.kind) else {
        return Ok(None);
    };
    let db = app.store.read();
    let name = address.name.as_str();
    let found = match kind {
        Kind::Group => {
            let row = group::get(db, name).await?;
            row.map(|row| {
                (
                    crate::group::spec_of(&row),
                    name == crate::workspace::DEFAULT,
                    Some(row.revision),
                )
            })
        }
        Kind::Secret => stored_secret(app, group_of(address).unwrap_or_default(), name).await?,
        Kind::User | Kind::ServicePrincipal | Kind::Team => {
            let row = principal::get(db, kind.as_str(), name).await?;
            let own = kind == Kind::User && name == OWNER;
            row.map(|row| (crate::principal::spec_of(&row), own, Some(row.revision)))
        }
        Kind::Role => match role::get(db, name).await? {
            Some(row) => Some((
                from_json("role_definition", "spec", &row.spec)?,
                false,
                Some(row.revision),
            )),
            None => builtin::definitions()
                .find(|definition| definition.name.eq_ignore_ascii_case(name))
                .map(|definition| (json!(definition), true, None)),
        },
        Kind::Workspace => workspace::get(db, name).await?.map(|row| {
            let mut spec = crate::workspace::spec_of(&row);
            spec["resource_group"] = row.group_name.clone().into();
            (spec, name == crate::workspace::DEFAULT, Some(row.revision))
        }),
        Kind::Policy => {
            let row = policy::get(db, workspace_of(address).unwrap_or_default()).await?;
            row.map(|row| (crate::policy::spec_value(&row), false, Some(row.revision)))
        }
        Kind::Datastore => match datastore::get(db, workspace_of(address).unwrap_or_default(), name).await? {
            Some(row) => {
                let own = row.kind == crate::bytes::OWN;
                Some((opened(app, &row).await?, own, Some(row.revision)))
            }
            None => None,
        },
        Kind::Compute => match compute::get(db, workspace_of(address).unwrap_or_default(), name).await? {
            Some(row) => {
                let place = compute_password::of_compute(&row.workspace, &row.name);
                let spec = serde_json::from_str(&row.spec).unwrap_or_default();
                let spec = compute_password::opened(app, &place, spec).await;
                Some((spec, name == crate::compute::LOCAL, Some(row.revision)))
            }
            None => None,
        },
        Kind::Environment => environment(app, workspace_of(address).unwrap_or_default(), name).await?,
        Kind::Assignment => given(app, address).await?.map(|row| {
            let mut spec = crate::assignment::view(&row);
            if let Some(fields) = spec.as_object_mut() {
                fields.shift_remove("name");
            }
            (spec, false, None)
        }),
    };
    Ok(found.map(|(spec, permanent, revision)| Found {
        actual: Actual {
            address: address.clone(),
            spec: shown(app, address, spec),
            permanent,
        },
        revision,
    }))
}

type Row = (Value, bool, Option<i64>);

/// A datastore with its secrets as they are; what can't be opened stays sealed, and so differs from whatever is wanted.
async fn opened(app: &App, row: &datastore::Model) -> Result<Value> {
    let stored = crate::datastore::spec_of(row);
    let mut spec = stored.clone();
    let mut fields = Vec::new();
    crate::datastore::visit_secrets(&mut spec, &mut |field, value| {
        if let Some(text) = value.as_str()
            && !crate::datastore::is_reference(text)
        {
            fields.push(field.to_owned());
        }
    });
    if fields.is_empty() {
        return Ok(stored);
    }
    let Ok(plain) = crate::datastore::opened(app, row).await else {
        return Ok(stored);
    };
    let mut values = Vec::new();
    let mut plain = plain;
    crate::datastore::visit_secrets(&mut plain, &mut |field, value| {
        values.push((field.to_owned(), value.clone()))
    });
    crate::datastore::visit_secrets(&mut spec, &mut |field, value| {
        if fields.iter().any(|own| own == field)
            && let Some((_, found)) = values.iter().find(|(name, _)| name == field)
        {
            *value = found.clone();
        }
    });
    Ok(spec)
}

async fn stored_secret(app: &App, group: &str, name: &str) -> Result<Option<Row>> {
    let row = secret::get(app.store.read(), group, name).await?;
    let Some(row) = row.filter(|row| row.deleted_at.is_none()) else {
        return Ok(None);
    };
    let (_, value) = crate::secret::value_of(app, group, name).await?;
    let description = row.description.filter(|text| !text.is_empty());
    Ok(Some((
        json!({ "description": description, "value": value }),
        false,
        None,
    )))
}

async fn environment(app: &App, workspace: &str, name: &str) -> Result<Option<Row>> {
    let db = app.store.read();
    let (name, version) = match name.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    };
    let key = Key {
        workspace,
        kind: crate::asset::Kind::Environment,
        name,
    };
    if asset_row::get(db, key).await?.is_none_or(|row| row.archived) {
        return Ok(None);
    }
    let row = match version {
        Some(version) => asset_version::get(db, key, version).await?,
        None => asset_version::latest(db, key).await?,
    };
    let row = row.filter(|row| !row.archived);
    Ok(row.map(|row| (crate::asset::spec_of(&row), false, Some(row.revision))))
}

/// The assignment that an address means, whatever its id.
pub(super) async fn given(app: &App, address: &Address) -> Result<Option<assignment::Model>> {
    let rows = assignment::all(app.store.read()).await?;
    let same = |row: &assignment::Model| {
        row.scope == address.scope
            && address
                .name
                .eq_ignore_ascii_case(&format!("{}:{} as {}", row.kind, row.name, row.role))
    };
    Ok(rows.into_iter().find(same))
}
