//! Sign-in with a password, and sessions of the studio. Whoever guesses is slowed down: by name and by address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use serde_json::{Value, json};
use tidemill_policy::Subject;
use tidemill_store::{audit, credential, principal};
use tokio::sync::MutexGuard;

use crate::context::{Origin, SignedIn};
use crate::{App, Error, Kind, OpContext, Result, token};

/// How long a session of the studio lasts.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;

/// Failures within [`WINDOW_MS`] after which a name, or an address, waits.
const MOST_BY_NAME: u32 = 5;
const MOST_BY_ADDRESS: u32 = 30;
/// The same of a peer, whatever address it says to speak for: a proxy speaks for many.
const MOST_BY_PEER: u32 = 300;
/// Passwords that are compared at once: each takes 19 MiB, and nobody has signed in yet.
const MOST_AT_ONCE: usize = 16;
const WINDOW_MS: i64 = 5 * 60 * 1000;

/// Failed attempts, by name and by address.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<String, (u32, i64)>>);

impl Attempts {
    pub(crate) fn check(&self, key: &str, most: u32, now_ms: i64) -> Result<()> {
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((count, since)) = tried.get(key).filter(|(_, since)| now_ms < since + WINDOW_MS) else {
            return Ok(());
        };
        if *count < most {
            return Ok(());
        }
        let wait_s = (since + WINDOW_MS - now_ms).div_euclid(1000) + 1;
        Err(Error::new(Kind::Capacity, "failed to sign in: too many attempts")
            .hint(format!("try again in {wait_s} seconds")))
    }

    pub(crate) fn failed(&self, key: &str, now_ms: i64) {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.len() > 10_000 {
            tried.retain(|_, (_, since)| now_ms < *since + WINDOW_MS);
        }
        let entry = tried.entry(key.to_owned()).or_insert((0, now_ms));
        if now_ms >= entry.1 + WINDOW_MS {
            *entry = (0, now_ms);
        }
        entry.0 += 1;
    }

    fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The Argon2id of a password.
pub(crate) async fn hash_password(password: String) -> Result<String> {
    let salt: [u8; 16] = rand::random();
    let work = move || {
        let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
            .map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}

/// From where somebody tries a password.
#[derive(Debug, Clone, Copy)]
pub struct Tries<'t> {
    /// The address, and what a proxy says of the one behind it.
    pub address: &'t str,
    /// The address of the connection alone.
    pub peer: &'t str,
}

/// The turn of a name: passwords of one name are compared one after the other, so that many that are tried at once are counted as those that
/// come one by one.
pub(crate) async fn turn(name: &str) -> MutexGuard<'static, ()> {
    static TURNS: [tokio::sync::Mutex<()>; MOST_AT_ONCE] =
        [const { tokio::sync::Mutex::const_new(()) }; MOST_AT_ONCE];
    let first = blake3::hash(name.to_lowercase().as_bytes()).as_bytes()[0];
    TURNS[usize::from(first) % MOST_AT_ONCE].lock().await
}

/// Whose name and password these are. A refusal says nothing of whether the user is there, and is in the audit log.
///
/// # Errors
/// Unauthenticated; Capacity after too many failures.
pub async fn check_password(app: &Arc<App>, name: &str, password: &str, tries: Tries<'_>) -> Result<Subject> {
    let turn = turn(name).await;
    check_in_turn(app, name, password, tries, &turn).await
}

/// The same, for who has the turn of the name.
pub(crate) async fn check_in_turn(
    app: &Arc<App>,
    name: &str,
    password: &str,
    Tries { address, peer }: Tries<'_>,
    _turn: &MutexGuard<'static, ()>,
) -> Result<Subject> {
    /// What an unknown name is compared with, so that it takes as long as a known one.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$9kX3zP1m0u0m8yHqJ0Xl0nXyYh2m3k4c5v6b7n8m9q0";
    let subject = Subject::user(&name.to_lowercase());
    let (by_name, by_address) = (format!("name {}", subject.name), format!("address {address}"));
    let by_peer = format!("peer {peer}");
    let now = app.clock.now_ms();
    app.attempts.check(&by_name, MOST_BY_NAME, now)?;
    app.attempts.check(&by_address, MOST_BY_ADDRESS, now)?;
    app.attempts.check(&by_peer, MOST_BY_PEER, now)?;
    let row = principal::get(app.store.read(), "user", &subject.name).await?;
    let active = app.access.current().active.contains(&subject);
    let kept = row.and_then(|row| row.password).filter(|_| active);
    let (known, kept) = (kept.is_some(), kept.unwrap_or_else(|| NOBODY.to_owned()));
    let given = password.to_owned();
    let work = move || {
        PasswordHash::new(&kept)
            .is_ok_and(|hash| Argon2::default().verify_password(given.as_bytes(), &hash).is_ok())
    };
    let fits = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    if fits && known {
        app.attempts.forget(&by_name);
        return Ok(subject);
    }
    app.attempts.failed(&by_name, now);
    app.attempts.failed(&by_address, now);
    app.attempts.failed(&by_peer, now);
    let error = Error::new(
        Kind::Unauthenticated,
        "failed to sign in: the name or the password is wrong",
    );
    note(
        app,
        &subject.to_string(),
        "refused",
        address,
        json!({ "why": "the name or the password is wrong" }),
    )
    .await?;
    Err(error)
}

/// Begins a session of the studio, and gives the text of its cookie.
///
/// # Errors
/// As [`check_password`].
pub async fn sign_in(
    app: &Arc<App>,
    name: &str,
    password: &str,
    origin: &Origin,
) -> Result<(SignedIn, String)> {
    let peer = origin.peer.map(|peer| peer.to_string()).unwrap_or_default();
    let tries = Tries {
        address: &origin.address,
        peer: &peer,
    };
    let subject = check_password(app, name, password, tries).await?;
    begin(app, &subject, "session", SESSION_MS, json!({}), origin).await
}

/// Begins a session, or another sign-in for a while, of somebody who has shown who they are.
pub(crate) async fn begin(
    app: &Arc<App>,
    subject: &Subject,
    purpose: &str,
    lasts_ms: i64,
    detail: Value,
    origin: &Origin,
) -> Result<(SignedIn, String)> {
    let text = token::text(app.clock.secret());
    let now = app.clock.now_ms();
    let row = credential::Model {
        hash: token::hash(&text),
        id: app.clock.ulid(),
        purpose: purpose.to_owned(),
        kind: subject.kind.as_str().to_owned(),
        name: subject.name.clone(),
        label: origin.agent.clone(),
        scope: None,
        actions: None,
        detail: detail.to_string(),
        created_at: now,
        expires_at: Some(now + lasts_ms),
        revoked_at: None,
    };
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(credential::insert(tx, row).await?) }))
        .await?;
    note(
        app,
        &subject.to_string(),
        "allowed",
        &origin.address,
        json!({ purpose: "began" }),
    )
    .await?;
    Ok((token::authenticate(app, &text).await?, text))
}

/// Ends the session that the one who asks came with; with a token there is none to end.
///
/// # Errors
/// When it can't be written.
pub async fn sign_out(ctx: &OpContext, credential_id: Option<&str>) -> Result<()> {
    let Some(id) = credential_id else {
        return Ok(());
    };
    let row = credential::get(ctx.app().store.read(), id).await?;
    let Some(row) = row.filter(|row| row.purpose == "session") else {
        return Ok(());
    };
    let (id, now) = (row.id, ctx.now_ms());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(credential::revoke(tx, &id, now).await?) }))
        .await?;
    ctx.app().tokens.forget();
    Ok(())
}

/// Sets one's own password, and ends every session.
///
/// # Errors
/// Unauthenticated when the old one is wrong; Invalid when the new one is too short.
pub async fn change_password(ctx: &OpContext, old: &str, new: String) -> Result<()> {
    let subject = ctx
        .subject()
        .filter(|subject| subject.kind == tidemill_policy::access::Kind::User);
    let subject = subject.ok_or_else(|| Error::invalid("failed to set a password: only users have one"))?;
    // With the password one signs in for everything.
    if ctx.limits().is_some() {
        let why = "you signed in with a limited token, and such a token sets none";
        ctx.refused(
            crate::action::PRINCIPAL_WRITE,
            &crate::principal::place(&subject),
            why,
        )
        .await?;
        return Err(Error::forbidden(format!("failed to set a password: {why}")));
    }
    let mut row = crate::principal::find(ctx, &subject).await?;
    if row.password.is_some() {
        let peer = ctx.peer().map(|peer| peer.to_string()).unwrap_or_default();
        let tries = Tries {
            address: &peer,
            peer: &peer,
        };
        check_password(ctx.app(), &subject.name, old, tries).await?;
    }
    row.password = Some(crate::user::hashed(new).await?);
    row.revision += 1;
    row.updated_at = ctx.now_ms();
    let now = row.updated_at;
    let change = crate::context::Change {
        action: crate::action::PRINCIPAL_WRITE,
        scope: crate::principal::place(&subject),
        before: json!({ "password": "***" }),
        after: json!({ "password": "***" }),
    };
    crate::principal::changed(ctx, change, move |tx| {
        Box::pin(async move {
            credential::revoke_of(tx, "user", &row.name, "session", now).await?;
            Ok(principal::put(tx, row).await?)
        })
    })
    .await
}

/// Notes a sign-in in the audit log.
pub(crate) async fn note(
    app: &Arc<App>,
    who: &str,
    outcome: &str,
    address: &str,
    detail: Value,
) -> Result<()> {
    let entry = audit::Entry {
        id: app.clock.ulid(),
        at: app.clock.now_ms(),
        principal: who.to_owned(),
        action: "session/create".into(),
        scope: "/".into(),
        outcome: outcome.to_owned(),
        address: address.to_owned(),
        surface: "rest".into(),
        detail: detail.to_string(),
        ..audit::Entry::default()
    };
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(audit::append(tx, entry).await?) }))
        .await
}
