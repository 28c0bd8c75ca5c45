//! Removing trees frees what nothing else names, and nothing more.

use tidemill_objects::{
    Datastore, Object, Silent, TreeBuilder, TreeSink, TreeSource, TreeStore, UploadOptions, upload_tree,
};

/// A tree of these files.
async fn tree(store: &TreeStore, files: &[(&str, &[u8])]) -> tidemill_objects::Hash {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("a file");
    }
    let options = UploadOptions {
        base: None,
        known: None,
        now: std::time::SystemTime::now(),
    };
    let builder = TreeBuilder::data(folder.path()).expect("walks");
    upload_tree(builder, store, options, &Silent)
        .await
        .expect("uploads")
        .digest
}

fn bytes_below(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let size = |entry: std::fs::DirEntry| match entry.file_type().expect("a type").is_dir() {
        true => bytes_below(&entry.path()),
        false => entry.metadata().expect("it is there").len(),
    };
    entries.flatten().map(size).sum()
}

async fn remove(store: &TreeStore, trees: &[tidemill_objects::Hash]) -> tidemill_objects::Freed {
    let alone = store.alone().await;
    let removal = store.removal(trees, &[]).await.expect("is found");
    store.remove(&removal, &alone).await.expect("goes");
    removal.freed
}

#[tokio::test]
async fn what_a_removal_that_broke_off_left_goes_with_the_next_unless_it_is_named_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TreeStore::new(Datastore::open_folder(folder.path()).expect("opens"));
    let (large, other) = (vec![7; 3_000_000], vec![8; 3_000_000]);
    let one = tree(
        &store,
        &[("large", &large), ("other", &other), ("small", b"in a pack")],
    )
    .await;
    let alone = store.alone().await;
    let removal = store.removal(&[one], &[]).await.expect("is found");
    assert_eq!(removal.objects.len(), 3, "two blobs and a pack");
    // It breaks off when the tree is gone.
    let begun = tidemill_objects::Removal {
        objects: Vec::new(),
        ..removal.clone()
    };
    store.remove(&begun, &alone).await.expect("goes");
    drop(alone);
    assert!(!store.has_tree(&one).await.expect("is told"));
    assert!(bytes_below(folder.path()) > 6_000_000, "what it named is left");
    // One of its files has come again meanwhile.
    let two = tree(&store, &[("large", &large)]).await;
    let words: Vec<(&str, String)> = removal
        .objects
        .iter()
        .map(|one| (one.kind(), one.digest()))
        .collect();
    let left: Vec<Object> = words
        .iter()
        .filter_map(|(kind, digest)| Object::named(kind, digest))
        .collect();
    assert_eq!(left, removal.objects);
    let alone = store.alone().await;
    let rest = store.removal(&[one], &left).await.expect("is found");
    assert_eq!((rest.trees.len(), rest.objects.len()), (0, 2), "{rest:?}");
    store.remove(&rest, &alone).await.expect("goes");
    let there = bytes_below(&folder.path().join("packs")) + bytes_below(&folder.path().join("blobs"));
    assert_eq!(there, 3_000_000);
    assert_eq!(
        store.tree(&two).await.expect("is there").manifest().total_bytes(),
        3_000_000
    );
}

#[tokio::test]
async fn only_what_no_other_tree_names_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TreeStore::new(Datastore::open_folder(folder.path()).expect("opens"));
    let large = |seed: u8| {
        (0..3_000_000u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed)
            .collect::<Vec<u8>>()
    };
    let (shared, own, other) = (large(1), large(2), large(3));
    let one = tree(
        &store,
        &[("shared", &shared), ("own", &own), ("small", b"in a pack")],
    )
    .await;
    let two = tree(&store, &[("shared", &shared), ("other", &other)]).await;
    let (full, told) = (
        bytes_below(folder.path()),
        store.would_free(&[one]).await.expect("is told"),
    );
    assert_eq!(bytes_below(folder.path()), full, "asking changes nothing");
    assert_eq!(told.trees, 1);
    assert!(told.objects >= 1 && told.bytes >= 3_000_000, "{told:?}");
    assert_eq!(remove(&store, &[one]).await, told);
    assert_eq!(full - bytes_below(folder.path()), told.bytes);
    assert!(!store.has_tree(&one).await.expect("is told") && store.tree(&one).await.is_err());
    // The other one is whole.
    let left = store.tree(&two).await.expect("is there");
    assert_eq!(left.manifest().total_bytes(), 6_000_000);
    let target = tempfile::tempdir().expect("a folder");
    let root = tidemill_objects::SafePath::default();
    tidemill_objects::lay_copy(&store, &two, &root, &target.path().join("laid"), &Silent)
        .await
        .expect("is laid");
    assert!(std::fs::read(target.path().join("laid/shared")).expect("there") == shared);
    // Once more, and what was never there, frees nothing.
    assert_eq!(remove(&store, &[one]).await.bytes, 0);
    // The same files may come again.
    assert_eq!(
        tree(
            &store,
            &[("shared", &shared), ("own", &own), ("small", b"in a pack")]
        )
        .await,
        one
    );
    assert!(store.tree(&one).await.is_ok());
    remove(&store, &[one, two]).await;
    assert_eq!(
        bytes_below(&folder.path().join("packs")) + bytes_below(&folder.path().join("blobs")),
        0
    );
}
