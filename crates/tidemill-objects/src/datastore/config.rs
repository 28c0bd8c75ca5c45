//! What a datastore is made of: where it is and how to sign in to it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::secret::{HiddenUrl, Secret};

/// Where a datastore keeps its bytes. Debug shows no secret; serde does, for whoever keeps it safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum DatastoreConfig {
    /// A folder of the machine that opens it.
    LocalFolder {
        /// An absolute path.
        path: PathBuf,
        /// Whether nothing may be written there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        read_only: bool,
        /// Whether links in it are refused, also those that stay inside: then each file has one path alone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_links: bool,
    },
    /// A container of Azure Blob Storage; Data Lake Gen2 is reached the same way.
    AzureBlob {
        /// The storage account.
        account_name: String,
        /// The container (file system, for Data Lake Gen2).
        container_name: String,
        /// `core.windows.net` when left out; a cloud's suffix, a `host:port`, or the whole URL of the account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
        /// `https` when left out; `http` only for emulators and private networks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        protocol: Option<String>,
        /// How to sign in.
        #[serde(default)]
        credentials: AzureCredentials,
        /// A folder in the container that is the datastore's root.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
    },
    /// A bucket of S3, or of anything that speaks S3.
    S3 {
        /// The bucket.
        bucket: String,
        /// `us-east-1` when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        /// The URL of a server that isn't AWS; addressed path-style.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
        /// A folder in the bucket that is the datastore's root.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
        /// Without a key the bucket is read without signing in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access_key_id: Option<String>,
        /// The secret of the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_access_key: Option<Secret>,
        /// The token of temporary keys.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<Secret>,
        /// Allows an `http://` endpoint.
        #[serde(default)]
        allow_http: bool,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// The bucket.
        bucket: String,
        /// A folder in the bucket that is the datastore's root.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
        /// The JSON of a service account's key; without it the bucket is read without signing in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service_account_key: Option<Secret>,
    },
    /// Files under a URL; read-only, and can't be listed.
    Http {
        /// The URL of the folder.
        url: HiddenUrl,
    },
}

/// How to sign in to Azure Blob Storage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum AzureCredentials {
    /// Not at all: only what is public.
    #[default]
    None,
    /// With the key of the storage account.
    AccountKey {
        /// The key, base64.
        account_key: Secret,
    },
    /// With a shared access signature.
    SasToken {
        /// The query string, with or without its `?`.
        sas_token: Secret,
    },
    /// As a service principal of Entra ID.
    ServicePrincipal {
        /// The directory.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
        /// `https://login.microsoftonline.com` when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authority_url: Option<String>,
    },
}

impl DatastoreConfig {
    /// A folder of this machine that can be written.
    pub fn local_folder(path: impl Into<PathBuf>) -> Self {
        Self::LocalFolder {
            path: path.into(),
            read_only: false,
            no_links: false,
        }
    }

    /// The same with links refused, where it is a folder of this machine.
    #[must_use]
    pub fn without_links(mut self) -> Self {
        if let Self::LocalFolder { no_links, .. } = &mut self {
            *no_links = true;
        }
        self
    }

    /// Every secret in it, for scrubbing.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::LocalFolder { .. } | Self::Http { .. } => vec![],
            Self::AzureBlob { credentials, .. } => match credentials {
                AzureCredentials::None => vec![],
                AzureCredentials::AccountKey { account_key } => vec![account_key.expose()],
                AzureCredentials::SasToken { sas_token } => vec![sas_token.expose()],
                AzureCredentials::ServicePrincipal { client_secret, .. } => vec![client_secret.expose()],
            },
            Self::S3 {
                secret_access_key,
                session_token,
                ..
            } => secret_access_key
                .iter()
                .chain(session_token)
                .map(Secret::expose)
                .collect(),
            Self::Gcs {
                service_account_key, ..
            } => service_account_key.iter().map(Secret::expose).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret_and_serde_keeps_it() {
        for json in [
            r#"{"type":"azure_blob","account_name":"a","container_name":"c","credentials":{"type":"account_key","account_key":"S3CRET"}}"#,
            r#"{"type":"azure_blob","account_name":"a","container_name":"c","credentials":{"type":"sas_token","sas_token":"?sig=S3CRET"},"prefix":"p"}"#,
            r#"{"type":"azure_blob","account_name":"a","container_name":"c","credentials":{"type":"service_principal","tenant_id":"t","client_id":"i","client_secret":"S3CRET"}}"#,
            r#"{"type":"s3","bucket":"b","access_key_id":"id","secret_access_key":"S3CRET","allow_http":true}"#,
            r#"{"type":"gcs","bucket":"b","service_account_key":"{\"private_key\":\"S3CRET\"}"}"#,
            r#"{"type":"http","url":"https://u:S3CRET@h/p?sig=S3CRET"}"#,
        ] {
            let config: DatastoreConfig = serde_json::from_str(json).unwrap();
            assert!(!format!("{config:?}").contains("S3CRET"), "{config:?}");
            assert_eq!(
                serde_json::from_str::<DatastoreConfig>(&serde_json::to_string(&config).unwrap()).unwrap(),
                config
            );
            assert!(serde_json::to_string(&config).unwrap().contains("S3CRET"));
        }
        let unknown = r#"{"type":"local_folder","path":"/x","colour":"red"}"#;
        assert!(
            serde_json::from_str::<DatastoreConfig>(unknown)
                .unwrap_err()
                .to_string()
                .contains("colour")
        );
    }
}
