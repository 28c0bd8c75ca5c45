//! `tidemill data contract create`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use tidemill_profile::expect::Expectations;

use crate::error::{Error, Result};
use crate::session::Session;

/// Say what a consumer of data lives by, in place of what it said before
///
/// From now on a version of the data that breaks it is refused, or made with a warning (policy: warn), and the consumer is named. In
/// the file, `expectations` are written out or the path of a file of their own; docs/data-contracts.md shows one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data contract create -f contract.yml
  tidemill data contract create --name delay-model --data flights --consumer model:flights-delay --expectations expectations.yml")]
pub struct Create {
    /// YAML with name, data, consumer, policy and expectations
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Data asset
    #[arg(long, short)]
    data: Option<String>,
    /// Who lives by it: model:NAME, pipeline:NAME, endpoint:NAME, job:NAME or team:NAME
    #[arg(long)]
    consumer: Option<String>,
    /// What becomes of a version that breaks it: refuse or warn
    #[arg(long, value_parser = ["refuse", "warn"])]
    policy: Option<String>,
    /// YAML of what is expected
    #[arg(long, short, value_name = "FILE")]
    expectations: Option<PathBuf>,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            file,
            name,
            data,
            consumer,
            policy,
            expectations,
        } = self;
        let mut written: Map<String, Value> = match &file {
            Some(path) => read(path)?,
            None => Map::new(),
        };
        let given = [
            ("name", name),
            ("data", data),
            ("consumer", consumer),
            ("policy", policy),
        ];
        for (field, value) in given {
            if let Some(value) = value {
                written.insert(field.to_owned(), value.into());
            }
        }
        written.remove("$schema");
        // A path in the file is meant from where the file lies.
        let inside = match written.get("expectations") {
            Some(Value::String(path)) => {
                let folder = file
                    .as_deref()
                    .and_then(Path::parent)
                    .unwrap_or_else(|| Path::new(""));
                Some(folder.join(path))
            }
            _ => None,
        };
        if let Some(path) = expectations.or(inside) {
            let read: Expectations = super::super::validate::read(&path)?;
            let value = serde_json::to_value(read);
            let value =
                value.map_err(|error| Error::failed(format!("failed to write the expectations: {error}")))?;
            written.insert("expectations".to_owned(), value);
        }
        let name = match written.remove("name") {
            Some(Value::String(name)) if !name.is_empty() => name,
            _ => {
                return Err(Error::usage("failed to set the contract: it has no name")
                    .with_hint("add --name, or `name:` to the file"));
            }
        };
        if let Some(lacking) = ["data", "consumer", "expectations"]
            .iter()
            .find(|field| !written.contains_key(**field))
        {
            return Err(Error::usage(format!(
                "failed to set the contract `{name}`: it has no `{lacking}`"
            ))
            .with_hint(format!("add --{lacking}, or `{lacking}:` to the file")));
        }
        let path = session.path(&["data-contracts", &name]);
        session.show(session.client.put(&path, &Value::Object(written), None).await?)
    }
}

fn read(path: &Path) -> Result<Map<String, Value>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
    serde_yaml_ng::from_str(&text).map_err(|error| {
        Error::usage(format!("failed to read {}: {error}", path.display()))
            .with_hint("a contract has name, data, consumer, policy and expectations")
    })
}
