//! Page tokens: opaque to clients, an offset and the mark of a query to us.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::QueryError;

/// The token of the page that starts after `offset` results of the query with this mark.
#[must_use]
pub fn encode_page_token(offset: u64, query: Option<u64>) -> String {
    STANDARD.encode(match query {
        Some(query) => format!("{{\"offset\": {offset}, \"query\": \"{query:016x}\"}}"),
        None => format!("{{\"offset\": {offset}}}"),
    })
}

/// How many results come before the page; none without a token.
///
/// # Errors
/// When this server didn't make the token, or made it for another query.
pub fn decode_page_token(token: Option<&str>, query: Option<u64>) -> Result<u64, QueryError> {
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
    let offset = match &parsed["offset"] {
        serde_json::Value::Number(n) => n.as_u64(),
        serde_json::Value::String(s) => s.parse().ok(),
        _ => return Err(invalid(format!("parsed value={shown}"))),
    }
    .filter(|offset| *offset <= i64::MAX as u64)
    .ok_or_else(|| invalid(format!("not stringable {}", parsed["offset"])))?;
    // A token without a mark was made by MLflow's own server, or for a query that has none.
    if let (Some(made_for), Some(query)) = (parsed["query"].as_str(), query)
        && made_for != format!("{query:016x}")
    {
        return Err(invalid("it belongs to another query".to_owned()));
    }
    Ok(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_went() {
        for query in [None, Some(7)] {
            assert_eq!(
                decode_page_token(Some(&encode_page_token(50_000, query)), query),
                Ok(50_000)
            );
        }
        assert_eq!(
            decode_page_token(Some(&encode_page_token(5, None)), Some(7)),
            Ok(5)
        );
        assert_eq!(decode_page_token(None, None), Ok(0));
        assert_eq!(decode_page_token(Some(""), None), Ok(0));
    }

    #[test]
    fn refuses_a_token_of_another_query() {
        let error = decode_page_token(Some(&encode_page_token(5, Some(1))), Some(2)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Invalid page token, it belongs to another query"
        );
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
            let error = decode_page_token(Some(token), None).unwrap_err().to_string();
            assert!(error.starts_with("Invalid page token, "), "{token}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(token in ".{0,60}") {
            drop(decode_page_token(Some(&token), Some(1)));
        }
    }
}
