//! Logged models have a filter grammar of their own: stricter prefixes, and orderings that are objects.

use crate::filter::{Clause, clauses};
use crate::lexer::{Token, list_items};
use crate::{Comparison, Entity, Key, Operator, Order, QueryError, Subject, Value};

/// Reads a filter over logged models.
///
/// # Errors
/// Names the clause, key, operator or value that doesn't fit.
pub fn parse_logged_model_filter(filter: &str) -> Result<Vec<Comparison>, QueryError> {
    if filter.trim().is_empty() {
        return Ok(Vec::new());
    }
    clauses(filter)
        .map_err(|_| QueryError::InvalidLoggedModelFilter(filter.to_owned()))?
        .into_iter()
        .map(comparison)
        .collect()
}

/// Reads the `field_name` of one ordering: an attribute, or `metrics.<key>`.
///
/// # Errors
/// When logged models have no such field.
pub fn parse_logged_model_order(field_name: &str, ascending: bool) -> Result<Order, QueryError> {
    let key = match field_name.split_once('.') {
        Some(("metrics", name)) => Key {
            entity: Entity::Metric,
            name: name.trim_matches('`').to_owned(),
        },
        Some(_) => {
            return Err(QueryError::InvalidOrderField(format!(
                "{field_name}. Only metrics are supported."
            )));
        }
        None => attribute(field_name.trim())
            .ok_or_else(|| QueryError::InvalidOrderField(field_name.to_owned()))?,
    };
    Ok(Order { key, ascending })
}

fn attribute(name: &str) -> Option<Key> {
    let name = match name.trim_matches('`') {
        "creation_timestamp" | "creation_timestamp_ms" => "creation_time",
        "last_updated_timestamp" | "last_updated_timestamp_ms" => "last_updated_time",
        other => other,
    };
    let known = Subject::LoggedModel.attributes().contains(&name);
    known.then(|| Key {
        entity: Entity::Attribute,
        name: name.to_owned(),
    })
}

fn comparison(clause: Clause<'_>) -> Result<Comparison, QueryError> {
    let key = key(clause.left.source())?;
    let numeric = key.entity == Entity::Metric || Subject::LoggedModel.is_numeric(&key.name);
    let status = key.entity == Entity::Attribute && key.name == "status";
    let (operator, valid) = match (clause.operator.as_str(), numeric) {
        ("=", _) => (Some(Operator::Eq), ""),
        ("!=", _) => (Some(Operator::Ne), ""),
        ("<", true) => (Some(Operator::Lt), ""),
        ("<=", true) => (Some(Operator::Le), ""),
        (">", true) => (Some(Operator::Gt), ""),
        (">=", true) => (Some(Operator::Ge), ""),
        ("LIKE", false) if !status => (Some(Operator::Like), ""),
        ("ILIKE", false) if !status => (Some(Operator::ILike), ""),
        ("IN", false) => (Some(Operator::In), ""),
        ("NOT IN", false) => (Some(Operator::NotIn), ""),
        (_, true) => (None, "'<', '<=', '>', '>=', '=', '!='"),
        (_, false) => (None, "'=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'"),
    };
    let operator = operator.ok_or(QueryError::InvalidComparator {
        found: clause.operator.clone(),
        valid,
    })?;
    let right = clause
        .right
        .ok_or_else(|| QueryError::InvalidClause(clause.operator.clone()))?;
    let value = match right {
        Token::Integer(n) | Token::Float(n) if numeric => {
            Value::Number(n.parse().map_err(|_| QueryError::InvalidNumber {
                key: key.name.clone(),
                found: n.to_owned(),
            })?)
        }
        other if numeric => {
            return Err(QueryError::ExpectedAttributeNumber {
                key: key.name,
                found: other.source().to_owned(),
            });
        }
        Token::List(list) if matches!(operator, Operator::In | Operator::NotIn) => {
            Value::List(list_items(list)?)
        }
        other if matches!(operator, Operator::In | Operator::NotIn) => {
            return Err(QueryError::ExpectedList {
                operator: operator.as_str(),
                found: other.source().to_owned(),
            });
        }
        Token::Text(text) | Token::Identifier(text) => {
            Value::Text(crate::filter::unquote_value(text).unwrap_or(text).to_owned())
        }
        other => Value::Text(other.source().to_owned()),
    };
    Ok(Comparison { key, operator, value })
}

fn key(identifier: &str) -> Result<Key, QueryError> {
    let Some((prefix, name)) = identifier
        .split_once('.')
        .filter(|(p, _)| !p.starts_with(['`', '"']))
    else {
        return attribute(identifier).ok_or_else(|| QueryError::InvalidAttribute {
            key: identifier.to_owned(),
            valid: crate::subject::set(Subject::LoggedModel.attributes()),
        });
    };
    let name = crate::subject::unquote_key(name);
    let entity = match prefix {
        "attributes" => {
            return attribute(name).ok_or_else(|| QueryError::InvalidAttribute {
                key: name.to_owned(),
                valid: crate::subject::set(Subject::LoggedModel.attributes()),
            });
        }
        "metrics" => Entity::Metric,
        "params" => Entity::Param,
        "tags" => Entity::Tag,
        other => {
            return Err(QueryError::InvalidLoggedModelEntity(other.to_owned()));
        }
    };
    Ok(Key {
        entity,
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_attributes_metrics_params_and_tags() {
        let parsed = parse_logged_model_filter(
            "metrics.loss < 0.1 AND params.lr = '0.01' AND name IN ('a', 'b') AND creation_timestamp > 5",
        )
        .unwrap();
        let shown: Vec<_> = parsed
            .iter()
            .map(|c| {
                format!(
                    "{}.{} {} {:?}",
                    c.key.entity.as_str(),
                    c.key.name,
                    c.operator.as_str(),
                    c.value
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "metric.loss < Number(0.1)",
                "parameter.lr = Text(\"0.01\")",
                "attribute.name IN List([\"a\", \"b\"])",
                "attribute.creation_time > Number(5.0)",
            ]
        );
    }

    #[test]
    fn refuses_what_they_do_not_have() {
        for filter in [
            "metric.loss < 1",
            "metrics.loss LIKE 'x'",
            "nope = 'x'",
            "status LIKE 'R%'",
            "name < 'x'",
        ] {
            assert!(parse_logged_model_filter(filter).is_err(), "{filter}");
        }
        assert!(parse_logged_model_order("params.x", true).is_err());
        assert!(parse_logged_model_order("creation_timestamp", false).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(input in ".{0,80}") {
            drop(parse_logged_model_filter(&input));
            drop(parse_logged_model_order(&input, true));
        }
    }
}
