//! What can go wrong with bytes, and what to do about it.

use std::io;
use std::path::Path;

use crate::manifest::FileChange;

/// The result of everything in this crate.
pub type Result<T, E = ObjectsError> = std::result::Result<T, E>;

/// A failure to read, write or check bytes. Texts never hold a secret: remote errors are scrubbed before they get here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectsError {
    /// A path that could leave its folder, or that this product can't name.
    #[error("failed to use the path {path:?}: {reason}; use a relative path with `/` between names")]
    BadPath {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A symbolic link that leads out of the folder that was given.
    #[error(
        "failed to use {path}: it is a symbolic link that leaves its folder (to {target}); copy the file in, or point at the folder that holds it"
    )]
    LinkLeaves {
        /// The link, relative to the folder.
        path: String,
        /// Where it leads.
        target: String,
    },
    /// A symbolic link to one of the folders that hold it.
    #[error("failed to walk {path}: it is a symbolic link to a folder that holds it; remove the link")]
    LinkLoop {
        /// The link, relative to the folder.
        path: String,
    },
    /// A file name that is not UTF-8.
    #[error("failed to use the file name {name}: it is not UTF-8; rename the file")]
    NotUtf8 {
        /// The name, with what can't be shown escaped.
        name: String,
    },
    /// A socket, a device or a pipe among files.
    #[error(
        "failed to use {path}: it is neither a file nor a folder; remove it, or leave it out with an ignore file"
    )]
    NotAFile {
        /// The path.
        path: String,
    },
    /// Nothing is there.
    #[error("failed to find {what}: check its name, or list the folder that should hold it")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// Something is there that may not be overwritten.
    #[error("failed to write {what}: it is there already; choose another path or remove it first")]
    Exists {
        /// What is there.
        what: String,
    },
    /// A write to a place that is only read.
    #[error("failed to write {what}: {place} is read-only; use a datastore that can be written")]
    ReadOnly {
        /// What was to be written.
        what: String,
        /// The datastore.
        place: String,
    },
    /// The bytes are not those of the manifest any more.
    #[error(
        "failed to verify the data: {}; create a new version of the data, or put the old files back",
        describe_changes(changes, *total)
    )]
    Changed {
        /// The first changes, in order of path.
        changes: Vec<FileChange>,
        /// How many there are in all.
        total: usize,
    },
    /// A file that was written to while it was read.
    #[error("failed to read {path}: it changed while it was read; try again when nothing writes to it")]
    ChangedWhileRead {
        /// The file.
        path: String,
    },
    /// Bytes whose hash is not the one that was announced.
    #[error("failed to accept {what}: its bytes hash to {actual}, not to {expected}; send it again")]
    HashMismatch {
        /// What was read or sent.
        what: String,
        /// The hash that was announced.
        expected: String,
        /// The hash of the bytes.
        actual: String,
    },
    /// Stored bytes that can't be read as what they should be.
    #[error("failed to decode {what}: {reason}; it is damaged or from another version: upload it again")]
    Corrupt {
        /// What was decoded.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// More than is allowed.
    #[error("failed to accept {what}: {actual} is over the limit of {limit} {unit}; {hint}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How large it is.
        actual: u64,
        /// The limit.
        limit: u64,
        /// What is counted.
        unit: &'static str,
        /// What to do next.
        hint: &'static str,
    },
    /// A disk that is full.
    #[error("no space left on {place}: free space or move the data folder")]
    NoSpace {
        /// The folder or file that was written.
        place: String,
    },
    /// A setting of a datastore that can't be used.
    #[error("failed to open the datastore: {field} {reason}")]
    Config {
        /// The field of the configuration.
        field: &'static str,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// Something that this kind of store can't do.
    #[error("failed to {action}: {reason}")]
    Unsupported {
        /// What was asked for.
        action: String,
        /// Why it can't be, and what can.
        reason: String,
    },
    /// An error of the operating system.
    #[error("failed to {action} {path}: {source}; {}", io_hint(source))]
    Io {
        /// The verb.
        action: &'static str,
        /// The path.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// An error of a remote store or server, scrubbed.
    #[error("failed to {action} {path}: {detail}")]
    Remote {
        /// The verb.
        action: &'static str,
        /// The path or URL, without its secrets.
        path: String,
        /// What the other side said, without secrets.
        detail: String,
        /// What kind of failure this is.
        kind: ErrorKind,
    },
    /// A background thread of ours ended before its work did.
    #[error("failed to {action}: the work was stopped before its end; try again")]
    Stopped {
        /// The verb.
        action: &'static str,
    },
}

/// The few kinds of failure that a caller decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing is there under this name.
    NotFound,
    /// What was given can't be used.
    Invalid,
    /// It is there already, or is not what it was.
    Conflict,
    /// Not allowed, or credentials are missing.
    Forbidden,
    /// The disk is full.
    NoSpace,
    /// The other side doesn't answer; worth another try.
    Unavailable,
    /// Anything else.
    Internal,
}

impl ObjectsError {
    /// The kind of failure, for the caller's own error envelope.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BadPath { .. }
            | Self::LinkLeaves { .. }
            | Self::LinkLoop { .. }
            | Self::NotUtf8 { .. }
            | Self::NotAFile { .. }
            | Self::HashMismatch { .. }
            | Self::TooLarge { .. }
            | Self::Config { .. }
            | Self::Corrupt { .. }
            | Self::Unsupported { .. } => ErrorKind::Invalid,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. } | Self::Changed { .. } | Self::ChangedWhileRead { .. } => ErrorKind::Conflict,
            Self::ReadOnly { .. } => ErrorKind::Forbidden,
            Self::NoSpace { .. } => ErrorKind::NoSpace,
            Self::Remote { kind, .. } => *kind,
            Self::Stopped { .. } => ErrorKind::Unavailable,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => ErrorKind::Forbidden,
                _ => ErrorKind::Internal,
            },
        }
    }

    pub(crate) fn bad_path(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::BadPath {
            path: path.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn corrupt(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Corrupt {
            what: what.into(),
            reason: reason.into(),
        }
    }

    /// Maps an error of the operating system: a full disk and a missing file get words of their own.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.display().to_string();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { place: path },
            io::ErrorKind::NotFound => Self::NotFound { what: path },
            _ => Self::Io { action, path, source },
        }
    }
}

fn io_hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "give this user the right to it",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is mounted read-only",
        io::ErrorKind::InvalidFilename => "the name is too long for this disk",
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            "a file is where a folder is needed, or the reverse"
        }
        _ => "check the disk and try again",
    }
}

fn describe_changes(changes: &[FileChange], total: usize) -> String {
    let mut text = changes
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if total > changes.len() {
        text.push_str(&format!(" and {} more", total - changes.len()));
    }
    text
}
