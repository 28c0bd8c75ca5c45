//! Data in Azure Blob Storage (Azurite) and S3 (moto): by reference, as a copy, and changed under one's feet.

#[path = "../../../tidemill-objects/tests/it/support/mod.rs"]
#[expect(
    dead_code,
    reason = "the starters are shared with tests that need more of them"
)]
mod support;

use serde_json::{Value, json};
use support::{Azurite, Moto};
use tidemill_api::runner::Source;
use tidemill_app::resolve;
use tidemill_objects::{AzureCredentials, DatastoreConfig, Secret};
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default";

/// Registers a datastore over REST, fills it, and goes through the life of a version.
async fn life_of_a_version(specification: Value, secret: &str, url: &str) {
    let server = TestServer::start().await;
    let (client, ctx) = (server.client(), server.app.system());
    let made = client
        .put(&format!("{URL}/datastores/cloud"), specification)
        .await
        .ok();
    assert!(!made.to_string().contains(secret), "{made}");
    let store = tidemill_app::bytes::open(&ctx, "default", "cloud")
        .await
        .expect("opens");
    let put = async |path: &str, bytes: &'static str| {
        store
            .put(&support::path(path), bytes.into())
            .await
            .expect("writes");
    };
    put("in/1.csv", "one").await;
    put("in/2.csv", "two").await;

    let data = format!("{URL}/data");
    let reference = json!({"path": "azureml://datastores/cloud/paths/in/", "type": "uri_folder"});
    let first = client
        .post(&format!("{data}/flights/versions"), reference.clone())
        .await
        .ok();
    assert_eq!(
        (first["files"].as_u64(), first["size_bytes"].as_u64()),
        (Some(2), Some(6)),
        "{first}"
    );
    assert_eq!(
        client
            .put(&format!("{data}/flights/versions/1"), reference.clone())
            .await
            .ok(),
        first
    );
    let copy = json!({"path": "azureml://datastores/cloud/paths/in/*.csv", "snapshot": true});
    let copied = client.post(&format!("{data}/copy/versions"), copy).await.ok();
    assert_eq!(copied["files"].as_u64(), Some(2), "{copied}");
    let single = client
        .post(&format!("{data}/one/versions"), json!({"path": url}))
        .await
        .ok();
    assert_eq!(
        (single["type"].as_str(), single["size_bytes"].as_u64()),
        (Some("uri_file"), Some(3)),
        "{single}"
    );

    put("in/2.csv", "TWO").await;
    let problem = client
        .put(&format!("{data}/flights/versions/1"), reference.clone())
        .await
        .fails(409);
    assert!(
        problem["detail"]
            .as_str()
            .expect("text")
            .contains("`flights` version `1`"),
        "{problem}"
    );
    let second = client
        .post(&format!("{data}/flights/versions"), reference)
        .await
        .ok();
    assert_eq!(second["version"], "2");
    assert_ne!(second["digest"], first["digest"]);
    let path = "azureml:copy:1".parse().expect("a path");
    let found = resolve::data(&ctx, "default", &path, None)
        .await
        .expect("resolves");
    assert!(matches!(found.source, Source::Tree { .. }), "{found:?}");
    let problem = client
        .post(
            &format!("{data}/x/versions"),
            json!({"path": "azureml://datastores/cloud/paths/absent/"}),
        )
        .await
        .fails(404);
    assert!(!problem.to_string().contains(secret), "{problem}");
}

#[tokio::test]
async fn data_in_azure_blob_storage() {
    let azurite = Azurite::start();
    let DatastoreConfig::AzureBlob {
        account_name,
        container_name,
        endpoint,
        protocol,
        credentials,
        ..
    } = azurite.container("lake")
    else {
        panic!("an Azure container")
    };
    let AzureCredentials::AccountKey { account_key } = credentials else {
        panic!("a key")
    };
    let url = format!("wasbs://{container_name}@{account_name}.blob.core.windows.net/in/1.csv");
    let specification = json!({
        "type": "azure_blob", "account_name": account_name, "container_name": container_name,
        "endpoint": endpoint, "protocol": protocol, "credentials": {"account_key": account_key.expose()},
    });
    life_of_a_version(specification, account_key.expose(), &url).await;
}

#[tokio::test]
async fn data_in_s3() {
    let moto = Moto::start();
    let DatastoreConfig::S3 {
        bucket,
        endpoint,
        access_key_id,
        secret_access_key,
        ..
    } = moto.bucket("lake", "team").await
    else {
        panic!("an S3 bucket")
    };
    let secret = secret_access_key.as_ref().map(Secret::expose).expect("a key");
    let specification = json!({
        "type": "s3", "bucket": bucket, "endpoint": endpoint, "prefix": "team/",
        "credentials": {"access_key_id": access_key_id, "secret_access_key": secret},
    });
    life_of_a_version(specification, secret, "s3://lake/team/in/1.csv").await;
}

#[tokio::test]
async fn a_wrong_key_is_said_without_showing_it() {
    let azurite = Azurite::start();
    azurite.container("lake");
    let DatastoreConfig::AzureBlob { endpoint, .. } = azurite.config("lake", AzureCredentials::None) else {
        panic!("an Azure container")
    };
    let server = TestServer::start().await;
    let client = server.client();
    let wrong = "d3JvbmcgUzNDUkVUIHdyb25n";
    let specification = json!({
        "type": "azure_blob", "account_name": "devstoreaccount1", "container_name": "lake",
        "endpoint": endpoint, "protocol": "http", "credentials": {"account_key": wrong},
    });
    client
        .put(&format!("{URL}/datastores/cloud"), specification)
        .await
        .ok();
    let body = json!({"path": "azureml://datastores/cloud/paths/x.csv"});
    let problem = client
        .post(&format!("{URL}/data/x/versions"), body)
        .await
        .fails(403);
    assert!(!problem.to_string().contains(wrong), "{problem}");
}
