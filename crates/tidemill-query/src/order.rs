//! Orderings: `metrics.rmse DESC`, `start_time`.

use crate::lexer::{Token, tokens};
use crate::{Entity, Key, QueryError, Subject};

/// One entry of `order_by`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What to sort by.
    pub key: Key,
    /// Smallest first.
    pub ascending: bool,
}

/// Reads one entry of `order_by`.
///
/// # Errors
/// Names the entry, when it isn't `key`, `key ASC` or `key DESC`, or the key doesn't exist.
pub fn parse_order(subject: Subject, order_by: &str) -> Result<Order, QueryError> {
    let invalid = || QueryError::InvalidOrder(order_by.to_owned());
    let words = tokens(order_by);
    let (identifier, ascending) = match words.as_slice() {
        [Token::Identifier(identifier)] => (*identifier, true),
        [Token::Identifier(identifier), direction @ Token::Identifier(_)] => (
            *identifier,
            if direction.is("ASC") {
                true
            } else if direction.is("DESC") {
                false
            } else {
                return Err(QueryError::InvalidDirection(order_by.to_owned()));
            },
        ),
        _ => return Err(invalid()),
    };
    let mut key = subject
        .key(identifier, subject.orderable())
        .map_err(|error| match error {
            QueryError::InvalidAttribute { key, .. } if subject == Subject::RegisteredModel => {
                let valid = "{'name', 'timestamp'}".to_owned();
                QueryError::InvalidOrderKey { key, valid }
            }
            error => error,
        })?;
    let orderable = match subject {
        Subject::Run => key.entity != Entity::Dataset,
        _ => key.entity == Entity::Attribute,
    };
    if subject == Subject::Run && !orderable {
        return Err(QueryError::InvalidIdentifierType(key.entity.as_str().to_owned()));
    }
    if !orderable {
        return Err(QueryError::InvalidOrderEntity(key.entity.as_str().to_owned()));
    }
    if subject == Subject::RegisteredModel && key.name == "timestamp" {
        key.name = "last_updated_timestamp".to_owned();
    }
    Ok(Order { key, ascending })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_key_and_its_direction() {
        let order = |s| parse_order(Subject::Run, s).map(|o| (o.key.entity, o.key.name, o.ascending));
        assert_eq!(order("metrics.x"), Ok((Entity::Metric, "x".into(), true)));
        assert_eq!(
            order("metrics.`a b` desc"),
            Ok((Entity::Metric, "a b".into(), false))
        );
        assert_eq!(
            order("attribute.start_time DESC"),
            Ok((Entity::Attribute, "start_time".into(), false))
        );
        assert_eq!(
            order("Created"),
            Ok((Entity::Attribute, "start_time".into(), true))
        );
        assert_eq!(order("tag.a.b ASC"), Ok((Entity::Tag, "a.b".into(), true)));
    }

    #[test]
    fn refuses_what_is_no_ordering() {
        for written in [
            "",
            "a b c",
            "metrics.x, metrics.y",
            "'metrics.x'",
            "params.a/b DESC",
            "dataset.name",
        ] {
            assert!(parse_order(Subject::Run, written).is_err(), "{written}");
        }
        assert_eq!(
            parse_order(Subject::Run, "metrics.x up"),
            Err(QueryError::InvalidDirection("metrics.x up".into()))
        );
        assert!(parse_order(Subject::ModelVersion, "tags.a").is_err());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(input in ".{0,60}") {
            for subject in [Subject::Run, Subject::Experiment, Subject::RegisteredModel, Subject::ModelVersion] {
                drop(parse_order(subject, &input));
            }
        }
    }
}
