//! MLflow's error envelope: a stable code, a text, and the HTTP status that goes with the code.

use serde::{Deserialize, Serialize};

/// The codes that this server gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// 400
    BadRequest,
    /// 400
    InvalidParameterValue,
    /// 400
    ResourceAlreadyExists,
    /// 401
    Unauthenticated,
    /// 403
    PermissionDenied,
    /// 404
    ResourceDoesNotExist,
    /// 404
    EndpointNotFound,
    /// 409
    ResourceConflict,
    /// 429
    ResourceExhausted,
    /// 500
    InternalError,
    /// 500
    InvalidState,
    /// 501
    NotImplemented,
    /// 503
    TemporarilyUnavailable,
    /// 504
    DeadlineExceeded,
}

impl ErrorCode {
    /// The HTTP status of this code.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::InvalidParameterValue | Self::ResourceAlreadyExists => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::ResourceDoesNotExist | Self::EndpointNotFound => 404,
            Self::ResourceConflict => 409,
            Self::ResourceExhausted => 429,
            Self::InternalError | Self::InvalidState => 500,
            Self::NotImplemented => 501,
            Self::TemporarilyUnavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }
}

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What kind of error.
    pub error_code: ErrorCode,
    /// What went wrong, for people.
    pub message: String,
    /// Where in a filter it went wrong, in characters from its beginning; MLflow's own server doesn't say that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}
