//! Computes.

use tidemill_store::{compute, compute_power};

use crate::support::*;

/// A compute of [`WS`].
pub fn row(name: &str) -> compute::Model {
    compute::Model {
        workspace: WS.into(),
        name: name.into(),
        kind: "local".into(),
        spec: r#"{"max_instances":4}"#.into(),
        revision: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

#[tokio::test]
async fn a_compute_is_written_changed_listed_and_removed() {
    on_each(async |store| {
        for name in ["local", "cpu-cluster"] {
            change!(store, |tx| compute::put(tx, row(name)).await);
        }
        let changed = compute::Model {
            kind: "amlcompute".into(),
            revision: 2,
            ..row("cpu-cluster")
        };
        let written = changed.clone();
        change!(store, |tx| compute::put(tx, written).await);
        assert_eq!(
            compute::get(store.read(), WS, "cpu-cluster").await.unwrap(),
            Some(changed)
        );
        let listed = compute::list(store.read(), WS, &page(1, None)).await.unwrap();
        assert_eq!(listed.next.as_deref(), Some("cpu-cluster"));
        let rest = compute::list(store.read(), WS, &page(1, Some("cpu-cluster")))
            .await
            .unwrap();
        assert_eq!((rest.items, rest.next), (vec![row("local")], None));
        assert!(change!(store, |tx| compute::delete(tx, WS, "cpu-cluster").await));
        assert_eq!(compute::get(store.read(), WS, "cpu-cluster").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_state_of_an_instance_is_written_changed_and_forgotten() {
    on_each(async |store| {
        let state = |state: &str, at| compute_power::Model {
            workspace: WS.into(),
            compute: "mine".into(),
            state: state.into(),
            at,
            who: "owner".into(),
            why: "by hand".into(),
        };
        assert_eq!(compute_power::get(store.read(), WS, "mine").await.unwrap(), None);
        for row in [state("stopped", NOW), state("running", NOW + 1)] {
            let written = row.clone();
            change!(store, |tx| compute_power::put(tx, written).await);
            assert_eq!(
                compute_power::get(store.read(), WS, "mine").await.unwrap(),
                Some(row.clone())
            );
            assert_eq!(compute_power::all(store.read()).await.unwrap(), [row.clone()]);
            assert_eq!(compute_power::of(store.read(), WS).await.unwrap(), [row]);
        }
        assert_eq!(compute_power::of(store.read(), "other").await.unwrap(), []);
        change!(store, |tx| compute_power::delete(tx, WS, "mine").await);
        assert_eq!(compute_power::all(store.read()).await.unwrap(), []);
        change!(store, |tx| compute::put(tx, row("local")).await);
        assert_eq!(
            compute::of_kind(store.read(), "computeinstance").await.unwrap(),
            []
        );
        assert_eq!(compute::of_kind(store.read(), "local").await.unwrap().len(), 1);
    })
    .await;
}
