//! Parameters: written once, never changed.

use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::{Store, StoreError, param};

use crate::support::*;

async fn params(store: &Store) -> Vec<(String, String)> {
    tag::of(store.read(), Table::Param, WS, Noun::Run, "r")
        .await
        .unwrap()
}

#[tokio::test]
async fn a_parameter_keeps_its_value() {
    on_each(async |store| {
        crate::run::make(store, "r").await;
        let first = pairs(&[("lr", "0.1"), ("depth", "3")]);
        assert_eq!(change!(store, |tx| param::append(tx, WS, "r", &first).await), []);
        let same = pairs(&[("lr", "0.1"), ("new", "1")]);
        assert_eq!(change!(store, |tx| param::append(tx, WS, "r", &same).await), []);
        let other = pairs(&[("lr", "0.2"), ("newer", "1")]);
        let changes = change!(store, |tx| param::append(tx, WS, "r", &other).await);
        assert_eq!(
            changes,
            [param::Change {
                key: "lr".into(),
                old: "0.1".into(),
                new: "0.2".into()
            }]
        );
        assert_eq!(
            params(store).await,
            pairs(&[("depth", "3"), ("lr", "0.1"), ("new", "1")])
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_that_write_a_parameter_at_once_one_wins_and_the_others_hear_of_it() {
    on_each(async |store| {
        crate::run::make(store, "r").await;
        for round in 0..10 {
            let writers = (0..8).map(|i| {
                store.write::<_, StoreError, _>(move |tx| {
                    let lr = (format!("lr{round}"), i.to_string());
                    Box::pin(async move { param::append(tx, WS, "r", &[lr]).await })
                })
            });
            let answers = futures::future::try_join_all(writers).await.unwrap();
            let kept = params(store).await.remove(round).1;
            for (i, changes) in answers.iter().enumerate() {
                assert_eq!(
                    changes.is_empty(),
                    i.to_string() == kept,
                    "{i} of {kept}: {changes:?}"
                );
            }
        }
    })
    .await;
}
