//! Changes of the control plane: each with its audit row and its event, in one transaction.

use serde_json::{Value, json};
use tidemill_policy::Action;
use tidemill_store::{DatabaseTransaction, audit, event};

use super::{OpContext, Origin};
use crate::{Error, Result, Scope};

/// One change, as the audit log and the outbox tell it.
#[derive(Debug, Clone)]
pub struct Change {
    /// The action that was allowed.
    pub action: Action,
    /// Where.
    pub scope: Scope,
    /// What it was before; `Null` when it is new. Never with secrets.
    pub before: Value,
    /// What it is now; `Null` when it is gone. Never with secrets.
    pub after: Value,
}

/// What a change returns: a future bound to its transaction.
pub type Work<'t, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;

impl OpContext {
    /// Notes in the audit log what was allowed and changes nothing, such as reading a secret.
    ///
    /// # Errors
    /// When it cannot be written; then it must not be done.
    pub async fn note(&self, action: Action, scope: &Scope, detail: Value) -> Result<()> {
        let row = self.audit_row(action, scope, "allowed", detail);
        self.app
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(audit::append(tx, row).await?) }))
            .await
    }

    /// Runs a change of the control plane, with its audit row and its event in the same transaction.
    ///
    /// # Errors
    /// What the work says; then nothing of it stands.
    pub async fn change<T, F>(&self, change: Change, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, T> + Send + 'static,
    {
        let after = change.after.clone();
        let done = self
            .change_as(change, move |tx| {
                Box::pin(async move { Ok(Some((work(tx).await?, after))) })
            })
            .await?;
        done.ok_or_else(|| Error::internal("a change that says what it did has done something"))
    }

    /// Like [`OpContext::change`], for a change that only finds out in its transaction what it makes: the work says what
    /// is there now, or `None` when all is as it was, and then nothing is written to the audit log.
    ///
    /// # Errors
    /// What the work says; then nothing of it stands.
    pub async fn change_as<T, F>(&self, change: Change, work: F) -> Result<Option<T>>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Option<(T, Value)>> + Send + 'static,
    {
        let Change {
            action,
            scope,
            before,
            after: _,
        } = change;
        let mut audit_row = self.audit_row(action, &scope, "allowed", Value::Null);
        let mut event_row = event::Model {
            id: self.app.clock.ulid(),
            at: audit_row.at,
            workspace: scope.workspace.clone(),
            kind: action.to_string(),
            subject: scope.to_string(),
            detail: String::new(),
        };
        self.app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let Some((value, after)) = work(tx).await? else {
                        return Ok(None);
                    };
                    event_row.detail = after.to_string();
                    audit_row.detail = json!({ "before": before, "after": after }).to_string();
                    event::append(tx, event_row).await?;
                    audit::append(tx, audit_row).await?;
                    Ok(Some(value))
                })
            })
            .await
    }

    /// Several changes that stand or fall together, each with its audit row and its event.
    ///
    /// # Errors
    /// What the work says; then nothing of it stands.
    pub async fn changes<T, F>(&self, changes: Vec<Change>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, T> + Send + 'static,
    {
        let told = |change: Change| {
            let Change {
                action,
                scope,
                before,
                after,
            } = change;
            let detail = json!({ "before": before, "after": after });
            let audit_row = self.audit_row(action, &scope, "allowed", detail);
            let event_row = event::Model {
                id: self.app.clock.ulid(),
                at: audit_row.at,
                workspace: scope.workspace.clone(),
                kind: action.to_string(),
                subject: scope.to_string(),
                detail: after.to_string(),
            };
            (audit_row, event_row)
        };
        let told: Vec<_> = changes.into_iter().map(told).collect();
        self.app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let value = work(tx).await?;
                    for (audit_row, event_row) in told {
                        event::append(tx, event_row).await?;
                        audit::append(tx, audit_row).await?;
                    }
                    Ok(value)
                })
            })
            .await
    }

    pub(super) fn audit_row(
        &self,
        action: Action,
        scope: &Scope,
        outcome: &str,
        detail: Value,
    ) -> audit::Entry {
        let Origin {
            address,
            agent,
            surface,
            peer: _,
        } = self.origin.clone();
        audit::Entry {
            id: self.app.clock.ulid(),
            at: self.now_ms(),
            principal: self.principal.to_string(),
            action: action.to_string(),
            scope: scope.to_string(),
            outcome: outcome.to_owned(),
            request_id: self.request_id.clone(),
            address,
            agent,
            surface,
            detail: detail.to_string(),
        }
    }
}
