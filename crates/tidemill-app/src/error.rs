//! The ten kinds of error that a use case can end with.

use std::fmt;

use tidemill_objects::{ErrorKind, ObjectsError};
use tidemill_store::StoreError;

/// What kind of error it is: a stable code, and one HTTP status each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The thing named is not there, or may not be seen.
    NotFound,
    /// It is there already, or was changed in between.
    Conflict,
    /// The request makes no sense as it is.
    Invalid,
    /// Not allowed.
    Forbidden,
    /// Who is asking?
    Unauthenticated,
    /// A condition of the request (`If-Match`) does not hold.
    Precondition,
    /// A quota or a limit is reached.
    Capacity,
    /// Something outside cannot be reached now.
    Unavailable,
    /// It took too long.
    Timeout,
    /// A fault of the server.
    Internal,
}

impl Kind {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Kind::NotFound => "not_found",
            Kind::Conflict => "conflict",
            Kind::Invalid => "invalid",
            Kind::Forbidden => "forbidden",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Precondition => "precondition",
            Kind::Capacity => "capacity",
            Kind::Unavailable => "unavailable",
            Kind::Timeout => "timeout",
            Kind::Internal => "internal",
        }
    }
}

/// An error of a use case: a kind, a message for the one who asked, a hint, and the source for the log.
#[derive(Debug)]
pub struct Error {
    /// The kind.
    pub kind: Kind,
    /// Public: names the thing.
    pub message: String,
    /// Public: what to do next.
    pub hint: Option<String>,
    /// Public: where in what was asked it went wrong, in characters from its beginning.
    pub position: Option<usize>,
    /// For the log alone.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            position: None,
            source: None,
        }
    }

    /// `noun` `name` is not there.
    pub fn not_found(noun: &str, name: &str) -> Self {
        Self::new(Kind::NotFound, format!("failed to find {noun} `{name}`"))
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// It is there already, or was changed meanwhile.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// Not allowed.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    /// A fault of the server; `source` goes to the log.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            kind: Kind::Internal,
            message: "failed inside the server; its log has the details under this request id".into(),
            hint: None,
            position: None,
            source: Some(source.into()),
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the source, for the log.
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        // SQLite says `database or disk is full` (code 13); PostgreSQL says `No space left on device`.
        if text.contains("disk is full") || text.contains("No space left") {
            return Error::new(
                Kind::Unavailable,
                "failed to write: the disk of the server is full",
            )
            .hint("free space on the disk of the data folder; nothing that was acknowledged is lost")
            .source(error);
        }
        match error {
            StoreError::Stopped => Error::new(Kind::Unavailable, "failed to write: the server is stopping")
                .hint("try again in a moment"),
            error => Error::internal(error),
        }
    }
}

impl From<ObjectsError> for Error {
    fn from(error: ObjectsError) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::Invalid => Kind::Invalid,
            ErrorKind::Conflict => Kind::Conflict,
            ErrorKind::Forbidden => Kind::Forbidden,
            ErrorKind::NoSpace | ErrorKind::Unavailable => Kind::Unavailable,
            ErrorKind::Internal => return Error::internal(error),
        };
        Error::new(kind, error.to_string()).source(error)
    }
}
