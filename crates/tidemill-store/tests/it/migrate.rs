//! Opening: the schema is made once, also by several at a time, and a newer one is refused.

use tidemill_store::{ConnectionTrait as _, Store, StoreError, StoreOptions, assignment, migrate, workspace};
use tidemill_testdb::databases;

use crate::support::*;

#[tokio::test]
async fn a_database_opens_again_as_it_was_left() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        store.close().await.unwrap();
        let again = open(&database).await;
        assert_eq!(
            workspace::get(again.read(), WS).await.unwrap(),
            Some(workspace_row(WS))
        );
        again.close().await.unwrap();
    }
}

#[tokio::test]
async fn several_open_a_fresh_database_at_once() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let options = options(&database);
        let stores = futures::future::try_join_all((0..4).map(|_| Store::open(&options)))
            .await
            .unwrap();
        make_workspace(&stores[0], WS).await;
        for store in stores {
            assert!(workspace::get(store.read(), WS).await.unwrap().is_some());
            store.close().await.unwrap();
        }
    }
}

/// The steps after the ninth were released before it: such a database has them, and lacks what the ninth makes.
#[tokio::test]
async fn a_database_that_went_on_without_roles_gets_them() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        change!(store, |tx| {
            tx.execute_unprepared(
                "DROP TABLE principal; DROP TABLE role_definition; DROP TABLE role_assignment; DROP TABLE credential;
                 ALTER TABLE resource_group DROP COLUMN spec; ALTER TABLE resource_group DROP COLUMN revision;
                 ALTER TABLE resource_group DROP COLUMN updated_at;
                 DELETE FROM schema_version WHERE version = 9",
            )
            .await?;
            Ok(())
        });
        store.close().await.unwrap();
        let upgraded = open(&database).await;
        assert_eq!(
            workspace::get(upgraded.read(), WS).await.unwrap(),
            Some(workspace_row(WS))
        );
        let given = assignment::all(upgraded.read()).await.unwrap();
        let given: Vec<_> = given
            .iter()
            .map(|row| (row.name.as_str(), row.role.as_str()))
            .collect();
        assert_eq!(given, [("owner", "Owner")]);
        upgraded.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_from_the_future_is_refused_and_left_alone() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        let future = migrate::known_version() + 1;
        change!(store, |tx| {
            tx.execute_unprepared(&format!("INSERT INTO schema_version (version) VALUES ({future})"))
                .await?;
            Ok(())
        });
        store.close().await.unwrap();
        for _ in 0..2 {
            match Store::open(&options(&database)).await {
                Err(StoreError::FromTheFuture { found, known }) => {
                    assert_eq!((found, known), (future, future - 1))
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_understood_is_refused() {
    for url in [
        "mysql://root:secret@host/db",
        "sqlite::memory:",
        "tidemill.db",
        "",
    ] {
        let refused = Store::open(&StoreOptions {
            url: url.into(),
            connections: 1,
        })
        .await;
        assert!(
            matches!(refused, Err(StoreError::Url { .. })),
            "{url}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_an_error_without_its_password() {
    let folder = std::path::Path::new("/proc/no/such/folder/tidemill.db");
    let urls = [
        StoreOptions::sqlite(folder).url,
        "postgresql://me:secret@127.0.0.1:1/none".to_owned(),
    ];
    for url in urls {
        let error = Store::open(&StoreOptions {
            url: url.clone(),
            connections: 1,
        })
        .await
        .unwrap_err()
        .to_string();
        assert!(!error.contains("secret"), "{url}: {error}");
    }
}
