//! Opening the places where bytes are: datastores by name, and the store of trees.

use std::path::Path;

use serde_json::Value;
use tidemill_objects::{
    AzureCredentials, Datastore, DatastoreConfig, HiddenUrl, Manifest, Secret, TreeStore,
};
use tidemill_spec::kinds::{self, Credentials};
use tidemill_store::datastore;

use crate::{App, Error, OpContext, Result, content};

/// The kind of a workspace's own datastores.
pub(crate) const OWN: &str = "workspace_folder";

/// The store of trees: `objects/sha` of the data folder.
///
/// # Errors
/// When the folder cannot be used.
pub fn tree_store(app: &App) -> Result<TreeStore> {
    if let Some(trees) = app.trees.get() {
        return Ok(trees.clone());
    }
    let trees = TreeStore::new(content_store(app)?);
    Ok(app.trees.get_or_init(|| trees).clone())
}

/// The datastore below the store of trees, which also keeps the manifests of data that lies elsewhere.
pub(crate) fn content_store(app: &App) -> Result<Datastore> {
    Ok(Datastore::open(&trees_config(app))?)
}

/// Where trees are kept, for a runner.
pub fn trees_config(app: &App) -> DatastoreConfig {
    DatastoreConfig::local_folder(app.dir.trees())
}

/// Opens a datastore of a workspace. Of a remote one only the configuration is checked: its first use tells whether
/// it answers.
///
/// # Errors
/// NotFound with the names that there are; Invalid when this kind cannot be opened.
pub async fn open(ctx: &OpContext, workspace: &str, name: &str) -> Result<Datastore> {
    Ok(Datastore::open(&config_named(ctx, workspace, name).await?)?)
}

/// How to open a datastore of a workspace, with its secrets.
///
/// # Errors
/// As [`open`].
pub(crate) async fn config_named(ctx: &OpContext, workspace: &str, name: &str) -> Result<DatastoreConfig> {
    let row = crate::datastore::find(ctx, workspace, name).await?;
    let config = config_of_row(ctx.app(), &row).await?;
    // A link would be a second path to a file, and rules are about paths.
    Ok(
        match ctx.app().access.current().access.by_folder().has(workspace, name) {
            true => config.without_links(),
            false => config,
        },
    )
}

/// The same as a runner is told it, and nobody else.
///
/// # Errors
/// As [`open`].
pub async fn config(ctx: &OpContext, workspace: &str, name: &str) -> Result<Value> {
    serde_json::to_value(config_named(ctx, workspace, name).await?).map_err(Error::internal)
}

pub(crate) async fn config_of_row(app: &App, row: &datastore::Model) -> Result<DatastoreConfig> {
    if row.kind == OWN {
        let folder = match row.name.as_str() {
            crate::datastore::ARTIFACTS => app.dir.artifacts(&row.workspace),
            _ => app.dir.blobstore(&row.workspace),
        };
        return Ok(DatastoreConfig::local_folder(folder));
    }
    let opened = crate::datastore::opened(app, row).await?;
    // The parser's own words may hold what it could not read.
    let unreadable = |_| {
        Error::internal(format!(
            "the specification of datastore {} does not read back",
            row.name
        ))
    };
    let spec: kinds::Datastore = serde_json::from_value(opened).map_err(unreadable)?;
    config_of(&row.name, &spec)
}

/// How to open what a specification describes.
///
/// # Errors
/// Invalid for a kind, or a way to sign in, that is only kept here and cannot be opened.
pub fn config_of(name: &str, spec: &kinds::Datastore) -> Result<DatastoreConfig> {
    let closed = |why: &str| {
        Error::invalid(format!("failed to open datastore `{name}`: {why}"))
            .hint("kinds that open here are local_folder, azure_blob, azure_data_lake_gen2, s3, gcs and http")
    };
    Ok(match spec {
        kinds::Datastore::LocalFolder(store) => DatastoreConfig::local_folder(&store.path),
        kinds::Datastore::AzureBlob(store) => DatastoreConfig::AzureBlob {
            account_name: store.account_name.clone(),
            container_name: store.container_name.clone(),
            endpoint: store.endpoint.clone(),
            protocol: store.protocol.clone(),
            credentials: azure(store.credentials.as_ref()).map_err(|why| closed(&why))?,
            prefix: String::new(),
        },
        kinds::Datastore::AzureDataLakeGen2(store) => DatastoreConfig::AzureBlob {
            account_name: store.account_name.clone(),
            container_name: store.filesystem.clone(),
            endpoint: store.endpoint.clone(),
            protocol: store.protocol.clone(),
            credentials: azure(store.credentials.as_ref()).map_err(|why| closed(&why))?,
            prefix: String::new(),
        },
        kinds::Datastore::S3(store) => s3(store).map_err(|why| closed(&why))?,
        kinds::Datastore::Gcs(store) => gcs(store).map_err(|why| closed(&why))?,
        kinds::Datastore::Http(store) => DatastoreConfig::Http {
            url: HiddenUrl::new(&store.url),
        },
        kinds::Datastore::AzureFile(_) => {
            return Err(closed(
                "its kind azure_file needs a network share, which is not mounted here",
            ));
        }
        kinds::Datastore::AzureDataLakeGen1(_) => {
            return Err(closed(
                "its kind azure_data_lake_gen1 was switched off by Azure in 2024",
            ));
        }
        kinds::Datastore::OneLake(_) => {
            return Err(closed("its kind one_lake cannot be reached from here"));
        }
    })
}

fn azure(credentials: Option<&Credentials>) -> Result<AzureCredentials, String> {
    Ok(match credentials {
        None | Some(Credentials::None {}) => AzureCredentials::None,
        Some(Credentials::AccountKey { account_key }) => AzureCredentials::AccountKey {
            account_key: Secret::new(account_key),
        },
        Some(Credentials::SasToken { sas_token }) => AzureCredentials::SasToken {
            sas_token: Secret::new(sas_token),
        },
        Some(Credentials::ServicePrincipal {
            authority_url,
            resource_url: _,
            tenant_id,
            client_id,
            client_secret,
        }) => AzureCredentials::ServicePrincipal {
            tenant_id: tenant_id.clone(),
            client_id: client_id.clone(),
            client_secret: Secret::new(client_secret),
            authority_url: authority_url.clone(),
        },
        Some(other) => {
            return Err(format!(
                "its credentials ({}) are not ones that sign in to Azure here; give account_key, sas_token or a \
                 client_secret",
                other.kind()
            ));
        }
    })
}

fn s3(store: &kinds::S3) -> Result<DatastoreConfig, String> {
    let (access_key_id, secret_access_key, session_token) = match &store.credentials {
        None | Some(Credentials::None {}) => (None, None, None),
        Some(Credentials::AccessKey {
            access_key_id,
            secret_access_key,
            session_token,
        }) => (
            Some(access_key_id.clone()),
            Some(Secret::new(secret_access_key)),
            session_token.as_ref().map(Secret::new),
        ),
        Some(other) => {
            return Err(format!(
                "its credentials ({}) are not those of S3; give access_key_id",
                other.kind()
            ));
        }
    };
    if store.endpoint.is_some() && store.path_style == Some(false) {
        return Err("its endpoint is addressed path-style; leave out `path_style: false`".into());
    }
    Ok(DatastoreConfig::S3 {
        bucket: store.bucket.clone(),
        region: store.region.clone(),
        endpoint: store.endpoint.clone(),
        prefix: store.prefix.clone().unwrap_or_default(),
        access_key_id,
        secret_access_key,
        session_token,
        allow_http: store
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http://")),
    })
}

fn gcs(store: &kinds::Gcs) -> Result<DatastoreConfig, String> {
    let service_account_key = match &store.credentials {
        None | Some(Credentials::None {}) => None,
        Some(Credentials::ServiceAccount { service_account_key }) => Some(Secret::new(service_account_key)),
        Some(other) => {
            return Err(format!(
                "its credentials ({}) are not those of Google; give service_account_key",
                other.kind()
            ));
        }
    };
    if store.endpoint.is_some() {
        return Err("an endpoint of its own is not used for gcs; leave out `endpoint`".into());
    }
    Ok(DatastoreConfig::Gcs {
        bucket: store.bucket.clone(),
        prefix: store.prefix.clone().unwrap_or_default(),
        service_account_key,
    })
}

/// Keeps the manifest of what a job wrote, as its runner sent it: base64 of its encoding.
///
/// # Errors
/// Invalid, when it is damaged or is not the one that is named.
pub async fn keep_manifest(ctx: &OpContext, digest: &str, encoded: &str) -> Result<()> {
    use base64::Engine;
    let damaged = |why: &str| Error::invalid(format!("failed to keep the manifest {digest}: {why}"));
    let encoded = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .map_err(|_| damaged("it is not base64"))?;
    let manifest = content::blocking(move || Manifest::decode(&encoded)).await?;
    match content::keep_manifest(ctx.app(), &manifest).await? == digest {
        true => Ok(()),
        false => Err(damaged("its digest is another one")),
    }
}

/// Whether an output of a job is where it was written, and exactly as it was. Files that look the same are not read.
///
/// # Errors
/// When its datastore is gone or cannot be reached.
pub(crate) async fn still_there(
    ctx: &OpContext,
    workspace: &str,
    output: &crate::job::OutputRecord,
) -> Result<bool> {
    use tidemill_objects::{ErrorKind, ScanTarget, Silent, verify};
    let Some(digest) = &output.digest else {
        return Ok(false);
    };
    let Some(manifest) = content::read_manifest(ctx.app(), digest).await? else {
        return Ok(false);
    };
    let store = open(
        ctx,
        workspace,
        output.datastore.as_deref().unwrap_or(crate::datastore::ARTIFACTS),
    )
    .await?;
    let found = match ScanTarget::resolve(&store, &output.path).await {
        Ok(target) => {
            let now = std::time::SystemTime::now();
            verify(&store, &target, &manifest, true, now, &Silent)
                .await
                .map(drop)
        }
        Err(error) => Err(error),
    };
    match found {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a folder that can never be opened.
pub(crate) fn check_openable(spec: &kinds::Datastore) -> Result<()> {
    match spec {
        kinds::Datastore::LocalFolder(store) if !store.path.is_absolute() => Err(Error::invalid(format!(
            "failed to use {} as the folder of a datastore: it is not absolute",
            shown(&store.path)
        ))
        .hint("give the whole path, as the server sees it")),
        _ => Ok(()),
    }
}

fn shown(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(json: serde_json::Value) -> String {
        let spec: kinds::Datastore = serde_json::from_value(json).expect("a datastore");
        match config_of("d", &spec) {
            Ok(config) => serde_json::to_string(&config).expect("serialises"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_kind_opens_or_says_why_not() {
        use serde_json::json;
        let azure = json!({"type": "azure_blob", "name": "d", "account_name": "a", "container_name": "c"});
        let mut keyed = azure.clone();
        keyed["credentials"] = json!({"account_key": "k"});
        let mut wrong = azure.clone();
        wrong["credentials"] = json!({"service_account_key": "k"});
        let texts = [
            azure,
            keyed,
            wrong,
            json!({"type": "azure_data_lake_gen2", "name": "d", "account_name": "a", "filesystem": "f"}),
            json!({"type": "s3", "name": "d", "bucket": "b", "endpoint": "http://h:1"}),
            json!({"type": "s3", "name": "d", "bucket": "b", "credentials": {"access_key_id": "i", "secret_access_key": "s"}}),
            json!({"type": "gcs", "name": "d", "bucket": "b"}),
            json!({"type": "http", "name": "d", "url": "https://h/"}),
            json!({"type": "local_folder", "name": "d", "path": "/x"}),
            json!({"type": "azure_file", "name": "d", "account_name": "a", "file_share_name": "s"}),
            json!({"type": "azure_data_lake_gen1", "name": "d", "store_name": "s"}),
            json!({"type": "one_lake", "name": "d", "one_lake_workspace_name": "w", "endpoint": "e"}),
        ]
        .map(opened);
        insta::assert_snapshot!(texts.join("\n"));
    }
}
