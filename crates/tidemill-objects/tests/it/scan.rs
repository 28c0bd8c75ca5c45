//! Scans of a local folder read what may have changed, and only that.

use std::time::{Duration, SystemTime};

use tidemill_objects::*;

use crate::support::{later, noise, write_files};

#[tokio::test]
async fn a_file_changed_a_moment_ago_is_read_again() {
    let here = tempfile::tempdir().unwrap();
    write_files(here.path(), &[("a", b"1")]);
    let datastore = Datastore::open_folder(here.path()).unwrap();
    let target = ScanTarget::resolve(&datastore, "").await.unwrap();
    let first = scan(&datastore, &target, None, SystemTime::now(), &Silent)
        .await
        .unwrap();
    assert_eq!(first.manifest.entries()[0].hint, Hint::None);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let second = scan(
        &datastore,
        &target,
        Some(&first.manifest),
        SystemTime::now(),
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(second.files_read, 1);
    let third = scan(
        &datastore,
        &target,
        Some(&second.manifest),
        SystemTime::now(),
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(third.files_read, 0);
    assert_eq!(third.manifest.digest(), first.manifest.digest());
}

#[tokio::test]
async fn a_change_hidden_behind_the_old_size_and_time_is_seen() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("a");
    write_files(here.path(), &[("a", b"1")]);
    let datastore = Datastore::open_folder(here.path()).unwrap();
    let target = ScanTarget::resolve(&datastore, "a").await.unwrap();
    let first = scan(&datastore, &target, None, later(), &Silent).await.unwrap();
    let mtime = std::fs::metadata(&file).unwrap().modified().unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    std::fs::write(&file, "2").unwrap();
    std::fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(mtime)
        .unwrap();
    let error = verify(&datastore, &target, &first.manifest, true, later(), &Silent)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("a has other bytes of the same size"),
        "{error}"
    );
}

#[tokio::test]
async fn large_files_have_the_same_hash_as_small_reads() {
    let here = tempfile::tempdir().unwrap();
    let large = noise(5, 9_500_001);
    write_files(here.path(), &[("large", &large), ("empty", b"")]);
    let datastore = Datastore::open_folder(here.path()).unwrap();
    let target = ScanTarget::resolve(&datastore, "/".trim_start_matches('/'))
        .await
        .unwrap();
    let found = scan(&datastore, &target, None, later(), &Silent).await.unwrap();
    assert_eq!(found.manifest.entries()[0].hash, Hash::of(b""));
    assert_eq!(found.manifest.entries()[1].hash, Hash::of(&large));
}

#[tokio::test]
async fn an_empty_folder_is_an_empty_manifest_and_a_file_with_wildcards_in_its_name_is_itself() {
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("empty")).unwrap();
    write_files(here.path(), &[("a[1]*.csv", b"1"), ("a1.csv", b"2")]);
    let datastore = Datastore::open_folder(here.path()).unwrap();
    let target = ScanTarget::resolve(&datastore, "empty").await.unwrap();
    assert!(
        scan(&datastore, &target, None, later(), &Silent)
            .await
            .unwrap()
            .manifest
            .is_empty()
    );
    assert!(
        ScanTarget::resolve(&datastore, "a[1]*.csv")
            .await
            .unwrap()
            .is_file()
    );
    assert!(
        !ScanTarget::resolve(&datastore, "a[1].csv")
            .await
            .unwrap()
            .is_file()
    );
    for climbing in ["../x", "/etc", "a/../../x"] {
        assert!(
            ScanTarget::resolve(&datastore, climbing).await.is_err(),
            "{climbing}"
        );
    }
}
