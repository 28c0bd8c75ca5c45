//! Providers of identities: make, show, change, remove. Whoever sets one says who signs in as whom, so only an owner does.

use serde_json::Value;
use tidemill_spec::kinds::{IdentityProvider, Spec};
use tidemill_store::{from_json, identity_provider, to_json};

use crate::context::Change;
use crate::workspace::check_revision;
use crate::{App, Error, OpContext, Result, Scope, action, name};

pub use tidemill_store::identity_provider::Model as Row;

/// The most providers of a server: each is a button on the page of sign-in.
const MOST: usize = 50;

/// Makes or changes one.
///
/// # Errors
/// Invalid for an issuer that is not reached over TLS, or a secret that is written out; NotFound for a secret that is not in the
/// vault, and for a team that is not there; Forbidden for everybody who may not do everything.
pub async fn put(ctx: &OpContext, spec: IdentityProvider, if_match: Option<i64>) -> Result<Row> {
    ctx.authorize(action::ASSIGNMENT_WRITE, &Scope::server()).await?;
    everything(ctx).await?;
    crate::spec::check(&Spec::IdentityProvider(Box::new(spec.clone())))?;
    name::check("identity provider", &spec.name)?;
    if let Some(secret) = secret_of(&spec) {
        crate::secret::check_usable(ctx, &secret.0, &secret.1).await?;
    }
    let teams = &ctx.app().access.current().teams;
    if let Some(odd) = spec
        .teams
        .iter()
        .find(|one| teams.iter().all(|team| team.name != one.team))
    {
        return Err(Error::not_found("team", &odd.team).hint("make it first, with `tidemill team create`"));
    }
    let db = ctx.app().store.read();
    let before = identity_provider::get(db, &spec.name).await?;
    let revision = before.as_ref().map(|row| row.revision);
    check_revision("identity provider", &spec.name, revision, if_match)?;
    if before.is_none() && identity_provider::all(db).await?.len() >= MOST {
        return Err(Error::invalid(format!(
            "failed to make a provider: a server has {MOST} at most"
        )));
    }
    let now = ctx.now_ms();
    let after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let issuer_before = before
        .as_ref()
        .map(|row| spec_of(row).map(|spec| spec.issuer))
        .transpose()?;
    let row = Row {
        spec: to_json(&after),
        revision: revision.map_or(1, |revision| revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
        name: spec.name,
    };
    let change = Change {
        action: action::ASSIGNMENT_WRITE,
        scope: place(&row.name),
        before: before.as_ref().map_or(Value::Null, value_of),
        after,
    };
    let written = row.clone();
    // Subjects of another issuer are other people, whatever they are called.
    let others = issuer_before.is_some_and(|before| before != spec.issuer);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if others {
                identity_provider::delete(tx, &written.name).await?;
            }
            Ok(identity_provider::put(tx, written).await?)
        })
    })
    .await?;
    Ok(row)
}

/// One of them.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, name: &str) -> Result<Row> {
    ctx.authorize(action::PRINCIPAL_READ, &Scope::server()).await?;
    find(ctx.app(), name).await
}

/// All of them, by name.
///
/// # Errors
/// Forbidden.
pub async fn list(ctx: &OpContext) -> Result<Vec<Row>> {
    ctx.authorize(action::PRINCIPAL_READ, &Scope::server()).await?;
    Ok(identity_provider::all(ctx.app().store.read()).await?)
}

/// Removes one, and which of its subjects is which user. The users stay, and so do their sessions.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, name: &str) -> Result<()> {
    ctx.authorize(action::ASSIGNMENT_WRITE, &Scope::server()).await?;
    everything(ctx).await?;
    let row = find(ctx.app(), name).await?;
    let change = Change {
        action: action::ASSIGNMENT_WRITE,
        scope: place(name),
        before: value_of(&row),
        after: Value::Null,
    };
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(identity_provider::delete(tx, &row.name).await?) })
    })
    .await
}

/// One of them, for whoever signs in.
pub(crate) async fn find(app: &App, name: &str) -> Result<Row> {
    let db = app.store.read();
    if let Some(row) = identity_provider::get(db, name).await? {
        return Ok(row);
    }
    let names: Vec<_> = identity_provider::all(db)
        .await?
        .into_iter()
        .map(|row| row.name)
        .collect();
    let missing = Error::not_found("identity provider", name);
    Err(match names.is_empty() {
        true => missing.hint("there is none yet; `tidemill identity-provider create` makes one"),
        false => missing.hint(format!("there are: {}", names.join(", "))),
    })
}

/// Its specification.
///
/// # Errors
/// When what is kept can't be read.
pub fn spec_of(row: &Row) -> Result<IdentityProvider> {
    Ok(from_json("identity_provider", "spec", &row.spec)?)
}

/// Its specification as it travels.
pub fn value_of(row: &Row) -> Value {
    from_json("identity_provider", "spec", &row.spec).unwrap_or(Value::Null)
}

/// The group and the name of its secret.
pub(crate) fn secret_of(spec: &IdentityProvider) -> Option<(String, String)> {
    let name = crate::datastore::reference(spec.client_secret.as_deref()?)?;
    let group = spec
        .group
        .clone()
        .unwrap_or_else(|| crate::workspace::DEFAULT.to_owned());
    Some((group, name))
}

/// Nobody gives more than they have: a provider lets people be users who have anything.
async fn everything(ctx: &OpContext) -> Result<()> {
    let lacks = tidemill_policy::ActionSet::all().without(ctx.has_at(&Scope::server()));
    // What runners do is given to nobody.
    let lacks = lacks.iter().find(|one| *one != action::JOB_RUN);
    let Some(lack) = lacks else { return Ok(()) };
    let why =
        format!("it says who signs in as whom, and you may not do {lack}: nobody gives more than they have");
    ctx.refused(action::ASSIGNMENT_WRITE, &Scope::server(), &why)
        .await?;
    Err(
        Error::forbidden(format!("failed to change an identity provider: {why}"))
            .hint("an Owner of the server can"),
    )
}

fn place(name: &str) -> Scope {
    Scope::server().about(&format!("identity-providers/{name}"))
}
