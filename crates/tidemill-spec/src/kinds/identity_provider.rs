//! Where people sign in with an account that they have already.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Claim;

/// A provider of OpenID Connect, such as the directory of a company, whose users sign in to the studio (a Tidemill extension).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// Always `identity_provider`.
    #[serde(default)]
    pub r#type: IdentityProviderType,
    /// Its name.
    pub name: String,
    /// The name on the button of the sign-in page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Who signs its tokens: the address below which `.well-known/openid-configuration` lies.
    pub issuer: String,
    /// What this server is called there.
    pub client_id: String,
    /// A secret of the vault, as `${{secrets.NAME}}`; without one the code is proved by PKCE alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The group whose vault holds the secret; `default` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What is asked for besides `openid`; `profile` and `email` where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Whether somebody who comes for the first time and whom no user's address fits becomes a user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_users: bool,
    /// The claim that names such a user; `preferred_username` where nothing is said, else `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_claim: Option<String>,
    /// Which claims put a user into which team, besides those that teams name themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamOfClaim>,
}

/// The word that says what the document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityProviderType {
    /// `identity_provider`
    #[default]
    IdentityProvider,
}

/// A team, and the claim that puts a user into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamOfClaim {
    /// The claim's name, such as `groups`; with dots for one in another.
    pub claim: String,
    /// What it says, or holds among others.
    pub value: String,
    /// The team.
    pub team: String,
}

impl TeamOfClaim {
    /// The claim alone.
    pub fn claim(&self) -> Claim {
        Claim {
            claim: self.claim.clone(),
            value: self.value.clone(),
        }
    }
}
