//! Trees: what goes in comes out, what is broken is refused, and what is shared stays as it is.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use tidemill_objects::*;

use crate::support::{breaking, later, noise, path, pieces, write_files};

fn options() -> UploadOptions {
    UploadOptions {
        base: None,
        known: None,
        now: later(),
    }
}

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest
        .entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .collect()
}

struct Place {
    folder: tempfile::TempDir,
    store: TreeStore,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = TreeStore::new(Datastore::open_folder(folder.path().join("sha")).unwrap());
        Self { folder, store }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    async fn upload(&self, folder: &Path) -> Uploaded {
        upload_tree(
            TreeBuilder::code(folder).unwrap(),
            &self.store,
            options(),
            &Silent,
        )
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn a_code_snapshot_leaves_out_what_the_ignore_file_says() {
    let place = Place::new();
    let code = place.path("code");
    write_files(
        &code,
        &[
            (".gitignore", b"*.csv\n/data\nbuild/\n!keep.csv\n"),
            ("train.py", b"1"),
            ("big.csv", b"1"),
            ("keep.csv", b"1"),
            ("data/x", b"1"),
            ("sub/data/x", b"1"),
            ("sub/build/x", b"1"),
            ("sub/.gitignore", b"secret.txt"),
            ("sub/secret.txt", b"1"),
            (".git/HEAD", b"1"),
            ("__pycache__/a.pyc", b"1"),
        ],
    );
    let up = place.upload(&code).await;
    assert_eq!(
        names(&up.manifest),
        [
            ".gitignore",
            "keep.csv",
            "sub/.gitignore",
            "sub/data/x",
            "train.py"
        ]
    );
    write_files(&code, &[(".amlignore", b"sub\n.gitignore\n")]);
    let up = place.upload(&code).await;
    assert_eq!(
        names(&up.manifest),
        [".amlignore", "big.csv", "data/x", "keep.csv", "train.py"]
    );
    let data = TreeBuilder::data(&code).unwrap();
    assert_eq!(data.file_count(), 12);
}

#[tokio::test]
async fn additional_includes_are_laid_beside_the_code() {
    let place = Place::new();
    write_files(
        place.folder.path(),
        &[
            ("code/a.py", b"1"),
            ("lib/util/b.py", b"2"),
            ("x/.gitignore", b"no"),
            ("x/no", b""),
            ("one.txt", b"3"),
        ],
    );
    let builder = || TreeBuilder::code(&place.path("code")).unwrap();
    let whole = builder()
        .include(&place.path("lib/util"), &path("util"))
        .unwrap()
        .include(&place.path("x"), &path("x"))
        .unwrap()
        .include(&place.path("one.txt"), &path("one.txt"))
        .unwrap();
    let up = upload_tree(whole, &place.store, options(), &Silent)
        .await
        .unwrap();
    assert_eq!(
        names(&up.manifest),
        ["a.py", "one.txt", "util/b.py", "x/.gitignore"]
    );
    let twice = builder().include(&place.path("one.txt"), &path("a.py")).unwrap();
    let error = upload_tree(twice, &place.store, options(), &Silent)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("a.py") && error.to_string().contains("two places"),
        "{error}"
    );
}

#[tokio::test]
async fn executable_bits_and_links_inside_are_kept_and_links_outside_refused() {
    let place = Place::new();
    let code = place.path("code");
    write_files(&code, &[("run.sh", b"#!/bin/sh\n"), ("lib/a", b"1")]);
    let plain = place.upload(&code).await;
    std::fs::set_permissions(code.join("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink("lib/a", code.join("link")).unwrap();
    let up = place.upload(&code).await;
    assert_ne!(up.digest, plain.digest);
    let dest = place.path("work/job");
    lay_copy(&place.store, &up.digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap();
    let mode = |name: &str| std::fs::metadata(dest.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("run.sh") & 0o100, mode("lib/a") & 0o111), (0o100, 0));
    assert_eq!(std::fs::read(dest.join("link")).unwrap(), b"1");
    assert!(!dest.join("link").is_symlink());
    symlink("/etc/passwd", code.join("pw")).unwrap();
    let error = TreeBuilder::code(&code).err().unwrap().to_string();
    assert!(error.contains("pw") && error.contains("/etc/passwd"), "{error}");
}

#[tokio::test]
async fn one_changed_byte_sends_one_small_pack_and_rereads_nothing_else() {
    let place = Place::new();
    let data = place.path("data");
    let large = noise(1, 2 << 20);
    write_files(
        &data,
        &[("large.bin", &large), ("a", b"1"), ("b", b"2"), ("c", b"3")],
    );
    let first = upload_tree(
        TreeBuilder::data(&data).unwrap(),
        &place.store,
        options(),
        &Silent,
    )
    .await
    .unwrap();
    std::fs::write(data.join("b"), "x").unwrap();
    let base = Some(place.store.tree(&first.digest).await.unwrap());
    let next = UploadOptions {
        base,
        known: Some(first.manifest.clone()),
        now: later(),
    };
    let second = upload_tree(TreeBuilder::data(&data).unwrap(), &place.store, next, &Silent)
        .await
        .unwrap();
    assert!(second.sent_bytes < 200, "{}", second.sent_bytes);
    let tree = place.store.tree(&second.digest).await.unwrap();
    assert_eq!(tree.layout().packs.len(), 2);
    let dest = place.path("out");
    lay_copy(&place.store, &second.digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap();
    assert_eq!(
        (
            std::fs::read(dest.join("b")).unwrap(),
            std::fs::read(dest.join("c")).unwrap()
        ),
        (b"x".to_vec(), b"3".to_vec())
    );
}

#[tokio::test]
async fn what_is_remembered_of_an_upload_makes_the_next_one_small() {
    let place = Place::new();
    let data = place.path("data");
    write_files(&data, &[("a", b"1"), ("b", b"2"), ("c/d", b"3")]);
    let first = upload_tree(
        TreeBuilder::data(&data).unwrap(),
        &place.store,
        options(),
        &Silent,
    )
    .await
    .unwrap();
    let mut remembered = first.remembered.unwrap();
    assert_eq!(remembered.tree().unwrap().digest(), first.digest);
    // A change each: one small pack is added, and the tree is scattered at last.
    for at in 0..40u8 {
        let encoded = remembered.encode().unwrap();
        assert_eq!(Remembered::decode(&encoded).unwrap(), remembered);
        assert!(Remembered::decode(&encoded[..encoded.len() - 1]).is_err());
        assert_eq!(remembered.is_scattered(), at > 31, "{at}");
        std::fs::write(data.join("a"), [b'x', at]).unwrap();
        std::fs::write(data.join(format!("new-{at}")), [b'y', at]).unwrap();
        let next = UploadOptions {
            base: Some(remembered.tree().unwrap()),
            known: Some(remembered.known().clone()),
            now: later(),
        };
        let builder = TreeBuilder::data(&data).unwrap();
        let next = upload_tree(builder, &place.store, next, &Silent).await.unwrap();
        assert!((1..300).contains(&next.sent_bytes), "{}", next.sent_bytes);
        remembered = next.remembered.unwrap();
    }
    let dest = place.path("out");
    let digest = remembered.tree().unwrap().digest();
    lay_copy(&place.store, &digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap();
    assert_eq!(std::fs::read(dest.join("a")).unwrap(), [b'x', 39]);
    // The same once more: where the sink has packed these files by itself, nothing is remembered of how.
    let same = upload_tree(
        TreeBuilder::data(&data).unwrap(),
        &place.store,
        options(),
        &Silent,
    )
    .await
    .unwrap();
    assert!(same.was_there && same.remembered.is_none());
}

#[tokio::test]
async fn many_packs_are_handed_out_while_the_walk_goes_on() {
    let place = Place::new();
    let data = place.path("data");
    let bytes = noise(7, 60 * 900_000);
    for (at, chunk) in bytes.chunks(900_000).enumerate() {
        write_files(&data, &[(&format!("{at:03}"), chunk)]);
    }
    let builder = TreeBuilder::data(&data).unwrap();
    let up = upload_tree(builder, &place.store, options(), &Silent)
        .await
        .unwrap();
    let tree = place.store.tree(&up.digest).await.unwrap();
    assert_eq!(tree.layout().packs.len(), 15);
    let dest = place.path("out");
    lay_copy(&place.store, &up.digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap();
    let same = verify_folder(&dest, &up.manifest).await;
    assert!(same.is_ok(), "{same:?}");
}

async fn verify_folder(folder: &Path, manifest: &Manifest) -> Result<Scan> {
    let datastore = Datastore::open_folder(folder).unwrap();
    let target = ScanTarget::resolve(&datastore, "").await.unwrap();
    verify(&datastore, &target, manifest, false, later(), &Silent).await
}

/// A pack of two small files.
fn one_pack(place: &Place) -> (PackId, Bytes) {
    write_files(&place.path("packed"), &[("a", b"1"), ("b", b"22")]);
    let mut packs = Vec::new();
    TreeBuilder::data(&place.path("packed"))
        .unwrap()
        .build(None, None, later(), &Silent, &mut |id, bytes| {
            packs.push((id, bytes));
            Ok(())
        })
        .unwrap();
    packs.remove(0)
}

#[tokio::test]
async fn the_store_takes_only_what_is_true() {
    let place = Place::new();
    let store = &place.store;
    let hash = Hash::of(b"content");
    for (bytes, size) in [(&b"c0ntent"[..], 7), (b"content", 8), (b"content", 6)] {
        assert!(store.put_blob(&hash, size, pieces(bytes, 3)).await.is_err());
    }
    assert!(store.put_blob(&hash, 7, breaking(b"con")).await.is_err());
    assert_eq!(store.missing_blobs(&[hash, hash]).await.unwrap(), [hash]);
    let left = walkdir::WalkDir::new(place.path("sha"))
        .into_iter()
        .filter(|entry| entry.as_ref().unwrap().file_type().is_file());
    assert_eq!(left.count(), 0, "nothing stays of what was refused");
    store.put_blob(&hash, 7, pieces(b"content", 3)).await.unwrap();
    assert!(store.missing_blobs(&[hash]).await.unwrap().is_empty());
    assert!(
        store.put_blob(&hash, 7, pieces(b"c0ntent", 7)).await.is_err(),
        "a wrong announcement is an error the second time too"
    );
    let none = Bytes::from_static(b"not a pack");
    assert!(
        store
            .put_pack(PackId(Hash::of(&none)), none.clone())
            .await
            .is_err()
    );
    let (id, pack) = one_pack(&place);
    let wrong = store.put_pack(PackId(Hash::of(&none)), pack.clone()).await;
    assert!(
        matches!(wrong, Err(ObjectsError::HashMismatch { .. })),
        "{wrong:?}"
    );
    store.put_pack(id, pack).await.unwrap();

    let entry = |name: &str, hash, size_bytes| Entry {
        path: path(name),
        size_bytes,
        hash,
        executable: false,
        hint: Hint::None,
    };
    let blob = Layout {
        packs: vec![],
        locations: vec![Location::Blob],
    };
    let tree = |entries, layout| Tree::new(Manifest::new(entries).unwrap(), layout);
    let good = tree(vec![entry("a", hash, 7)], blob.clone()).unwrap();
    let unknown = tree(vec![entry("who.txt", Hash::of(b"unknown"), 7)], blob.clone()).unwrap();
    let error = store.put_tree(&unknown).await.unwrap_err();
    assert!(error.to_string().contains("who.txt"), "{error}");
    let wrong_size = tree(vec![entry("a", hash, 8)], blob.clone()).unwrap();
    assert!(store.put_tree(&wrong_size).await.is_err());
    let nowhere = Layout {
        packs: vec![PackId(hash)],
        locations: vec![Location::Pack { pack: 0, offset: 5 }],
    };
    let error = store
        .put_tree(&tree(vec![entry("a", hash, 7)], nowhere).unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let outside = Layout {
        packs: vec![],
        locations: vec![Location::Pack { pack: 0, offset: 5 }],
    };
    assert!(tree(vec![entry("a", hash, 7)], outside).is_err());
    assert!(
        tree(
            vec![entry("a", hash, 7), entry("a/b", hash, 7)],
            Layout {
                packs: vec![],
                locations: vec![Location::Blob; 2]
            }
        )
        .is_err()
    );
    let encoded: Bytes = good.encode().unwrap().into();
    let error = store.put_encoded_tree(&hash, encoded.clone()).await.unwrap_err();
    assert!(matches!(error, ObjectsError::HashMismatch { .. }));
    assert!(!store.has_tree(&good.digest()).await.unwrap());
    assert_eq!(
        store.put_encoded_tree(&good.digest(), encoded).await.unwrap(),
        good.digest()
    );
    assert!(store.has_tree(&good.digest()).await.unwrap());
    let error = store.tree(&hash).await.unwrap_err().to_string();
    assert!(error.contains(&format!("the tree {hash}")), "{error}");
}

#[tokio::test]
async fn a_location_must_hold_what_its_entry_says() {
    let place = Place::new();
    let data = place.path("data");
    write_files(&data, &[("a", b"11"), ("b", b"22")]);
    let up = upload_tree(
        TreeBuilder::data(&data).unwrap(),
        &place.store,
        options(),
        &Silent,
    )
    .await
    .unwrap();
    let tree = place.store.tree(&up.digest).await.unwrap();
    let mut layout = tree.layout().clone();
    layout.locations.swap(0, 1);
    let swapped = Tree::new(tree.manifest().clone(), layout).unwrap();
    // A store that has only just started reads the index from the pack itself.
    let fresh = TreeStore::new(Datastore::open_folder(place.path("sha")).unwrap());
    for store in [&place.store, &fresh] {
        let error = store.put_tree(&swapped).await.unwrap_err().to_string();
        assert!(error.contains("the bytes of a"), "{error}");
        store.put_tree(&tree).await.unwrap();
    }
}

#[tokio::test]
async fn a_damaged_store_is_noticed_when_a_tree_is_laid() {
    let place = Place::new();
    let data = place.path("data");
    write_files(&data, &[("a", b"content of a")]);
    let up = upload_tree(
        TreeBuilder::data(&data).unwrap(),
        &place.store,
        options(),
        &Silent,
    )
    .await
    .unwrap();
    let pack = place.store.tree(&up.digest).await.unwrap().layout().packs[0];
    let file = place.path("sha/packs").join(pack.to_string());
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[8] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let dest = place.path("out");
    let error = lay_copy(&place.store, &up.digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap_err();
    assert!(matches!(error, ObjectsError::HashMismatch { .. }), "{error}");
    assert!(!dest.exists(), "half a tree is never seen");
    let left = std::fs::read_dir(place.folder.path()).unwrap().count();
    assert_eq!(left, 2);
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_not_laid_over() {
    let place = Place::new();
    write_files(place.folder.path(), &[("data/a", b"1"), ("dest/mine", b"1")]);
    let up = place.upload(&place.path("data")).await;
    let all = SafePath::root();
    let error = lay_copy(&place.store, &up.digest, &all, &place.path("dest"), &Silent)
        .await
        .unwrap_err();
    assert!(matches!(error, ObjectsError::Exists { .. }), "{error}");
    std::fs::remove_file(place.path("dest/mine")).unwrap();
    lay_copy(&place.store, &up.digest, &all, &place.path("dest"), &Silent)
        .await
        .unwrap();
    let error = lay_copy(
        &place.store,
        &up.digest,
        &path("no/such"),
        &place.path("d2"),
        &Silent,
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("no/such"), "{error}");
}

#[tokio::test]
async fn a_shared_tree_is_laid_once_read_only_and_repaired_when_touched() {
    let place = Place::new();
    let data = place.path("data");
    let large = noise(2, 2 << 20);
    write_files(&data, &[("a/x", b"1"), ("large", &large), ("run", b"2")]);
    std::fs::set_permissions(data.join("run"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let up = place.upload(&data).await;
    let cache = TreeCache::new(place.path("cache/trees"));
    let counting = Counting {
        store: &place.store,
        packs: Mutex::new(0),
    };
    let all = SafePath::root();
    let inside = path("a");
    let (one, two) = tokio::join!(
        cache.lay(&counting, &up.digest, &all, &Silent),
        cache.lay(&counting, &up.digest, &inside, &Silent)
    );
    let laid = one.unwrap();
    assert_eq!(two.unwrap().path, laid.path.join("a"));
    assert_eq!(
        *counting.packs.lock().unwrap(),
        1,
        "two who ask at once lay it once"
    );
    let file = cache
        .lay(&counting, &up.digest, &path("a/x"), &Silent)
        .await
        .unwrap();
    assert!(file.is_file && file.path == laid.path.join("a/x"));
    let mode = |name: &str| {
        std::fs::metadata(laid.path.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (mode("a/x"), mode("run"), mode("a"), mode("large")),
        (0o444, 0o555, 0o555, 0o444)
    );
    verify_folder(&laid.path, &up.manifest).await.unwrap();

    // What a job did to it is undone, and never reaches the store.
    for harm in [0, 1, 2] {
        let victim = laid.path.join("large");
        std::fs::set_permissions(&victim, std::fs::Permissions::from_mode(0o644)).unwrap();
        match harm {
            0 => std::fs::write(&victim, noise(9, 2 << 20)).unwrap(),
            1 => {
                std::fs::set_permissions(&laid.path, std::fs::Permissions::from_mode(0o755)).unwrap();
                std::fs::remove_file(&victim).unwrap();
            }
            _ => {
                std::fs::set_permissions(&laid.path, std::fs::Permissions::from_mode(0o755)).unwrap();
                std::fs::write(laid.path.join("extra"), "1").unwrap();
            }
        }
        cache.lay(&counting, &up.digest, &all, &Silent).await.unwrap();
        verify_folder(&laid.path, &up.manifest).await.unwrap();
    }
    assert_eq!(*counting.packs.lock().unwrap(), 4);
    let listed = cache.list().unwrap();
    assert_eq!(
        listed.iter().map(|(digest, _)| *digest).collect::<Vec<_>>(),
        [up.digest]
    );

    // After a restart all is read once: damage that kept all marks is found, and what is whole is kept.
    let record = place.path("cache/trees").join(up.digest.to_hex());
    std::fs::write(record.join("boot"), "another").unwrap();
    cache.lay(&counting, &up.digest, &all, &Silent).await.unwrap();
    assert_eq!(*counting.packs.lock().unwrap(), 4);
    assert_ne!(std::fs::read_to_string(record.join("boot")).unwrap(), "another");
    cache.remove(&up.digest).await.unwrap();
    assert!(cache.list().unwrap().is_empty());
}

/// Counts how often packs are fetched.
struct Counting<'a> {
    store: &'a TreeStore,
    packs: Mutex<u32>,
}

#[async_trait]
impl TreeSource for Counting<'_> {
    async fn tree(&self, digest: &Hash) -> Result<Tree> {
        self.store.tree(digest).await
    }

    async fn pack_range(&self, pack: &PackId, range: std::ops::Range<u64>) -> Result<Bytes> {
        *self.packs.lock().unwrap() += 1;
        self.store.pack_range(pack, range).await
    }

    async fn blob(&self, hash: &Hash, range: Option<std::ops::Range<u64>>) -> Result<ByteStream> {
        self.store.blob(hash, range).await
    }
}

#[tokio::test]
async fn an_empty_folder_is_a_tree_too_and_a_file_is_a_tree_of_one() {
    let place = Place::new();
    write_files(place.folder.path(), &[("one.csv", b"1")]);
    std::fs::create_dir(place.path("empty")).unwrap();
    let up = place.upload(&place.path("empty")).await;
    let dest = place.path("out");
    lay_copy(&place.store, &up.digest, &SafePath::root(), &dest, &Silent)
        .await
        .unwrap();
    assert_eq!(std::fs::read_dir(&dest).unwrap().count(), 0);
    let up = upload_tree(
        TreeBuilder::data(&place.path("one.csv")).unwrap(),
        &place.store,
        options(),
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(names(&up.manifest), ["one.csv"]);
    assert!(TreeBuilder::data(&place.path("missing")).is_err());
}

#[test]
fn a_huge_code_folder_is_worth_a_warning() {
    let here = tempfile::tempdir().unwrap();
    write_files(here.path(), &[("a.py", b"1")]);
    assert_eq!(TreeBuilder::code(here.path()).unwrap().warning(), None);
    std::fs::File::create(here.path().join("data.bin"))
        .unwrap()
        .set_len(CODE_WARN_BYTES + 1)
        .unwrap();
    let warning = TreeBuilder::code(here.path()).unwrap().warning().unwrap();
    assert!(
        warning.contains("data.bin with 300 MB") && warning.contains(".amlignore"),
        "{warning}"
    );
    assert_eq!(TreeBuilder::data(here.path()).unwrap().warning(), None);
}
