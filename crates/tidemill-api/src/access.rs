//! Who may do what, on the wire: principals, roles, assignments, tokens, sessions and groups.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A user, a team or a service principal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Principal {
    /// Unique in its kind.
    pub name: String,
    /// `user`, `team` or `service-principal`.
    pub kind: String,
    /// As assignments and the audit log name it, such as `user:ada`.
    pub principal: String,
    /// Its specification, without its password.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// For a user: whether it may sign in with a password.
    pub has_password: bool,
    /// Whether sign-in is shut.
    pub disabled: bool,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// A role, and the actions that it comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Role {
    /// Unique on a server.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it lets do, as written.
    pub actions: Vec<String>,
    /// What of `actions` it does not let do.
    pub not_actions: Vec<String>,
    /// What it lets do with bytes.
    pub data_actions: Vec<String>,
    /// What of `data_actions` it does not let do.
    pub not_data_actions: Vec<String>,
    /// Where it may be given.
    pub assignable_scopes: Vec<String>,
    /// Every action that it comes to.
    pub allows: Vec<String>,
    /// What was written and fits no action here, such as an action of another service of Azure.
    pub without_counterpart: Vec<String>,
    /// Whether every server has it.
    pub built_in: bool,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
}

/// A role that a principal has at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assignment {
    /// Its id.
    pub name: String,
    /// Who, such as `user:ada`.
    pub principal: String,
    /// The role.
    pub role: String,
    /// Where, such as `/workspaces/dev`.
    pub scope: String,
    /// Who gave it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// What a token is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[serde(default)]
    pub label: String,
    /// How many days it counts; 90 when nothing is said, 366 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// Where alone it counts, such as `/workspaces/dev`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// For which actions alone it counts, such as `runs/*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// A token or secret, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its id.
    pub name: String,
    /// Whose it is.
    pub principal: String,
    /// What it is for.
    pub label: String,
    /// Where alone it counts.
    pub scope: Option<String>,
    /// For which actions alone it counts.
    pub actions: Vec<String>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub expires_at: Option<i64>,
    /// The token itself: shown this once, and kept nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Whose tokens are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Whose, such as `user:ada`; one's own when nothing is said.
    pub principal: Option<String>,
}

/// A question about rights.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RightsQuery {
    /// Who, such as `user:ada`. Everybody when nothing is said.
    pub principal: Option<String>,
    /// What, such as `models/write`.
    pub action: String,
    /// Where, such as `/workspaces/dev`.
    pub scope: String,
}

/// An answer about rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rights {
    /// Who.
    pub principal: String,
    /// What.
    pub action: String,
    /// Where.
    pub scope: String,
    /// Whether they may.
    pub allowed: bool,
    /// In one sentence.
    pub why: String,
    /// Every assignment that was looked at.
    pub steps: Vec<RightsStep>,
}

/// An assignment that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RightsStep {
    /// Its id.
    pub assignment: String,
    /// Whose it is.
    pub principal: String,
    /// The role.
    pub role: String,
    /// Where it is given.
    pub scope: String,
    /// Whether it allows it by itself.
    pub allows: bool,
    /// Why, or why not.
    pub why: String,
}

/// What one signs in to the studio with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// A way to sign in to the studio with an account elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInProvider {
    /// Its name.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
}

/// Where a sign-in elsewhere shall lead.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignInQuery {
    /// The page of the studio, such as `/ui/workspaces/dev`.
    pub page: Option<String>,
}

/// What a provider of identities sends the browser back with.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignInReturn {
    /// What was sent with it.
    #[serde(default)]
    pub state: String,
    /// What is exchanged for the token.
    pub code: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// More about that.
    pub error_description: Option<String>,
    /// Who sends it back (RFC 9207).
    pub iss: Option<String>,
}

/// A token that another issuer signed, to be exchanged for one of this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenExchange {
    /// The signed token (JWT).
    pub assertion: String,
    /// The service principal that trusts it; needed where several do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_principal: Option<String>,
}

/// What a signed token was exchanged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExchangedToken {
    /// The token: shown this once, and kept nowhere.
    pub token: String,
    /// Whose it is.
    pub principal: String,
    /// UTC milliseconds.
    pub expires_at: i64,
}

/// A provider of identities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IdentityProvider {
    /// Unique on a server.
    pub name: String,
    /// Who signs its tokens.
    pub issuer: String,
    /// Its specification; its secret is a name of the vault.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// A new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password that counts now; empty when there is none.
    #[serde(default)]
    pub old: String,
    /// The new one.
    pub new: String,
}

/// Who one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Such as `user:ada`.
    pub principal: String,
    /// The name that people see.
    pub display_name: String,
    /// The teams that one is in.
    pub teams: Vec<String>,
    /// One's assignments, those of teams included.
    pub assignments: Vec<Assignment>,
    /// What one may do at the scope that was asked about.
    pub actions: Vec<String>,
    /// Whether one came without a token, as the only principal of a server on this machine.
    pub alone: bool,
}

/// Where one wants to know one's rights.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionQuery {
    /// Such as `/workspaces/dev`; `/` when nothing is said.
    pub scope: Option<String>,
}

/// A group of workspaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Unique on a server.
    pub name: String,
    /// As people wrote it.
    pub display_name: String,
    /// Its stages, in their order.
    pub stages: Vec<String>,
    /// Its specification.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}
