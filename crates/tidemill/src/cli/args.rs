//! Options that several verbs share, spelled as `az ml` spells them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use tidemill_spec::yaml::Override;

use crate::error::{Error, Result};

/// `--file` and `--set`.
#[derive(Debug, Clone, Default, Args)]
pub struct Written {
    /// YAML file with the specification
    #[arg(long, short, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub set: Set,
}

/// `--set`.
#[derive(Debug, Clone, Default, Args)]
pub struct Set {
    /// Change a field, by its path with dots; may be given several times
    #[arg(long, value_name = "PATH=VALUE", num_args = 1.., action = clap::ArgAction::Append)]
    pub set: Vec<String>,
}

impl Set {
    /// The changes.
    ///
    /// # Errors
    /// A text without `=`.
    pub fn overrides(&self) -> Result<Vec<Override>> {
        self.set
            .iter()
            .map(|text| {
                Override::parse(text).map_err(|problem| {
                    let error = Error::usage(problem.message.clone());
                    match &problem.hint {
                        Some(hint) => error.with_hint(hint),
                        None => error,
                    }
                })
            })
            .collect()
    }
}

/// `--set`, and what else `az` changes things by.
#[derive(Debug, Clone, Default, Args)]
pub struct Edit {
    #[command(flatten)]
    set: Set,
    /// Add a field; taken for scripts of `az ml`, as --set
    #[arg(long, hide = true, value_name = "PATH=VALUE", num_args = 1.., action = clap::ArgAction::Append)]
    add: Vec<String>,
    /// Take a field away, by its path with dots; may be given several times
    #[arg(long, value_name = "PATH", num_args = 1.., action = clap::ArgAction::Append)]
    remove: Vec<String>,
    /// Read every value of --set and --add as text
    #[arg(long, hide = true)]
    force_string: bool,
}

impl Edit {
    /// The changes: what is taken away has the value [`REMOVED`].
    ///
    /// # Errors
    /// A text without `=`.
    pub fn overrides(&self) -> Result<Vec<Override>> {
        let Self {
            set,
            add,
            remove,
            force_string,
        } = self;
        let mut changes = set.overrides()?;
        changes.extend(Set { set: add.clone() }.overrides()?);
        if *force_string {
            for change in &mut changes {
                change.value = Value::from(change.value.as_str()).to_string();
            }
        }
        changes.extend(remove.iter().map(|path| Override {
            path: path.clone(),
            value: REMOVED.to_owned(),
        }));
        Ok(changes)
    }
}

/// The value of a field that is to go: no argument of a command can hold a NUL.
pub const REMOVED: &str = "\0removed";

/// The value of a change; nothing for a field that is to go.
///
/// # Errors
/// A text that is no YAML.
pub fn value_of(change: &Override) -> Result<Value> {
    match change.value.as_str() {
        REMOVED => Ok(Value::Null),
        text => crate::document::yaml_value(text),
    }
}

/// `--description` and `--tags`.
#[derive(Debug, Clone, Default, Args)]
pub struct Words {
    /// What it is for
    #[arg(long, short, value_name = "TEXT")]
    pub description: Option<String>,
    #[command(flatten)]
    pub tags: Tags,
}

/// `--tags`.
#[derive(Debug, Clone, Default, Args)]
pub struct Tags {
    /// Words to find it by, as in "team=blue stage=test"
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., action = clap::ArgAction::Append)]
    pub tags: Vec<String>,
}

impl Tags {
    /// The tags; each argument holds one or several, with spaces between them. A word without `=` belongs to the value
    /// before it.
    ///
    /// # Errors
    /// A first word without `=`.
    pub fn map(&self) -> Result<Option<Map<String, Value>>> {
        if self.tags.is_empty() {
            return Ok(None);
        }
        let mut map = Map::new();
        for argument in &self.tags {
            let mut pairs: Vec<(String, String)> = Vec::new();
            for word in argument.split_whitespace() {
                match (word.split_once('='), pairs.last_mut()) {
                    (Some((key, value)), _) if !key.is_empty() => {
                        pairs.push((key.to_owned(), value.to_owned()))
                    }
                    (None, Some((_, value))) => *value = format!("{value} {word}"),
                    _ => {
                        return Err(Error::usage(format!(
                            "failed to read the tag `{word}`: it has no `key=value`"
                        ))
                        .with_hint("write --tags \"team=blue stage=test\""));
                    }
                }
            }
            map.extend(pairs.into_iter().map(|(key, value)| (key, Value::String(value))));
        }
        Ok(Some(map))
    }
}

/// `--max-results`.
#[derive(Debug, Clone, Default, Args)]
pub struct Most {
    /// Rows at most [default: all]
    #[arg(long, short = 'r', value_name = "COUNT")]
    pub max_results: Option<usize>,
}

/// `--archived-only` and `--include-archived`.
#[derive(Debug, Clone, Default, Args)]
pub struct Archived {
    /// Show only what is archived
    #[arg(long, conflicts_with = "include_archived")]
    pub archived_only: bool,
    /// Show what is archived, too
    #[arg(long)]
    pub include_archived: bool,
}

impl Archived {
    /// The word that the server knows.
    pub fn word(&self) -> &'static str {
        match (self.archived_only, self.include_archived) {
            (true, _) => "only",
            (false, true) => "include",
            (false, false) => "exclude",
        }
    }
}

/// `--skip-validation`: the server checks whatever it gets.
#[derive(Debug, Clone, Default, Args)]
pub struct SkipValidation {
    /// Taken for scripts of `az ml`: the server validates everything that it takes
    #[arg(long, hide = true)]
    pub skip_validation: bool,
}

/// `--no-wait`: everything here is done when the command ends, so there is nothing to wait for.
#[derive(Debug, Clone, Default, Args)]
pub struct NoWait {
    /// Do not wait; taken for scripts of `az ml`, here nothing needs to be waited for
    #[arg(long, hide = true)]
    pub no_wait: bool,
}

/// What to do where an environment cannot be had exactly as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// Fail, and say what is missing
    Exact,
    /// Take the nearest there is, and note every change on the job
    Relaxed,
}

impl Policy {
    /// The word that the server knows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Relaxed => "relaxed",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tags(given: &[&str]) -> Result<Option<Value>> {
        let tags = Tags {
            tags: given.iter().map(|tag| (*tag).to_owned()).collect(),
        };
        Ok(tags.map()?.map(Value::Object))
    }

    #[test]
    fn what_az_changes_things_by_are_changes_of_fields() {
        let edit = Edit {
            set: Set {
                set: vec!["a.b=1".into()],
            },
            add: vec!["tags.x=02".into()],
            remove: vec!["tags.y".into()],
            force_string: true,
        };
        let said: Vec<String> = edit
            .overrides()
            .expect("reads")
            .into_iter()
            .map(|change| format!("{}={}", change.path, change.value))
            .collect();
        let gone = format!("tags.y={REMOVED}");
        assert_eq!(said, [r#"a.b="1""#, r#"tags.x="02""#, gone.as_str()]);
    }

    #[test]
    fn tags_are_read_however_they_are_quoted() {
        assert_eq!(
            tags(&["a=1 b=2", "c=x=y"]).expect("reads"),
            Some(json!({"a": "1", "b": "2", "c": "x=y"}))
        );
        assert_eq!(
            tags(&["a=hello world b="]).expect("reads"),
            Some(json!({"a": "hello world", "b": ""}))
        );
        assert_eq!(tags(&[]).expect("reads"), None);
        assert!(tags(&["a"]).is_err() && tags(&["=1"]).is_err());
    }
}
