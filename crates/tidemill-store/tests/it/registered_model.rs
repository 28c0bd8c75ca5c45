//! Registered models and their aliases.

use tidemill_query::Subject;
use tidemill_store::asset::Archived;
use tidemill_store::registered_model::{self, Alias, PROMPT_TAG};
use tidemill_store::{Store, model, model_version, tag};

use crate::support::*;

fn row(name: &str) -> registered_model::Model {
    registered_model::Model {
        workspace: WS.into(),
        name: name.into(),
        description: None,
        archived: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// Adds a registered model.
pub async fn make(store: &Store, name: &'static str) {
    assert!(change!(store, |tx| registered_model::insert(tx, row(name)).await));
}

async fn put_tag(store: &Store, name: &'static str, key: &'static str, value: &'static str) {
    change!(store, |tx| tag::put(
        tx,
        tag::Table::Tag,
        WS,
        tag::Noun::Model,
        name,
        &pairs(&[(key, value)])
    )
    .await);
}

async fn search(store: &Store, text: &str, by: &[&str]) -> String {
    let (filter, order) = (
        filter(Subject::RegisteredModel, text),
        order(Subject::RegisteredModel, by),
    );
    let found = registered_model::search(store.read(), WS, &filter, &order, ALL).await;
    let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
    found
        .items
        .into_iter()
        .map(|row| row.name)
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn a_model_is_added_once_and_changed() {
    on_each(async |store| {
        make(store, "delay").await;
        assert!(!change!(store, |tx| registered_model::insert(tx, row("delay")).await));
        let changed = registered_model::Model {
            description: Some("Will it be late?".into()),
            archived: true,
            updated_at: NOW + 1,
            ..row("delay")
        };
        let written = changed.clone();
        change!(store, |tx| registered_model::update(tx, written).await);
        assert_eq!(
            registered_model::get(store.read(), WS, "delay").await.unwrap(),
            Some(changed)
        );
        assert!(change!(store, |tx| registered_model::touch(
            tx,
            WS,
            "delay",
            NOW + 2
        )
        .await));
        assert!(!change!(store, |tx| registered_model::touch(
            tx,
            WS,
            "none",
            NOW + 2
        )
        .await));
    })
    .await;
}

#[tokio::test]
async fn an_alias_names_one_version_and_moves() {
    on_each(async |store| {
        make(store, "delay").await;
        let alias = |alias: &str, version| Alias {
            name: "delay".into(),
            alias: alias.into(),
            version,
        };
        let all = [alias("old", 1), alias("champion", 1), alias("champion", 2)];
        change!(store, |tx| {
            for alias in all {
                registered_model::put_alias(tx, WS, alias).await?;
            }
            Ok(())
        });
        let names = ["delay".to_owned(), "other".to_owned()];
        let found = registered_model::aliases(store.read(), WS, &names).await.unwrap();
        assert_eq!(found, [alias("champion", 2), alias("old", 1)]);
        change!(store, |tx| registered_model::delete_alias(tx, WS, "delay", "old")
            .await);
        assert_eq!(
            registered_model::aliases(store.read(), WS, &names).await.unwrap(),
            [alias("champion", 2)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_name_takes_versions_aliases_and_tags_along_and_a_delete_too() {
    on_each(async |store| {
        make(store, "old").await;
        put_tag(store, "old", "team", "red").await;
        change!(store, |tx| {
            let version = model_version::Model::new(WS, "old", "runs:/r/model", NOW);
            model_version::insert(tx, version).await?;
            let owner = tag::version_owner("old", 1);
            tag::put(
                tx,
                tag::Table::Tag,
                WS,
                tag::Noun::ModelVersion,
                &owner,
                &pairs(&[("a", "1")]),
            )
            .await?;
            let alias = Alias {
                name: "old".into(),
                alias: "champion".into(),
                version: 1,
            };
            registered_model::put_alias(tx, WS, alias).await?;
            registered_model::rename(tx, WS, "old", "new", NOW + 1).await
        });
        assert_eq!(
            registered_model::get(store.read(), WS, "old").await.unwrap(),
            None
        );
        assert_eq!(
            registered_model::get(store.read(), WS, "new")
                .await
                .unwrap()
                .unwrap()
                .updated_at,
            NOW + 1
        );
        assert!(
            model_version::get(store.read(), WS, "new", 1)
                .await
                .unwrap()
                .is_some()
        );
        let tag_of =
            async |noun, owner: &str, key: &str| tag::get(store.read(), WS, noun, owner, key).await.unwrap();
        assert_eq!(
            tag_of(tag::Noun::Model, "new", "team").await.as_deref(),
            Some("red")
        );
        assert_eq!(
            tag_of(tag::Noun::ModelVersion, "new/1", "a").await.as_deref(),
            Some("1")
        );
        assert_eq!(
            registered_model::aliases(store.read(), WS, &["new".into()])
                .await
                .unwrap()
                .len(),
            1
        );

        assert!(change!(store, |tx| registered_model::delete(tx, WS, "new").await));
        assert!(!change!(store, |tx| registered_model::delete(tx, WS, "new").await));
        assert_eq!(model_version::list(store.read(), WS, "new").await.unwrap(), []);
        assert_eq!(tag_of(tag::Noun::ModelVersion, "new/1", "a").await, None);
        assert_eq!(
            registered_model::aliases(store.read(), WS, &["new".into()])
                .await
                .unwrap(),
            []
        );
    })
    .await;
}

#[tokio::test]
async fn a_search_filters_and_shows_prompts_only_when_asked() {
    on_each(async |store| {
        for name in ["beta", "Alpha", "prompt"] {
            make(store, name).await;
        }
        put_tag(store, "prompt", PROMPT_TAG, "true").await;
        put_tag(store, "beta", "team", "red").await;
        change!(store, |tx| registered_model::touch(tx, WS, "Alpha", NOW + 5)
            .await);
        for (text, by, expected) in [
            ("", &[][..], "Alpha beta"),
            ("", &["name DESC"], "beta Alpha"),
            ("", &["last_updated_timestamp DESC"], "Alpha beta"),
            ("name LIKE 'b%'", &[], "beta"),
            ("name ILIKE 'a%'", &[], "Alpha"),
            ("tags.team = 'red'", &[], "beta"),
            ("tags.`mlflow.prompt.is_prompt` = 'true'", &[], "prompt"),
            ("tags.`mlflow.prompt.is_prompt` != 'false'", &[], "prompt"),
        ] {
            assert_eq!(search(store, text, by).await, expected, "{text} {by:?}");
        }
        let listed = model::list(store.read(), WS, Archived::Exclude, &page(1, None))
            .await
            .unwrap();
        assert_eq!(
            (listed.items[0].name.as_str(), listed.next.as_deref()),
            ("Alpha", Some("Alpha"))
        );
        let rest = model::list(store.read(), WS, Archived::Exclude, &page(5, Some("Alpha")))
            .await
            .unwrap();
        assert_eq!(
            rest.items.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
            ["beta"]
        );
    })
    .await;
}
