//! Traces have keys of their own: spans, feedback, expectations, linked runs and prompts.

use crate::filter::{Clause, clauses, unquote_value};
use crate::lexer::{Token, list_items, tokens};
use crate::subject::{set, split_prefix, unquote_key};
use crate::{Operator, QueryError, Value};

/// The metadata in which a trace names the run that it happened in.
const SOURCE_RUN: &str = "mlflow.sourceRun";
/// The tag that holds the name of a trace.
const TRACE_NAME: &str = "mlflow.traceName";

/// What a comparison of traces looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceKey {
    /// `request_id`, `timestamp_ms`, `execution_time_ms`, `end_time_ms`, `status`, `client_request_id`, `experiment_id`.
    Attribute(&'static str),
    /// A tag.
    Tag(String),
    /// Metadata of the trace.
    Metadata(String),
    /// The run in which it happened, or to which it is linked.
    Run,
    /// A prompt version that it used: `name/version`.
    Prompt,
    /// Its spans; several of these must hold for one and the same span.
    Span(SpanKey),
    /// The valid feedback of this name.
    Feedback(String),
    /// The valid expectation of this name.
    Expectation(String),
    /// The id of an issue that it shows.
    Issue,
}

/// What a comparison of spans looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpanKey {
    /// Its name.
    Name,
    /// Its type.
    Type,
    /// Its status.
    Status,
    /// All of its text.
    Content,
    /// One of its attributes.
    Attribute(String),
}

/// One comparison of a filter over traces.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceComparison {
    /// The left side.
    pub key: TraceKey,
    /// The operator; it fits the key.
    pub operator: Operator,
    /// The right side; it fits the operator.
    pub value: Value,
}

/// One entry of `order_by` over traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceOrder {
    /// What to sort by: an attribute, a tag or metadata.
    pub key: TraceKey,
    /// Smallest first.
    pub ascending: bool,
}

const FILTERABLE: &[&str] = &[
    "client_request_id",
    "end_time",
    "end_time_ms",
    "execution_time",
    "execution_time_ms",
    "name",
    "prompt",
    "request_id",
    "run_id",
    "status",
    "text",
    "timestamp",
    "timestamp_ms",
];
const ORDERABLE: &[&str] = &[
    "end_time",
    "end_time_ms",
    "execution_time",
    "execution_time_ms",
    "experiment_id",
    "name",
    "request_id",
    "run_id",
    "status",
    "timestamp",
    "timestamp_ms",
];
const LISTABLE: &[&str] = &["client_request_id", "name", "request_id", "run_id", "status"];
const ENTITIES: &[&str] = &[
    "attribute",
    "attributes",
    "expectation",
    "feedback",
    "issue",
    "metadata",
    "request_metadata",
    "span",
    "tag",
    "tags",
    "trace",
];

const NUMERIC: &str = "'>', '>=', '!=', '=', '<', '<='";
const TEXT: &str = "'!=', '=', 'IN', 'NOT IN', 'LIKE', 'ILIKE', 'RLIKE'";
const TEXT_OR_NULL: &str = "'!=', '=', 'LIKE', 'ILIKE', 'RLIKE', 'IS NULL', 'IS NOT NULL'";
const ASSESSMENT: &str =
    "'!=', '=', '>', '>=', '<', '<=', 'LIKE', 'ILIKE', 'RLIKE', 'IS NULL', 'IS NOT NULL'";

/// Reads a filter over traces. An empty text is no comparison at all; all comparisons must hold.
///
/// # Errors
/// Names the clause, key, operator or value that doesn't fit.
pub fn parse_trace_filter(filter: &str) -> Result<Vec<TraceComparison>, QueryError> {
    if filter.is_empty() {
        return Ok(Vec::new());
    }
    clauses(filter)?.into_iter().map(comparison).collect()
}

/// Reads one entry of `order_by` over traces.
///
/// # Errors
/// Names the entry, when it isn't `key`, `key ASC` or `key DESC`, or the key doesn't exist.
pub fn parse_trace_order(order_by: &str) -> Result<TraceOrder, QueryError> {
    let words = tokens(order_by);
    let (identifier, ascending) = match words.as_slice() {
        [Token::Identifier(identifier)] => (*identifier, true),
        [Token::Identifier(identifier), direction] if direction.is("ASC") => (*identifier, true),
        [Token::Identifier(identifier), direction] if direction.is("DESC") => (*identifier, false),
        [Token::Identifier(_), Token::Identifier(_)] => {
            return Err(QueryError::InvalidDirection(order_by.to_owned()));
        }
        _ => return Err(QueryError::InvalidOrder(order_by.to_owned())),
    };
    let key = match key(identifier, ORDERABLE)?.0 {
        key @ (TraceKey::Attribute(_) | TraceKey::Tag(_) | TraceKey::Metadata(_)) => key,
        TraceKey::Run => TraceKey::Metadata(SOURCE_RUN.to_owned()),
        _ => {
            let prefix = identifier.split('.').next().unwrap_or_default();
            return Err(QueryError::InvalidIdentifierType(prefix.to_owned()));
        }
    };
    Ok(TraceOrder { key, ascending })
}

/// Reads an identifier; says also how an attribute was written.
fn key<'a>(identifier: &'a str, valid: &[&str]) -> Result<(TraceKey, &'a str), QueryError> {
    let (prefix, name) = split_prefix(identifier).unwrap_or(("attribute", identifier));
    let prefix = prefix
        .strip_prefix('`')
        .and_then(|p| p.strip_suffix('`'))
        .unwrap_or(prefix);
    let name = unquote_key(name);
    let key = match prefix {
        "attribute" | "attributes" | "trace" => {
            if !valid.contains(&name) {
                return Err(QueryError::InvalidAttribute {
                    key: name.to_owned(),
                    valid: set(valid),
                });
            }
            match name {
                "timestamp" | "timestamp_ms" => TraceKey::Attribute("timestamp_ms"),
                "execution_time" | "execution_time_ms" => TraceKey::Attribute("execution_time_ms"),
                "end_time" | "end_time_ms" => TraceKey::Attribute("end_time_ms"),
                "status" => TraceKey::Attribute("status"),
                "request_id" => TraceKey::Attribute("request_id"),
                "client_request_id" => TraceKey::Attribute("client_request_id"),
                "experiment_id" => TraceKey::Attribute("experiment_id"),
                "name" => TraceKey::Tag(TRACE_NAME.to_owned()),
                "prompt" => TraceKey::Prompt,
                "run_id" => TraceKey::Run,
                _ => TraceKey::Span(SpanKey::Content),
            }
        }
        "tag" | "tags" => TraceKey::Tag(name.to_owned()),
        "metadata" | "request_metadata" if name == SOURCE_RUN => TraceKey::Run,
        "metadata" | "request_metadata" => TraceKey::Metadata(name.to_owned()),
        "span" => TraceKey::Span(match name {
            "name" => SpanKey::Name,
            "type" => SpanKey::Type,
            "status" => SpanKey::Status,
            "content" => SpanKey::Content,
            _ => match name.strip_prefix("attributes.") {
                Some("") => return Err(QueryError::EmptySpanAttribute),
                Some(attribute) => SpanKey::Attribute(attribute.trim_matches('`').to_owned()),
                None => return Err(QueryError::InvalidSpanAttribute(name.to_owned())),
            },
        }),
        "feedback" => TraceKey::Feedback(name.to_owned()),
        "expectation" => TraceKey::Expectation(name.to_owned()),
        "issue" if name == "id" => TraceKey::Issue,
        "issue" => return Err(QueryError::InvalidIssueAttribute(name.to_owned())),
        other => {
            return Err(QueryError::InvalidEntityOf {
                found: other.to_owned(),
                valid: set(ENTITIES),
            });
        }
    };
    Ok((key, name))
}

fn comparison(clause: Clause<'_>) -> Result<TraceComparison, QueryError> {
    let (key, name) = key(clause.left.source(), FILTERABLE)?;
    let operator = operator(&key, &clause.operator)?;
    let Some(right) = clause.right else {
        return Ok(TraceComparison {
            key,
            operator,
            value: Value::None,
        });
    };
    let value = value(&key, name, operator, &right)?;
    Ok(TraceComparison { key, operator, value })
}

fn operator(key: &TraceKey, written: &str) -> Result<Operator, QueryError> {
    use Operator::{Eq, Ge, Gt, ILike, In, IsNotNull, IsNull, Le, Like, Lt, Ne, NotIn, RLike};
    const NUMBERS: &[Operator] = &[Eq, Ne, Gt, Ge, Lt, Le];
    const TEXTS: &[Operator] = &[Eq, Ne, In, NotIn, Like, ILike, RLike];
    const NULLABLE: &[Operator] = &[Eq, Ne, Like, ILike, RLike, IsNull, IsNotNull];
    let (fits, valid): (&[Operator], _) = match key {
        TraceKey::Attribute("timestamp_ms" | "execution_time_ms" | "end_time_ms") => (NUMBERS, NUMERIC),
        TraceKey::Attribute(_) => (TEXTS, TEXT),
        TraceKey::Tag(_) | TraceKey::Metadata(_) | TraceKey::Run => (NULLABLE, TEXT_OR_NULL),
        TraceKey::Prompt => (&[Eq], "'='"),
        TraceKey::Span(SpanKey::Content) => (&[Like, ILike], "'LIKE', 'ILIKE'"),
        TraceKey::Span(_) => (TEXTS, TEXT),
        TraceKey::Feedback(_) | TraceKey::Expectation(_) => (
            &[Eq, Ne, Gt, Ge, Lt, Le, Like, ILike, RLike, IsNull, IsNotNull],
            ASSESSMENT,
        ),
        TraceKey::Issue => (&[Eq], "'='"),
    };
    match Operator::parse(written) {
        Some(operator) if fits.contains(&operator) => Ok(operator),
        _ if *key == TraceKey::Prompt => Err(QueryError::PromptComparator(written.to_owned())),
        _ => Err(QueryError::InvalidComparator {
            found: written.to_owned(),
            valid,
        }),
    }
}

fn value(key: &TraceKey, name: &str, operator: Operator, right: &Token<'_>) -> Result<Value, QueryError> {
    let expected = |entity: &'static str| QueryError::ExpectedText {
        entity,
        found: right.source().to_owned(),
    };
    let text = |entity| match right {
        Token::Text(text) | Token::Identifier(text) => Ok(Value::Text(unquote_value(text)?.to_owned())),
        _ => Err(expected(entity)),
    };
    match key {
        TraceKey::Attribute("timestamp_ms" | "execution_time_ms" | "end_time_ms") => match right {
            Token::Integer(n) | Token::Float(n) => {
                n.parse()
                    .map(Value::Number)
                    .map_err(|_| QueryError::ExpectedAttributeNumber {
                        key: name.to_owned(),
                        found: right.source().to_owned(),
                    })
            }
            _ => Err(QueryError::ExpectedAttributeNumber {
                key: name.to_owned(),
                found: right.source().to_owned(),
            }),
        },
        TraceKey::Feedback(_) | TraceKey::Expectation(_) => {
            let entity = if matches!(key, TraceKey::Feedback(_)) {
                "feedback"
            } else {
                "expectation"
            };
            let ordered = matches!(
                operator,
                Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le
            );
            match right {
                Token::Integer(n) | Token::Float(n) if ordered => {
                    n.parse().map(Value::Number).map_err(|_| expected(entity))
                }
                _ if ordered => Err(QueryError::ExpectedAssessmentNumber {
                    entity,
                    operator: operator.as_str(),
                    found: right.source().to_owned(),
                }),
                _ => text(entity),
            }
        }
        _ => {
            let entity = match key {
                TraceKey::Tag(_) if name != "name" => "tag",
                TraceKey::Metadata(_) => "request_metadata",
                TraceKey::Span(_) => "span",
                TraceKey::Issue => "issue",
                _ => "attribute",
            };
            match right {
                Token::List(list) if operator.is_list() => {
                    if entity == "attribute" && !LISTABLE.contains(&name) {
                        return Err(QueryError::ListUnsupported(set(LISTABLE)));
                    }
                    list_items(list).map(Value::List)
                }
                _ if operator.is_list() => Err(QueryError::ExpectedList {
                    operator: operator.as_str(),
                    found: right.source().to_owned(),
                }),
                _ => match (key, text(entity)?) {
                    (TraceKey::Prompt, Value::Text(text)) if text.matches('/').count() != 1 => {
                        Err(QueryError::InvalidPrompt(text))
                    }
                    (_, value) => Ok(value),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_that_a_trace_has() {
        let filter = "status = 'OK' AND timestamp > 5 AND tags.`a b` LIKE '%x' AND metadata.k != 'v' AND \
                      span.attributes.model ILIKE '%gpt%' AND feedback.score >= 0.8 AND expectation.answer = 'x' AND \
                      run_id = 'r' AND name RLIKE '^a' AND text LIKE '%q%' AND prompt = 'p/1' AND tag.z IS NULL";
        let parsed = parse_trace_filter(filter).expect("it is a filter");
        let keys: Vec<_> = parsed.iter().map(|c| c.key.clone()).collect();
        assert_eq!(
            keys,
            [
                TraceKey::Attribute("status"),
                TraceKey::Attribute("timestamp_ms"),
                TraceKey::Tag("a b".into()),
                TraceKey::Metadata("k".into()),
                TraceKey::Span(SpanKey::Attribute("model".into())),
                TraceKey::Feedback("score".into()),
                TraceKey::Expectation("answer".into()),
                TraceKey::Run,
                TraceKey::Tag(TRACE_NAME.into()),
                TraceKey::Span(SpanKey::Content),
                TraceKey::Prompt,
                TraceKey::Tag("z".into()),
            ]
        );
    }

    #[test]
    fn refuses_what_a_trace_has_not() {
        for filter in [
            "metrics.x = 1",
            "nope = 'x'",
            "timestamp LIKE 'x'",
            "timestamp = 'x'",
            "feedback.a > 'x'",
            "feedback.a = 1",
            "span.nope = 'x'",
            "span.attributes. = 'x'",
            "prompt LIKE 'a/1'",
            "prompt = 'a'",
            "issue.name = 'x'",
            "text = 'x'",
            "status OR 'x'",
        ] {
            assert!(parse_trace_filter(filter).is_err(), "{filter}");
        }
        assert!(parse_trace_order("timestamp_ms up").is_err());
        assert!(parse_trace_order("span.name").is_err());
        let order = parse_trace_order("tags.x DESC").expect("it is an ordering");
        assert_eq!((order.key, order.ascending), (TraceKey::Tag("x".into()), false));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(input in ".{0,80}") {
            drop(parse_trace_filter(&input));
            drop(parse_trace_order(&input));
        }
    }
}
