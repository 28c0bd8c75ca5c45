//! Page tokens: opaque to clients, an offset to us.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::QueryError;

/// The token of the page that starts after `offset` results.
#[must_use]
pub fn encode_page_token(offset: u64) -> String {
    STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// How many results come before the page; none without a token.
///
/// # Errors
/// When this server didn't make the token.
pub fn decode_page_token(token: Option<&str>) -> Result<u64, QueryError> {
    let Some(token) = token.filter(|t| !t.is_empty()) else {
        return Ok(0);
    };
    let invalid = |what: String| QueryError::InvalidPageToken(what);
    let decoded = STANDARD
        .decode(token)
        .map_err(|_| invalid("could not base64-decode".to_owned()))?;
    let shown = String::from_utf8_lossy(&decoded);
    let parsed: serde_json::Value =
        serde_json::from_slice(&decoded).map_err(|_| invalid(format!("decoded value={shown}")))?;
    match &parsed["offset"] {
        serde_json::Value::Number(n) => n.as_u64(),
        serde_json::Value::String(s) => s.parse().ok(),
        _ => return Err(invalid(format!("parsed value={shown}"))),
    }
    .filter(|offset| *offset <= i64::MAX as u64)
    .ok_or_else(|| invalid(format!("not stringable {}", parsed["offset"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_went() {
        assert_eq!(decode_page_token(Some(&encode_page_token(50_000))), Ok(50_000));
        assert_eq!(decode_page_token(None), Ok(0));
        assert_eq!(decode_page_token(Some("")), Ok(0));
    }

    #[test]
    fn refuses_a_token_that_it_did_not_make() {
        for token in [
            "?",
            "abc",
            "e30=",
            "eyJvZmZzZXQiOiAtMX0=",
            "bnVsbA==",
            "eyJvZmZzZXQiOiAieCJ9",
        ] {
            let error = decode_page_token(Some(token)).unwrap_err().to_string();
            assert!(error.starts_with("Invalid page token, "), "{token}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(token in ".{0,60}") {
            drop(decode_page_token(Some(&token)));
        }
    }
}
