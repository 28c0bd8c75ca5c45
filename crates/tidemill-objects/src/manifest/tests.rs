//! A manifest keeps what it was given, names it, and refuses what is broken.

use proptest::prelude::*;

use super::*;

fn entry(path: &str, content: &str) -> Entry {
    Entry {
        path: SafePath::parse(path).unwrap(),
        size_bytes: content.len() as u64,
        hash: Hash::of(content.as_bytes()),
        executable: false,
        hint: Hint::None,
    }
}

fn manifest(files: &[(&str, &str)]) -> Manifest {
    Manifest::new(files.iter().map(|(path, content)| entry(path, content)).collect()).unwrap()
}

#[test]
fn the_digest_depends_on_path_size_and_bytes_and_on_nothing_else() {
    let base = manifest(&[("a", "1"), ("b/c", "2")]);
    assert_eq!(base.digest(), manifest(&[("b/c", "2"), ("a", "1")]).digest());
    let mut hinted = base.clone().into_entries();
    hinted[0].hint = Hint::Etag("x".into());
    assert_eq!(Manifest::new(hinted).unwrap().digest(), base.digest());
    for other in [
        manifest(&[("a", "1")]),
        manifest(&[("a", "1"), ("b/d", "2")]),
        manifest(&[("a", "1"), ("b/c", "3")]),
    ] {
        assert_ne!(other.digest(), base.digest());
    }
    let mut executable = base.clone().into_entries();
    executable[0].executable = true;
    assert_ne!(Manifest::new(executable).unwrap().digest(), base.digest());
}

#[test]
fn the_same_path_twice_is_refused() {
    let error = Manifest::new(vec![entry("a", "1"), entry("a", "2")]).unwrap_err();
    assert!(error.to_string().contains("\"a\""), "{error}");
}

#[test]
fn a_file_can_not_be_a_folder_too() {
    assert!(
        manifest(&[("a", ""), ("a-b", ""), ("ab/c", "")])
            .check_layable()
            .is_ok()
    );
    let error = manifest(&[("a", ""), ("a-b", ""), ("a/b/c", "")])
        .check_layable()
        .unwrap_err();
    assert!(error.to_string().contains("both a file and a folder"), "{error}");
}

#[test]
fn a_range_is_a_folder_or_one_file() {
    let all = manifest(&[("a", ""), ("a-b", ""), ("b/c", ""), ("b/d/e", ""), ("bc", "")]);
    let range = |path: &str| all.range_of(&SafePath::parse(path).unwrap());
    assert_eq!(range(""), [0, 1, 2, 3, 4]);
    assert_eq!(range("b"), [2, 3]);
    assert_eq!(range("b/d"), [3]);
    assert_eq!(range("a"), [0]);
    assert!(range("x").is_empty());
}

#[test]
fn changes_are_named() {
    let before = manifest(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    let now = manifest(&[("a", "1"), ("b", "22"), ("d", "5"), ("e", "6")]);
    let text = before.expect_same(&now).unwrap_err().to_string();
    insta::assert_snapshot!(text, @"failed to verify the data: b changed from 1 to 2 bytes, c is missing, d has other bytes of the same size, e was added; create a new version of the data, or put the old files back");
    let many = Manifest::new((0..20).map(|at| entry(&format!("{at:02}"), "")).collect()).unwrap();
    let text = Manifest::default().expect_same(&many).unwrap_err().to_string();
    assert!(text.contains("04 was added and 15 more"), "{text}");
}

#[test]
fn a_hundred_thousand_entries_stay_small() {
    let entries = (0..100_000u64).map(|at| Entry {
        path: SafePath::parse(format!("data/part-{:03}/file-{at:06}.json", at / 1000)).unwrap(),
        size_bytes: at % 5000,
        hash: Hash::of(&at.to_le_bytes()),
        executable: false,
        hint: Hint::Local {
            mtime_ns: 1_700_000_000_000_000_000 + at as i64,
            ctime_ns: 0,
            inode: at,
        },
    });
    let manifest = Manifest::new(entries.collect()).unwrap();
    let bytes = manifest.encode().unwrap();
    assert!(bytes.len() < 5_000_000, "{}", bytes.len());
    assert_eq!(Manifest::decode(&bytes).unwrap(), manifest);
}

fn hints() -> impl Strategy<Value = Hint> {
    prop_oneof![
        Just(Hint::None),
        "\\PC{0,20}".prop_map(Hint::Etag),
        any::<(i64, i64, u64)>().prop_map(|(mtime_ns, ctime_ns, inode)| Hint::Local {
            mtime_ns,
            ctime_ns,
            inode
        }),
    ]
}

fn manifests() -> impl Strategy<Value = Manifest> {
    let entry = (
        "[a-zü%]{1,3}(/[a-z ]{1,3}){0,3}",
        0..u64::MAX / 64,
        any::<[u8; 32]>(),
        any::<bool>(),
        hints(),
    );
    prop::collection::vec(entry, 0..30).prop_map(|all| {
        let mut entries: Vec<Entry> = all
            .into_iter()
            .map(|(path, size_bytes, hash, executable, hint)| Entry {
                path: SafePath::parse(path).unwrap(),
                size_bytes,
                hash: Hash::from_bytes(hash),
                executable,
                hint,
            })
            .collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|a, b| a.path == b.path);
        Manifest::new(entries).unwrap()
    })
}

#[test]
fn an_archive_with_a_path_that_climbs_out_is_refused() {
    for bad in ["../evil", "a/../ev", "/etc/ev", "a//evil", "./aevil"] {
        let honest = "xx/evil";
        let mut bytes = manifest(&[(honest, "x")]).encode().unwrap();
        let at = bytes.windows(7).position(|part| part == honest.as_bytes());
        let at = at.expect("so few bytes are not compressed");
        bytes[at..at + 7].copy_from_slice(bad.as_bytes());
        let body = bytes.len() - 16;
        let checksum = blake3::hash(&bytes[..body]);
        bytes[body..].copy_from_slice(&checksum.as_bytes()[..16]);
        let error = Manifest::decode(&bytes).expect_err(bad);
        assert!(error.to_string().contains("path"), "{bad}: {error}");
    }
}

/// Damages the body and puts the checksum right again, so that the damage reaches the decoder.
fn damaged(manifest: &Manifest, at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = manifest.encode().unwrap();
    let body = bytes.len() - 16;
    bytes[at % body] = byte;
    let checksum = blake3::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.as_bytes()[..16]);
    bytes
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(manifest in manifests()) {
        prop_assert_eq!(&Manifest::decode(&manifest.encode().unwrap()).unwrap(), &manifest);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Manifest::decode(&bytes);
    }

    #[test]
    fn damage_never_panics(manifest in manifests(), at in any::<usize>(), byte in any::<u8>()) {
        if let Ok(read) = Manifest::decode(&damaged(&manifest, at, byte)) {
            prop_assert_eq!(Manifest::decode(&read.encode().unwrap()).unwrap(), read);
        }
    }

    #[test]
    fn a_changed_byte_without_a_new_checksum_is_refused(manifest in manifests(), at in any::<usize>()) {
        let mut bytes = manifest.encode().unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1;
        prop_assert!(Manifest::decode(&bytes).is_err());
    }
}
