//! Filters of figures of traces: one comparison each, `trace.status = 'OK'` or ``trace.metadata.`k` = 'v'``.

use crate::QueryError;
use crate::filter::{clauses, unquote_value};
use crate::lexer::Token;
use crate::subject::unquote_key;

/// What is compared, always with `=` and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricKey {
    /// The state of the trace.
    TraceStatus,
    /// A tag of the trace.
    TraceTag(String),
    /// Metadata of the trace.
    TraceMetadata(String),
    /// The name of the span.
    SpanName,
    /// The status of the span.
    SpanStatus,
    /// The type of the span.
    SpanType,
    /// The name of the assessment.
    AssessmentName,
    /// `feedback`, `expectation` or `issue`.
    AssessmentType,
}

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricFilter {
    /// What is compared.
    pub key: MetricKey,
    /// With what.
    pub value: String,
}

/// Reads one filter.
///
/// # Errors
/// Names what is not as it should be, in MLflow's words.
pub fn parse_metric_filter(filter: &str) -> Result<MetricFilter, QueryError> {
    let wrong = |text: String| Err(QueryError::Said(text));
    let mut found = clauses(filter)?;
    let (Some(clause), true) = (found.pop(), found.is_empty()) else {
        return wrong(format!("Invalid filter: '{filter}'. Expected one filter clause."));
    };
    let key = key(clause.left.source())?;
    if clause.operator != "=" {
        let operator = &clause.operator;
        return wrong(format!(
            "Invalid comparator: '{operator}', only '=' operator is supported"
        ));
    }
    let entity = match &key {
        MetricKey::TraceStatus | MetricKey::SpanStatus => "status",
        MetricKey::TraceTag(_) => "tag",
        MetricKey::TraceMetadata(_) => "metadata",
        MetricKey::SpanName | MetricKey::AssessmentName => "name",
        MetricKey::SpanType | MetricKey::AssessmentType => "type",
    };
    match clause.right {
        Some(Token::Text(text) | Token::Identifier(text)) => Ok(MetricFilter {
            key,
            value: unquote_value(text)?.to_owned(),
        }),
        other => {
            let found = other.map_or("", |token| token.source());
            wrong(format!(
                "Expected a quoted string value for {entity} value (e.g. 'my-value'). Got value {found}"
            ))
        }
    }
}

fn key(identifier: &str) -> Result<MetricKey, QueryError> {
    let wrong = |text: String| Err(QueryError::Said(text));
    let mut parts = identifier.splitn(3, '.');
    let (Some(view), Some(entity)) = (parts.next(), parts.next()) else {
        return wrong(format!(
            "Invalid identifier '{identifier}'. Columns should be specified as 'trace.<key>', 'span.<key>', \
             'assessment.<key>'."
        ));
    };
    let view = view.trim_matches('`');
    let name = parts.next().map(unquote_key);
    let valid = match view {
        "trace" => "['status', 'tag', 'metadata']",
        "span" => "['name', 'status', 'type']",
        "assessment" => "['name', 'type']",
        other => {
            return wrong(format!(
                "Invalid view type '{other}'. Valid values are dict_keys(['trace', 'span', 'assessment'])"
            ));
        }
    };
    match (view, entity, name) {
        ("trace", "tag" | "metadata", None) => wrong(format!(
            "Filtering by {entity} requires a key, e.g. '{view}.{entity}.<key> = <value>'"
        )),
        ("trace", "tag", Some(name)) => Ok(MetricKey::TraceTag(name.to_owned())),
        ("trace", "metadata", Some(name)) => Ok(MetricKey::TraceMetadata(name.to_owned())),
        ("trace", "status", None) => Ok(MetricKey::TraceStatus),
        ("span", "name", None) => Ok(MetricKey::SpanName),
        ("span", "status", None) => Ok(MetricKey::SpanStatus),
        ("span", "type", None) => Ok(MetricKey::SpanType),
        ("assessment", "name", None) => Ok(MetricKey::AssessmentName),
        ("assessment", "type", None) => Ok(MetricKey::AssessmentType),
        (_, "status" | "name" | "type", Some(_)) => wrong(format!(
            "Filtering by {entity} does not require a key, use '{view}.{entity}' instead"
        )),
        _ => wrong(format!(
            "Invalid entity '{entity}' specified for view type '{view}'. Valid entities are {valid}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comparison_is_read() {
        let read =
            parse_metric_filter("trace.metadata.`mlflow.trace.session` = 's1'").expect("it is a filter");
        assert_eq!(read.key, MetricKey::TraceMetadata("mlflow.trace.session".into()));
        assert_eq!(read.value, "s1");
        assert_eq!(
            parse_metric_filter("span.type = \"LLM\"").expect("it is a filter"),
            MetricFilter {
                key: MetricKey::SpanType,
                value: "LLM".into()
            }
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (filter, text) in [
            (
                "trace.status != 'OK'",
                "Invalid comparator: '!=', only '=' operator is supported",
            ),
            ("status = 'OK'", "Invalid identifier 'status'."),
            ("trace.tag = 'a'", "Filtering by tag requires a key"),
            ("span.name.x = 'a'", "Filtering by name does not require a key"),
            ("span.cost = 'a'", "Invalid entity 'cost'"),
            ("run.status = 'a'", "Invalid view type 'run'"),
            (
                "trace.status = 1",
                "Expected a quoted string value for status value",
            ),
            (
                "trace.status = 'a' AND span.name = 'b'",
                "Expected one filter clause.",
            ),
        ] {
            let error = parse_metric_filter(filter).expect_err(filter).to_string();
            assert!(error.contains(text), "{filter}: {error}");
        }
    }
}
