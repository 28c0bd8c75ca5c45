//! A full disk is said in words, and leaves nothing half.

use std::path::Path;
use std::process::Command;

use tidemill_objects::*;

use crate::support::{later, noise, path, pieces, write_files};

/// A file system of 2 MB, unmounted when dropped; `None` where mounting isn't possible.
struct Tiny {
    folder: tempfile::TempDir,
}

impl Tiny {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            println!("skipped: no file system can be mounted here (it takes root)");
        }
        mounted.then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_a_clear_error_and_leaves_nothing() {
    let Some(tiny) = Tiny::mount() else { return };
    let datastore = Datastore::open_folder(tiny.path().join("store")).unwrap();
    let large = noise(1, 4 << 20);
    let check = |error: ObjectsError| {
        assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("no space left on") && text.contains("free space or move the data folder"),
            "{text}"
        );
        let files = walkdir::WalkDir::new(tiny.path())
            .into_iter()
            .filter(|entry| entry.as_ref().unwrap().file_type().is_file());
        assert_eq!(files.count(), 0, "nothing half is left");
    };
    check(
        datastore
            .put_stream(&path("x"), pieces(&large, 100_000))
            .await
            .unwrap_err(),
    );

    let here = tempfile::tempdir().unwrap();
    write_files(
        here.path(),
        &[("data/large", &large), ("data/small", &large[..900_000])],
    );
    for (at, small) in large.chunks(500_000).enumerate() {
        write_files(here.path(), &[(&format!("many/{at}"), small)]);
    }
    let elsewhere = TreeStore::new(Datastore::open_folder(here.path().join("sha")).unwrap());
    let mut digests = Vec::new();
    for folder in ["data", "many"] {
        let builder = || TreeBuilder::data(&here.path().join(folder)).unwrap();
        let options = || UploadOptions {
            base: None,
            known: None,
            now: later(),
        };
        digests.push(
            upload_tree(builder(), &elsewhere, options(), &Silent)
                .await
                .unwrap()
                .digest,
        );
    }
    for digest in digests {
        let all = SafePath::root();
        check(
            lay_copy(&elsewhere, &digest, &all, &tiny.path().join("job"), &Silent)
                .await
                .unwrap_err(),
        );
    }
    let options = UploadOptions {
        base: None,
        known: None,
        now: later(),
    };
    let full = TreeStore::new(datastore.clone());
    check(
        upload_tree(
            TreeBuilder::data(&here.path().join("many")).unwrap(),
            &full,
            options,
            &Silent,
        )
        .await
        .unwrap_err(),
    );
    let out = publish(
        &here.path().join("data/large"),
        &datastore,
        &path("out"),
        PublishMode::Fresh,
        &Silent,
    )
    .await;
    check(out.unwrap_err());
}
