//! Online endpoints, deployments and their instances: keys, order, and changes that only count while nothing has moved.

use tidemill_store::online_deployment::Progress;
use tidemill_store::{Store, deployment_instance, online_deployment, online_endpoint};

use crate::support::*;

fn endpoint(name: &str) -> online_endpoint::Model {
    online_endpoint::Model {
        workspace: WS.into(),
        name: name.into(),
        spec: "{\"traffic\":{\"blue\":100}}".into(),
        first_key: "sealed-1".into(),
        second_key: "sealed-2".into(),
        created_by: "user:owner".into(),
        revision: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn deployment(endpoint: &str, name: &str) -> online_deployment::Model {
    online_deployment::Model {
        workspace: WS.into(),
        endpoint: endpoint.into(),
        name: name.into(),
        spec: "{}".into(),
        plan: "{}".into(),
        generation: 1,
        served: 0,
        wanted: 1,
        state: "Creating".into(),
        reason: None,
        all_traffic: true,
        warnings: "[]".into(),
        created_by: "user:owner".into(),
        revision: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn instance(deployment: &str, number: i64) -> deployment_instance::Model {
    deployment_instance::Model {
        workspace: WS.into(),
        endpoint: "iris".into(),
        deployment: deployment.into(),
        number,
        generation: 1,
        plan: "{}".into(),
        state: "Starting".into(),
        port: 40_000 + number,
        handle: None,
        environment: None,
        reason: None,
        exit_code: None,
        created_at: NOW,
        started_at: None,
        ready_at: None,
        ended_at: None,
    }
}

async fn names(store: &Store, limit: u64, after: Option<&str>) -> Vec<String> {
    let found = online_endpoint::list(store.read(), WS, &page(limit, after))
        .await
        .unwrap();
    found.items.into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn an_endpoint_keeps_who_made_it_and_is_listed_by_name_in_its_workspace() {
    on_each(async |store| {
        make_workspace(store, "other").await;
        for name in ["late", "iris", "Ä-1"] {
            change!(store, |tx| online_endpoint::put(tx, endpoint(name)).await);
        }
        change!(store, |tx| online_endpoint::put(
            tx,
            online_endpoint::Model {
                workspace: "other".into(),
                ..endpoint("iris")
            }
        )
        .await);
        let changed = online_endpoint::Model {
            spec: "{\"traffic\":{}}".into(),
            first_key: "sealed-3".into(),
            created_by: "user:somebody-else".into(),
            revision: 2,
            created_at: NOW + 5,
            updated_at: NOW + 5,
            ..endpoint("iris")
        };
        let written = changed.clone();
        change!(store, |tx| online_endpoint::put(tx, written).await);
        let expected = online_endpoint::Model {
            created_by: "user:owner".into(),
            created_at: NOW,
            ..changed
        };
        assert_eq!(
            online_endpoint::get(store.read(), WS, "iris").await.unwrap(),
            Some(expected)
        );
        assert_eq!(names(store, 2, None).await, ["iris", "late"]);
        assert_eq!(names(store, 2, Some("late")).await, ["Ä-1"]);
        assert_eq!(online_endpoint::all(store.read()).await.unwrap().len(), 4);
        assert!(change!(store, |tx| online_endpoint::delete(tx, WS, "iris").await));
        assert!(!change!(store, |tx| online_endpoint::delete(tx, WS, "iris").await));
        assert!(
            online_endpoint::get(store.read(), "other", "iris")
                .await
                .unwrap()
                .is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn progress_counts_for_the_generation_that_was_looked_at() {
    on_each(async |store| {
        for name in ["iris", "late"] {
            change!(store, |tx| online_endpoint::put(tx, endpoint(name)).await);
        }
        for name in ["green", "blue"] {
            change!(store, |tx| online_deployment::put(tx, deployment("iris", name))
                .await);
        }
        change!(store, |tx| online_deployment::put(tx, deployment("late", "blue"))
            .await);
        let found = online_deployment::list(store.read(), WS, "iris").await.unwrap();
        let found: Vec<_> = found.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(found, ["blue", "green"]);
        let up = |served| Progress {
            state: "Succeeded".into(),
            reason: None,
            served,
            wanted: 2,
        };
        let blue = (WS, "iris", "blue");
        assert!(change!(store, |tx| online_deployment::advance(
            tx,
            blue,
            1,
            up(1)
        )
        .await));
        assert!(!change!(store, |tx| online_deployment::advance(
            tx,
            blue,
            2,
            up(2)
        )
        .await));
        // A change by hand keeps how far it has come: what it served last.
        let again = online_deployment::Model {
            generation: 2,
            state: "Updating".into(),
            revision: 2,
            ..deployment("iris", "blue")
        };
        change!(store, |tx| online_deployment::put(tx, again).await);
        let row = online_deployment::get(store.read(), WS, "iris", "blue")
            .await
            .unwrap();
        let row = row.expect("it is there");
        assert_eq!(
            (row.served, row.generation, row.state.as_str()),
            (1, 2, "Updating")
        );
        // Of one that is being deleted nothing counts any more.
        assert!(change!(store, |tx| {
            online_deployment::start_deleting(tx, WS, "iris", "blue").await
        }));
        assert!(!change!(store, |tx| online_deployment::advance(
            tx,
            blue,
            2,
            up(2)
        )
        .await));
        assert!(change!(store, |tx| online_deployment::delete(
            tx, WS, "iris", "blue"
        )
        .await));
        assert!(!change!(store, |tx| {
            online_deployment::start_deleting(tx, WS, "iris", "blue").await
        }));
        assert_eq!(online_deployment::all(store.read()).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn instances_of_a_deployment_are_its_own() {
    on_each(async |store| {
        for (name, number) in [("blue", 2), ("blue", 1), ("green", 1)] {
            change!(store, |tx| deployment_instance::put(tx, instance(name, number))
                .await);
        }
        // Written again, it changes its state and nothing that its runner has told meanwhile.
        let written = deployment_instance::Model {
            state: "Ready".into(),
            port: 1,
            ..instance("blue", 2)
        };
        let ready = deployment_instance::Model {
            state: "Ready".into(),
            ..instance("blue", 2)
        };
        change!(store, |tx| deployment_instance::put(tx, written).await);
        let found = deployment_instance::list(store.read(), WS, "iris", "blue")
            .await
            .unwrap();
        assert_eq!(found, [ready, instance("blue", 1)], "the newest first");
    })
    .await;
}
