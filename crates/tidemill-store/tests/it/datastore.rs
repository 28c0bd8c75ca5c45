//! Datastores.

use tidemill_store::{StoreError, datastore};

use crate::support::*;

/// A datastore of [`WS`].
pub fn row(name: &str, kind: &str) -> datastore::Model {
    datastore::Model {
        workspace: WS.into(),
        name: name.into(),
        kind: kind.into(),
        spec: r#"{"path":"/data"}"#.into(),
        revision: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

#[tokio::test]
async fn a_datastore_is_written_changed_and_removed() {
    on_each(async |store| {
        change!(store, |tx| datastore::put(tx, row("lake", "local_folder")).await);
        assert_eq!(
            datastore::get(store.read(), WS, "lake").await.unwrap(),
            Some(row("lake", "local_folder"))
        );
        let changed = datastore::Model {
            revision: 2,
            updated_at: NOW + 1,
            ..row("lake", "s3")
        };
        let written = changed.clone();
        change!(store, |tx| datastore::put(tx, written).await);
        assert_eq!(
            datastore::get(store.read(), WS, "lake").await.unwrap(),
            Some(changed)
        );
        assert!(change!(store, |tx| datastore::delete(tx, WS, "lake").await));
        assert!(!change!(store, |tx| datastore::delete(tx, WS, "lake").await));
    })
    .await;
}

#[tokio::test]
async fn lists_are_of_one_workspace_and_in_pages() {
    on_each(async |store| {
        make_workspace(store, "other").await;
        change!(store, |tx| {
            for name in ["c", "a", "b"] {
                datastore::put(tx, row(name, "s3")).await?;
            }
            datastore::put(
                tx,
                datastore::Model {
                    workspace: "other".into(),
                    ..row("z", "s3")
                },
            )
            .await
        });
        let names = async |request| {
            let page = datastore::list(store.read(), WS, &request).await.unwrap();
            (
                page.items.into_iter().map(|row| row.name).collect::<Vec<_>>(),
                page.next,
            )
        };
        assert_eq!(
            names(page(2, None)).await,
            (vec!["a".into(), "b".into()], Some("b".into()))
        );
        assert_eq!(names(page(2, Some("b"))).await, (vec!["c".into()], None));
    })
    .await;
}

#[tokio::test]
async fn a_datastore_needs_its_workspace() {
    on_each(async |store| {
        let orphan = datastore::Model {
            workspace: "nowhere".into(),
            ..row("lake", "s3")
        };
        let refused = store
            .write::<_, StoreError, _>(|tx| Box::pin(async move { datastore::put(tx, orphan).await }))
            .await;
        assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    })
    .await;
}
