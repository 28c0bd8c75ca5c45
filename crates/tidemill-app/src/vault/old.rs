//! Secrets of before the vault: credentials of datastores and passwords of computes that stood in the database as they are, and
//! those of webhooks that another key sealed. The first start takes them in.

use serde_json::Value;
use tidemill_store::{
    ConnectionTrait, Store, compute, compute_request, datastore, from_json, to_json, webhook,
};

use crate::datastore::{is_reference, place, spec_of, visit_secrets};
use crate::{App, Error, Result, compute_password, workspace};

/// Seals what is not sealed yet. What the disk of SQLite still holds of it is overwritten.
///
/// # Errors
/// When the database cannot be read or written.
pub(crate) async fn take_in(app: &App) -> Result<()> {
    let stores = open_datastores(app).await?;
    let hooks = old_webhooks(app).await?;
    let computes = open_computes(app).await?;
    let requests = open_requests(app).await?;
    let clean = !(stores.is_empty() && computes.is_empty() && requests.is_empty());
    if !clean && hooks.is_empty() {
        return Ok(());
    }
    tracing::info!(
        datastores = stores.len(),
        webhooks = hooks.len(),
        computes = computes.len(),
        requests = requests.len(),
        "secrets are taken into the vault"
    );
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                for row in stores {
                    datastore::put(tx, row).await?;
                }
                for row in hooks {
                    webhook::put(tx, row).await?;
                }
                for row in computes {
                    compute::put(tx, row).await?;
                }
                for row in requests {
                    compute_request::put_spec(tx, &row).await?;
                }
                Ok(())
            })
        })
        .await?;
    if clean {
        overwrite(&app.store).await
    } else {
        Ok(())
    }
}

/// Datastores with secrets that stand as they are, sealed.
async fn open_datastores(app: &App) -> Result<Vec<datastore::Model>> {
    let mut changed = Vec::new();
    for mut row in datastore::all(app.store.read()).await? {
        let mut spec = spec_of(&row);
        let mut plain = Vec::new();
        visit_secrets(&mut spec, &mut |field, value| {
            if let Some(text) = value.as_str()
                && !super::Vault::is_sealed(text)
                && !is_reference(text)
            {
                plain.push((field.to_owned(), text.to_owned()));
            }
        });
        if plain.is_empty() {
            continue;
        }
        let group = group_of(app, &row.workspace).await?;
        for (field, text) in plain {
            let sealed = app
                .vault
                .seal(&group, &place(&row.workspace, &row.name, &field), &text)
                .await?;
            visit_secrets(&mut spec, &mut |found, value| {
                if found == field {
                    *value = Value::from(sealed.clone());
                }
            });
        }
        row.spec = to_json(&spec);
        changed.push(row);
    }
    Ok(changed)
}

/// Computes with a password that stands as it is, sealed.
async fn open_computes(app: &App) -> Result<Vec<compute::Model>> {
    let mut changed = Vec::new();
    for mut row in compute::all(app.store.read()).await? {
        let mut spec: Value = from_json("compute", "spec", &row.spec)?;
        if !compute_password::is_plain(&spec) {
            continue;
        }
        let place = compute_password::of_compute(&row.workspace, &row.name);
        let group = group_of(app, &row.workspace).await?;
        compute_password::take_in(app, &group, &place, &mut spec).await?;
        row.spec = to_json(&spec);
        changed.push(row);
    }
    Ok(changed)
}

/// The same for computes that somebody asks for.
async fn open_requests(app: &App) -> Result<Vec<compute_request::Model>> {
    let mut changed = Vec::new();
    for mut row in compute_request::all(app.store.read()).await? {
        let mut spec: Value = from_json("compute_request", "spec", &row.spec)?;
        if !compute_password::is_plain(&spec) {
            continue;
        }
        let place = compute_password::of_request(&row.workspace, &row.id);
        let group = group_of(app, &row.workspace).await?;
        compute_password::take_in(app, &group, &place, &mut spec).await?;
        row.spec = to_json(&spec);
        changed.push(row);
    }
    Ok(changed)
}

/// Webhooks whose secret the server's other key sealed.
async fn old_webhooks(app: &App) -> Result<Vec<webhook::Model>> {
    let mut changed = Vec::new();
    for mut row in webhook::all(app.store.read()).await? {
        let old = row
            .secret
            .as_deref()
            .filter(|secret| !super::Vault::is_sealed(secret));
        // One that cannot be opened is left: its webhook says so when it is to send something.
        let Some(text) = old.and_then(|secret| app.seal.unseal(secret)) else {
            continue;
        };
        let group = group_of(app, &row.workspace).await?;
        let place = crate::webhook::place(&row.workspace, &row.webhook_id);
        row.secret = Some(app.vault.seal(&group, &place, &text).await?);
        changed.push(row);
    }
    Ok(changed)
}

/// The group of a workspace.
pub(crate) async fn group_of(app: &App, name: &str) -> Result<String> {
    let row = tidemill_store::workspace::get(app.store.read(), name).await?;
    Ok(row.map_or_else(|| workspace::DEFAULT.to_owned(), |row| row.group_name))
}

/// Writes the SQLite file anew, so that pages that were given up hold nothing any more.
async fn overwrite(store: &Store) -> Result<()> {
    if store.read().get_database_backend() != tidemill_store::DbBackend::Sqlite {
        return Ok(());
    }
    for sql in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
        store
            .read()
            .execute_unprepared(sql)
            .await
            .map_err(tidemill_store::StoreError::from)?;
    }
    Ok(())
}
