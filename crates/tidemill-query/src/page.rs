//! Page tokens: opaque to clients; to us the mark of a query, and an offset or the place of the last row.

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

/// The token of the page that starts after a row of the query with this mark.
#[must_use]
pub fn encode_place_token(place: &serde_json::Value, query: u64) -> String {
    STANDARD.encode(format!("{{\"after\": {place}, \"query\": \"{query:016x}\"}}"))
}

/// The row after which the page starts; none without a token.
///
/// # Errors
/// When this server didn't make the token, or made it for another query.
pub fn decode_place_token(token: Option<&str>, query: u64) -> Result<Option<serde_json::Value>, QueryError> {
    let Some(mut parsed) = parse(token)? else {
        return Ok(None);
    };
    match parsed["query"].as_str() {
        Some(made_for) if made_for == mark(query) => {}
        Some(_) => return Err(other_query()),
        None => return Err(invalid(format!("parsed value={parsed}"))),
    }
    match parsed["after"].take() {
        serde_json::Value::Null => Err(invalid(
            "it names no row to go on after; ask for the first page again".to_owned(),
        )),
        place => Ok(Some(place)),
    }
}

/// How many results come before the page; none without a token.
///
/// # Errors
/// When this server didn't make the token, or made it for another query.
pub fn decode_page_token(token: Option<&str>, query: Option<u64>) -> Result<u64, QueryError> {
    let Some(parsed) = parse(token)? else {
        return Ok(0);
    };
    let offset = match &parsed["offset"] {
        serde_json::Value::Number(n) => n.as_u64(),
        serde_json::Value::String(s) => s.parse().ok(),
        _ => return Err(invalid(format!("parsed value={parsed}"))),
    }
    .filter(|offset| *offset <= i64::MAX as u64)
    .ok_or_else(|| invalid(format!("not stringable {}", parsed["offset"])))?;
    // A token without a mark was made by MLflow's own server, or for a query that has none.
    if let (Some(made_for), Some(query)) = (parsed["query"].as_str(), query)
        && made_for != mark(query)
    {
        return Err(other_query());
    }
    Ok(offset)
}

fn parse(token: Option<&str>) -> Result<Option<serde_json::Value>, QueryError> {
    let Some(token) = token.filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    let decoded = STANDARD
        .decode(token)
        .map_err(|_| invalid("could not base64-decode".to_owned()))?;
    let parsed = serde_json::from_slice(&decoded)
        .map_err(|_| invalid(format!("decoded value={}", String::from_utf8_lossy(&decoded))))?;
    match parsed {
        serde_json::Value::Object(_) => Ok(Some(parsed)),
        _ => Err(invalid(format!("parsed value={parsed}"))),
    }
}

fn mark(query: u64) -> String {
    format!("{query:016x}")
}

fn other_query() -> QueryError {
    invalid("it belongs to another query".to_owned())
}

fn invalid(what: String) -> QueryError {
    QueryError::InvalidPageToken(what)
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

    #[test]
    fn a_place_comes_back_for_its_own_query() {
        let place = serde_json::json!({"run_id": "a\"b"});
        let token = encode_place_token(&place, 7);
        assert_eq!(decode_place_token(Some(&token), 7), Ok(Some(place)));
        assert_eq!(decode_place_token(None, 7), Ok(None));
        let error = decode_place_token(Some(&token), 8).unwrap_err().to_string();
        assert_eq!(error, "Invalid page token, it belongs to another query");
        for token in [
            encode_page_token(5, None),
            encode_page_token(5, Some(7)),
            "W10=".to_owned(),
        ] {
            assert!(decode_place_token(Some(&token), 7).is_err(), "{token}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(token in ".{0,60}") {
            drop(decode_page_token(Some(&token), Some(1)));
            drop(decode_place_token(Some(&token), 1));
        }
    }
}
