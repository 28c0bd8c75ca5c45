//! Tokens: who comes with which one. Only hashes are stored; what was looked up once is remembered.

use std::collections::HashMap;
use std::path::Path;
use std::sync::RwLock;

use tidemill_store::{Store, token};

use crate::{App, Error, Kind, Principal, Result};

/// Tokens that were looked up, by hash.
#[derive(Debug, Default)]
pub struct TokenCache {
    known: RwLock<HashMap<String, Principal>>,
}

impl TokenCache {
    fn get(&self, hash: &str) -> Option<Principal> {
        self.known
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(hash)
            .cloned()
    }

    fn put(&self, hash: String, principal: Principal) {
        self.known
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(hash, principal);
    }

    /// Forgets the tokens of a job.
    pub fn forget_job(&self, workspace: &str, job: &str) {
        self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner).retain(|_, principal| {
            !matches!(principal, Principal::Job { workspace: w, job: j } | Principal::Runner { workspace: w, job: j }
                if w == workspace && j == job)
        });
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
/// Unauthenticated, when it is unknown or no longer counts.
pub async fn authenticate(app: &App, token: &str) -> Result<Principal> {
    let hash = hash(token);
    if let Some(known) = app.tokens.get(&hash) {
        return Ok(known);
    }
    let unknown = || {
        Error::new(
            Kind::Unauthenticated,
            "failed to sign in: the token is unknown or was revoked",
        )
        .hint("the owner's token is in the file keys/owner.token of the data folder")
    };
    let row = token::find(app.store.read(), &hash).await?.ok_or_else(unknown)?;
    let principal = match (row.kind.as_str(), row.workspace, row.job) {
        ("owner", _, _) => Principal::Owner,
        ("job", Some(workspace), Some(job)) => Principal::Job { workspace, job },
        ("runner", Some(workspace), Some(job)) => Principal::Runner { workspace, job },
        _ => return Err(unknown()),
    };
    app.tokens.put(hash, principal.clone());
    Ok(principal)
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
