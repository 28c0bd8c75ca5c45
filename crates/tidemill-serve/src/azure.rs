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
    // One that is no number has been refused before.
    let given = var("SCORING_TIMEOUT_MS").and_then(|text| whole_number(&text));
    match given.map(u64::try_from) {
        None => SCORING_TIMEOUT,
        Some(Ok(0)) => NO_TIMEOUT,
        Some(Ok(ms)) => Duration::from_millis(ms).min(NO_TIMEOUT),
        Some(Err(_)) => SCORING_TIMEOUT,
    }
}

/// A whole number as pydantic reads it from a text, and so Azure's server its settings: with spaces around, a sign, single `_`
/// between digits, and `.0` behind.
#[must_use]
pub fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits.split('_').all(is_number) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}{}", digits.replace('_', "")).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_pydantic_reads_them() {
        for (text, number) in [
            ("60_000", 60_000),
            (" 5 ", 5),
            ("5\n", 5),
            ("\u{a0}5", 5),
            ("5.00", 5),
            ("5_0.0", 50),
            ("+5.0", 5),
            ("-5.00", -5),
            ("007", 7),
            ("00_1", 1),
        ] {
            assert_eq!(whole_number(text), Some(number), "{text:?}");
        }
        for text in [
            "", "abc", "1e3", "5.", ".0", "5.5", "0x10", "1__0", "_1", "1_", "+_1", "--5", "+ 5", "5.0_0",
            "\u{663}",
        ] {
            assert_eq!(whole_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_timeout_is_read_however_it_is_written() {
        let of = |text: &str| scoring_timeout(|_| Some(text.to_owned())).as_millis();
        assert_eq!((of("60_000"), of(" 300 "), of("500.0")), (60_000, 300, 500));
        assert_eq!(scoring_timeout(|_| None), SCORING_TIMEOUT);
        assert_eq!(of("0"), NO_TIMEOUT.as_millis());
    }
}
