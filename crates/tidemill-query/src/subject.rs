//! What can be searched, and which keys each of them has.

use crate::QueryError;

/// What a search looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// `runs/search`
    Run,
    /// `experiments/search`
    Experiment,
    /// `registered-models/search`
    RegisteredModel,
    /// `model-versions/search`
    ModelVersion,
    /// `datasets/search`: datasets for evaluating.
    EvalDataset,
    /// `logged-models/search`, which has a stricter grammar: [`crate::parse_logged_model_filter`].
    LoggedModel,
}

/// What a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// A column of the thing itself.
    Attribute,
    /// The latest value of a metric.
    Metric,
    /// A parameter.
    Param,
    /// A tag.
    Tag,
    /// A dataset that a run read.
    Dataset,
}

impl Entity {
    /// As messages call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Entity::Attribute => "attribute",
            Entity::Metric => "metric",
            Entity::Param => "parameter",
            Entity::Tag => "tag",
            Entity::Dataset => "dataset",
        }
    }
}

/// A key that exists: `params.depth`, `start_time`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it belongs to.
    pub entity: Entity,
    /// Its name, without quotes and with aliases resolved (`created` is `start_time`).
    pub name: String,
}

impl Subject {
    /// The attributes that a filter may name; aliases are resolved before.
    #[must_use]
    pub fn attributes(self) -> &'static [&'static str] {
        match self {
            Subject::Run => &[
                "artifact_uri",
                "end_time",
                "run_id",
                "run_name",
                "start_time",
                "status",
                "user_id",
            ],
            Subject::Experiment => &["creation_time", "experiment_id", "last_update_time", "name"],
            Subject::RegisteredModel => &["name"],
            Subject::ModelVersion => &["name", "run_id", "source_path", "version_number"],
            Subject::EvalDataset => &[
                "created_by",
                "created_time",
                "last_update_time",
                "last_updated_by",
                "name",
            ],
            Subject::LoggedModel => &[
                "creation_time",
                "last_updated_time",
                "model_id",
                "model_type",
                "name",
                "source_run_id",
                "status",
            ],
        }
    }

    /// The attributes that an ordering may name.
    #[must_use]
    pub fn orderable(self) -> &'static [&'static str] {
        match self {
            Subject::RegisteredModel => &[
                "creation_timestamp",
                "last_updated_timestamp",
                "name",
                "timestamp",
            ],
            Subject::ModelVersion => &[
                "creation_timestamp",
                "last_updated_timestamp",
                "name",
                "version_number",
            ],
            Subject::EvalDataset => &["created_time", "last_update_time", "name"],
            other => other.attributes(),
        }
    }

    /// Whether this attribute is a number (milliseconds since 1970, a version).
    #[must_use]
    pub fn is_numeric(self, attribute: &str) -> bool {
        matches!(
            attribute,
            "start_time"
                | "end_time"
                | "creation_time"
                | "created_time"
                | "last_update_time"
                | "last_updated_time"
                | "creation_timestamp"
                | "last_updated_timestamp"
                | "version_number"
        )
    }

    /// The attributes that `IN` and `NOT IN` may follow.
    pub(crate) fn listable(self) -> &'static [&'static str] {
        match self {
            Subject::Run => &["run_id"],
            Subject::Experiment => &["experiment_id"],
            Subject::RegisteredModel => &["name"],
            Subject::ModelVersion => &["name", "run_id"],
            Subject::EvalDataset => &["name"],
            Subject::LoggedModel => &["model_id", "model_type", "name", "source_run_id", "status"],
        }
    }

    fn entity(self, prefix: &str) -> Result<Entity, QueryError> {
        let prefix = prefix
            .strip_prefix('`')
            .and_then(|p| p.strip_suffix('`'))
            .unwrap_or(prefix);
        let run = self == Subject::Run;
        Ok(match prefix {
            "attribute" | "attributes" => Entity::Attribute,
            "attr" | "run" if run => Entity::Attribute,
            "tag" | "tags" => Entity::Tag,
            "metric" | "metrics" if run => Entity::Metric,
            "param" | "params" | "parameter" | "parameters" if run => Entity::Param,
            "dataset" | "datasets" if run => Entity::Dataset,
            other => {
                if !run {
                    return Err(QueryError::InvalidEntityType(other.to_owned()));
                }
                return Err(QueryError::InvalidEntity {
                    found: other.to_owned(),
                    valid: "['metric', 'parameter', 'tag', 'attribute', 'dataset']",
                });
            }
        })
    }

    /// Reads an identifier as it was written, quotes and all.
    pub(crate) fn key(self, identifier: &str, valid: &[&str]) -> Result<Key, QueryError> {
        let (entity, name) = match split_prefix(identifier) {
            Some((prefix, name)) => (self.entity(prefix)?, name),
            None => (Entity::Attribute, identifier),
        };
        let name = unquote_key(name);
        match entity {
            Entity::Attribute => {
                let name = self.resolve_alias(name);
                if valid.contains(&name) {
                    return Ok(Key {
                        entity,
                        name: name.to_owned(),
                    });
                }
                Err(QueryError::InvalidAttribute {
                    key: name.to_owned(),
                    valid: self.names(valid),
                })
            }
            Entity::Dataset if !matches!(name, "name" | "digest" | "context") => {
                Err(QueryError::InvalidDatasetKey(name.to_owned()))
            }
            _ => Ok(Key {
                entity,
                name: name.to_owned(),
            }),
        }
    }

    /// The attributes that a search takes, with their other names.
    fn names(self, valid: &[&str]) -> String {
        if self != Subject::Run {
            return set(valid);
        }
        let aliases = ["created", "Created", "run name", "Run name", "Run Name"];
        let names: Vec<&str> = valid.iter().copied().chain(aliases).collect();
        set(&names)
    }

    fn resolve_alias(self, name: &str) -> &str {
        match (self, name) {
            (Subject::Run, "created" | "Created") => "start_time",
            (Subject::Run, "run name" | "Run name" | "Run Name") => "run_name",
            _ => name,
        }
    }
}

/// `metrics.a.b` is `metrics` and `a.b`; a dot inside quotes doesn't count when the quotes come first.
pub(crate) fn split_prefix(identifier: &str) -> Option<(&str, &str)> {
    if identifier.starts_with('"') {
        return None;
    }
    if let Some(rest) = identifier.strip_prefix('`') {
        let end = rest.find('`')? + 2;
        return identifier[end..]
            .strip_prefix('.')
            .map(|rest| (&identifier[..end], rest));
    }
    identifier.split_once('.')
}

/// The key without the quotes around it.
pub(crate) fn unquote_key(name: &str) -> &str {
    let mut name = name;
    for quote in ['\'', '"', '`'] {
        if let Some(inner) = name.strip_prefix(quote).and_then(|n| n.strip_suffix(quote)) {
            name = inner;
        }
    }
    name
}

/// `{'a', 'b'}`, as MLflow prints what is valid.
pub(crate) fn set(valid: &[&str]) -> String {
    format!(
        "{{{}}}",
        valid
            .iter()
            .map(|v| format!("'{v}'"))
            .collect::<Vec<_>>()
            .join(", ")
    )
}
