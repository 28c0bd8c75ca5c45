//! Rotating the master key while the server runs.

use std::sync::Arc;

use serde_json::json;
use tidemill_store::vault;

use super::master::Known;
use super::{Key, KeyService, Vault, unreachable};
use crate::context::Change;
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// What is known of the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which master key wraps the data keys.
    pub master: String,
    /// Where it is: `file`, `given` or `service`.
    pub kept: &'static str,
    /// The groups that have a data key, and since when this master key wraps it, in UTC milliseconds.
    pub groups: Vec<(String, i64)>,
}

/// Which master key there is, and what it wraps.
///
/// # Errors
/// Forbidden.
pub async fn status(ctx: &OpContext) -> Result<Status> {
    ctx.authorize(action::SECRET_LIST, &Scope::server()).await?;
    let opened = &ctx.app().vault;
    let keys = vault::keys(ctx.app().store.read()).await?;
    let groups = keys.into_iter().map(|key| (key.group_name, key.wrapped_at));
    let master = opened.master();
    Ok(Status {
        master: master.id(),
        kept: opened.kept(),
        groups: groups.collect(),
    })
}

/// Makes a new master key and wraps every data key with it. Whoever reads a secret meanwhile notices nothing.
///
/// # Errors
/// Precondition, when the key is not the server's to make.
pub async fn rotate(ctx: &OpContext) -> Result<Status> {
    ctx.authorize(action::VAULT_ROTATE, &Scope::server()).await?;
    let opened = &ctx.app().vault;
    match (&opened.file, opened.kept()) {
        (Some(file), _) => {
            let key = file.write_next(Key::new(ctx.app().clock.secret()))?;
            let next = Known::service(key, &ctx.app().clock);
            opened.wrap_anew(&next, Some(ctx)).await?;
            // From here on the database names the new key, and a start that finds it beside the old one takes it.
            file.take_next()?;
        }
        (None, "service") => {
            let service = opened.master();
            opened.wrap_anew(&service, Some(ctx)).await?;
        }
        (None, _) => {
            let message = "failed to rotate the master key: it comes from TIDEMILL_MASTER_KEY, which the server cannot change";
            let hint = "start the server with the new key there, and the old one in TIDEMILL_MASTER_KEY_BEFORE, once";
            return Err(Error::new(Kind::Precondition, message).hint(hint));
        }
    }
    status(ctx).await
}

impl Vault {
    fn kept(&self) -> &'static str {
        match (&self.file, self.service) {
            (Some(_), _) => "file",
            (None, true) => "service",
            (None, false) => "given",
        }
    }

    /// Wraps every data key with `next`, in one transaction, and uses it from then on.
    pub(super) async fn wrap_anew(&self, next: &Arc<dyn KeyService>, ctx: Option<&OpContext>) -> Result<()> {
        let _one = self.wrapping.lock().await;
        let before = self.master();
        let now = self.clock.now_ms();
        let mut rows = vault::keys(self.store.read()).await?;
        for row in &mut rows {
            let group = row.group_name.clone();
            let failed = |why: String| unreachable(&group, &why);
            let key = before.unwrap(&row.wrapped, &group).await.map_err(failed)?;
            row.wrapped = next.wrap(&key, &group).await.map_err(failed)?;
            row.master = next.id();
            row.wrapped_at = now;
        }
        let change = Change {
            action: action::VAULT_ROTATE,
            scope: Scope::server(),
            before: json!({ "master": before.id() }),
            after: json!({ "master": next.id(), "groups": rows.len() }),
        };
        let write = async |rows: Vec<vault::Model>| match ctx {
            Some(ctx) => ctx.change(change, move |tx| Box::pin(rewrap(tx, rows))).await,
            None => {
                let write = self
                    .store
                    .write::<_, Error, _>(move |tx| Box::pin(rewrap(tx, rows)));
                write.await
            }
        };
        write(rows).await?;
        let mut master = self
            .master
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *master = next.clone();
        Ok(())
    }
}

async fn rewrap(tx: &tidemill_store::DatabaseTransaction, rows: Vec<vault::Model>) -> Result<()> {
    for row in rows {
        vault::rewrap(tx, row).await?;
    }
    Ok(())
}
