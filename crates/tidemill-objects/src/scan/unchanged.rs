//! Whether a folder is as a manifest has it, found out while its names are listed: nothing is made of a file that is as it was.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::path::Path;

use rayon::prelude::*;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat, openat, statat};

use crate::datastore::is_partial;
use crate::manifest::{Entry, Hint, Manifest};
use crate::walk::{LOOKS_IN_A_ROW, nanoseconds};

const LIST_BYTES: usize = 32 << 10;

/// Whether the folder holds the files of the manifest, each looking as it did, and no others. `false` also where that can't
/// be told so simply (links, names that are no text, what cannot be read): then a walk tells what is there.
pub(super) fn is_unchanged(folder: &Path, previous: &Manifest) -> bool {
    let Ok(dir) = openat(
        rustix::fs::CWD,
        folder,
        FOLDER.difference(OFlags::NOFOLLOW),
        Mode::empty(),
    ) else {
        return false;
    };
    count_same(&dir, previous.entries(), 0) == Some(previous.len())
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// How many files lie in a folder and below, when all of them are as the entries say; these are the ones of this folder, and
/// their paths have its own in their first `cut` bytes.
///
/// Each file is looked up by the name that its entry has, in the order of the entries, which is most often the one in which they
/// were made. What is listed has to be counted only: where each name of an entry is there, as many names are the same names.
fn count_same(dir: &OwnedFd, entries: &[Entry], cut: usize) -> Option<usize> {
    let here = files_here(entries, cut);
    let listed = Listed::read(dir.as_fd())?;
    let same = |entry: &&Entry| is_same(dir.as_fd(), entry, cut);
    if listed.files != here.len() || !here.par_iter().with_min_len(LOOKS_IN_A_ROW).all(same) {
        return None;
    }
    let below = listed
        .folders
        .par_iter()
        .map(|name| {
            let below = openat(dir, name.as_c_str(), FOLDER, Mode::empty()).ok()?;
            let part = below_folder(entries, cut, name.to_bytes());
            count_same(&below, part, cut + name.count_bytes() + 1)
        })
        .try_reduce(|| 0, |one, other| Some(one + other))?;
    Some(here.len() + below)
}

/// The entries that lie in a folder itself, of those in it and below.
fn files_here(entries: &[Entry], cut: usize) -> Vec<&Entry> {
    let mut here = Vec::new();
    let mut rest = entries;
    while let Some((entry, after)) = rest.split_first() {
        let name = &entry.path.as_str()[cut..];
        rest = match name.find('/') {
            None => {
                here.push(entry);
                after
            }
            // All that lies below this folder comes in a row.
            Some(end) => {
                let folder = &entry.path.as_str()[..cut + end + 1];
                &rest[rest.partition_point(|entry| entry.path.as_str().starts_with(folder))..]
            }
        };
    }
    here
}

/// The entries that lie in a folder, of those in the folder above.
fn below_folder<'a>(entries: &'a [Entry], cut: usize, name: &[u8]) -> &'a [Entry] {
    let before = |entry: &Entry, end: u8| {
        let rest = &entry.path.as_str().as_bytes()[cut..];
        rest.iter().lt(name.iter().chain([&end]))
    };
    let first = entries.partition_point(|entry| before(entry, b'/'));
    // What comes next after a slash in the order of bytes.
    let end = entries.partition_point(|entry| before(entry, b'/' + 1));
    &entries[first..end]
}

fn is_same(dir: BorrowedFd<'_>, entry: &Entry, cut: usize) -> bool {
    let Ok(stat) = statat(dir, &entry.path.as_str()[cut..], AtFlags::SYMLINK_NOFOLLOW) else {
        return false;
    };
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
        && u64::try_from(stat.st_size).is_ok_and(|size| size == entry.size_bytes)
        && hint(&stat) == entry.hint
}

fn hint(stat: &Stat) -> Hint {
    Hint::Local {
        mtime_ns: nanoseconds(stat.st_mtime, stat.st_mtime_nsec as i64),
        ctime_ns: nanoseconds(stat.st_ctime, stat.st_ctime_nsec as i64),
        inode: stat.st_ino,
    }
}

/// What a folder lists: how many files, and which folders.
struct Listed {
    files: usize,
    folders: Vec<CString>,
}

impl Listed {
    fn read(dir: BorrowedFd<'_>) -> Option<Self> {
        let (mut files, mut folders) = (0, Vec::new());
        let mut buffer = [const { MaybeUninit::<u8>::uninit() }; LIST_BYTES];
        let mut list = RawDir::new(dir, &mut buffer);
        while let Some(entry) = list.next() {
            let entry = entry.ok()?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") || is_partial(name.to_str().ok()?) {
                continue;
            }
            match entry.file_type() {
                FileType::RegularFile => files += 1,
                FileType::Directory => folders.push(name.to_owned()),
                _ => return None,
            }
        }
        Some(Self { files, folders })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Datastore, DatastoreConfig, ScanTarget, Silent, scan};

    async fn manifest(folder: &Path) -> Manifest {
        let store = Datastore::open(&DatastoreConfig::LocalFolder {
            path: folder.to_owned(),
            read_only: true,
            no_links: false,
        });
        let target = ScanTarget::Folder(crate::SafePath::root());
        // Long enough after the last change for its times to be a proof.
        let now = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
        scan(&store.unwrap(), &target, None, now, &Silent)
            .await
            .unwrap()
            .manifest
    }

    #[tokio::test]
    async fn a_folder_is_as_it_was_until_something_in_it_changes() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        // Names around the slash in the order of bytes, so that files and folders mix.
        for file in ["a", "a-b", "a.b/c", "a0", "b/a/x", "b/a-x", "b.c", "b/a.x/y"] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "text").unwrap();
        }
        fs::create_dir(root.join("empty")).unwrap();
        let known = manifest(root).await;
        assert!(is_unchanged(root, &known));
        let changes: [&dyn Fn(); 5] = [
            &|| fs::write(root.join("b/a/x"), "tex!").unwrap(),
            &|| fs::write(root.join("empty/new"), "").unwrap(),
            &|| fs::rename(root.join("a0"), root.join("a1")).unwrap(),
            &|| fs::remove_file(root.join("b/a-x")).unwrap(),
            &|| std::os::unix::fs::symlink("a", root.join("link")).unwrap(),
        ];
        let mut known = known;
        for (at, change) in changes.iter().enumerate() {
            change();
            assert!(!is_unchanged(root, &known), "change {at}");
            known = manifest(root).await;
        }
        assert!(!is_unchanged(root, &known), "a link is for the walk");
        fs::remove_file(root.join("link")).unwrap();
        assert!(is_unchanged(root, &manifest(root).await));
        assert!(!is_unchanged(&root.join("nowhere"), &known));
    }
}
