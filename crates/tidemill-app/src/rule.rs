//! What MLflow's surface refuses, as errors of use cases: broken rules, filters that can't be read, and pages.

use tidemill_api::mlflow::rule::Violation;
use tidemill_query::{
    Comparison, Order, QueryError, Subject, decode_page_token, decode_place_token, encode_page_token,
    encode_place_token, parse_filter,
};
use tidemill_store::keyset::Cursor;
use tidemill_store::search::Window;

use crate::{Error, Result};

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Error::invalid(violation.0)
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        Error::invalid(error.to_string())
    }
}

/// Reads a filter; an error says where it went wrong.
pub(crate) fn filter(subject: Subject, text: &str) -> Result<Vec<Comparison>> {
    parse_filter(subject, text).map_err(|error| at(error, text))
}

/// An error of a filter, with its place.
pub(crate) fn at(error: QueryError, filter: &str) -> Error {
    let position = error.position(filter);
    Error {
        position,
        ..Error::from(error)
    }
}

/// The mark of a query: a page token holds it, so that it fits no other query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked(u64);

impl Asked {
    /// The mark of what was asked for: texts, and lists of texts.
    pub(crate) fn new(texts: &[&str], lists: &[&[String]]) -> Self {
        let mut hash = blake3::Hasher::new();
        for text in texts
            .iter()
            .copied()
            .chain(lists.iter().flat_map(|list| list.iter().map(String::as_str)))
        {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.finalize().as_bytes()[..8]);
        Self(u64::from_le_bytes(bytes))
    }

    /// The same in some experiments, in any order.
    pub(crate) fn of(self, experiment_ids: &[i64]) -> Self {
        let mut ids = experiment_ids.to_vec();
        ids.sort_unstable();
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        Self::new(&[&self.0.to_string()], &[&ids])
    }
}

/// The part of a search that a page token and a limit ask for; `most` is the limit of limits.
pub(crate) fn window(
    token: Option<&str>,
    max_results: Option<i64>,
    default: i64,
    most: i64,
    asked: Asked,
) -> Result<Window> {
    let limit = limit(max_results, default, most)?;
    Ok(Window {
        offset: decode_page_token(token, Some(asked.0))?,
        limit,
    })
}

/// How many results a page has at most.
pub(crate) fn limit(max_results: Option<i64>, default: i64, most: i64) -> Result<u64> {
    let limit = max_results.unwrap_or(default);
    let invalid = |why: &str| {
        Error::invalid(format!(
            "Invalid value {limit} for parameter 'max_results' supplied. {why}"
        ))
    };
    if limit > most {
        return Err(invalid(&format!("It must be at most {most}")));
    }
    let limit = u64::try_from(limit).ok().filter(|limit| *limit > 0);
    limit.ok_or_else(|| invalid("It must be a positive integer"))
}

/// The place after which a page token of runs goes on.
pub(crate) fn place(token: Option<&str>, order_by: &[Order], asked: Asked) -> Result<Option<Cursor>> {
    let Some(place) = decode_place_token(token, asked.0)? else {
        return Ok(None);
    };
    let cursor = serde_json::from_value(place)
        .ok()
        .filter(|cursor: &Cursor| cursor.fits(order_by));
    let made_up = || QueryError::InvalidPageToken("it names no row of this query".to_owned());
    Ok(Some(cursor.ok_or_else(made_up)?))
}

/// The token of the page after a place.
pub(crate) fn place_token(place: &Cursor, asked: Asked) -> String {
    encode_place_token(&serde_json::json!(place), asked.0)
}

/// The token of the page after a window, when something follows it.
pub(crate) fn next_token(window: Window, more: bool, asked: Asked) -> Option<String> {
    more.then(|| encode_page_token(window.offset.saturating_add(window.limit), Some(asked.0)))
}

/// A text cut to what fits: MLflow's server keeps the beginning of a value that is too long.
pub(crate) fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// A text as Python prints it, for messages that clients compare.
pub(crate) fn python_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    let escaped = if quote == '\'' {
        escaped.replace('\'', "\\'")
    } else {
        escaped
    };
    format!("{quote}{escaped}{quote}")
}

/// A list of texts as Python prints it.
pub(crate) fn python_list(texts: &[String]) -> String {
    format!(
        "[{}]",
        texts
            .iter()
            .map(|text| python_text(text))
            .collect::<Vec<_>>()
            .join(", ")
    )
}

/// Refuses an ordering that names a key twice.
pub(crate) fn no_duplicates<K: Ord>(keys: impl Iterator<Item = K>, order_by: &[String]) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err(Error::invalid(format!(
                "`order_by` contains duplicate fields: {}",
                python_list(order_by)
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_positive_and_bounded() {
        let asked = Asked::new(&["a"], &[]).of(&[2, 1]);
        let window = |token, limit| super::window(token, limit, 10, 100, asked);
        for limit in [0, -1, 101] {
            assert!(window(None, Some(limit)).is_err());
        }
        assert_eq!(window(None, None).ok(), Some(Window { offset: 0, limit: 10 }));
        let token = next_token(Window { offset: 10, limit: 5 }, true, asked);
        assert_eq!(
            window(token.as_deref(), Some(5)).ok(),
            Some(Window { offset: 15, limit: 5 })
        );
        let other = Asked::new(&["b"], &[]).of(&[1, 2]);
        assert!(super::window(token.as_deref(), Some(5), 10, 100, other).is_err());
        assert_eq!(Asked::new(&["a"], &[]).of(&[1, 2]), asked);
    }

    #[test]
    fn texts_look_like_pythons() {
        assert_eq!(python_list(&["a".into(), "it's".into()]), r#"['a', "it's"]"#);
    }
}
