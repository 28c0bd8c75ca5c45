//! The filter grammar: comparisons joined by `AND`, each checked against what its key can be compared with.

use crate::lexer::{Token, list_items, tokens};
use crate::{Entity, Key, QueryError, Subject};

/// How two things are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `LIKE`, with `%` and `_`, case counts.
    Like,
    /// `ILIKE`, case doesn't count.
    ILike,
    /// `RLIKE`, a regular expression.
    RLike,
    /// `IN (…)`
    In,
    /// `NOT IN (…)`
    NotIn,
    /// `IS NULL`: it isn't there.
    IsNull,
    /// `IS NOT NULL`: it is there.
    IsNotNull,
}

impl Operator {
    /// The operator as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Eq => "=",
            Operator::Ne => "!=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Like => "LIKE",
            Operator::ILike => "ILIKE",
            Operator::RLike => "RLIKE",
            Operator::In => "IN",
            Operator::NotIn => "NOT IN",
            Operator::IsNull => "IS NULL",
            Operator::IsNotNull => "IS NOT NULL",
        }
    }

    pub(crate) fn parse(written: &str) -> Option<Operator> {
        Some(match written {
            "=" => Operator::Eq,
            "!=" => Operator::Ne,
            ">" => Operator::Gt,
            ">=" => Operator::Ge,
            "<" => Operator::Lt,
            "<=" => Operator::Le,
            "LIKE" => Operator::Like,
            "ILIKE" => Operator::ILike,
            "RLIKE" => Operator::RLike,
            "IN" => Operator::In,
            "NOT IN" => Operator::NotIn,
            "IS NULL" => Operator::IsNull,
            "IS NOT NULL" => Operator::IsNotNull,
            _ => return None,
        })
    }

    fn is_numeric(self) -> bool {
        matches!(
            self,
            Operator::Eq | Operator::Ne | Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le
        )
    }

    fn is_text(self) -> bool {
        matches!(
            self,
            Operator::Eq | Operator::Ne | Operator::Like | Operator::ILike
        )
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self, Operator::In | Operator::NotIn)
    }

    fn is_null_test(self) -> bool {
        matches!(self, Operator::IsNull | Operator::IsNotNull)
    }
}

/// What a key is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: `IS NULL`, `IS NOT NULL`.
    None,
    /// A text, without its quotes.
    Text(String),
    /// A number: metrics, times, versions.
    Number(f64),
    /// A list of texts: `IN`, `NOT IN`.
    List(Vec<String>),
}

/// One comparison of a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The left side.
    pub key: Key,
    /// The operator; it fits the key.
    pub operator: Operator,
    /// The right side; it fits the operator.
    pub value: Value,
}

const NUMERIC: &str = "'>', '>=', '!=', '=', '<', '<='";
const TEXT: &str = "'!=', '=', 'LIKE', 'ILIKE'";
const TEXT_OR_LIST: &str = "'!=', '=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'";
const TEXT_OR_NULL: &str = "'!=', '=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'";

/// Reads a filter. An empty text is no comparison at all; all comparisons must hold.
///
/// # Errors
/// Names the clause, key, operator or value that doesn't fit.
pub fn parse_filter(subject: Subject, filter: &str) -> Result<Vec<Comparison>, QueryError> {
    if subject == Subject::LoggedModel {
        return crate::parse_logged_model_filter(filter);
    }
    if filter.is_empty() {
        return Ok(Vec::new());
    }
    clauses(filter)
        .map_err(|error| match error {
            // Only runs have the words in quotes.
            QueryError::InvalidClause(words) if subject != Subject::Run => {
                QueryError::InvalidWords(words.replace("', '", ", "))
            }
            error => error,
        })?
        .into_iter()
        .map(|clause| comparison(subject, clause))
        .collect()
}

/// A clause before its key is known: what was written left, between and right.
pub(crate) struct Clause<'a> {
    pub(crate) left: Token<'a>,
    pub(crate) operator: String,
    pub(crate) right: Option<Token<'a>>,
}

/// Cuts a filter into clauses.
pub(crate) fn clauses(filter: &str) -> Result<Vec<Clause<'_>>, QueryError> {
    let words = tokens(filter);
    if words.is_empty() {
        return Err(QueryError::Unparsable(filter.to_owned()));
    }
    if let Some(at) = words.iter().position(|t| *t == Token::Semicolon) {
        return Err(if at + 1 < words.len() {
            QueryError::MultipleExpressions(filter.to_owned())
        } else {
            QueryError::InvalidClause(";".to_owned())
        });
    }
    let mut found = Vec::new();
    let mut rest = words.as_slice();
    while let Some(first) = rest.first() {
        if first.is("AND") {
            rest = &rest[1..];
            continue;
        }
        let (clause, used) = clause(rest)?;
        found.push(clause);
        rest = &rest[used..];
        if rest.first().is_some_and(|next| !next.is("AND")) {
            return Err(QueryError::InvalidClause(rest[0].source().to_owned()));
        }
    }
    if found.is_empty() {
        return Err(QueryError::InvalidClause(filter.trim().to_owned()));
    }
    Ok(found)
}

fn clause<'a>(words: &[Token<'a>]) -> Result<(Clause<'a>, usize), QueryError> {
    let left = words[0].clone();
    let keyword = |at: usize, word: &str| words.get(at).is_some_and(|t| t.is(word));
    let unfinished = || {
        let shown: Vec<_> = words
            .iter()
            .take_while(|t| !t.is("AND"))
            .map(Token::source)
            .collect();
        QueryError::InvalidClause(shown.join("', '"))
    };
    let (operator, length, takes_value) = if keyword(1, "IS") && keyword(2, "NOT") && keyword(3, "NULL") {
        ("IS NOT NULL".to_owned(), 3, false)
    } else if keyword(1, "IS") && keyword(2, "NULL") {
        ("IS NULL".to_owned(), 2, false)
    } else if keyword(1, "NOT") {
        match words.get(2) {
            Some(Token::Identifier(word)) => (format!("NOT {}", word.to_uppercase()), 2, true),
            _ => return Err(unfinished()),
        }
    } else {
        match words.get(1) {
            Some(Token::Operator(op)) => ((*op).to_owned(), 1, true),
            Some(t) if t.is("LIKE") || t.is("ILIKE") || t.is("RLIKE") || t.is("IN") => {
                (t.source().to_uppercase(), 1, true)
            }
            Some(other @ Token::Other(_)) if matches!(left, Token::Identifier(_)) => {
                return Err(QueryError::ExpectedIdentifier(format!(
                    "{}{}{}",
                    left.source(),
                    other.source(),
                    words.get(2).map_or("", Token::source)
                )));
            }
            _ => return Err(unfinished()),
        }
    };
    if !matches!(left, Token::Identifier(_)) {
        return Err(QueryError::ExpectedIdentifier(left.source().to_owned()));
    }
    let right = takes_value
        .then(|| words.get(1 + length).cloned().ok_or_else(unfinished))
        .transpose()?;
    Ok((
        Clause {
            left,
            operator,
            right,
        },
        1 + length + usize::from(takes_value),
    ))
}

fn comparison(subject: Subject, clause: Clause<'_>) -> Result<Comparison, QueryError> {
    let key = subject.key(clause.left.source(), subject.attributes())?;
    if let Some(right) = &clause.right {
        well_typed(subject, &key, right)?;
    }
    let operator = operator(subject, &key, &clause.operator)?;
    let value = match clause.right {
        Some(right) => value(subject, &key, operator, &right)?,
        None => Value::None,
    };
    Ok(Comparison { key, operator, value })
}

/// Refuses a right side that is of the wrong kind; MLflow looks at it before it looks at the operator.
fn well_typed(subject: Subject, key: &Key, right: &Token<'_>) -> Result<(), QueryError> {
    let is_number = matches!(right, Token::Integer(_) | Token::Float(_));
    let is_text = matches!(right, Token::Text(_) | Token::Identifier(_));
    match key.entity {
        Entity::Metric if !is_number => Err(QueryError::ExpectedMetricNumber(right.source().to_owned())),
        Entity::Param | Entity::Tag if !is_text => Err(expected_text(subject, key, right)),
        Entity::Attribute if subject.is_numeric(&key.name) => match subject {
            Subject::Run | Subject::Experiment if !is_number => Err(QueryError::ExpectedAttributeNumber {
                key: key.name.clone(),
                found: right.source().to_owned(),
            }),
            _ => Ok(()),
        },
        Entity::Attribute | Entity::Dataset if is_number => Err(expected_text(subject, key, right)),
        _ => Ok(()),
    }
}

fn operator(subject: Subject, key: &Key, written: &str) -> Result<Operator, QueryError> {
    let operator = Operator::parse(written);
    if operator.is_some_and(Operator::is_null_test)
        && let Some(of) = match subject {
            Subject::RegisteredModel => Some("registered model"),
            Subject::ModelVersion => Some("model version"),
            _ => None,
        }
    {
        return Err(QueryError::NullTestNowhere(of));
    }
    let nullable = matches!(subject, Subject::Run | Subject::Experiment);
    if let Some(op) = operator
        && op.is_null_test()
        && !(nullable && matches!(key.entity, Entity::Tag | Entity::Param))
    {
        return Err(QueryError::NullTestUnsupported {
            supported: if subject == Subject::Run {
                "tags and params"
            } else {
                "tags"
            },
            entity: match subject {
                Subject::Run => format!("'{}'", key.entity.as_str()),
                _ => key.entity.as_str().to_owned(),
            },
            key: key.name.clone(),
        });
    }
    let (fits, valid): (fn(Operator) -> bool, _) = match key.entity {
        Entity::Metric => (Operator::is_numeric, NUMERIC),
        Entity::Attribute if subject.is_numeric(&key.name) => (Operator::is_numeric, NUMERIC),
        Entity::Attribute if key.name == "experiment_id" => (
            |op| op.is_list() || matches!(op, Operator::Eq | Operator::Ne),
            "'!=', '=', 'IN', 'NOT IN'",
        ),
        Entity::Attribute | Entity::Dataset => (|op| op.is_text() || op.is_list(), TEXT_OR_LIST),
        Entity::Param | Entity::Tag if nullable => (|op| op.is_text() || op.is_null_test(), TEXT_OR_NULL),
        Entity::Param | Entity::Tag => (Operator::is_text, TEXT),
    };
    match operator {
        Some(op) if fits(op) => Ok(op),
        _ if let Some(entity) = comparator_of(subject, key) => Err(QueryError::InvalidComparatorFor {
            entity,
            found: written.to_owned(),
        }),
        _ => Err(QueryError::InvalidComparator {
            found: written.to_owned(),
            valid,
        }),
    }
}

/// What MLflow calls the left side where it doesn't list the operators that fit.
fn comparator_of(subject: Subject, key: &Key) -> Option<&'static str> {
    let model = matches!(subject, Subject::RegisteredModel | Subject::ModelVersion);
    match key.entity {
        Entity::Tag if model || subject == Subject::Experiment => Some("tag"),
        Entity::Attribute if model && key.name == "version_number" => Some("attribute version_number"),
        Entity::Attribute if model => Some("attribute"),
        Entity::Attribute if subject == Subject::Experiment && key.name == "experiment_id" => {
            Some("experiment_id")
        }
        _ => None,
    }
}

fn value(subject: Subject, key: &Key, operator: Operator, right: &Token<'_>) -> Result<Value, QueryError> {
    if key.entity == Entity::Metric {
        return match right {
            Token::Integer(n) | Token::Float(n) => {
                let number = n
                    .parse()
                    .map_err(|_| QueryError::ExpectedMetricNumber((*n).to_owned()))?;
                Ok(Value::Number(number))
            }
            other => Err(QueryError::ExpectedMetricNumber(other.source().to_owned())),
        };
    }
    if key.entity == Entity::Attribute && subject.is_numeric(&key.name) {
        return number(subject, key, right);
    }
    if let Token::List(list) = right {
        let listable = match key.entity {
            Entity::Dataset => true,
            Entity::Attribute => subject.listable().contains(&key.name.as_str()),
            _ => return Err(expected_text(subject, key, right)),
        };
        if !listable {
            let keys: Vec<_> = subject.listable().iter().map(|k| format!("'{k}'")).collect();
            return Err(QueryError::ListUnsupported(format!("[{}]", keys.join(", "))));
        }
        if !operator.is_list() {
            return Err(expected_text(subject, key, right));
        }
        return list_items(list).map(Value::List);
    }
    if operator.is_list() {
        return Err(QueryError::ExpectedList {
            operator: operator.as_str(),
            found: right.source().to_owned(),
        });
    }
    match right {
        Token::Text(text) | Token::Identifier(text) => Ok(Value::Text(unquote_value(text)?.to_owned())),
        other => Err(expected_text(subject, key, other)),
    }
}

/// A time or version; experiments and models also take it in quotes, as MLflow does.
fn number(subject: Subject, key: &Key, right: &Token<'_>) -> Result<Value, QueryError> {
    let invalid = |found: &str| QueryError::InvalidNumber {
        key: key.name.clone(),
        found: found.to_owned(),
    };
    match right {
        Token::Integer(n) => n.parse().map(Value::Number).map_err(|_| invalid(n)),
        Token::Float(n) if subject == Subject::Run => n.parse().map(Value::Number).map_err(|_| invalid(n)),
        Token::Float(n) => Err(invalid(n)),
        Token::Text(text) | Token::Identifier(text)
            if !matches!(subject, Subject::Run | Subject::Experiment) =>
        {
            let text = unquote_value(text)?;
            text.trim()
                .parse::<i64>()
                .map_err(|_| invalid(text))
                .map(|n| Value::Number(n as f64))
        }
        other => Err(QueryError::ExpectedAttributeNumber {
            key: key.name.clone(),
            found: other.source().to_owned(),
        }),
    }
}

fn expected_text(subject: Subject, key: &Key, found: &Token<'_>) -> QueryError {
    let found = found.source().to_owned();
    match (key.entity, subject) {
        (Entity::Attribute, Subject::Run | Subject::Experiment) => QueryError::ExpectedAttributeText(found),
        (Entity::Attribute, Subject::RegisteredModel) => QueryError::ExpectedAttributeTexts(found),
        (Entity::Dataset, _) => QueryError::ExpectedDatasetText(found),
        (entity, _) => QueryError::ExpectedText {
            entity: entity.as_str(),
            found,
        },
    }
}

/// The text between single or double quotes, as it is: escapes are not undone, as in MLflow.
pub(crate) fn unquote_value(written: &str) -> Result<&str, QueryError> {
    for quote in ['\'', '"'] {
        if written.len() >= 2
            && let Some(inner) = written.strip_prefix(quote).and_then(|w| w.strip_suffix(quote))
        {
            return Ok(inner);
        }
    }
    Err(QueryError::Unquoted(written.to_owned()))
}

#[cfg(test)]
mod tests;
