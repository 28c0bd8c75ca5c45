//! Personal access tokens, and secrets of service principals: made once, shown once, kept as hashes, revoked at once.

use std::sync::Arc;

use serde_json::{Value, json};
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_policy::{ActionSet, Subject, role};
use tidemill_store::{credential, from_json, to_json};

use crate::context::{Change, Limits, SignedIn};
use crate::principal::{self, place, within_own};
use crate::token::unknown;
use crate::{App, Error, Kind, OpContext, Result, action, token};

pub use tidemill_store::credential::Model as Row;

/// The longest that a token or secret counts.
const LONGEST_DAYS: i64 = 366;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// What it is for.
    pub label: String,
    /// How long it counts; 90 days when nothing is said.
    pub days: Option<i64>,
    /// Where alone it counts.
    pub scope: Option<String>,
    /// For which actions alone it counts, as roles write them.
    pub actions: Vec<String>,
}

/// A purpose that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A personal access token.
    Token,
    /// A secret of a service principal.
    Secret,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Purpose::Token => "token",
            Purpose::Secret => "secret",
        }
    }
}

/// Makes one, and gives its text, which is nowhere else.
///
/// # Errors
/// Invalid for a time or a limit that can't be; Forbidden with a token (a token makes no tokens), and for a principal that
/// may do more than the one who asks.
pub async fn create(
    ctx: &OpContext,
    purpose: Purpose,
    subject: &Subject,
    asked: Asked,
) -> Result<(Row, String)> {
    may_manage(ctx, subject).await?;
    if ctx.limits().is_some() {
        return Err(Error::forbidden(
            "failed to make a token: you signed in with a limited token, and such a token makes none",
        ));
    }
    if !ctx.signed_claims().is_null() {
        return Err(Error::forbidden(
            "failed to make a token: you signed in with the token of another issuer, for an hour, and such a sign-in makes none",
        ));
    }
    if purpose == Purpose::Secret {
        principal::find(ctx, subject).await?;
    }
    let days = asked.days.unwrap_or(90);
    if !(1..=LONGEST_DAYS).contains(&days) {
        return Err(Error::invalid(format!(
            "failed to make a token for {days} days: it counts for 1 to {LONGEST_DAYS}"
        )));
    }
    let place = asked.scope.as_deref().map(crate::role::read_place).transpose()?;
    for pattern in &asked.actions {
        let fits = role::matching(pattern).map_err(|error| Error::invalid(error.to_string()))?;
        if fits.is_empty() {
            return Err(Error::invalid(format!(
                "failed to limit a token to `{pattern}`: no action fits it"
            )));
        }
    }
    let text = token::text(ctx.app().clock.secret());
    let now = ctx.now_ms();
    let row = Row {
        hash: token::hash(&text),
        id: ctx.app().clock.ulid(),
        purpose: purpose.word().to_owned(),
        kind: subject.kind.as_str().to_owned(),
        name: subject.name.clone(),
        label: asked.label,
        scope: place.map(|place| place.to_string()),
        actions: (!asked.actions.is_empty()).then(|| to_json(&asked.actions)),
        detail: "{}".into(),
        created_at: now,
        expires_at: Some(now + days * DAY_MS),
        revoked_at: None,
    };
    let after = json!({
        purpose.word(): row.id, "for": row.label, "scope": row.scope, "actions": asked.actions, "expires_at": row.expires_at,
    });
    let (written, at) = (row.clone(), place_of(subject));
    change(ctx, at, Value::Null, after, move |tx| {
        Box::pin(async move { Ok(credential::insert(tx, written).await?) })
    })
    .await?;
    Ok((row, text))
}

/// Those of a principal that count or have expired.
///
/// # Errors
/// Forbidden for those of others.
pub async fn list(ctx: &OpContext, purpose: Purpose, subject: &Subject) -> Result<Vec<Row>> {
    may_manage(ctx, subject).await?;
    let db = ctx.app().store.read();
    Ok(credential::list(db, subject.kind.as_str(), &subject.name, purpose.word()).await?)
}

/// Ends one, at once.
///
/// # Errors
/// NotFound, also for one of somebody else.
pub async fn revoke(ctx: &OpContext, purpose: Purpose, of: Option<&Subject>, id: &str) -> Result<()> {
    // A token that was made for little does not end those that were made for more.
    if ctx.limits().is_some() {
        return Err(Error::forbidden(format!(
            "failed to end a {}: you signed in with a limited token, and such a token ends none",
            purpose.word()
        )));
    }
    let missing = || Error::not_found(purpose.word(), id);
    let row = credential::get(ctx.app().store.read(), id)
        .await?
        .ok_or_else(missing)?;
    let subject = subject_of(&row).ok_or_else(missing)?;
    let other = of.is_some_and(|of| *of != subject);
    if other || row.purpose != purpose.word() || may_manage(ctx, &subject).await.is_err() {
        return Err(missing());
    }
    let (id, now) = (row.id.clone(), ctx.now_ms());
    change(
        ctx,
        place_of(&subject),
        json!({ purpose.word(): row.id, "for": row.label }),
        Value::Null,
        move |tx| Box::pin(async move { Ok(credential::revoke(tx, &id, now).await?) }),
    )
    .await
}

/// One's own, or those of somebody who may do no more.
async fn may_manage(ctx: &OpContext, subject: &Subject) -> Result<()> {
    if ctx.subject().as_ref() == Some(subject) {
        return Ok(());
    }
    ctx.authorize(action::PRINCIPAL_WRITE, &crate::Scope::server())
        .await?;
    within_own(ctx, subject).await
}

async fn change<F>(ctx: &OpContext, scope: crate::Scope, before: Value, after: Value, work: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t tidemill_store::DatabaseTransaction) -> crate::context::Work<'t, ()>
        + Send
        + 'static,
{
    let change = Change {
        action: action::PRINCIPAL_WRITE,
        scope,
        before,
        after,
    };
    ctx.change(change, work).await?;
    ctx.app().tokens.forget();
    Ok(())
}

fn place_of(subject: &Subject) -> crate::Scope {
    place(subject)
}

fn subject_of(row: &Row) -> Option<Subject> {
    Some(Subject {
        kind: SubjectKind::parse(&row.kind)?,
        name: row.name.clone(),
    })
}

/// Refuses those who may not sign in (any more).
pub(crate) fn active(app: &App, subject: &Subject) -> Result<()> {
    match app.access.current().active.contains(subject) {
        true => Ok(()),
        false => Err(unknown()),
    }
}

/// Who comes with the credential of this hash, and until when.
pub(crate) async fn find(app: &App, hash: &str, now_ms: i64) -> Result<(SignedIn, Option<i64>)> {
    let row = credential::find(app.store.read(), hash)
        .await?
        .ok_or_else(unknown)?;
    if row.expires_at.is_some_and(|until| until <= now_ms) {
        return Err(Error::new(
            Kind::Unauthenticated,
            format!("failed to sign in: the {} has expired", row.purpose),
        )
        .hint("make another, or sign in again"));
    }
    let subject = subject_of(&row).ok_or_else(unknown)?;
    active(app, &subject)?;
    let place = row.scope.as_deref().map(crate::role::read_place).transpose()?;
    let actions = match &row.actions {
        Some(text) => Some(actions(&from_json::<Vec<String>>("credential", "actions", text)?)),
        None => None,
    };
    let limits = (place.is_some() || actions.is_some()).then(|| Arc::new(Limits { place, actions }));
    let who = SignedIn {
        limits,
        claims: Arc::new(match row.purpose.as_str() {
            crate::federation::PURPOSE => from_json("credential", "detail", &row.detail)?,
            _ => Value::Null,
        }),
        credential: Some(row.id),
        ..crate::context::principal(&subject).ok_or_else(unknown)?.into()
    };
    Ok((who, row.expires_at))
}

fn actions(patterns: &[String]) -> ActionSet {
    let sets = patterns.iter().filter_map(|pattern| role::matching(pattern).ok());
    sets.fold(ActionSet::NONE, |all, set| all | set)
}
