//! From a configuration to an object store of a cloud.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::{AzureCredentials, DatastoreConfig, RemoteStore};
use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;
use crate::secret::{Scrubber, Secret};

pub(crate) fn connect(config: &DatastoreConfig) -> Result<RemoteStore> {
    let scrubber = Scrubber::new(config.secrets());
    let (store, prefix): (Arc<dyn ObjectStore>, &str) = match config {
        DatastoreConfig::AzureBlob {
            account_name,
            container_name,
            endpoint,
            protocol,
            credentials,
            prefix,
        } => {
            let endpoint = BlobEndpoint::of(account_name, endpoint.as_deref(), protocol.as_deref())?;
            (
                azure(account_name, container_name, endpoint, credentials, &scrubber)?,
                prefix,
            )
        }
        DatastoreConfig::S3 {
            bucket,
            region,
            endpoint,
            prefix,
            access_key_id,
            secret_access_key,
            session_token,
            allow_http,
        } => {
            let keys = s3_keys(
                access_key_id.as_deref(),
                secret_access_key.as_ref(),
                session_token.as_ref(),
            )?;
            let mut builder = AmazonS3Builder::new()
                .with_bucket_name(need("bucket", bucket)?)
                .with_region(region.as_deref().unwrap_or("us-east-1"))
                .with_client_options(client_options(*allow_http))
                .with_retry(retries());
            if let Some(endpoint) = endpoint {
                check_endpoint(endpoint, *allow_http)?;
                builder = builder
                    .with_endpoint(endpoint.trim_end_matches('/'))
                    .with_virtual_hosted_style_request(false);
            }
            builder = match keys {
                None => builder.with_skip_signature(true),
                Some(keys) => {
                    let builder = builder
                        .with_access_key_id(keys.id)
                        .with_secret_access_key(keys.secret.expose());
                    match keys.token {
                        Some(token) => builder.with_token(token.expose()),
                        None => builder,
                    }
                }
            };
            (
                Arc::new(builder.build().map_err(|error| refused(&scrubber, error))?),
                prefix,
            )
        }
        DatastoreConfig::Gcs {
            bucket,
            prefix,
            service_account_key,
        } => {
            let builder = GoogleCloudStorageBuilder::new()
                .with_bucket_name(need("bucket", bucket)?)
                .with_client_options(client_options(false))
                .with_retry(retries());
            let builder = match service_account_key {
                Some(key) => builder.with_service_account_key(key.expose()),
                None => builder.with_skip_signature(true),
            };
            (
                Arc::new(builder.build().map_err(|error| refused(&scrubber, error))?),
                prefix,
            )
        }
        DatastoreConfig::LocalFolder { .. } | DatastoreConfig::Http { .. } => {
            return Err(ObjectsError::Config {
                field: "type",
                reason: "is not that of a cloud".into(),
            });
        }
    };
    Ok(RemoteStore::new(store, SafePath::normalise(prefix)?, scrubber))
}

fn azure(
    account: &str,
    container: &str,
    endpoint: BlobEndpoint,
    credentials: &AzureCredentials,
    scrubber: &Scrubber,
) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(need("account_name", account)?)
        .with_container_name(need("container_name", container)?)
        .with_endpoint(endpoint.url)
        .with_client_options(client_options(endpoint.plain_http))
        .with_retry(retries());
    builder = match credentials {
        AzureCredentials::None => builder.with_skip_signature(true),
        AzureCredentials::AccountKey { account_key } => builder.with_access_key(account_key.expose()),
        AzureCredentials::SasToken { sas_token } => {
            builder.with_config(AzureConfigKey::SasKey, sas_token.expose().trim_start_matches('?'))
        }
        AzureCredentials::ServicePrincipal {
            tenant_id,
            client_id,
            client_secret,
            authority_url,
        } => {
            let builder =
                builder.with_client_secret_authorization(client_id, client_secret.expose(), tenant_id);
            match authority_url {
                Some(url) => builder.with_authority_host(url.trim_end_matches('/')),
                None => builder,
            }
        }
    };
    Ok(Arc::new(
        builder.build().map_err(|error| refused(scrubber, error))?,
    ))
}

/// Where the blobs of an account are.
struct BlobEndpoint {
    url: String,
    plain_http: bool,
}

impl BlobEndpoint {
    fn of(account: &str, endpoint: Option<&str>, protocol: Option<&str>) -> Result<Self> {
        let protocol = protocol.unwrap_or("https");
        if !matches!(protocol, "http" | "https") {
            return Err(ObjectsError::Config {
                field: "protocol",
                reason: format!("{protocol:?} is not `https` or `http`"),
            });
        }
        let endpoint = endpoint.unwrap_or("core.windows.net").trim_end_matches('/');
        if endpoint.contains("://") {
            let parsed = url::Url::parse(endpoint)
                .ok()
                .filter(|url| url.query().is_none() && url.username().is_empty());
            let Some(parsed) = parsed else {
                return Err(ObjectsError::Config {
                    field: "endpoint",
                    reason: "is not a plain URL".into(),
                });
            };
            return Ok(Self {
                url: endpoint.to_owned(),
                plain_http: parsed.scheme() == "http",
            });
        }
        // An emulator or a gateway has the account in its path, a cloud has it in the name of the host.
        let host = endpoint.split(':').next().unwrap_or_default();
        let by_path =
            endpoint.contains(':') || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok();
        let url = if by_path {
            format!("{protocol}://{endpoint}/{account}")
        } else {
            format!("{protocol}://{account}.blob.{endpoint}")
        };
        match url::Url::parse(&url) {
            Ok(_) => Ok(Self {
                url,
                plain_http: protocol == "http",
            }),
            Err(_) => Err(ObjectsError::Config {
                field: "endpoint",
                reason: format!("{endpoint:?} is not a host; an example is `core.windows.net`"),
            }),
        }
    }
}

struct S3Keys<'a> {
    id: &'a str,
    secret: &'a Secret,
    token: Option<&'a Secret>,
}

fn s3_keys<'a>(
    id: Option<&'a str>,
    secret: Option<&'a Secret>,
    token: Option<&'a Secret>,
) -> Result<Option<S3Keys<'a>>> {
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Some(S3Keys { id, secret, token })),
        (None, None) if token.is_none() => Ok(None),
        (Some(_), None) => Err(missing("secret_access_key", "access_key_id")),
        _ => Err(missing("access_key_id", "secret_access_key")),
    }
}

fn missing(field: &'static str, other: &str) -> ObjectsError {
    ObjectsError::Config {
        field,
        reason: format!("is missing; it belongs to {other}"),
    }
}

fn need(field: &'static str, value: &str) -> Result<String> {
    let fine = !value.is_empty() && !value.contains(['/', '\\', '?', '#', ' ', '\n']);
    if fine {
        return Ok(value.to_owned());
    }
    Err(ObjectsError::Config {
        field,
        reason: format!("{value:?} is not a name; give the name alone, without a path"),
    })
}

fn check_endpoint(endpoint: &str, allow_http: bool) -> Result<()> {
    let reason = match url::Url::parse(endpoint) {
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && allow_http) => return Ok(()),
        Ok(url) if url.scheme() == "http" => {
            "is http://; set `allow_http: true` to send keys and data unencrypted"
        }
        _ => "is not a URL; an example is `https://minio.example.com:9000`",
    };
    Err(ObjectsError::Config {
        field: "endpoint",
        reason: reason.into(),
    })
}

fn client_options(allow_http: bool) -> ClientOptions {
    // Large parts take long on slow lines: a limit for connecting, none for the whole but one that is generous.
    ClientOptions::new()
        .with_allow_http(allow_http)
        .with_connect_timeout(Duration::from_secs(10))
        .with_timeout(Duration::from_secs(600))
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            max_backoff: Duration::from_secs(5),
            ..Default::default()
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(60),
    }
}

fn refused(scrubber: &Scrubber, error: object_store::Error) -> ObjectsError {
    let reason = format!("can't be used: {}", scrubber.scrub(&error.to_string()));
    ObjectsError::Config {
        field: "configuration",
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(json: &str) -> String {
        match super::super::Datastore::open(&serde_json::from_str(json).unwrap()) {
            Ok(datastore) => datastore.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn an_azure_endpoint_is_a_suffix_a_host_with_port_or_a_url() {
        let url = |endpoint, protocol| {
            BlobEndpoint::of("acc", endpoint, protocol)
                .map(|endpoint| endpoint.url)
                .unwrap()
        };
        assert_eq!(url(None, None), "https://acc.blob.core.windows.net");
        assert_eq!(
            url(Some("core.chinacloudapi.cn"), None),
            "https://acc.blob.core.chinacloudapi.cn"
        );
        assert_eq!(
            url(Some("127.0.0.1:10000"), Some("http")),
            "http://127.0.0.1:10000/acc"
        );
        assert_eq!(url(Some("http://blobs:1/acc/"), None), "http://blobs:1/acc");
        assert!(BlobEndpoint::of("acc", None, Some("ftp")).is_err());
    }

    #[test]
    fn what_can_not_be_opened_names_its_field() {
        let texts = [
            open(r#"{"type":"s3","bucket":"b/c"}"#),
            open(r#"{"type":"s3","bucket":"b","access_key_id":"i"}"#),
            open(r#"{"type":"s3","bucket":"b","endpoint":"http://h"}"#),
            open(r#"{"type":"s3","bucket":"b","prefix":"../x"}"#),
            open(r#"{"type":"azure_blob","account_name":"","container_name":"c"}"#),
            open(
                r#"{"type":"azure_blob","account_name":"a","container_name":"c","credentials":{"type":"account_key","account_key":"S3CRET not base64"}}"#,
            ),
            open(r#"{"type":"gcs","bucket":"b","service_account_key":"S3CRET"}"#),
            open(r#"{"type":"http","url":"ftp://u:S3CRET@h/"}"#),
            open(r#"{"type":"local_folder","path":"relative"}"#),
        ];
        insta::assert_snapshot!(texts.join("\n"));
        assert!(!texts.join("").contains("S3CRET"));
    }
}
