//! Computes.

use tidemill_store::compute;

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
