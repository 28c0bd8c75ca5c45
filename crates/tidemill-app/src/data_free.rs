//! Copies that go: what a version named that has gone for good. Their names are noted with the going of the version, in one transaction,
//! and stand there until the bytes are off the disk: whatever ends the server in between, the next one goes on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tidemill_objects::{Freed, Hash, Object};
use tidemill_store::data_free::{self, Model as Row};
use tidemill_store::{DatabaseTransaction, tree_reference};

use crate::{App, Error, Result, bytes};

/// The kind of a tree; the others are those of [`Object`].
const TREE: &str = "tree";

/// Notes that a tree may go, with the going of what named it.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn note(tx: &DatabaseTransaction, tree: Hash, now_ms: i64) -> Result<()> {
    let row = Row {
        kind: TREE.to_owned(),
        digest: tree.to_hex(),
        since: now_ms,
    };
    Ok(data_free::add(tx, vec![row]).await?)
}

/// Removes what has been noted, unless something names it again; gives what came free.
///
/// # Errors
/// When the database or the objects cannot be read or changed: what is left goes the next time.
pub(crate) async fn round(app: &Arc<App>) -> Result<Freed> {
    if data_free::all(app.store.read()).await?.is_empty() {
        return Ok(Freed::default());
    }
    let store = bytes::tree_store(app)?;
    // No tree is put while it is looked up what names them, and two rounds do not get in each other's way.
    let alone = store.alone().await;
    let rows = data_free::all(app.store.read()).await?;
    let trees: HashMap<String, Hash> = rows
        .iter()
        .filter(|row| row.kind == TREE)
        .filter_map(|row| Some((row.digest.clone(), row.digest.parse().ok()?)))
        .collect();
    let names: HashSet<String> = trees.keys().cloned().collect();
    let named = tree_reference::named(app.store.read(), &names, &HashSet::new()).await?;
    let free: Vec<Hash> = trees
        .into_iter()
        .filter(|(name, _)| !named.contains(name))
        .map(|(_, tree)| tree)
        .collect();
    let left: Vec<Object> = rows
        .iter()
        .filter_map(|row| Object::named(&row.kind, &row.digest))
        .collect();
    let removal = store.removal(&free, &left).await?;
    // A tree goes first, and then nothing says what it named: that is noted before.
    let since = app.clock.now_ms();
    let objects: Vec<Row> = removal
        .objects
        .iter()
        .map(|object| Row {
            kind: object.kind().to_owned(),
            digest: object.digest(),
            since,
        })
        .collect();
    let noted = objects.clone();
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(data_free::add(tx, noted).await?) }))
        .await?;
    // Looking through all trees takes its time, and a version may have been made of one that is still there: it keeps it.
    let since_named = tree_reference::named(app.store.read(), &names, &HashSet::new()).await?;
    if removal
        .trees
        .iter()
        .any(|tree| since_named.contains(&tree.to_hex()))
    {
        return Err(Error::conflict(
            "what was to be freed is named again; what is left goes the next time",
        ));
    }
    store.remove(&removal, &alone).await?;
    // A tree that is named stays noted, for the day on which it is not.
    let done: Vec<Row> = rows
        .into_iter()
        .filter(|row| row.kind != TREE || !named.contains(&row.digest))
        .chain(objects)
        .collect();
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(data_free::delete(tx, &done).await?) }))
        .await?;
    Ok(removal.freed)
}
