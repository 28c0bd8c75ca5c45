//! What every datastore must do, whatever is below.

use std::time::SystemTime;

use bytes::Bytes;
use tidemill_objects::*;

use crate::support::{Sum, breaking, later, noise, path, pieces, write_files};

/// Names that break naive code.
const ODD_NAMES: [&str; 6] = [
    "50% off/a b.csv",
    "ü/π 漢.txt",
    "a+b&c=d#e?.txt",
    "q'uote(1)[2]{3}.txt",
    "%2e%2e/x",
    "...hidden~",
];

pub async fn run(datastore: &Datastore) {
    files_are_written_read_listed_and_deleted(datastore).await;
    a_large_stream_arrives_whole_or_not_at_all(datastore).await;
    folders_are_copied_in_and_out(datastore).await;
    data_is_scanned_and_verified(datastore).await;
    trees_are_stored_and_laid(datastore).await;
    outputs_are_published(datastore).await;
    crate::artifacts::run(&Artifacts::new(datastore.clone(), path("runs/1/artifacts"))).await;
}

async fn files_are_written_read_listed_and_deleted(datastore: &Datastore) {
    for name in ODD_NAMES {
        let put = datastore.put(&path(name), Bytes::from(name)).await.unwrap();
        assert_eq!((put.size_bytes, put.path.as_str()), (name.len() as u64, name));
    }
    let mut names: Vec<&str> = ODD_NAMES.to_vec();
    names.sort_unstable();
    let listed = datastore.list(&SafePath::root()).await.unwrap();
    assert_eq!(
        listed.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        names
    );
    for name in ODD_NAMES {
        let head = datastore.head(&path(name)).await.unwrap();
        assert_eq!(
            head,
            *listed.iter().find(|file| file.path.as_str() == name).unwrap()
        );
        assert_eq!(datastore.get_all(&path(name), 100).await.unwrap(), name);
        assert_eq!(
            datastore.get_range(&path(name), 1..4).await.unwrap(),
            name.as_bytes()[1..4]
        );
    }
    let top = datastore.list_dir(&SafePath::root()).await.unwrap();
    assert_eq!(top.folders, [path("%2e%2e"), path("50% off"), path("ü")]);
    assert_eq!(top.files.len(), 3);
    assert!(datastore.list(&path("nothing")).await.unwrap().is_empty());
    // A folder's list is not that of a neighbour whose name starts alike.
    datastore.put(&path("50% offer"), Bytes::new()).await.unwrap();
    assert_eq!(datastore.list(&path("50% off")).await.unwrap().len(), 1);
    assert!(!datastore.exists(&path("50% off")).await.unwrap());
    let error = datastore.get_all(&path("no/such.csv"), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("no/such.csv"), "{error}");
    assert_eq!(
        datastore.delete(&path("no/such.csv")).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    for name in ODD_NAMES {
        datastore.delete(&path(name)).await.unwrap();
    }
    assert_eq!(datastore.delete_all(&SafePath::root()).await.unwrap(), 1);
    assert!(datastore.list(&SafePath::root()).await.unwrap().is_empty());
}

async fn a_large_stream_arrives_whole_or_not_at_all(datastore: &Datastore) {
    let bytes = noise(1, 20 << 20);
    let put = datastore
        .put_stream(&path("large/bin"), pieces(&bytes, 700_000))
        .await
        .unwrap();
    assert_eq!(put.size_bytes, bytes.len() as u64);
    assert_eq!(
        datastore.get_all(&path("large/bin"), 1 << 30).await.unwrap(),
        bytes
    );
    assert_eq!(
        datastore
            .get_range(&path("large/bin"), 9_000_000..9_000_010)
            .await
            .unwrap(),
        bytes[9_000_000..9_000_010]
    );
    assert!(matches!(
        datastore.get_all(&path("large/bin"), 10).await,
        Err(ObjectsError::TooLarge { .. })
    ));
    for length in [10, 18 << 20] {
        let broken = datastore
            .put_stream(&path("large/broken"), breaking(&bytes[..length]))
            .await;
        assert!(broken.unwrap_err().to_string().contains("the rest"));
    }
    assert_eq!(datastore.list(&path("large")).await.unwrap().len(), 1);
    datastore.delete_all(&path("large")).await.unwrap();
}

async fn folders_are_copied_in_and_out(datastore: &Datastore) {
    let here = tempfile::tempdir().unwrap();
    write_files(
        here.path(),
        &[("a b/1%.txt", b"one"), ("ü", b""), ("deep/er/x", b"three")],
    );
    let sum = Sum::default();
    let put = datastore
        .copy_in(here.path(), &path("in/here"), &sum)
        .await
        .unwrap();
    assert_eq!((put.len(), sum.get()), (3, (3, 8)));
    let back = tempfile::tempdir().unwrap();
    let sum = Sum::default();
    assert_eq!(
        datastore
            .copy_out(&path("in/here"), &back.path().join("new"), &sum)
            .await
            .unwrap(),
        3
    );
    assert_eq!(sum.get(), (3, 8));
    assert_eq!(std::fs::read(back.path().join("new/a b/1%.txt")).unwrap(), b"one");
    assert_eq!(std::fs::read(back.path().join("new/ü")).unwrap(), b"");
    datastore
        .copy_out(&path("in/here/deep/er/x"), &back.path().join("y"), &Silent)
        .await
        .unwrap();
    assert_eq!(std::fs::read(back.path().join("y")).unwrap(), b"three");
    let error = datastore
        .copy_out(&path("in/there"), back.path(), &Silent)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    datastore.delete_all(&path("in")).await.unwrap();
}

async fn data_is_scanned_and_verified(datastore: &Datastore) {
    for (name, content) in [
        ("d/a.csv", "1"),
        ("d/b.csv", "22"),
        ("d/sub/c.csv", "333"),
        ("d/notes.txt", "x"),
    ] {
        datastore.put(&path(name), Bytes::from(content)).await.unwrap();
    }
    let target = ScanTarget::resolve(datastore, "./d/").await.unwrap();
    let sum = Sum::default();
    let first = scan(datastore, &target, None, later(), &sum).await.unwrap();
    assert_eq!((first.files_read, first.bytes_read, sum.get()), (4, 7, (4, 7)));
    let names: Vec<&str> = first
        .manifest
        .entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .collect();
    assert_eq!(names, ["a.csv", "b.csv", "notes.txt", "sub/c.csv"]);
    assert_eq!(first.manifest.entries()[2].hash, Hash::of(b"x"));
    let again = scan(datastore, &target, Some(&first.manifest), later(), &Silent)
        .await
        .unwrap();
    assert_eq!((again.files_read, &again.manifest), (0, &first.manifest));
    for quick in [true, false] {
        verify(datastore, &target, &first.manifest, quick, later(), &Silent)
            .await
            .unwrap();
    }
    datastore.put(&path("d/b.csv"), Bytes::from("xx")).await.unwrap();
    let again = scan(datastore, &target, Some(&first.manifest), later(), &Silent)
        .await
        .unwrap();
    assert_eq!(again.files_read, 1);
    datastore.put(&path("d/new.csv"), Bytes::from("n")).await.unwrap();
    datastore.delete(&path("d/a.csv")).await.unwrap();
    for quick in [true, false] {
        let error = verify(datastore, &target, &first.manifest, quick, later(), &Silent)
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("a.csv is missing, b.csv has other bytes of the same size, new.csv was added"),
            "{text}"
        );
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    let names = async |text: &str| {
        let target = ScanTarget::resolve(datastore, text).await.unwrap();
        let scan = scan(datastore, &target, None, SystemTime::now(), &Silent)
            .await
            .unwrap();
        scan.manifest
            .entries()
            .iter()
            .map(|entry| entry.path.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("d/*.csv").await, ["b.csv", "new.csv"]);
    assert_eq!(names("d/**/*.csv").await, ["b.csv", "new.csv", "sub/c.csv"]);
    assert_eq!(names("d/sub/c.csv").await, ["c.csv"]);
    let none = ScanTarget::resolve(datastore, "d/*.json").await.unwrap();
    let error = scan(datastore, &none, None, later(), &Silent).await.unwrap_err();
    assert!(error.to_string().contains("d/*.json"), "{error}");
    for missing in ["e", "d/x.csv"] {
        let error = ScanTarget::resolve(datastore, missing).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    datastore.delete_all(&path("d")).await.unwrap();
    let nothing = datastore.delete_all(&path("nowhere/at/all")).await.unwrap();
    assert_eq!(nothing, 0, "what is not there, with nothing above it");
    let error = verify(datastore, &target, &first.manifest, true, later(), &Silent)
        .await
        .unwrap_err();
    assert!(matches!(error, ObjectsError::Changed { total: 4, .. }), "{error}");
}

async fn trees_are_stored_and_laid(datastore: &Datastore) {
    let here = tempfile::tempdir().unwrap();
    let large = noise(2, 3 << 20);
    write_files(
        here.path(),
        &[
            ("a.py", b"print()"),
            ("pkg/b.py", b""),
            ("pkg/same.py", b"print()"),
            ("model.bin", &large),
        ],
    );
    let store = TreeStore::new(datastore.clone());
    let options = || UploadOptions {
        base: None,
        known: None,
        now: later(),
    };
    let builder = TreeBuilder::data(here.path()).unwrap();
    let first = upload_tree(builder, &store, options(), &Silent).await.unwrap();
    assert!(!first.was_there && first.sent_bytes > 3 << 20);
    let builder = TreeBuilder::data(here.path()).unwrap();
    let again = upload_tree(builder, &store, options(), &Silent).await.unwrap();
    assert!(again.was_there && again.sent_bytes == 0 && again.digest == first.digest);
    let out = tempfile::tempdir().unwrap();
    let dest = out.path().join("code");
    let laid = lay_copy(&store, &first.digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap();
    assert_eq!(
        laid,
        Laid {
            path: dest.clone(),
            is_file: false
        }
    );
    assert_eq!(std::fs::read(dest.join("model.bin")).unwrap(), large);
    assert_eq!(std::fs::read(dest.join("pkg/same.py")).unwrap(), b"print()");
    let part = lay_copy(
        &store,
        &first.digest,
        &path("pkg"),
        &out.path().join("p"),
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(std::fs::read_dir(part.path).unwrap().count(), 2);
    let file = lay_copy(
        &store,
        &first.digest,
        &path("pkg/b.py"),
        &out.path().join("f"),
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(
        file,
        Laid {
            path: out.path().join("f/b.py"),
            is_file: true
        }
    );
    let tree = store.tree(&first.digest).await.unwrap();
    let (size, bytes) = open_entry(&store, &tree, &path("model.bin"), Some(5..9))
        .await
        .unwrap();
    assert_eq!(
        (size, collect("x", bytes, 4, 10).await.unwrap()),
        (3 << 20, Bytes::copy_from_slice(&large[5..9]))
    );
    let (_, bytes) = open_entry(&store, &tree, &path("a.py"), None).await.unwrap();
    assert_eq!(collect("x", bytes, 7, 10).await.unwrap(), "print()");
    datastore.delete_all(&SafePath::root()).await.unwrap();
}

async fn outputs_are_published(datastore: &Datastore) {
    let here = tempfile::tempdir().unwrap();
    write_files(here.path(), &[("model/a", b"1"), ("metrics.json", b"{}")]);
    let out = path("outputs/model");
    let manifest = publish(here.path(), datastore, &out, PublishMode::Fresh, &Silent)
        .await
        .unwrap();
    let target = ScanTarget::resolve(datastore, "outputs/model").await.unwrap();
    let checked = verify(datastore, &target, &manifest, true, later(), &Silent)
        .await
        .unwrap();
    assert_eq!(checked.files_read, 0, "what was just published is known");
    let error = publish(here.path(), datastore, &out, PublishMode::Fresh, &Silent)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("outputs/model"), "{error}");
    std::fs::remove_file(here.path().join("metrics.json")).unwrap();
    publish(here.path(), datastore, &out, PublishMode::Merge, &Silent)
        .await
        .unwrap();
    assert_eq!(datastore.list(&out).await.unwrap().len(), 2);
    publish(here.path(), datastore, &out, PublishMode::Replace, &Silent)
        .await
        .unwrap();
    assert_eq!(datastore.list(&out).await.unwrap().len(), 1);
    let one = publish(
        &here.path().join("model/a"),
        datastore,
        &path("one"),
        PublishMode::Merge,
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(one.entries()[0].path.as_str(), "a");
    datastore.delete_all(&SafePath::root()).await.unwrap();
}
