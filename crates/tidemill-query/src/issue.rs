//! Filters of issues: `status = 'resolved' AND source_run_id != 'r'`.

use crate::QueryError;
use crate::filter::{clauses, unquote_value};
use crate::lexer::Token;

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueComparison {
    /// `status` or `source_run_id`.
    pub key: &'static str,
    /// `=` and not `!=`.
    pub equal: bool,
    /// With what.
    pub value: String,
}

/// Reads a filter of issues.
///
/// # Errors
/// Names what is not as it should be.
pub fn parse_issue_filter(filter: &str) -> Result<Vec<IssueComparison>, QueryError> {
    let wrong = |text: String| Err(QueryError::Said(text));
    let mut found = Vec::new();
    for clause in clauses(filter)? {
        let key = match clause.left.source().trim_matches(['`', '"']) {
            "status" => "status",
            "source_run_id" => "source_run_id",
            other => {
                return wrong(format!(
                    "Invalid filter field '{other}'. Supported fields: {{'status', 'source_run_id'}}"
                ));
            }
        };
        let equal = match clause.operator.as_ref() {
            "=" => true,
            "!=" => false,
            other => {
                return wrong(format!(
                    "Invalid comparator '{other}'. Supported comparators: {{'=', '!='}}"
                ));
            }
        };
        let value = match clause.right {
            Some(Token::Text(text)) => unquote_value(text)?.to_owned(),
            Some(token) => token.source().trim_matches('"').to_owned(),
            None => return wrong("Invalid comparison: expected 3 tokens, got 2".to_owned()),
        };
        found.push(IssueComparison { key, equal, value });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_issues_is_read() {
        let read =
            parse_issue_filter("status = 'pending' AND source_run_id != 'r1'").expect("it is a filter");
        assert_eq!(
            read[0],
            IssueComparison {
                key: "status",
                equal: true,
                value: "pending".into()
            }
        );
        assert_eq!(
            read[1],
            IssueComparison {
                key: "source_run_id",
                equal: false,
                value: "r1".into()
            }
        );
        for filter in ["name = 'x'", "status > 'x'", "status"] {
            assert!(parse_issue_filter(filter).is_err(), "{filter}");
        }
    }
}
