//! Data, environments and components: versions, labels, archives.

use tidemill_store::asset::{self, Archived, Key, Kind};
use tidemill_store::{Store, StoreError, asset_label, asset_version};

use crate::support::*;

fn key(name: &str) -> Key<'_> {
    Key {
        workspace: WS,
        kind: Kind::Data,
        name,
    }
}

fn row(name: &str, version: &str) -> asset_version::Model {
    asset_version::Model {
        workspace: WS.into(),
        kind: Kind::Data.as_str().into(),
        name: name.into(),
        version: version.into(),
        number: 0,
        asset_type: "uri_folder".into(),
        spec: "{}".into(),
        digest: "aa".into(),
        uri: Some("tidemill://trees/aa".into()),
        size_bytes: Some(1 << 40),
        files: None,
        archived: false,
        anonymous: false,
        job: None,
        created_by: "user:owner".into(),
        created_at: NOW,
        updated_at: NOW,
        revision: 1,
    }
}

/// Adds a version of a data asset; empty: the next one.
pub async fn make(store: &Store, name: &'static str, version: &'static str) -> Option<asset_version::Model> {
    change!(store, |tx| asset_version::insert(
        tx,
        row(name, version),
        Kind::Data
    )
    .await)
}

async fn versions(store: &Store, name: &str, archived: Archived) -> Vec<String> {
    let found = asset_version::list(store.read(), key(name), archived, &page(100, None))
        .await
        .unwrap();
    found.items.into_iter().map(|row| row.version).collect()
}

#[tokio::test]
async fn versions_count_on_and_a_number_is_given_once() {
    on_each(async |store| {
        let first = make(store, "flights", "").await.unwrap();
        assert_eq!(
            first,
            asset_version::Model {
                version: "1".into(),
                number: 1,
                ..row("flights", "")
            }
        );
        assert_eq!(
            asset_version::get(store.read(), key("flights"), "1")
                .await
                .unwrap(),
            Some(first)
        );
        assert_eq!(make(store, "flights", "dev").await.unwrap().number, 2);
        assert_eq!(make(store, "flights", "7").await.unwrap().number, 3);
        assert_eq!(make(store, "flights", "").await.unwrap().version, "8");
        assert_eq!(make(store, "flights", "dev").await, None);
        assert_eq!(
            versions(store, "flights", Archived::Exclude).await,
            ["8", "7", "dev", "1"]
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_that_add_a_version_at_once_each_gets_its_own() {
    on_each(async |store| {
        let all = futures::future::try_join_all((0..10).map(|_| {
            store.write::<_, StoreError, _>(|tx| {
                Box::pin(async move { asset_version::insert(tx, row("flights", ""), Kind::Data).await })
            })
        }));
        let mut numbers: Vec<_> = all
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.unwrap().number)
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn the_latest_is_neither_archived_nor_anonymous() {
    on_each(async |store| {
        make(store, "flights", "1").await;
        let archived = make(store, "flights", "2").await.unwrap();
        change!(store, |tx| {
            asset_version::update(
                tx,
                asset_version::Model {
                    archived: true,
                    revision: 2,
                    ..archived
                },
            )
            .await?;
            let hidden = asset_version::Model {
                anonymous: true,
                ..row("flights", "3")
            };
            asset_version::insert(tx, hidden, Kind::Data).await
        });
        let latest = asset_version::latest(store.read(), key("flights"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(latest.version, "1");
        assert_eq!(versions(store, "flights", Archived::Only).await, ["2"]);
        assert_eq!(versions(store, "flights", Archived::Include).await, ["2", "1"]);
        let names = ["flights".to_owned(), "none".to_owned()];
        let many = asset_version::latest_of_many(store.read(), WS, Kind::Data, &names)
            .await
            .unwrap();
        assert!(!many.contains_key("none"));
        assert!(many.contains_key("flights"));
    })
    .await;
}

#[tokio::test]
async fn names_are_listed_by_kind_archived_or_not() {
    on_each(async |store| {
        for name in ["c", "a", "b"] {
            make(store, name, "1").await;
        }
        change!(store, |tx| {
            let environment = asset_version::Model {
                kind: "environment".into(),
                ..row("env", "1")
            };
            asset_version::insert(tx, environment, Kind::Environment).await?;
            asset::set_archived(tx, key("b"), true, NOW + 1).await
        });
        let names = async |archived, page| {
            let found = asset::list(store.read(), WS, Kind::Data, archived, &page)
                .await
                .unwrap();
            found
                .items
                .into_iter()
                .map(|row| row.name)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(names(Archived::Exclude, page(9, None)).await, "a c");
        assert_eq!(names(Archived::Only, page(9, None)).await, "b");
        assert_eq!(names(Archived::Include, page(1, Some("a"))).await, "b");
        let found = asset::get(store.read(), key("b")).await.unwrap().unwrap();
        assert_eq!((found.archived, found.updated_at), (true, NOW + 1));
        assert!(!change!(store, |tx| asset::set_archived(
            tx,
            key("none"),
            true,
            NOW
        )
        .await));
    })
    .await;
}

#[tokio::test]
async fn a_label_names_one_version_and_moves() {
    on_each(async |store| {
        make(store, "flights", "1").await;
        make(store, "flights", "2").await;
        change!(store, |tx| {
            asset_label::put(tx, key("flights"), "gold", "1").await?;
            asset_label::put(tx, key("flights"), "fresh", "2").await?;
            asset_label::put(tx, key("flights"), "gold", "2").await
        });
        let gold = async || {
            asset_label::get(store.read(), key("flights"), "gold")
                .await
                .unwrap()
        };
        assert_eq!(gold().await.as_deref(), Some("2"));
        let labels = asset_label::of(store.read(), key("flights")).await.unwrap();
        assert_eq!(
            labels.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(),
            ["fresh", "gold"]
        );
        let many = asset_label::of_many(store.read(), WS, Kind::Data, &["flights".into()])
            .await
            .unwrap();
        assert_eq!(many["flights"], labels);
        assert!(change!(store, |tx| asset_label::delete(
            tx,
            key("flights"),
            "gold"
        )
        .await));
        assert!(!change!(store, |tx| asset_label::delete(
            tx,
            key("flights"),
            "gold"
        )
        .await));
        assert_eq!(gold().await, None);
        let lost = store
            .write::<_, StoreError, _>(|tx| {
                Box::pin(async move { asset_label::put(tx, key("flights"), "lost", "9").await })
            })
            .await;
        assert!(lost.is_err(), "a label of no version is refused");
    })
    .await;
}
