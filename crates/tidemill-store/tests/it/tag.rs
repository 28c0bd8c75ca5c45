//! Tags.

use tidemill_store::tag::{self, Noun, Table};

use crate::support::*;

#[tokio::test]
async fn tags_are_written_over_read_in_order_and_removed() {
    on_each(async |store| {
        let first = pairs(&[("b", "1"), ("a", "x"), ("b", "2")]);
        change!(store, |tx| tag::put(tx, Table::Tag, WS, Noun::Run, "r", &first)
            .await);
        let text = "ünï \"quoted\" \n and 🌊".to_owned();
        let second = vec![("a".to_owned(), text.clone())];
        change!(store, |tx| tag::put(tx, Table::Tag, WS, Noun::Run, "r", &second)
            .await);
        change!(store, |tx| tag::put(tx, Table::Tag, WS, Noun::Run, "r", &[])
            .await);
        let tags = async || {
            tag::of(store.read(), Table::Tag, WS, Noun::Run, "r")
                .await
                .unwrap()
        };
        assert_eq!(
            tags().await,
            [("a".to_owned(), text), ("b".to_owned(), "2".to_owned())]
        );
        assert_eq!(
            tag::get(store.read(), WS, Noun::Run, "r", "b")
                .await
                .unwrap()
                .as_deref(),
            Some("2")
        );
        assert!(change!(store, |tx| tag::delete(tx, WS, Noun::Run, "r", "a").await));
        assert!(!change!(store, |tx| tag::delete(tx, WS, Noun::Run, "r", "a").await));
        assert_eq!(tags().await, pairs(&[("b", "2")]));
    })
    .await;
}

#[tokio::test]
async fn each_noun_has_its_own() {
    on_each(async |store| {
        change!(store, |tx| {
            for noun in [
                Noun::Experiment,
                Noun::Run,
                Noun::LoggedModel,
                Noun::Model,
                Noun::ModelVersion,
            ] {
                tag::put(tx, Table::Tag, WS, noun, "1", &pairs(&[("of", noun.as_str())])).await?;
            }
            tag::rename_owner(tx, WS, Noun::Model, "1", "2").await?;
            tag::delete_all(tx, WS, Noun::Run, "1").await
        });
        let of = async |noun, owner: &str| tag::get(store.read(), WS, noun, owner, "of").await.unwrap();
        assert_eq!(of(Noun::Model, "1").await, None);
        assert_eq!(of(Noun::Model, "2").await.as_deref(), Some("model"));
        assert_eq!(of(Noun::Run, "1").await, None);
        assert_eq!(of(Noun::Experiment, "1").await.as_deref(), Some("experiment"));
        assert_eq!(
            of(Noun::ModelVersion, "1").await.as_deref(),
            Some("model_version")
        );
    })
    .await;
}
