//! What MLflow's surface refuses, as errors of use cases: broken rules, filters that can't be read, and pages.

use tidemill_api::mlflow::rule::Violation;
use tidemill_query::{QueryError, decode_page_token, encode_page_token};
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

/// The part of a search that a page token and a limit ask for; `most` is the limit of limits.
pub(crate) fn window(
    token: Option<&str>,
    max_results: Option<i64>,
    default: i64,
    most: i64,
) -> Result<Window> {
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
    let limit = limit.ok_or_else(|| invalid("It must be a positive integer"))?;
    Ok(Window {
        offset: decode_page_token(token)?,
        limit,
    })
}

/// The token of the page after a window, when something follows it.
pub(crate) fn next_token(window: Window, more: bool) -> Option<String> {
    more.then(|| encode_page_token(window.offset.saturating_add(window.limit)))
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
        assert!(window(None, Some(0), 10, 100).is_err());
        assert!(window(None, Some(-1), 10, 100).is_err());
        assert!(window(None, Some(101), 10, 100).is_err());
        assert_eq!(
            window(None, None, 10, 100).ok(),
            Some(Window { offset: 0, limit: 10 })
        );
        let window = Window { offset: 10, limit: 5 };
        let token = next_token(window, true);
        assert_eq!(
            super::window(token.as_deref(), Some(5), 10, 100).ok(),
            Some(Window { offset: 15, limit: 5 })
        );
    }

    #[test]
    fn texts_look_like_pythons() {
        assert_eq!(python_list(&["a".into(), "it's".into()]), r#"['a', "it's"]"#);
    }
}
