//! A local folder keeps the suite, and never lets anything out or in.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use tidemill_objects::*;

use crate::support::{path, pieces, write_files};

#[tokio::test]
async fn a_local_folder_keeps_the_suite() {
    let here = tempfile::tempdir().unwrap();
    crate::suite::run(&Datastore::open_folder(here.path().join("new/folder")).unwrap()).await;
}

#[tokio::test]
async fn links_that_leave_are_refused_by_name_and_others_are_followed() {
    let here = tempfile::tempdir().unwrap();
    let root = here.path().join("root");
    write_files(here.path(), &[("root/a/x", b"1"), ("outside/secret", b"s")]);
    symlink("a", root.join("inner")).unwrap();
    symlink("a/x", root.join("file-link")).unwrap();
    let datastore = Datastore::open_folder(&root).unwrap();
    let listed = datastore.list(&SafePath::root()).await.unwrap();
    assert_eq!(
        listed.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["a/x", "file-link", "inner/x"]
    );

    symlink("../outside", root.join("out")).unwrap();
    symlink("/etc/passwd", root.join("pw")).unwrap();
    let mut errors = vec![
        datastore.get_all(&path("out/secret"), 10).await.unwrap_err(),
        datastore.get_all(&path("pw"), 10).await.unwrap_err(),
        datastore.put(&path("out/new"), "x".into()).await.unwrap_err(),
        datastore
            .put(&path("out/deep/new"), "x".into())
            .await
            .unwrap_err(),
        datastore.delete(&path("out/secret")).await.unwrap_err(),
        datastore.delete_all(&path("out/secret")).await.unwrap_err(),
        datastore.list(&path("out")).await.unwrap_err(),
        datastore.list_dir(&SafePath::root()).await.unwrap_err(),
        datastore.list(&SafePath::root()).await.unwrap_err(),
    ];
    for error in errors.drain(..) {
        assert!(matches!(error, ObjectsError::LinkLeaves { .. }), "{error}");
    }
    assert_eq!(std::fs::read_dir(here.path().join("outside")).unwrap().count(), 1);
    // A link itself is replaced or removed, never what it leads to.
    datastore.put(&path("pw"), "mine".into()).await.unwrap();
    assert!(!root.join("pw").is_symlink());
    datastore.delete_all(&path("out")).await.unwrap();
    assert!(here.path().join("outside/secret").exists());
}

#[tokio::test]
async fn links_in_a_circle_end() {
    let here = tempfile::tempdir().unwrap();
    write_files(here.path(), &[("a/x", b"1"), ("b/y", b"1")]);
    symlink("../b", here.path().join("a/to-b")).unwrap();
    let datastore = Datastore::open_folder(here.path()).unwrap();
    assert_eq!(datastore.list(&SafePath::root()).await.unwrap().len(), 3);
    symlink("../a", here.path().join("b/to-a")).unwrap();
    let error = datastore.list(&SafePath::root()).await.unwrap_err();
    assert!(matches!(error, ObjectsError::LinkLoop { .. }), "{error}");
}

#[tokio::test]
async fn what_can_not_be_named_or_read_is_said() {
    let here = tempfile::tempdir().unwrap();
    let datastore = Datastore::open_folder(here.path()).unwrap();
    std::fs::create_dir(here.path().join("d")).unwrap();
    std::fs::write(here.path().join("d").join(OsStr::from_bytes(b"bad\xff.csv")), "x").unwrap();
    let error = datastore.list(&SafePath::root()).await.unwrap_err().to_string();
    assert!(
        error.contains(r"d/bad\xff.csv") && error.contains("UTF-8"),
        "{error}"
    );
    std::fs::remove_dir_all(here.path().join("d")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(here.path().join("socket")).unwrap();
    let error = datastore.list(&SafePath::root()).await.unwrap_err().to_string();
    assert!(
        error.contains("socket") && error.contains("neither a file nor a folder"),
        "{error}"
    );
    std::fs::remove_file(here.path().join("socket")).unwrap();
    std::fs::write(here.path().join("back\\slash"), "x").unwrap();
    let error = datastore.list(&SafePath::root()).await.unwrap_err().to_string();
    assert!(error.contains("backslash"), "{error}");
}

#[tokio::test]
async fn a_read_only_folder_is_not_created_and_not_written() {
    let here = tempfile::tempdir().unwrap();
    let config = |path| DatastoreConfig::LocalFolder {
        path,
        read_only: true,
        no_links: false,
    };
    let missing = Datastore::open(&config(here.path().join("no"))).unwrap_err();
    assert!(
        missing.to_string().contains("no") && !here.path().join("no").exists(),
        "{missing}"
    );
    let datastore = Datastore::open(&config(here.path().to_owned())).unwrap();
    for error in [
        datastore.put(&path("x"), "1".into()).await.unwrap_err(),
        datastore.delete(&path("x")).await.unwrap_err(),
        datastore.delete_all(&SafePath::root()).await.unwrap_err(),
        datastore
            .copy_in(
                std::path::Path::new(env!("CARGO_MANIFEST_DIR")),
                &path("x"),
                &Silent,
            )
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    }
}

#[tokio::test]
async fn what_a_kill_left_behind_is_not_seen_and_can_be_swept() {
    let here = tempfile::tempdir().unwrap();
    write_files(
        here.path(),
        &[("d/.tidemill-partial-AbC", b"half"), ("d/x", b"1")],
    );
    let datastore = Datastore::open_folder(here.path()).unwrap();
    assert_eq!(datastore.list(&SafePath::root()).await.unwrap().len(), 1);
    assert_eq!(datastore.list_dir(&path("d")).await.unwrap().files.len(), 1);
    assert_eq!(
        sweep_partials(here.path(), std::time::SystemTime::UNIX_EPOCH).unwrap(),
        0
    );
    assert_eq!(sweep_partials(here.path(), crate::support::later()).unwrap(), 1);
    assert!(!here.path().join("d/.tidemill-partial-AbC").exists());
}

#[tokio::test]
async fn a_file_never_takes_the_place_of_a_folder() {
    let here = tempfile::tempdir().unwrap();
    write_files(here.path(), &[("d/x", b"1")]);
    let datastore = Datastore::open_folder(here.path()).unwrap();
    assert!(matches!(
        datastore.put(&path("d"), "1".into()).await,
        Err(ObjectsError::Exists { .. })
    ));
    assert!(datastore.put(&path("d/x/y"), "1".into()).await.is_err());
    assert!(
        datastore
            .put_stream(&SafePath::root(), pieces(b"1", 1))
            .await
            .is_err()
    );
    assert_eq!(std::fs::read(here.path().join("d/x")).unwrap(), b"1");
}

#[tokio::test]
async fn a_written_file_has_the_rights_of_any_new_file() {
    let here = tempfile::tempdir().unwrap();
    let datastore = Datastore::open_folder(here.path()).unwrap();
    datastore.put(&path("x"), "1".into()).await.unwrap();
    std::fs::write(here.path().join("y"), "1").unwrap();
    let rights = |name: &str| std::fs::metadata(here.path().join(name)).unwrap().permissions();
    assert_eq!(rights("x"), rights("y"));
}

#[tokio::test]
async fn a_folder_without_links_gives_each_file_one_path() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("gold")).expect("made");
    std::fs::create_dir_all(folder.path().join("silver")).expect("made");
    std::fs::write(folder.path().join("gold/a.csv"), "x").expect("written");
    std::os::unix::fs::symlink("../gold", folder.path().join("silver/x")).expect("linked");
    let path = |text: &str| SafePath::parse(text).expect("a path");
    let open = Datastore::open(&DatastoreConfig::local_folder(folder.path())).expect("opens");
    assert_eq!(
        open.head(&path("silver/x/a.csv"))
            .await
            .expect("is followed")
            .size_bytes,
        1
    );
    let closed =
        Datastore::open(&DatastoreConfig::local_folder(folder.path()).without_links()).expect("opens");
    assert_eq!(
        closed
            .head(&path("gold/a.csv"))
            .await
            .expect("is there")
            .size_bytes,
        1
    );
    assert!(
        closed
            .list_dir(&path("silver"))
            .await
            .expect("is listed")
            .folders
            .is_empty()
    );
    for refused in [
        closed.head(&path("silver/x/a.csv")).await.map(drop),
        closed.list(&path("silver")).await.map(drop),
        closed.put(&path("silver/x/b.csv"), "y".into()).await.map(drop),
    ] {
        let said = refused.expect_err("a link").to_string();
        assert!(said.contains("link"), "{said}");
    }
    assert!(!folder.path().join("gold/b.csv").exists());
}
