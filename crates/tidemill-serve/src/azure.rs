//! What Azure's inference server is told by environment variables: CORS, its version header, the scoring timeout.

use std::time::Duration;

use axum::http::HeaderValue;

use crate::http::Origins;

/// One hour, as in Azure's server.
const SCORING_TIMEOUT: Duration = Duration::from_secs(3600);

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
            (true, _) => Some(format!(
                "tidemill/{} (azmlinfsrv/1.5.1)",
                env!("CARGO_PKG_VERSION")
            )),
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
    given.map_or(SCORING_TIMEOUT, Duration::from_millis)
}
