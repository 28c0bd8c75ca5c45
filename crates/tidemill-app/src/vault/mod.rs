//! The vault: seals what must not be read, under a data key for each group, which a master key wraps.
//!
//! A data key never changes, and is kept only wrapped. To rotate the master key, the data keys are wrapped anew; what they
//! seal stays as it is, so nothing has to stop.

mod cipher;
mod master;
mod old;
mod rotate;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use tidemill_store::{Store, vault};

pub use cipher::Key;
pub use master::{KeyService, MasterKey};
pub(crate) use old::{group_of, take_in};
pub use rotate::{Status, rotate, status};

use crate::{Clock, DataDir, Error, Kind, Result, workspace};
use master::{KeyFile, Known};

/// What stands before everything that a vault sealed inside of another column.
const SEALED: &str = "sealed:1:";

/// The open vault.
pub struct Vault {
    store: Store,
    clock: Arc<dyn Clock>,
    /// The data keys of groups, unwrapped.
    data: RwLock<HashMap<String, Key>>,
    master: RwLock<Arc<dyn KeyService>>,
    /// Where the master key is kept, when a file of the data folder keeps it.
    file: Option<KeyFile>,
    /// Whether a service wraps.
    service: bool,
    /// Held by who wraps keys, so that no key is wrapped by a master that is just leaving.
    wrapping: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// Opens the vault, and proves that the master key is the right one by unwrapping every data key.
    ///
    /// # Errors
    /// Unavailable, when the master key is missing or another one; nothing is written then.
    pub(crate) async fn open(
        store: &Store,
        dir: &DataDir,
        clock: &Arc<dyn Clock>,
        source: MasterKey,
    ) -> Result<Self> {
        let keys = vault::keys(store.read()).await?;
        let wanted = keys.first().map(|key| key.master.as_str());
        let file = KeyFile::new(&dir.keys());
        let service = matches!(source, MasterKey::Service(_));
        let (master, file, before) = match source {
            MasterKey::File => {
                let key = file.open(wanted, Key::new(clock.secret()))?;
                (Known::service(key, clock), Some(file), None)
            }
            MasterKey::Given { key, before } => {
                let before = before.filter(|before| wanted.is_some_and(|wanted| wanted == before.id()));
                match wanted {
                    Some(wanted) if wanted != key.id() && before.is_none() => {
                        return Err(master::wrong(wanted, Some(&key), "TIDEMILL_MASTER_KEY"));
                    }
                    _ => (
                        Known::service(key, clock),
                        None,
                        before.map(|before| Known::service(before, clock)),
                    ),
                }
            }
            MasterKey::Service(service) => (service, None, None),
        };
        let opened = Self {
            store: store.clone(),
            clock: clock.clone(),
            data: RwLock::default(),
            master: RwLock::new(before.unwrap_or_else(|| master.clone())),
            file,
            service,
            wrapping: tokio::sync::Mutex::default(),
        };
        for key in keys {
            opened.unwrap(&key).await?;
        }
        if opened.master().id() != master.id() {
            opened.wrap_anew(&master, None).await?;
        }
        // Made now, so that the next start notices when the master key is another one.
        opened.key(workspace::DEFAULT).await?;
        Ok(opened)
    }

    /// Seals a text of a group for a place, to be kept in a column of its own or inside another one.
    ///
    /// # Errors
    /// When the group has no data key yet and none can be written.
    pub(crate) async fn seal(&self, group: &str, place: &str, text: &str) -> Result<String> {
        let sealed = self
            .key(group)
            .await?
            .seal(text.as_bytes(), place, self.clock.secret());
        Ok(format!("{SEALED}{group}:{sealed}"))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Internal, when it was sealed for another place or is damaged.
    pub(crate) async fn unseal(&self, place: &str, sealed: &str) -> Result<String> {
        let parts = sealed.strip_prefix(SEALED).and_then(|rest| rest.split_once(':'));
        let damaged = || {
            let message = format!(
                "failed to open the secret of {place}: what is kept there is damaged, or was put there from elsewhere"
            );
            Error::new(Kind::Internal, message).hint("set it again, or restore the database from a backup")
        };
        let (group, sealed) = parts.ok_or_else(damaged)?;
        let bytes = self.key(group).await?.open(sealed, place).ok_or_else(damaged)?;
        String::from_utf8(bytes).map_err(|_| damaged())
    }

    /// Whether a text was sealed by a vault.
    pub(crate) fn is_sealed(text: &str) -> bool {
        text.starts_with(SEALED)
    }

    fn master(&self) -> Arc<dyn KeyService> {
        let master = self
            .master
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        master.clone()
    }

    fn known(&self, group: &str) -> Option<Key> {
        let data = self
            .data
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        data.get(group).cloned()
    }

    /// The data key of a group; the first use makes it.
    async fn key(&self, group: &str) -> Result<Key> {
        if let Some(key) = self.known(group) {
            return Ok(key);
        }
        let _one = self.wrapping.lock().await;
        if let Some(row) = vault::key(self.store.read(), group).await? {
            return self.unwrap(&row).await;
        }
        let key = Key::new(self.clock.secret());
        let master = self.master();
        let now = self.clock.now_ms();
        let row = vault::Model {
            group_name: group.to_owned(),
            wrapped: master
                .wrap(key.bytes(), group)
                .await
                .map_err(|why| unreachable(group, &why))?,
            master: master.id(),
            created_at: now,
            wrapped_at: now,
        };
        self.store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(vault::add_key(tx, row).await?) }))
            .await?;
        // Another server may have been faster; the one that is kept counts.
        match vault::key(self.store.read(), group).await? {
            Some(row) => self.unwrap(&row).await,
            None => Err(Error::internal(
                "the key of the vault was written and is not there",
            )),
        }
    }

    async fn unwrap(&self, row: &vault::Model) -> Result<Key> {
        let group = &row.group_name;
        let bytes = self.master().unwrap(&row.wrapped, group).await;
        let key = Key::new(bytes.map_err(|why| unreachable(group, &why))?);
        let mut data = self
            .data
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        data.insert(group.clone(), key.clone());
        Ok(key)
    }
}

fn unreachable(group: &str, why: &str) -> Error {
    let message = format!("failed to open the vault: the key of group `{group}` cannot be unwrapped: {why}");
    Error::new(Kind::Unavailable, message).hint("is the master key the right one? nothing was changed")
}
