//! Removing trees frees what nothing else names, and nothing more.

use tidemill_objects::{
    Datastore, Silent, TreeBuilder, TreeSink, TreeSource, TreeStore, UploadOptions, upload_tree,
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
    assert_eq!(
        store
            .remove_trees(&[one], &store.alone().await)
            .await
            .expect("goes"),
        told
    );
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
    assert_eq!(
        store
            .remove_trees(&[one], &store.alone().await)
            .await
            .expect("goes")
            .bytes,
        0
    );
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
    store
        .remove_trees(&[one, two], &store.alone().await)
        .await
        .expect("go");
    assert_eq!(
        bytes_below(&folder.path().join("packs")) + bytes_below(&folder.path().join("blobs")),
        0
    );
}
