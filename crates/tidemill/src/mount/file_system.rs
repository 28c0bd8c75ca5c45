//! What the kernel asks of a mounted version: names, sizes and bytes. Nothing can be changed, so that it may remember all of it.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fuser::{
    Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    OpenAccMode, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory, ReplyEntry, ReplyOpen, ReplyStatfs,
    ReplyXattr, Request,
};
use tokio::runtime::Handle;

use super::folders::{Folders, Node, ROOT};
use super::pieces::{Pieces, Refused};
use crate::error::{Error, Result};

/// How long the kernel may remember: a version never changes.
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);
/// The unit that `df` counts in.
const UNIT_BYTES: u32 = 4096;

/// A version as a file system. Reads are answered by the runtime, so that one that waits keeps no other waiting.
pub struct FileSystem {
    folders: Folders,
    pieces: Arc<Pieces>,
    runtime: Handle,
    made_at: SystemTime,
    owner: (u32, u32),
}

impl FileSystem {
    /// The files of `pieces` in these folders.
    ///
    /// # Errors
    /// Outside of a runtime.
    pub fn new(folders: Folders, pieces: Arc<Pieces>, made_at: SystemTime) -> Result<Self> {
        let runtime = Handle::try_current()
            .map_err(|error| Error::failed(format!("failed to start a file system: {error}")))?;
        let owner = (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        );
        Ok(Self {
            folders,
            pieces,
            runtime,
            made_at,
            owner,
        })
    }

    fn attributes(&self, number: u64) -> Option<FileAttr> {
        let (kind, perm, nlink, size) = match self.folders.get(number)? {
            Node::Folder { .. } => (FileType::Directory, 0o555, 2, 0),
            Node::File(place) => (FileType::RegularFile, 0o444, 1, self.pieces.size_of(*place)),
        };
        Some(FileAttr {
            ino: INodeNo(number),
            size,
            blocks: size.div_ceil(512),
            atime: self.made_at,
            mtime: self.made_at,
            ctime: self.made_at,
            crtime: self.made_at,
            kind,
            perm,
            nlink,
            uid: self.owner.0,
            gid: self.owner.1,
            rdev: 0,
            blksize: UNIT_BYTES,
            flags: 0,
        })
    }
}

impl Filesystem for FileSystem {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.folders.find(parent.into(), name);
        match found.and_then(|number| self.attributes(number)) {
            Some(attributes) => reply.entry(&FOREVER, &attributes, Generation(0)),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes(number.into()) {
            Some(attributes) => reply.attr(&FOREVER, &attributes),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn open(&self, _: &Request, number: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        if flags.acc_mode() != OpenAccMode::O_RDONLY {
            return reply.error(Errno::EROFS);
        }
        match self.folders.get(number.into()) {
            // What the kernel has of a file stays right, unless the file turned out to be another one.
            Some(Node::File(place)) if self.pieces.is_good(*place) => {
                reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE);
            }
            Some(Node::File(_)) => reply.opened(FileHandle(0), FopenFlags::empty()),
            Some(Node::Folder { .. }) => reply.error(Errno::EISDIR),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        length: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let Some(Node::File(place)) = self.folders.get(number.into()) else {
            return reply.error(Errno::ENOENT);
        };
        let (pieces, place) = (self.pieces.clone(), *place);
        self.runtime.spawn(async move {
            match pieces.read(place, offset, length).await {
                Ok(bytes) => reply.data(&bytes),
                Err(Refused::Forbidden) => reply.error(Errno::EACCES),
                Err(Refused::Broken) => reply.error(Errno::EIO),
            }
        });
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let number = u64::from(number);
        let Some(Node::Folder { above, inside }) = self.folders.get(number) else {
            return reply.error(Errno::ENOTDIR);
        };
        let dots = [(".", number), ("..", *above)];
        let all = dots
            .into_iter()
            .chain(inside.iter().map(|(name, number)| (name.as_str(), *number)));
        let rest = all
            .zip(1u64..)
            .skip(usize::try_from(offset).unwrap_or(usize::MAX));
        for ((name, number), next) in rest {
            let kind = match self.folders.get(number) {
                Some(Node::File(_)) => FileType::RegularFile,
                _ => FileType::Directory,
            };
            if reply.add(INodeNo(number), next, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let blocks = self.pieces.size_bytes().div_ceil(u64::from(UNIT_BYTES));
        let files = self.folders.count() - ROOT;
        reply.statfs(blocks, 0, 0, files, 0, UNIT_BYTES, 255, UNIT_BYTES);
    }

    fn getxattr(&self, _: &Request, _: INodeNo, _: &OsStr, _: u32, reply: ReplyXattr) {
        reply.error(Errno::ENOSYS);
    }

    fn listxattr(&self, _: &Request, _: INodeNo, _: u32, reply: ReplyXattr) {
        reply.error(Errno::ENOSYS);
    }
}

impl std::fmt::Debug for FileSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSystem")
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}
