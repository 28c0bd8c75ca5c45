//! Logged models.

use tidemill_query::{Subject, parse_logged_model_order};
use tidemill_store::logged_model::{self, ModelPoint, OnDataset, OrderOn};
use tidemill_store::metric::Point;
use tidemill_store::{Store, model, tag};

use crate::support::*;

fn row(model_id: &str, age: i64) -> logged_model::Model {
    logged_model::Model {
        workspace: WS.into(),
        model_id: model_id.into(),
        experiment_id: 0,
        name: "model".into(),
        artifact_location: "mlflow-artifacts:/0/models/x".into(),
        status: "PENDING".into(),
        status_message: None,
        model_type: (model_id == "m-a").then(|| "Classifier".into()),
        source_run_id: Some("r1".into()),
        lifecycle_stage: "active".into(),
        created_at: NOW - age,
        updated_at: NOW - age,
    }
}

fn point(model_id: &str, value: f64, step: i64, dataset: Option<(&str, &str)>) -> ModelPoint {
    ModelPoint {
        model_id: model_id.into(),
        run_id: "r1".into(),
        point: Point {
            key: "acc".into(),
            value,
            timestamp: NOW,
            step,
        },
        dataset_name: dataset.map(|(name, _)| name.into()),
        dataset_digest: dataset.map(|(_, digest)| digest.into()),
    }
}

/// `m-a` (youngest) has accuracies on two datasets, `m-b` on none, `m-c` knows nothing.
async fn make(store: &Store) {
    change!(store, |tx| {
        for (id, age) in [("m-a", 0), ("m-b", 1), ("m-c", 2)] {
            logged_model::insert(tx, row(id, age)).await?;
        }
        let points = [
            point("m-a", 0.9, 1, Some(("train", "d1"))),
            point("m-a", 0.7, 2, Some(("test", "d2"))),
            point("m-b", 0.5, 1, None),
            point("m-b", 0.8, 2, None),
            point("m-b", 0.8, 2, None),
        ];
        logged_model::append_points(tx, WS, &points).await?;
        let params = pairs(&[("depth", "3")]);
        tag::put(tx, tag::Table::Param, WS, tag::Noun::LoggedModel, "m-a", &params).await?;
        tag::put(
            tx,
            tag::Table::Tag,
            WS,
            tag::Noun::LoggedModel,
            "m-b",
            &pairs(&[("team", "red")]),
        )
        .await
    });
}

async fn search(store: &Store, text: &str, datasets: &[OnDataset], by: &[OrderOn]) -> String {
    let filter = filter(Subject::LoggedModel, text);
    let found = logged_model::search(store.read(), WS, &[0], &filter, datasets, by, ALL).await;
    let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
    found
        .items
        .into_iter()
        .map(|row| row.model_id)
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn a_logged_model_gets_ready_and_goes() {
    on_each(async |store| {
        make(store).await;
        assert_eq!(
            logged_model::get(store.read(), WS, "m-a").await.unwrap(),
            Some(row("m-a", 0))
        );
        change!(store, |tx| logged_model::set_status(
            tx,
            WS,
            "m-a",
            "READY",
            NOW + 1
        )
        .await);
        change!(store, |tx| logged_model::delete(tx, WS, "m-b", NOW + 1).await);
        let ready = logged_model::get(store.read(), WS, "m-a").await.unwrap().unwrap();
        assert_eq!((ready.status.as_str(), ready.updated_at), ("READY", NOW + 1));
        assert_eq!(search(store, "", &[], &[]).await, "m-a m-c");
        let of_run = model::logged_by(store.read(), WS, "r1", "model")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(of_run.model_id, "m-a");
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_logged_models_comes_in_their_order() {
    on_each(async |store| {
        make(store).await;
        let logged = logged_model::logged(store.read(), WS, &[row("m-b", 1), row("m-a", 0)])
            .await
            .unwrap();
        assert_eq!(logged[0].tags, pairs(&[("team", "red")]));
        assert_eq!(
            logged[0].metrics,
            [point("m-b", 0.5, 1, None), point("m-b", 0.8, 2, None)]
        );
        assert_eq!(logged[1].params, pairs(&[("depth", "3")]));
        assert_eq!(logged[1].metrics.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_search_compares_the_latest_point_on_the_datasets_named() {
    on_each(async |store| {
        make(store).await;
        let on = |name: &str, digest: Option<&str>| OnDataset {
            name: name.into(),
            digest: digest.map(str::to_owned),
        };
        let train = [on("train", Some("d1"))];
        for (text, datasets, expected) in [
            ("", &[][..], "m-a m-b m-c"),
            ("metrics.acc > 0.75", &[], "m-b"),
            ("metrics.acc > 0.75", &train, "m-a"),
            ("", &train, "m-a"),
            ("", &[on("train", Some("d9"))], ""),
            ("", &[on("test", None)], "m-a"),
            ("params.depth = '3'", &[], "m-a"),
            ("tags.team = 'red'", &[], "m-b"),
            ("model_type = 'Classifier'", &[], "m-a"),
            ("source_run_id = 'r1' AND name = 'model'", &[], "m-a m-b m-c"),
        ] {
            assert_eq!(
                search(store, text, datasets, &[]).await,
                expected,
                "{text} {datasets:?}"
            );
        }
        let by = |field: &str, ascending, dataset: Option<OnDataset>| OrderOn {
            order: parse_logged_model_order(field, ascending).unwrap(),
            dataset,
        };
        for (by, expected) in [
            (by("metrics.acc", true, None), "m-a m-b m-c"),
            (by("metrics.acc", false, None), "m-b m-a m-c"),
            (by("metrics.acc", false, Some(on("train", None))), "m-a m-b m-c"),
            (by("creation_timestamp", true, None), "m-c m-b m-a"),
        ] {
            assert_eq!(
                search(store, "", &[], std::slice::from_ref(&by)).await,
                expected,
                "{by:?}"
            );
        }
    })
    .await;
}
