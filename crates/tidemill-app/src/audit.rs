//! The audit log: show, export, check. It is written by [`OpContext::change`] and changed by nothing.

use futures::Stream;
use tidemill_policy::chain::Checked;
use tidemill_store::audit;
use tidemill_store::page::{Page, PageRequest};

use crate::{Error, OpContext, Result, Scope, action};

pub use tidemill_store::audit::{Filter, Model as Row};

/// Rows that an export reads at once.
const ROWS: u64 = 1000;

/// A page of the rows that fit, newest first.
///
/// # Errors
/// Forbidden; Invalid for an outcome or a place that can't be.
pub async fn list(ctx: &OpContext, filter: Filter, page: &PageRequest) -> Result<Page<Row>> {
    ctx.authorize(action::AUDIT_READ, &scope(&filter)).await?;
    check(&filter)?;
    Ok(audit::list(ctx.app().store.read(), &filter, page).await?)
}

/// Every row that fits, oldest first.
///
/// # Errors
/// As [`list`]; then what the database says.
pub async fn export(ctx: &OpContext, filter: Filter) -> Result<impl Stream<Item = Result<Vec<Row>>> + use<>> {
    ctx.authorize(action::AUDIT_READ, &scope(&filter)).await?;
    check(&filter)?;
    let app = ctx.app().clone();
    Ok(futures::stream::try_unfold(0, move |after| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let rows = audit::following(app.store.read(), &filter, after, ROWS).await?;
            let last = rows.last().map(|row| row.seq);
            Ok::<_, Error>(last.map(|last| (rows, last)))
        }
    }))
}

/// Checks the chain of the whole log; `head` is a hash that was noted earlier.
///
/// # Errors
/// Forbidden; Invalid for a head that is no hash.
pub async fn verify(ctx: &OpContext, head: Option<String>) -> Result<Checked> {
    ctx.authorize(action::AUDIT_READ, &Scope::server()).await?;
    if let Some(head) = &head
        && (head.len() != 64 || !head.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(Error::invalid(format!(
            "failed to check the audit log against `{head}`: that is no hash"
        ))
        .hint("give the 64 hex digits that an earlier check named as its head"));
    }
    let head = head.map(|head| head.to_ascii_lowercase());
    Ok(audit::verify(ctx.app().store.read(), head).await?)
}

/// The place whose log is asked for: one workspace, or all.
fn scope(filter: &Filter) -> Scope {
    let place = filter.scope.as_deref().unwrap_or_default();
    match place
        .strip_prefix("/workspaces/")
        .and_then(|rest| rest.split('/').next())
    {
        Some(workspace) if !workspace.is_empty() => Scope::workspace(workspace),
        _ => Scope::server(),
    }
}

fn check(filter: &Filter) -> Result<()> {
    let wrong = |what: &str, given: &str, hint: &str| {
        Err(Error::invalid(format!("failed to read the audit log: {what} `{given}` can't be")).hint(hint))
    };
    match (filter.outcome.as_deref(), filter.scope.as_deref()) {
        (Some(outcome), _) if !["allowed", "refused"].contains(&outcome) => {
            wrong("outcome", outcome, "it is `allowed` or `refused`")
        }
        (_, Some(scope)) if !scope.starts_with('/') => {
            wrong("scope", scope, "write it as /workspaces/default, or / for all")
        }
        _ => Ok(()),
    }
}
