//! What the verbs of data, environments, components and models share: an asset has versions, labels and an archive.

pub mod archive;
pub mod create;
pub mod download;
pub mod fetch;
pub mod list;
pub mod show;
pub mod update;

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use crate::error::{Error, Result};
use crate::output::text;
use crate::session::Session;

/// A kind of asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Data.
    Data,
    /// An environment.
    Environment,
    /// A component.
    Component,
    /// A model.
    Model,
}

impl Kind {
    /// As it stands in paths.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Environment => "environments",
            Self::Component => "components",
            Self::Model => "models",
        }
    }

    /// As it stands in sentences.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Environment => "environment",
            Self::Component => "component",
            Self::Model => "model",
        }
    }

    /// What a file of it is read as.
    pub fn family(self) -> Family {
        match self {
            Self::Data => Family::Data,
            Self::Environment => Family::Environment,
            Self::Component => Family::Component,
            Self::Model => Family::Model,
        }
    }
}

/// `--name`, and `--version` or `--label`.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Name
    #[arg(long, short)]
    pub name: String,
    /// Version
    #[arg(long, short, conflicts_with = "label")]
    pub version: Option<String>,
    /// Label, such as latest
    #[arg(long, short)]
    pub label: Option<String>,
}

impl Which {
    /// What `azureml:iris:3`, `iris@latest` or `iris` names.
    pub fn of_reference(text: &str) -> Self {
        let wanted = text.strip_prefix("azureml:").unwrap_or(text);
        let (name, version, label) = match (wanted.rsplit_once(':'), wanted.rsplit_once('@')) {
            (Some((name, version)), _) => (name, Some(version.to_owned()), None),
            (None, Some((name, label))) => (name, None, Some(label.to_owned())),
            (None, None) => (wanted, None, None),
        };
        Self {
            name: name.to_owned(),
            version,
            label,
        }
    }

    /// As people write it, as in `iris:3`.
    pub fn shown(&self) -> String {
        match (&self.version, &self.label) {
            (Some(version), _) => format!("{}:{version}", self.name),
            (None, Some(label)) => format!("{}@{label}", self.name),
            (None, None) => self.name.clone(),
        }
    }

    /// The version that is meant; the latest where none is named.
    ///
    /// # Errors
    /// What the server says.
    pub async fn view(&self, session: &Session, kind: Kind) -> Result<Value> {
        let path = match (&self.version, &self.label) {
            (Some(version), _) => session.path(&[kind.plural(), &self.name, "versions", version]),
            (None, label) => {
                let label = label.as_deref().unwrap_or("latest");
                session.path(&[kind.plural(), &self.name, "labels", label])
            }
        };
        session.client.get(&path).await
    }

    /// The path of the version that is meant, and its view.
    ///
    /// # Errors
    /// What the server says.
    pub async fn found(&self, session: &Session, kind: Kind) -> Result<(String, Value)> {
        let view = self.view(session, kind).await?;
        let version = text(&view, "version").ok_or_else(|| {
            Error::failed(format!(
                "failed to read the {} {}: it has no version",
                kind.word(),
                self.shown()
            ))
        })?;
        Ok((
            session.path(&[kind.plural(), &self.name, "versions", version]),
            view,
        ))
    }
}

/// The view with its reference, as YAML names it.
pub(crate) fn with_id(mut view: Value) -> Value {
    let id = match (text(&view, "name"), text(&view, "version")) {
        (Some(name), Some(version)) => format!("azureml:{name}:{version}"),
        _ => return view,
    };
    if let Some(fields) = view.as_object_mut() {
        fields.insert("id".to_owned(), Value::String(id));
    }
    view
}
