//! What Azure's inference server is told by environment variables: CORS, its version header, the scoring timeout.

use std::time::Duration;

use axum::http::HeaderValue;

use crate::http::Origins;

/// One hour, as in Azure's server.
const SCORING_TIMEOUT: Duration = Duration::from_secs(3600);
/// A timeout of 0 sets no alarm there. Ten years.
const NO_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 86400);
/// What `x-ms-server-version` says: whose contract is kept.
pub const SERVER_VERSION: &str = "azmlinfsrv/1.5.1";

/// The settings.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `AML_CORS_ORIGINS`.
    pub origins: Option<Origins>,
    /// `x-ms-server-version`; none where `SERVER_VERSION_LOG_RESPONSE_ENABLED` says so.
    pub server_version: Option<HeaderValue>,
}

impl Settings {
    /// Reads them through `var`, which gives an environment variable.
    #[must_use]
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let wanted =
            var("SERVER_VERSION_LOG_RESPONSE_ENABLED").is_none_or(|text| text.eq_ignore_ascii_case("true"));
        let version = match (wanted, var("HTTP_X_MS_SERVER_VERSION")) {
            (true, _) => Some(SERVER_VERSION.to_owned()),
            (false, own) => own.filter(|text| !text.is_empty()),
        };
        Self {
            origins: var("AML_CORS_ORIGINS").and_then(|text| Origins::parse(&text)),
            server_version: version.and_then(|text| HeaderValue::from_str(&text).ok()),
        }
    }
}

/// `SCORING_TIMEOUT_MS`, or an hour.
#[must_use]
pub fn scoring_timeout(var: impl Fn(&str) -> Option<String>) -> Duration {
    let given = var("SCORING_TIMEOUT_MS").and_then(|text| text.trim().parse().ok());
    match given {
        None => SCORING_TIMEOUT,
        Some(0) => NO_TIMEOUT,
        Some(ms) => Duration::from_millis(ms).min(NO_TIMEOUT),
    }
}
