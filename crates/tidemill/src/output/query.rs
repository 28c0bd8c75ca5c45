//! `--query`: JMESPath over what would be printed.

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};

/// A query that was read.
#[derive(Debug, Clone)]
pub struct Query(Arc<str>);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// A text that is no JMESPath.
    pub fn parse(text: &str) -> Result<Self> {
        jmespath::compile(text).map_err(|error| wrong(text, &error))?;
        Ok(Self(text.into()))
    }

    /// What the query finds in a value.
    ///
    /// # Errors
    /// As when a function is called on what it does not take.
    pub fn answer(&self, value: &Value) -> Result<Value> {
        let failed = |error| wrong(&self.0, &error);
        let found = jmespath::compile(&self.0)
            .and_then(|query| query.search(value))
            .map_err(failed)?;
        serde_json::to_value(&*found).map_err(|error| {
            Error::failed(format!(
                "failed to show what the query `{}` found: {error}",
                self.0
            ))
        })
    }
}

fn wrong(text: &str, error: &jmespath::JmespathError) -> Error {
    let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
    Error::usage(format!("failed to answer --query `{text}`: {reason}"))
        .with_hint("it is a JMESPath expression, as in --query \"[].name\" or --query status")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_picks_and_shapes() {
        let value = json!([{"name": "a", "n": 1}, {"name": "b", "n": 2}]);
        for (query, found) in [
            ("[].name", json!(["a", "b"])),
            ("[?n > `1`].{x: name}", json!([{"x": "b"}])),
            ("[0].missing", Value::Null),
            ("length(@)", json!(2)),
        ] {
            assert_eq!(
                Query::parse(query).and_then(|q| q.answer(&value)).expect(query),
                found
            );
        }
        assert!(Query::parse("[").is_err());
        assert!(
            Query::parse("length(@)")
                .and_then(|q| q.answer(&json!(1)))
                .is_err()
        );
    }
}
