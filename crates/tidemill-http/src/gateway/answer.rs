//! What the gateway itself answers, as Azure documents it for its two kinds of endpoint.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The header that names the deployment, in requests and answers.
pub(super) const DEPLOYMENT: &str = "azureml-model-deployment";

/// Why a request is not answered by an instance.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble<'a> {
    /// There is no such endpoint.
    NoEndpoint(&'a str),
    /// The caller shows nothing that counts.
    WhoAreYou(&'a str),
    /// No endpoint is named, and the key is none of any.
    WhichEndpoint,
    /// There is no such deployment.
    NoDeployment(&'a str),
    /// No deployment gets any traffic.
    NoTraffic(&'a str),
    /// The body is larger than may be.
    TooLarge,
    /// The body broke off, or could not be read.
    BrokenBody,
    /// Every instance has as many requests as it may.
    Busy(&'a str),
    /// No instance is ready.
    NoInstance(&'a str),
    /// The instance took longer than it may. `kubernetes` says which kind of endpoint it is.
    TooSlow {
        /// The deployment.
        deployment: &'a str,
        /// How long it may take.
        timeout_ms: u64,
        /// Azure answers 504 there, and 408 for managed endpoints.
        kubernetes: bool,
    },
    /// The instance ended, or its connection did, before it answered.
    Broken(&'a str),
}

impl Trouble<'_> {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::WhoAreYou(_) | Self::WhichEndpoint => StatusCode::UNAUTHORIZED,
            Self::NoEndpoint(_) | Self::NoDeployment(_) | Self::NoTraffic(_) => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoInstance(_) | Self::Broken(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooSlow { kubernetes: true, .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// A word for programs, and a sentence.
    pub(super) fn said(&self) -> (&'static str, String) {
        match self {
            Self::NoEndpoint(name) => ("not_found", format!("there is no endpoint `{name}` here")),
            Self::WhoAreYou(name) => (
                "unauthorized",
                format!(
                    "endpoint `{name}` wants `Authorization: Bearer <key or token>`; \
                     `tidemill online-endpoint get-credentials -n {name}` shows it"
                ),
            ),
            Self::WhichEndpoint => (
                "unauthorized",
                "a call wants the metadata `authorization: Bearer <key or token>` of an endpoint; who signs in by a role names \
                 the endpoint too: `tidemill-endpoint: WORKSPACE/ENDPOINT`"
                    .into(),
            ),
            Self::NoDeployment(name) => (
                "not_found",
                format!("there is no deployment `{name}` behind this endpoint"),
            ),
            Self::NoTraffic(name) => (
                "no_traffic",
                format!(
                    "no deployment of endpoint `{name}` gets any traffic; send it some with `tidemill online-endpoint update -n {name} --traffic`, or name one in the header {DEPLOYMENT}"
                ),
            ),
            Self::TooLarge => (
                "too_large",
                format!("the body is larger than {} bytes", super::BODY_LIMIT_BYTES),
            ),
            Self::BrokenBody => ("broken_body", "the body of the request broke off".into()),
            Self::Busy(name) => (
                "too_many_requests",
                format!(
                    "every instance of deployment `{name}` has as many requests as it may; try again in a moment"
                ),
            ),
            Self::NoInstance(name) => (
                "no_instance",
                format!("no instance of deployment `{name}` is ready"),
            ),
            Self::TooSlow {
                deployment,
                timeout_ms,
                ..
            } => (
                "timeout",
                format!(
                    "deployment `{deployment}` did not answer within its request_timeout_ms of {timeout_ms}"
                ),
            ),
            Self::Broken(name) => (
                "instance_ended",
                format!("an instance of deployment `{name}` ended before it answered"),
            ),
        }
    }
}

/// The answer for a request that no instance answers.
pub(super) fn refuse(trouble: Trouble<'_>, deployment: Option<&str>) -> Response {
    let status = trouble.status();
    let (code, message) = trouble.said();
    let body = json!({ "error": { "code": code, "message": message } });
    let mut answer = (status, Json(body)).into_response();
    let headers = answer.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if let Some(name) = deployment.and_then(|name| HeaderValue::from_str(name).ok()) {
        headers.insert(DEPLOYMENT, name);
    }
    answer
}

/// What the caller of a managed endpoint is told of a model's own status: 424 with that status in a header, as Azure does.
/// What says that there is too much to do is passed on; what says that it took too long is a time-out.
pub(super) fn status_for(model: StatusCode, kubernetes: bool) -> StatusCode {
    match model {
        model if model.is_success() || model.is_redirection() || model.is_informational() => model,
        StatusCode::TOO_MANY_REQUESTS => model,
        StatusCode::GATEWAY_TIMEOUT if !kubernetes => StatusCode::REQUEST_TIMEOUT,
        model if kubernetes => model,
        _ => StatusCode::FAILED_DEPENDENCY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_fails_is_told_as_azure_tells_it() {
        let of = |status: u16, kubernetes| {
            status_for(StatusCode::from_u16(status).expect("a status"), kubernetes).as_u16()
        };
        for (model, managed, kubernetes) in [
            (200, 200, 200),
            (304, 304, 304),
            (400, 424, 400),
            (500, 424, 500),
            (502, 424, 502),
            (429, 429, 429),
            (504, 408, 504),
        ] {
            assert_eq!(
                (of(model, false), of(model, true)),
                (managed, kubernetes),
                "{model}"
            );
        }
    }
}
