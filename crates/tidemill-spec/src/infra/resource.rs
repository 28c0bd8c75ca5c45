//! One resource of a folder, and which kinds there may be.

use std::path::PathBuf;

use crate::kinds::{Family, Kind, Spec};

/// A resource as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What it is: the noun of the command line, or `secret`.
    pub kind: String,
    /// The workspace that it is in, for what is in one; for a workspace its group, as for a secret.
    pub place: Option<String>,
    /// Its name; empty where the kind has none.
    pub name: String,
    /// What it says.
    pub body: Body,
    /// The file that it is written in.
    pub file: PathBuf,
    /// The line that it begins on.
    pub line: u32,
}

/// What a resource says.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a folder has few")]
pub enum Body {
    /// A kind that can be written in a file of its own.
    Spec(Spec),
    /// A secret of the vault. Printing it shows no value.
    Secret {
        /// Its value.
        value: SecretText,
        /// What it is for.
        description: Option<String>,
    },
}

/// A text that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(pub String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Where a resource of a kind lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// On the server.
    Server,
    /// In a group.
    Group,
    /// In a workspace.
    Workspace,
}

/// Where a kind lies, when it is infrastructure.
pub(super) fn lies(kind: Kind) -> Option<Lies> {
    match kind.family() {
        Family::Group
        | Family::Role
        | Family::User
        | Family::Team
        | Family::ServicePrincipal
        | Family::Assignment => Some(Lies::Server),
        Family::Workspace => Some(Lies::Group),
        Family::Policy | Family::Datastore | Family::Compute | Family::Environment => Some(Lies::Workspace),
        Family::Job | Family::Component | Family::Data | Family::Model => None,
        Family::OnlineEndpoint | Family::OnlineDeployment | Family::Release | Family::Schedule => None,
        Family::PublishedPipeline | Family::IdentityProvider | Family::Validation => None,
    }
}
