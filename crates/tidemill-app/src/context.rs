//! The context of an operation: who asks, where, and under which request id.

use std::sync::Arc;

use serde_json::{Value, json};
use tidemill_policy::{Action, Decision, decide};
use tidemill_store::{DatabaseTransaction, audit, event};

use crate::{App, Error, Kind, Principal, Result, Scope};

/// Who asks, and under which request id. The first argument of every use case.
#[derive(Debug, Clone)]
pub struct OpContext {
    app: Arc<App>,
    principal: Principal,
    request_id: String,
    origin: Origin,
}

/// Where a request came from, as the audit log tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the peer, and what a proxy says of the one behind it; empty for the server itself.
    pub address: String,
    /// The program, as it calls itself.
    pub agent: String,
    /// The surface: `rest`, `mlflow`, `server`.
    pub surface: String,
}

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

impl OpContext {
    /// A context.
    pub fn new(app: Arc<App>, principal: Principal, request_id: String) -> Self {
        Self {
            app,
            principal,
            request_id,
            origin: Origin {
                surface: "server".into(),
                ..Origin::default()
            },
        }
    }

    /// Says where it came from.
    #[must_use]
    pub fn coming_from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// UTC milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.app.clock.now_ms()
    }

    /// The first line of every use case: may they?
    ///
    /// # Errors
    /// Forbidden, naming the action, the place and the rule. The refusal is in the audit log.
    pub async fn authorize(&self, action: Action, scope: &Scope) -> Result<()> {
        let Decision::Deny { why } = decide(&self.principal, action, scope) else {
            return Ok(());
        };
        let row = self.audit_row(action, scope, "refused", json!({ "why": why }));
        self.app
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(audit::append(tx, row).await?) }))
            .await?;
        Err(Error::new(
            Kind::Forbidden,
            format!("failed to do {action} at `{scope}`: {why}"),
        ))
    }

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

    fn audit_row(&self, action: Action, scope: &Scope, outcome: &str, detail: Value) -> audit::Entry {
        let Origin {
            address,
            agent,
            surface,
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

/// What a change returns: a future bound to its transaction.
pub type Work<'t, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;
