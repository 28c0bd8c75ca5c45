//! Copies that go: what a version named that has gone for good. Their names are noted with the going of the version, in one transaction,
//! and stand there until the bytes are off the disk: whatever ends the server in between, the next one goes on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tidemill_objects::{Alone, Freed, Hash, Object, TreeStore};
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

/// Takes a tree from what may go: it is put again.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn forget(app: &App, tree: Hash) -> Result<()> {
    let digest = tree.to_hex();
    let all = data_free::all(app.store.read()).await?;
    let Some(row) = all
        .into_iter()
        .find(|row| row.kind == TREE && row.digest == digest)
    else {
        return Ok(());
    };
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(data_free::delete(tx, &[row]).await?) }))
        .await
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
    // From here on nobody can name them. Who was about to holds them, and they stay for the next time; who did is seen now.
    let mut claims = Claims {
        store: &store,
        trees: store.claim(&free),
    };
    let since = tree_reference::named(app.store.read(), &names, &HashSet::new()).await?;
    claims.give_back(|tree| since.contains(&tree.to_hex()));
    let free: Vec<Hash> = claims.trees.iter().copied().collect();
    let freed = remove(app, &store, &alone, &free, &rows).await?;
    // They went: a request that read their names just before must not write them again.
    claims.trees.clear();
    Ok(freed)
}

/// Trees that go. However the round ends, with an error or because nobody waits for it any more, what is still there may be named
/// again; a tree that went is not found.
struct Claims<'s> {
    store: &'s TreeStore,
    trees: HashSet<Hash>,
}

impl Claims<'_> {
    fn give_back(&mut self, stays: impl Fn(&Hash) -> bool) {
        let kept: Vec<Hash> = self.trees.extract_if(stays).collect();
        self.store.unclaim(&kept);
    }
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        self.store.unclaim(&self.trees);
    }
}

/// Removes trees that nobody can name any more, and of what is left of earlier ones what no tree names.
async fn remove(
    app: &Arc<App>,
    store: &TreeStore,
    alone: &Alone,
    free: &[Hash],
    rows: &[Row],
) -> Result<Freed> {
    let left: Vec<Object> = rows
        .iter()
        .filter_map(|row| Object::named(&row.kind, &row.digest))
        .collect();
    let removal = store.removal(free, &left).await?;
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
    store.remove(&removal, alone).await?;
    // A tree that is named or held stays noted, for the day on which it is not.
    let free: HashSet<String> = free.iter().map(|tree| tree.to_hex()).collect();
    let done: Vec<Row> = rows
        .iter()
        .filter(|row| row.kind != TREE || free.contains(&row.digest))
        .cloned()
        .chain(objects)
        .collect();
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(data_free::delete(tx, &done).await?) }))
        .await?;
    Ok(removal.freed)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tidemill_objects::{Silent, TreeBuilder, TreeSink, UploadOptions, upload_tree};

    use super::*;
    use crate::AppOptions;

    async fn put(store: &TreeStore, folder: &std::path::Path) -> Hash {
        let builder = TreeBuilder::data(folder).expect("a folder");
        let options = UploadOptions {
            base: None,
            known: None,
            now: SystemTime::now(),
        };
        let uploaded = upload_tree(builder, store, options, &Silent).await;
        uploaded.expect("is uploaded").digest
    }

    #[tokio::test]
    async fn a_round_that_nobody_waits_for_any_more_leaves_no_tree_that_cannot_be_named() {
        let (data, folder) = (tempfile::tempdir(), tempfile::tempdir());
        let (data, folder) = (data.expect("a folder"), folder.expect("a folder"));
        std::fs::write(folder.path().join("a.csv"), "a\n1\n").expect("is written");
        let app = App::open(AppOptions::new(data.path())).await.expect("opens");
        let store = bytes::tree_store(&app).expect("a store");
        let mut broken_off = 0;
        // It is dropped at each of its stops in turn.
        for stops in 1..200 {
            let tree = put(&store, folder.path()).await;
            noted(&app, tree).await;
            let mut looked = 0;
            let mut going = Box::pin(round(&app));
            let ended = std::future::poll_fn(|cx| {
                let poll = going.as_mut().poll(cx);
                looked += 1;
                match poll {
                    std::task::Poll::Pending if looked < stops => std::task::Poll::Pending,
                    poll => std::task::Poll::Ready(poll.is_ready()),
                }
            })
            .await;
            drop(going);
            if ended {
                break;
            }
            broken_off += 1;
            if store.has_tree(&tree).await.expect("an answer") {
                app.system()
                    .hold(&tree.to_hex())
                    .expect("it is there, and can be named");
            }
        }
        assert!(broken_off > 3, "it stops in between: {broken_off}");
    }

    #[tokio::test]
    async fn a_body_that_is_refused_takes_no_tree_from_those_that_go() {
        let (data, folder) = (tempfile::tempdir(), tempfile::tempdir());
        let (data, folder) = (data.expect("a folder"), folder.expect("a folder"));
        std::fs::write(folder.path().join("a.csv"), "a\n1\n").expect("is written");
        let app = App::open(AppOptions::new(data.path())).await.expect("opens");
        let store = bytes::tree_store(&app).expect("a store");
        let tree = put(&store, folder.path()).await;
        noted(&app, tree).await;
        let ctx = app.system();
        let body = |bytes: ::bytes::Bytes| -> tidemill_objects::ByteStream {
            Box::pin(futures::stream::once(async move { Ok(bytes) }))
        };
        let refused = crate::tree::put(&ctx, "default", &tree.to_hex(), body("no tree".into())).await;
        refused.expect_err("it is no tree");
        let waits = data_free::all(app.store.read()).await.expect("reads");
        assert!(waits.iter().any(|row| row.digest == tree.to_hex()), "{waits:?}");
        // Put whole, it is one to be named.
        let whole = store.encoded_tree(&tree).await.expect("its bytes");
        crate::tree::put(&ctx, "default", &tree.to_hex(), body(whole))
            .await
            .expect("is put");
        assert!(data_free::all(app.store.read()).await.expect("reads").is_empty());
    }

    async fn noted(app: &Arc<App>, tree: Hash) {
        let write = app
            .store
            .write::<_, Error, _>(move |tx| Box::pin(note(tx, tree, 0)));
        write.await.expect("is noted");
    }

    #[tokio::test]
    async fn a_tree_that_somebody_is_about_to_name_stays_until_they_have() {
        let (data, folder) = (tempfile::tempdir(), tempfile::tempdir());
        let (data, folder) = (data.expect("a folder"), folder.expect("a folder"));
        std::fs::write(folder.path().join("a.csv"), "a\n1\n").expect("is written");
        let app = App::open(AppOptions::new(data.path())).await.expect("opens");
        let store = bytes::tree_store(&app).expect("a store");
        let tree = put(&store, folder.path()).await;
        noted(&app, tree).await;

        // Two look at it; one of them goes without naming it.
        let (first, second) = (app.system(), app.system());
        first.hold(&tree.to_hex()).expect("it is there");
        second.hold(&tree.to_hex()).expect("it is there");
        second.hold(&tree.to_hex()).expect("twice is once");
        drop(second);
        assert_eq!(round(&app).await.expect("a round").trees, 0);
        assert!(store.has_tree(&tree).await.expect("an answer"), "it is held");

        drop(first);
        assert_eq!(round(&app).await.expect("a round").trees, 1);
        assert!(!store.has_tree(&tree).await.expect("an answer"));
        let late = app.system().hold(&tree.to_hex()).expect_err("it went");
        assert!(late.to_string().contains(&tree.to_hex()), "{late}");

        // Uploaded again, it is like any other.
        assert_eq!(put(&store, folder.path()).await, tree);
        app.system().hold(&tree.to_hex()).expect("it is there again");
        assert_eq!(round(&app).await.expect("a round").trees, 0, "it was noted once");
    }
}
