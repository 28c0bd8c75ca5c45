//! How to sign in to a datastore.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// How to sign in to a datastore; which one is meant shows from the fields that are given. Printing it shows no secret.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Credentials {
    /// The key of a storage account.
    AccountKey {
        /// The key.
        account_key: String,
    },
    /// A token for a part of a storage account.
    SasToken {
        /// The token.
        sas_token: String,
    },
    /// A service principal with a secret.
    ServicePrincipal {
        /// Where it signs in.
        #[serde(skip_serializing_if = "Option::is_none")]
        authority_url: Option<String>,
        /// What it signs in to.
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_url: Option<String>,
        /// The tenant.
        tenant_id: String,
        /// The principal.
        client_id: String,
        /// The secret.
        client_secret: String,
    },
    /// A service principal with a certificate.
    Certificate {
        /// Where it signs in.
        #[serde(skip_serializing_if = "Option::is_none")]
        authority_url: Option<String>,
        /// What it signs in to.
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_url: Option<String>,
        /// The tenant.
        tenant_id: String,
        /// The principal.
        client_id: String,
        /// The certificate.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<String>,
        /// The certificate's fingerprint.
        thumbprint: String,
    },
    /// A key of S3.
    AccessKey {
        /// The key's id.
        access_key_id: String,
        /// The key.
        secret_access_key: String,
        /// The token of a session.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_token: Option<String>,
    },
    /// A service account of Google, as JSON.
    ServiceAccount {
        /// The JSON text of its key.
        service_account_key: String,
    },
    /// None: what the machine itself may do.
    None {},
}

impl Credentials {
    /// What it is, without its secrets.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AccountKey { .. } => "account_key",
            Self::SasToken { .. } => "sas_token",
            Self::ServicePrincipal { .. } => "service_principal",
            Self::Certificate { .. } => "certificate",
            Self::AccessKey { .. } => "access_key",
            Self::ServiceAccount { .. } => "service_account",
            Self::None {} => "none",
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.kind())
    }
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct CredentialsFields {
    account_key: Option<String>,
    sas_token: Option<String>,
    authority_url: Option<String>,
    resource_url: Option<String>,
    tenant_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    certificate: Option<String>,
    thumbprint: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    service_account_key: Option<String>,
}

impl CredentialsFields {
    /// The credentials that use exactly the fields that are given.
    fn choose(mut self) -> Option<Credentials> {
        let chosen = if let Some(account_key) = self.account_key.take() {
            Credentials::AccountKey { account_key }
        } else if let Some(sas_token) = self.sas_token.take() {
            Credentials::SasToken { sas_token }
        } else if let Some(client_secret) = self.client_secret.take() {
            Credentials::ServicePrincipal {
                authority_url: self.authority_url.take(),
                resource_url: self.resource_url.take(),
                tenant_id: self.tenant_id.take()?,
                client_id: self.client_id.take()?,
                client_secret,
            }
        } else if let Some(thumbprint) = self.thumbprint.take() {
            Credentials::Certificate {
                authority_url: self.authority_url.take(),
                resource_url: self.resource_url.take(),
                tenant_id: self.tenant_id.take()?,
                client_id: self.client_id.take()?,
                certificate: self.certificate.take(),
                thumbprint,
            }
        } else if let Some(access_key_id) = self.access_key_id.take() {
            Credentials::AccessKey {
                access_key_id,
                secret_access_key: self.secret_access_key.take()?,
                session_token: self.session_token.take(),
            }
        } else if let Some(service_account_key) = self.service_account_key.take() {
            Credentials::ServiceAccount { service_account_key }
        } else {
            Credentials::None {}
        };
        (self == Self::default()).then_some(chosen)
    }
}

impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        CredentialsFields::deserialize(d)?.choose().ok_or_else(|| {
            D::Error::custom(
                "the credentials are not complete, or mix several kinds\n\
                 give `account_key`; or `sas_token`; or `tenant_id`, `client_id` and `client_secret`; or `tenant_id`, \
                 `client_id` and `thumbprint`; or `access_key_id` and `secret_access_key`; or `service_account_key`",
            )
        })
    }
}
