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
    /// 404, of a trace's data
    NotFound,
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
            Self::ResourceDoesNotExist | Self::EndpointNotFound | Self::NotFound => 404,
            Self::ResourceConflict => 409,
            Self::ResourceExhausted => 429,
            Self::InternalError | Self::InvalidState => 500,
            Self::NotImplemented => 501,
            Self::TemporarilyUnavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }

    /// The name of the family of errors, and its SQLSTATE, as MLflow 3.18 tells them; some codes have none.
    fn class(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::BadRequest | Self::InvalidParameterValue => ("INVALID_PARAMETER_VALUE", "KAM00"),
            Self::ResourceAlreadyExists => ("RESOURCE_ALREADY_EXISTS", "KAM00"),
            Self::PermissionDenied => ("PERMISSION_DENIED", "KAM00"),
            Self::NotFound | Self::ResourceDoesNotExist | Self::EndpointNotFound => {
                ("RESOURCE_NOT_FOUND", "KAM00")
            }
            Self::InternalError | Self::InvalidState | Self::TemporarilyUnavailable => {
                ("CLIENT_INTERNAL_ERROR", "XXM00")
            }
            Self::Unauthenticated
            | Self::ResourceConflict
            | Self::ResourceExhausted
            | Self::NotImplemented
            | Self::DeadlineExceeded => return None,
        })
    }
}

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What kind of error.
    pub error_code: ErrorCode,
    /// What went wrong, for people.
    pub message: String,
    /// The SQLSTATE of the error's family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// The name of the error's family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_class: Option<String>,
    /// Where in a filter it went wrong, in characters from its beginning; MLflow's own server doesn't say that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

impl ErrorBody {
    /// The body of an error, with the family that its code belongs to.
    pub fn new(error_code: ErrorCode, message: String, position: Option<usize>) -> Self {
        let (error_class, sqlstate) = error_code.class().unzip();
        Self {
            error_code,
            message,
            sqlstate: sqlstate.map(str::to_owned),
            error_class: error_class.map(str::to_owned),
            position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_family() {
        let body =
            |code| serde_json::to_value(ErrorBody::new(code, "m".to_owned(), None)).expect("it is JSON");
        assert_eq!(
            body(ErrorCode::ResourceDoesNotExist),
            serde_json::json!({
                "error_code": "RESOURCE_DOES_NOT_EXIST",
                "message": "m",
                "sqlstate": "KAM00",
                "error_class": "RESOURCE_NOT_FOUND",
            })
        );
        assert_eq!(
            body(ErrorCode::NotImplemented),
            serde_json::json!({ "error_code": "NOT_IMPLEMENTED", "message": "m" })
        );
    }
}
