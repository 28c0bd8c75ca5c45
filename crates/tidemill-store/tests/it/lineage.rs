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
            lineage::makers(store.read(), WS, "tidemill://trees/bb")
                .await
                .unwrap(),
            [made]
        );
        assert_eq!(
            lineage::makers(store.read(), WS, "tidemill://trees/aa")
                .await
                .unwrap(),
            []
        );
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
