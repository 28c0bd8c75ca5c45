//! Secrets of before the vault: credentials of datastores that stood in the database as they are, and those of webhooks
//! that another key sealed. The first start takes them in.

use serde_json::Value;
use tidemill_store::{ConnectionTrait, Store, datastore, to_json, webhook};

use crate::datastore::{is_reference, place, spec_of, visit_secrets};
use crate::{App, Error, Result, workspace};

/// Seals what is not sealed yet. What the disk of SQLite still holds of it is overwritten.
///
/// # Errors
/// When the database cannot be read or written.
pub(crate) async fn take_in(app: &App) -> Result<()> {
    let stores = open_datastores(app).await?;
    let hooks = old_webhooks(app).await?;
    if stores.is_empty() && hooks.is_empty() {
        return Ok(());
    }
    tracing::info!(
        datastores = stores.len(),
        webhooks = hooks.len(),
        "secrets are taken into the vault"
    );
    let clean = !stores.is_empty();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                for row in stores {
                    datastore::put(tx, row).await?;
                }
                for row in hooks {
                    webhook::put(tx, row).await?;
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
