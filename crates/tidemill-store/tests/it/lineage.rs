//! Lineage.

use tidemill_store::lineage;

use crate::support::*;

fn row(job: &str, direction: &str, port: &str, asset: Option<&str>, uri: &str) -> lineage::Model {
    lineage::Model {
        workspace: WS.into(),
        job: job.into(),
        direction: direction.into(),
        port: port.into(),
        asset: asset.map(str::to_owned),
        uri: uri.into(),
        digest: None,
    }
}

#[tokio::test]
async fn a_model_leads_to_the_job_and_the_data_that_it_came_from() {
    on_each(async |store| {
        let read = row(
            "train",
            "in",
            "data",
            Some("data/flights/3"),
            "tidemill://trees/aa",
        );
        let made = row(
            "train",
            "out",
            "model",
            Some("models/delay/1"),
            "tidemill://trees/bb",
        );
        let used = row(
            "score",
            "in",
            "model",
            Some("models/delay/1"),
            "tidemill://trees/bb",
        );
        let rows = vec![read.clone(), made.clone(), used.clone()];
        change!(store, |tx| lineage::put(tx, rows).await);
        change!(store, |tx| lineage::put(tx, Vec::new()).await);
        let sorted = |mut rows: Vec<lineage::Model>| {
            rows.sort_by(|a, b| (&a.job, &a.direction).cmp(&(&b.job, &b.direction)));
            rows
        };
        let of_model = lineage::of_asset(store.read(), WS, "models/delay/1")
            .await
            .unwrap();
        assert_eq!(sorted(of_model), [used, made.clone()]);
        assert_eq!(
            sorted(lineage::of_job(store.read(), WS, "train").await.unwrap()),
            [read, made.clone()]
        );
        assert_eq!(
            lineage::makers(store.read(), WS, "tidemill://trees/bb", None)
                .await
                .unwrap(),
            [made]
        );
        assert_eq!(
            lineage::makers(store.read(), WS, "tidemill://trees/aa", None)
                .await
                .unwrap(),
            []
        );
    })
    .await;
}

#[tokio::test]
async fn who_wrote_other_bytes_to_the_same_place_made_something_else() {
    on_each(async |store| {
        let uri = "azureml://datastores/lake/paths/model";
        let made = |job: &str, digest: Option<&str>| lineage::Model {
            digest: digest.map(str::to_owned),
            ..row(job, "out", "o", None, uri)
        };
        let rows = vec![made("a", Some("old")), made("b", Some("new")), made("c", None)];
        change!(store, |tx| lineage::put(tx, rows).await);
        let makers = async |digest| {
            let rows = lineage::makers(store.read(), WS, uri, digest).await.unwrap();
            let mut jobs: Vec<_> = rows.into_iter().map(|row| row.job).collect();
            jobs.sort();
            jobs.concat()
        };
        assert_eq!(makers(Some("new")).await, "bc");
        assert_eq!(makers(Some("old")).await, "ac");
        assert_eq!(makers(None).await, "abc");
    })
    .await;
}

#[tokio::test]
async fn who_read_bytes_without_a_name_is_found_by_place_and_digest() {
    on_each(async |store| {
        let uri = "azureml://datastores/lake/paths/clean";
        let read = |job: &str, asset: Option<&str>, digest: Option<&str>| lineage::Model {
            digest: digest.map(str::to_owned),
            ..row(job, "in", "i", asset, uri)
        };
        let rows = vec![
            read("same", None, Some("new")),
            read("other", None, Some("old")),
            read("unknown", None, None),
            read("named", Some("data/clean/1"), Some("new")),
            row("maker", "out", "o", None, uri),
        ];
        change!(store, |tx| lineage::put(tx, rows).await);
        let found = lineage::readers(store.read(), WS, uri, Some("new"))
            .await
            .unwrap();
        let mut jobs: Vec<_> = found.into_iter().map(|row| row.job).collect();
        jobs.sort();
        assert_eq!(jobs, ["same", "unknown"]);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_runs_again_replaces_its_own() {
    on_each(async |store| {
        change!(store, |tx| lineage::put(
            tx,
            vec![row("a", "out", "o", None, "tidemill://trees/old")]
        )
        .await);
        let new = lineage::Model {
            digest: Some("new".into()),
            ..row("a", "out", "o", Some("data/o/1"), "tidemill://trees/new")
        };
        let rows = vec![new.clone()];
        change!(store, |tx| lineage::put(tx, rows).await);
        assert_eq!(lineage::of_job(store.read(), WS, "a").await.unwrap(), [new]);
    })
    .await;
}
