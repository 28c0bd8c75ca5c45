//! Experiments.

use tidemill_query::Subject;
use tidemill_store::experiment::{self, ACTIVE, DELETED};
use tidemill_store::search::Window;
use tidemill_store::{Store, StoreError, tag};

use crate::support::*;

async fn make(store: &Store, name: &'static str, now_ms: i64) -> experiment::Model {
    change!(store, |tx| experiment::create(tx, WS, name, None, now_ms).await).expect("the name is free")
}

async fn search(store: &Store, stages: &[&str], text: &str, by: &[&str]) -> Vec<String> {
    let (filter, order) = (filter(Subject::Experiment, text), order(Subject::Experiment, by));
    let found = experiment::search(store.read(), WS, stages, &filter, &order, ALL).await;
    found
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .items
        .into_iter()
        .map(|row| row.name)
        .collect()
}

#[tokio::test]
async fn each_workspace_has_its_own_default_and_counts_for_itself() {
    on_each(async |store| {
        make_workspace(store, "other").await;
        let default = experiment::by_name(store.read(), "other", "Default")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (default.experiment_id, default.artifact_location.as_str()),
            (0, "mlflow-artifacts:/0")
        );
        assert_eq!(make(store, "a", NOW).await.experiment_id, 1);
        assert_eq!(make(store, "b", NOW).await.experiment_id, 2);
        let elsewhere = change!(store, |tx| experiment::create(tx, "other", "a", None, NOW).await).unwrap();
        assert_eq!(elsewhere.experiment_id, 1);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_given_once() {
    on_each(async |store| {
        let made = change!(store, |tx| experiment::create(
            tx,
            WS,
            "a",
            Some("s3://b/a".into()),
            NOW
        )
        .await)
        .unwrap();
        assert_eq!(made.artifact_location, "s3://b/a");
        assert_eq!(
            change!(store, |tx| experiment::create(tx, WS, "a", None, NOW).await),
            None
        );
        let deleted = experiment::Model {
            lifecycle_stage: DELETED.into(),
            ..made.clone()
        };
        change!(store, |tx| experiment::update(tx, deleted).await);
        assert_eq!(
            change!(store, |tx| experiment::create(tx, WS, "a", None, NOW).await),
            None,
            "also when deleted"
        );
    })
    .await;
}

#[tokio::test]
async fn ensuring_makes_finds_and_restores() {
    on_each(async |store| {
        let made = change!(store, |tx| experiment::ensure(tx, WS, "a", NOW).await);
        let deleted = experiment::Model {
            lifecycle_stage: DELETED.into(),
            ..made.clone()
        };
        change!(store, |tx| experiment::update(tx, deleted).await);
        let restored = change!(store, |tx| experiment::ensure(tx, WS, "a", NOW + 1).await);
        assert_eq!(
            restored,
            experiment::Model {
                updated_at: NOW + 1,
                ..made
            }
        );
        assert_eq!(restored.lifecycle_stage, ACTIVE);
    })
    .await;
}

#[tokio::test]
async fn of_many_that_ensure_at_once_all_get_the_same() {
    on_each(async |store| {
        let all = futures::future::try_join_all((0..8).map(|_| {
            store.write::<_, StoreError, _>(|tx| {
                Box::pin(async move { experiment::ensure(tx, WS, "a", NOW).await })
            })
        }));
        let all = all.await.unwrap();
        assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn a_search_filters_sorts_and_cuts() {
    on_each(async |store| {
        let (id_a, id_b) = (
            make(store, "alpha", NOW + 1).await.experiment_id,
            make(store, "Beta", NOW + 2).await.experiment_id,
        );
        let gone = make(store, "gone", NOW + 3).await;
        let deleted = experiment::Model {
            lifecycle_stage: DELETED.into(),
            updated_at: NOW + 9,
            ..gone
        };
        change!(store, |tx| {
            experiment::update(tx, deleted).await?;
            for (id, team) in [(id_a, "red"), (id_b, "blue")] {
                let tags = pairs(&[("team", team)]);
                tag::put(
                    tx,
                    tag::Table::Tag,
                    WS,
                    tag::Noun::Experiment,
                    &id.to_string(),
                    &tags,
                )
                .await?;
            }
            Ok(())
        });
        let active: &[&str] = &[ACTIVE];
        for (stages, text, by, expected) in [
            (active, "", &[][..], &["Beta", "alpha", "Default"][..]),
            (
                &[ACTIVE, DELETED],
                "",
                &["last_update_time DESC"],
                &["gone", "Beta", "alpha", "Default"],
            ),
            (&[DELETED], "", &[], &["gone"]),
            (active, "name LIKE 'a%'", &[], &["alpha"]),
            (active, "name LIKE 'A%'", &[], &[]),
            (active, "name ILIKE 'b%A'", &[], &["Beta"]),
            (
                active,
                "name != 'Default'",
                &["experiment_id ASC"],
                &["alpha", "Beta"],
            ),
            (active, "tags.team = 'red'", &[], &["alpha"]),
            (active, "tags.team != 'red'", &[], &["Beta"]),
            (active, "tags.team = 'red' AND name = 'Beta'", &[], &[]),
            (active, &format!("creation_time >= {}", NOW + 2), &[], &["Beta"]),
        ] {
            assert_eq!(search(store, stages, text, by).await, expected, "{text} {by:?}");
        }
        let window = Window { offset: 1, limit: 1 };
        let found = experiment::search(store.read(), WS, active, &[], &[], window)
            .await
            .unwrap();
        assert_eq!(
            (found.items[0].name.as_str(), found.items.len(), found.more),
            ("alpha", 1, true)
        );
    })
    .await;
}
