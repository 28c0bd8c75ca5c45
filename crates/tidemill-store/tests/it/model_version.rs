//! Versions of registered models.

use tidemill_query::Subject;
use tidemill_store::asset::Archived;
use tidemill_store::{Store, StoreError, model, model_version, registered_model, tag};

use crate::support::*;

fn row(name: &str) -> model_version::Model {
    model_version::Model::new(WS, name, "runs:/r/model", NOW)
}

async fn add(store: &Store, name: &'static str) -> model_version::Model {
    change!(store, |tx| model_version::insert(tx, row(name)).await).expect("the model is there")
}

#[tokio::test]
async fn versions_count_up_and_a_number_is_given_once() {
    on_each(async |store| {
        assert_eq!(
            change!(store, |tx| model_version::insert(tx, row("none")).await),
            None
        );
        crate::registered_model::make(store, "delay").await;
        assert_eq!(add(store, "delay").await.version, 1);
        let fifth = model_version::Model {
            version: 5,
            ..row("delay")
        };
        let again = fifth.clone();
        assert!(change!(store, |tx| model_version::insert(tx, fifth).await).is_some());
        assert_eq!(change!(store, |tx| model_version::insert(tx, again).await), None);
        let last = add(store, "delay").await;
        assert_eq!(last.version, 6);
        change!(store, |tx| model_version::delete(tx, last, NOW + 1).await);
        assert_eq!(
            add(store, "delay").await.version,
            7,
            "also one that was deleted keeps its number"
        );
        assert_eq!(
            model_version::get(store.read(), WS, "delay", 6).await.unwrap(),
            None
        );
        assert_eq!(
            model_version::newest(store.read(), WS, "delay")
                .await
                .unwrap()
                .unwrap()
                .version,
            7
        );
        let all = model_version::list(store.read(), WS, "delay").await.unwrap();
        assert_eq!(all.iter().map(|row| row.version).collect::<Vec<_>>(), [7, 5, 1]);
    })
    .await;
}

#[tokio::test]
async fn of_many_that_register_at_once_each_gets_its_own() {
    on_each(async |store| {
        crate::registered_model::make(store, "delay").await;
        let all = futures::future::try_join_all((0..10).map(|_| {
            store.write::<_, StoreError, _>(|tx| {
                Box::pin(async move { model_version::insert(tx, row("delay")).await })
            })
        }));
        let mut numbers: Vec<_> = all
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.unwrap().version)
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn stages_have_a_newest_version_and_can_be_cleared() {
    on_each(async |store| {
        crate::registered_model::make(store, "delay").await;
        for stage in ["Production", "Production", "None"] {
            let version = add(store, "delay").await;
            change!(store, |tx| model_version::update(
                tx,
                model_version::Model {
                    stage: stage.into(),
                    ..version
                }
            )
            .await);
        }
        let latest = async || {
            let found = model_version::latest_by_stage(store.read(), WS, &["delay".into()])
                .await
                .unwrap();
            found
                .into_iter()
                .map(|row| (row.version, row.stage))
                .collect::<Vec<_>>()
        };
        assert_eq!(latest().await, [(2, "Production".into()), (3, "None".into())]);
        change!(store, |tx| model_version::archive_stage(
            tx,
            WS,
            "delay",
            "Production",
            1,
            NOW + 1
        )
        .await);
        assert_eq!(
            latest().await,
            [
                (1, "Production".into()),
                (2, "Archived".into()),
                (3, "None".into())
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_deleted_version_leaves_nothing_but_its_number() {
    on_each(async |store| {
        crate::registered_model::make(store, "delay").await;
        let version = add(store, "delay").await;
        change!(store, |tx| {
            let alias = registered_model::Alias {
                name: "delay".into(),
                alias: "champion".into(),
                version: 1,
            };
            registered_model::put_alias(tx, WS, alias).await?;
            model_version::delete(tx, version, NOW + 1).await
        });
        assert_eq!(
            registered_model::aliases(store.read(), WS, &["delay".into()])
                .await
                .unwrap(),
            []
        );
        let found = model_version::search(store.read(), WS, &[], &[], ALL)
            .await
            .unwrap();
        assert_eq!(found.items, []);
    })
    .await;
}

#[tokio::test]
async fn a_search_filters_and_sorts() {
    on_each(async |store| {
        crate::registered_model::make(store, "delay").await;
        crate::registered_model::make(store, "taxi").await;
        let of_run = model_version::Model {
            run_id: Some("r1".into()),
            updated_at: NOW + 1,
            ..row("taxi")
        };
        add(store, "delay").await;
        add(store, "delay").await;
        change!(store, |tx| {
            model_version::insert(tx, of_run).await?;
            let owner = tag::version_owner("delay", 2);
            tag::put(
                tx,
                tag::Table::Tag,
                WS,
                tag::Noun::ModelVersion,
                &owner,
                &pairs(&[("ok", "yes")]),
            )
            .await
        });
        for (text, by, expected) in [
            ("", &[][..], "taxi/1 delay/2 delay/1"),
            ("name = 'delay'", &["version_number ASC"], "delay/1 delay/2"),
            ("name LIKE 'd%'", &["version_number DESC"], "delay/2 delay/1"),
            ("run_id = 'r1'", &[], "taxi/1"),
            ("run_id IN ('r1', 'r2')", &[], "taxi/1"),
            ("version_number > 1", &[], "delay/2"),
            (
                "source_path = 'runs:/r/model'",
                &["name ASC"],
                "delay/2 delay/1 taxi/1",
            ),
            ("tags.ok = 'yes'", &[], "delay/2"),
            ("tags.ok = 'no'", &[], ""),
        ] {
            let (filter, order) = (
                filter(Subject::ModelVersion, text),
                order(Subject::ModelVersion, by),
            );
            let found = model_version::search(store.read(), WS, &filter, &order, ALL).await;
            let found = found.unwrap_or_else(|error| panic!("{text}: {error}")).items;
            let names: Vec<_> = found
                .iter()
                .map(|row| format!("{}/{}", row.name, row.version))
                .collect();
            assert_eq!(names.join(" "), expected, "{text} {by:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_and_the_latest_leave_archived_versions_out() {
    on_each(async |store| {
        crate::registered_model::make(store, "delay").await;
        for _ in 0..3 {
            add(store, "delay").await;
        }
        let third = model_version::get(store.read(), WS, "delay", 3)
            .await
            .unwrap()
            .unwrap();
        change!(store, |tx| model_version::update(
            tx,
            model_version::Model {
                archived: true,
                ..third
            }
        )
        .await);
        assert_eq!(
            model::latest(store.read(), WS, "delay")
                .await
                .unwrap()
                .unwrap()
                .version,
            2
        );
        let numbers = async |archived, page| {
            let page = model::versions(store.read(), WS, "delay", archived, &page)
                .await
                .unwrap();
            (
                page.items.into_iter().map(|row| row.version).collect::<Vec<_>>(),
                page.next,
            )
        };
        assert_eq!(
            numbers(Archived::Include, page(2, None)).await,
            (vec![3, 2], Some("2".into()))
        );
        assert_eq!(
            numbers(Archived::Include, page(2, Some("2"))).await,
            (vec![1], None)
        );
        assert_eq!(numbers(Archived::Only, page(2, None)).await, (vec![3], None));
        let many = model::latest_of_many(store.read(), WS, &["delay".into(), "none".into()])
            .await
            .unwrap();
        assert_eq!((many["delay"].version, many.len()), (2, 1));
    })
    .await;
}
