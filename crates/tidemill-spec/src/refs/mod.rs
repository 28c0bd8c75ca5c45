//! What a text in a spec can point at: assets, data, code, computes, datastores.

mod asset;
mod code;
mod compute;
mod data_path;
mod datastore;
mod local;

pub use asset::{AssetRef, VersionRef};
pub use code::CodeRef;
pub use compute::ComputeRef;
pub use data_path::{DataPath, WorkspaceScope};
pub use datastore::DatastoreRef;
pub use local::climbs;
pub(crate) use local::{absolute_from, local_text};

/// A text that is no reference of the kind that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n{hint}")]
pub struct RefError {
    /// What was found, what was expected.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl RefError {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// True where a text has an expression that must be filled in before it means anything.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains("${{")
}

/// `Serialize`, `JsonSchema` and `Display` based conversions for a reference that is written as one text.
macro_rules! text_reference {
    ($name:ident, $schema:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $schema })
            }
        }
    };
}
pub(crate) use text_reference;
