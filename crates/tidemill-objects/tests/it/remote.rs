//! The suite on real servers, and what they refuse.

use tidemill_objects::*;

use crate::support::{Azurite, Moto, path};

#[tokio::test]
async fn azure_blob_keeps_the_suite() {
    let azurite = Azurite::start();
    let config = azurite.container("models");
    crate::suite::run(&Datastore::open(&config).unwrap()).await;

    let datastore = Datastore::open(&config).unwrap();
    datastore.put(&path("x"), "1".into()).await.unwrap();
    let error = datastore.put(&path("control\u{7}"), "".into()).await.unwrap_err();
    assert!(error.to_string().contains("control character"), "{error}");

    let sas = AzureCredentials::SasToken {
        sas_token: Secret::new(azurite.read_only_sas()),
    };
    let reader = Datastore::open(&azurite.config("models", sas)).unwrap();
    assert_eq!(reader.get_all(&path("x"), 10).await.unwrap(), "1");
    assert_eq!(reader.list(&SafePath::root()).await.unwrap().len(), 1);
    let error = reader.put(&path("y"), "2".into()).await.unwrap_err();
    let signature = azurite.read_only_sas().split("sig=").nth(1).unwrap().to_owned();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    assert!(
        !format!("{error} {error:?} {reader:?}").contains(&signature),
        "{error:?}"
    );

    let wrong = "d3JvbmdrZXl3cm9uZ2tleXdyb25na2V5d3Jvbmdr";
    let wrong_key = AzureCredentials::AccountKey {
        account_key: Secret::new(wrong),
    };
    let refused = Datastore::open(&azurite.config("models", wrong_key)).unwrap();
    let error = refused.get_all(&path("x"), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    assert!(
        error.to_string().contains("credentials") && !format!("{error:?}").contains(wrong),
        "{error:?}"
    );

    let anonymous = Datastore::open(&azurite.config("models", AzureCredentials::None)).unwrap();
    assert!(anonymous.get_all(&path("x"), 10).await.is_err());
}

#[tokio::test]
async fn s3_keeps_the_suite() {
    let moto = Moto::start();
    let config = moto.bucket("models", "team a/store").await;
    let datastore = Datastore::open(&config).unwrap();
    crate::suite::run(&datastore).await;
    datastore.put(&path("x"), "1".into()).await.unwrap();
    assert_eq!(datastore.prefix(), path("team a/store"));
    let whole = Datastore::open(&moto.bucket("other", "").await).unwrap();
    assert!(whole.list(&SafePath::root()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_secret() {
    let config = serde_json::json!({
        "type": "s3", "bucket": "b", "endpoint": "http://127.0.0.1:9", "allow_http": true,
        "access_key_id": "id", "secret_access_key": "S3CRET"
    });
    let store = object_store::aws::AmazonS3Builder::new()
        .with_bucket_name("b")
        .with_endpoint("http://127.0.0.1:9")
        .with_allow_http(true)
        .with_access_key_id("id")
        .with_secret_access_key("S3CRET")
        .with_retry(object_store::RetryConfig {
            max_retries: 0,
            ..Default::default()
        })
        .build()
        .unwrap();
    let opened = Datastore::open(&serde_json::from_value(config).unwrap()).unwrap();
    assert!(!format!("{opened:?}").contains("S3CRET"));
    let datastore = Datastore::over(std::sync::Arc::new(store), &SafePath::root());
    let error = datastore.get_all(&path("x/y"), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("x/y") && error.to_string().contains("the network"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("S3CRET"), "{error:?}");
}
