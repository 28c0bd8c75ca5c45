//! Where a job shall run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::{RefError, has_expression, text_reference};

/// Where a job shall run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ComputeRef {
    /// `local`.
    Local,
    /// `serverless`: whatever the workspace gives by default.
    Serverless,
    /// `azureml:name`, or the bare name.
    Named(String),
    /// A full id; its last part is the compute's name.
    Id {
        /// The id as it was written.
        id: String,
        /// The compute's name.
        name: String,
    },
    /// A text with `${{…}}`; render it, then parse it again.
    Expression(String),
}

impl ComputeRef {
    /// The compute's name, where one is named.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Local => Some("local"),
            Self::Named(name) | Self::Id { name, .. } => Some(name),
            Self::Serverless | Self::Expression(_) => None,
        }
    }
}

impl FromStr for ComputeRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let text = text.trim();
        if has_expression(text) {
            return Ok(Self::Expression(text.to_owned()));
        }
        let bare = text.strip_prefix("azureml:").unwrap_or(text);
        if let Some(id) = Some(bare).filter(|bare| bare.starts_with("/subscriptions/")) {
            let name = id
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned();
            return Ok(Self::Id {
                id: id.to_owned(),
                name,
            });
        }
        match bare.to_lowercase().as_str() {
            "local" => return Ok(Self::Local),
            "serverless" => return Ok(Self::Serverless),
            _ => {}
        }
        let name = bare.split_once('@').map_or(bare, |(name, _)| name);
        if name.is_empty() || name.contains(['/', ':', ' ', '\\', '\0', '\n']) {
            return Err(RefError::new(
                format!("`{text}` is no reference to a compute"),
                "write `azureml:<name>`, `local` or `serverless`",
            ));
        }
        Ok(Self::Named(name.to_owned()))
    }
}

impl fmt::Display for ComputeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Serverless => f.write_str("serverless"),
            Self::Named(name) => write!(f, "azureml:{name}"),
            Self::Id { id: text, .. } | Self::Expression(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for ComputeRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

text_reference!(
    ComputeRef,
    "`azureml:<name>`, `local`, `serverless`, or a full id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_form() {
        assert_eq!(
            "azureml:cpu-cluster".parse(),
            Ok(ComputeRef::Named("cpu-cluster".into()))
        );
        assert_eq!("cpu-cluster".parse(), Ok(ComputeRef::Named("cpu-cluster".into())));
        assert_eq!("azureml:serverless".parse(), Ok(ComputeRef::Serverless));
        assert_eq!("local".parse(), Ok(ComputeRef::Local));
        let id: ComputeRef = "/subscriptions/s/workspaces/w/computes/c1"
            .parse()
            .expect("an id");
        assert_eq!(id.name(), Some("c1"));
        assert!("azureml:a/b".parse::<ComputeRef>().is_err());
        assert!("".parse::<ComputeRef>().is_err());
    }
}
