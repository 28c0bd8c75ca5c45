//! Tokens: who comes with which one. Only hashes are stored; what was looked up once is remembered.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tidemill_policy::Subject;
use tidemill_store::{Store, token};

use crate::access::OWNER;
use crate::context::SignedIn;
use crate::{App, Error, Kind, Principal, Result};

/// Tokens that were looked up, by hash.
#[derive(Debug, Default)]
pub struct TokenCache(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    tokens: HashMap<String, (SignedIn, Option<i64>)>,
    /// Counts what was forgotten: what was read before that must not be remembered after it.
    epoch: u64,
}

/// Tokens remembered at most; then all are forgotten.
const MOST: usize = 20_000;

impl TokenCache {
    /// Who comes with it, when it is known and still counts; else the epoch to remember it with.
    fn get(&self, hash: &str, now_ms: i64) -> Result<SignedIn, u64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match known.tokens.get(hash) {
            Some((who, until)) if until.is_none_or(|until| now_ms < until) => Ok(who.clone()),
            _ => Err(known.epoch),
        }
    }

    fn put(&self, epoch: u64, hash: String, who: SignedIn, until: Option<i64>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.epoch != epoch {
            return;
        }
        if known.tokens.len() >= MOST {
            known.tokens.clear();
        }
        known.tokens.insert(hash, (who, until));
    }

    /// Forgets the tokens of a job.
    pub fn forget_job(&self, workspace: &str, job: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.epoch += 1;
        known.tokens.retain(|_, (who, _)| {
            !matches!(&who.principal, Principal::Job { workspace: w, job: j } | Principal::Runner { workspace: w, job: j }
                if w == workspace && j == job)
        });
    }

    /// Forgets all: some credential or principal has changed. Called after the change is on disk.
    pub(crate) fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.epoch += 1;
        known.tokens.clear();
    }
}

/// The hash under which a token is kept.
pub fn hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

/// Makes the text of a new token: `tm_` and 64 hex digits.
pub fn text(secret: [u8; 32]) -> String {
    let mut text = String::from("tm_");
    for byte in secret {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// The token of a job's script, from that of its runner. It is the same each time, so that neither has to be kept; the
/// way back is barred.
pub fn of_script(runner: &str) -> String {
    text(blake3::derive_key(
        "tidemill 2026 token of a script from that of its runner",
        runner.as_bytes(),
    ))
}

/// Who comes with this token.
///
/// # Errors
/// Unauthenticated, when it is unknown, expired, or no longer counts.
pub async fn authenticate(app: &App, token: &str) -> Result<SignedIn> {
    let (hash, now_ms) = (hash(token), app.clock.now_ms());
    let epoch = match app.tokens.get(&hash, now_ms) {
        Ok(known) => return Ok(known),
        Err(epoch) => epoch,
    };
    let (who, until) = match token::find(app.store.read(), &hash).await? {
        Some(row) => (of_row(app, row).await?, None),
        None => crate::credential::find(app, &hash, now_ms).await?,
    };
    app.tokens.put(epoch, hash, who.clone(), until);
    Ok(who)
}

/// Who comes with this name and password; what was checked a moment ago is not checked again.
///
/// # Errors
/// As [`crate::session::check_password`].
pub async fn authenticate_basic(
    app: &Arc<App>,
    name: &str,
    password: &str,
    address: &str,
) -> Result<SignedIn> {
    const REMEMBERED_MS: i64 = 5 * 60 * 1000;
    let (hash, now_ms) = (hash(&format!("basic\0{name}\0{password}")), app.clock.now_ms());
    if let Ok(known) = app.tokens.get(&hash, now_ms) {
        return Ok(known);
    }
    // Of many requests at once, one compares the password, and the others know by then.
    let turn = crate::session::turn(name).await;
    let epoch = match app.tokens.get(&hash, now_ms) {
        Ok(known) => return Ok(known),
        Err(epoch) => epoch,
    };
    let tries = crate::session::Tries {
        address,
        peer: address,
    };
    let who = crate::session::check_in_turn(app, name, password, tries, &turn).await?;
    let who = SignedIn::from(crate::context::principal(&who).ok_or_else(unknown)?);
    app.tokens
        .put(epoch, hash, who.clone(), Some(now_ms + REMEMBERED_MS));
    Ok(who)
}

async fn of_row(app: &App, row: token::Model) -> Result<SignedIn> {
    let principal = match (row.kind.as_str(), row.workspace, row.job) {
        ("owner", _, _) => {
            crate::credential::active(app, &Subject::user(OWNER))?;
            return Ok(Principal::Owner.into());
        }
        ("job", Some(workspace), Some(job)) => Principal::Job { workspace, job },
        ("runner", Some(workspace), Some(job)) => Principal::Runner { workspace, job },
        _ => return Err(unknown()),
    };
    let behind = match &principal {
        Principal::Job { workspace, job } => {
            let row = tidemill_store::job::get(app.store.read(), workspace, job).await?;
            row.and_then(|row| submitter(&row.created_by))
        }
        _ => None,
    };
    Ok(SignedIn {
        behind,
        ..principal.into()
    })
}

/// Who submitted a job, from what its row says; the server's own jobs have nobody behind them.
pub(crate) fn submitter(created_by: &str) -> Option<Subject> {
    match created_by {
        "system" => None,
        text => Subject::parse(text),
    }
}

pub(crate) fn unknown() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "failed to sign in: the token is unknown, has expired or was revoked",
    )
    .hint("the owner's token is in the file keys/owner.token of the data folder; others make theirs with `tidemill token create`")
}

/// Makes the owner's token at the first start: a file that only its user can read, and the hash in the store.
pub(crate) async fn ensure_owner(store: &Store, file: &Path, fresh: String, now_ms: i64) -> Result<()> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            write_private(file, &fresh).map_err(Error::internal)?;
            fresh
        }
        Err(error) => return Err(Error::internal(error)),
    };
    let hash = hash(&text);
    if token::find(store.read(), &hash).await?.is_some() {
        return Ok(());
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                let row = token::Model {
                    hash,
                    kind: "owner".into(),
                    workspace: None,
                    job: None,
                    attempt: None,
                    created_at: now_ms,
                    revoked_at: None,
                };
                token::insert(tx, row).await
            })
        })
        .await?;
    Ok(())
}

/// Writes a file that only its user can read, or fails when it is there already.
pub fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut open = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    open.write_all(text.as_bytes())?;
    open.write_all(b"\n")?;
    open.sync_all()
}
