//! Errors of use cases in MLflow's envelope.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidemill_api::mlflow::{ErrorBody, ErrorCode};
use tidemill_app::{Error, Kind};

/// An error on its way to a client of MLflow's surface.
#[derive(Debug)]
pub(crate) struct MlflowError {
    code: ErrorCode,
    message: String,
    position: Option<usize>,
    /// Another status than the code's own.
    status: Option<StatusCode>,
}

impl MlflowError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            position: None,
            status: None,
        }
    }

    /// Whether it has this code.
    pub(crate) fn is(&self, code: ErrorCode) -> bool {
        self.code == code
    }

    /// The path is there, for other methods.
    pub(crate) fn method_not_allowed(message: impl Into<String>) -> Self {
        Self {
            status: Some(StatusCode::METHOD_NOT_ALLOWED),
            ..Self::new(ErrorCode::BadRequest, message)
        }
    }

    /// The request makes no sense as it is.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterValue, message)
    }
}

/// MLflow's code for a kind of error.
pub(crate) fn code(kind: Kind) -> ErrorCode {
    match kind {
        Kind::NotFound => ErrorCode::ResourceDoesNotExist,
        Kind::Conflict => ErrorCode::ResourceAlreadyExists,
        Kind::Invalid => ErrorCode::InvalidParameterValue,
        Kind::Forbidden => ErrorCode::PermissionDenied,
        Kind::Unauthenticated => ErrorCode::Unauthenticated,
        Kind::Precondition => ErrorCode::InvalidState,
        Kind::Capacity => ErrorCode::ResourceExhausted,
        Kind::Unavailable => ErrorCode::TemporarilyUnavailable,
        Kind::Timeout => ErrorCode::DeadlineExceeded,
        Kind::Internal => ErrorCode::InternalError,
    }
}

impl From<Error> for MlflowError {
    fn from(error: Error) -> Self {
        let Error {
            kind,
            message,
            hint,
            position,
            source,
        } = error;
        if kind == Kind::Internal {
            tracing::error!(
                code = kind.code(),
                message,
                source = source.as_deref().map(ToString::to_string)
            );
        }
        let message = match hint {
            Some(hint) => format!("{message} ({hint})"),
            None => message,
        };
        Self {
            position,
            ..Self::new(code(kind), message)
        }
    }
}

impl IntoResponse for MlflowError {
    fn into_response(self) -> Response {
        let Self {
            code,
            message,
            position,
            status,
        } = self;
        let own = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let status = status.unwrap_or(own);
        let mut response = (status, axum::Json(ErrorBody::new(code, message, position))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let asked = HeaderValue::from_static("Bearer, Basic realm=\"tidemill\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, asked);
        }
        response
    }
}
