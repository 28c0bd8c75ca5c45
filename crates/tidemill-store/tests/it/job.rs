//! Jobs: transitions, lists, steps, and work that was done before.

use tidemill_store::{Store, job};

use crate::support::*;

/// A job of [`WS`]; `id` is the order of creation.
pub fn row(name: &str, id: &str) -> job::Model {
    job::Model {
        workspace: WS.into(),
        name: name.into(),
        id: id.into(),
        kind: "command".into(),
        display_name: None,
        description: None,
        experiment_name: "Default".into(),
        experiment_id: "0".into(),
        parent: None,
        root: name.into(),
        node: None,
        position: 0,
        status: "Queued".into(),
        reason: Some("waits for the compute".into()),
        compute: Some("local".into()),
        spec: "{}".into(),
        plan: "{}".into(),
        attempt: 0,
        handle: None,
        cache_key: None,
        reused_from: None,
        outputs: "{}".into(),
        environment: None,
        warnings: "[]".into(),
        exit_code: None,
        tags: "{}".into(),
        properties: "{}".into(),
        created_by: "user:owner".into(),
        created_at: NOW,
        started_at: None,
        ended_at: None,
        archived: false,
        revision: 1,
        gpus: "[]".into(),
        free_tries: 0,
    }
}

fn step(name: &str, id: &str, parent: &str, position: i64) -> job::Model {
    job::Model {
        parent: Some(parent.into()),
        root: parent.into(),
        node: Some(name.into()),
        position,
        ..row(name, id)
    }
}

async fn add(store: &Store, rows: Vec<job::Model>) {
    change!(store, |tx| job::insert(tx, rows).await);
}

fn names(rows: &[job::Model]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

#[tokio::test]
async fn a_job_reads_back_as_it_was_written() {
    on_each(async |store| {
        let full = job::Model {
            display_name: Some("Train 🌊".into()),
            exit_code: Some(-9),
            handle: Some("{}".into()),
            archived: true,
            started_at: Some(NOW),
            ..step("train", "01B", "pipe", 3)
        };
        add(store, vec![row("pipe", "01A"), full.clone()]).await;
        assert_eq!(job::get(store.read(), WS, "train").await.unwrap(), Some(full));
        assert_eq!(job::get(store.read(), WS, "nothing").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_transition_happens_only_from_the_states_given() {
    on_each(async |store| {
        add(store, vec![row("a", "01A")]).await;
        let start = || job::Patch {
            status: Some("Running"),
            reason: Some(None),
            attempt: Some(1),
            started_at: Some(Some(NOW + 1)),
            ..job::Patch::default()
        };
        assert!(change!(store, |tx| job::transition(
            tx,
            WS,
            "a",
            &["NotStarted", "Queued"],
            start()
        )
        .await));
        assert!(!change!(store, |tx| job::transition(
            tx,
            WS,
            "a",
            &["NotStarted", "Queued"],
            start()
        )
        .await));
        assert!(!change!(store, |tx| job::transition(
            tx,
            WS,
            "nothing",
            &["Queued"],
            start()
        )
        .await));
        let now = job::get(store.read(), WS, "a").await.unwrap().unwrap();
        assert_eq!(
            (now.status.as_str(), now.reason, now.attempt),
            ("Running", None, 1)
        );
        assert_eq!((now.started_at, now.revision), (Some(NOW + 1), 2));
        assert_eq!(
            now.compute.as_deref(),
            Some("local"),
            "what the patch leaves out stays"
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_that_take_a_job_at_once_one_gets_it() {
    on_each(async |store| {
        add(store, vec![row("a", "01A")]).await;
        let takers = (0..8).map(|_| {
            store.write::<_, tidemill_store::StoreError, _>(|tx| {
                Box::pin(async move {
                    let patch = job::Patch {
                        status: Some("Preparing"),
                        ..job::Patch::default()
                    };
                    job::transition(tx, WS, "a", &["Queued"], patch).await
                })
            })
        });
        let taken = futures::future::try_join_all(takers).await.unwrap();
        assert_eq!(taken.iter().filter(|got| **got).count(), 1, "{taken:?}");
    })
    .await;
}

#[tokio::test]
async fn an_update_writes_whatever_the_state() {
    on_each(async |store| {
        add(store, vec![row("a", "01A")]).await;
        change!(store, |tx| {
            let patch = job::Patch {
                display_name: Some(Some("new".into())),
                compute: Some(None),
                tags: Some(r#"{"a":"b"}"#.into()),
                archived: Some(true),
                ..job::Patch::default()
            };
            job::update(tx, WS, "a", patch).await
        });
        let now = job::get(store.read(), WS, "a").await.unwrap().unwrap();
        assert_eq!(
            (now.display_name.as_deref(), now.compute, now.archived),
            (Some("new"), None, true)
        );
        assert_eq!((now.tags.as_str(), now.revision), (r#"{"a":"b"}"#, 2));
    })
    .await;
}

#[tokio::test]
async fn lists_show_the_newest_first_in_pages_without_steps() {
    on_each(async |store| {
        let old = job::Model {
            archived: true,
            ..row("old", "01A")
        };
        add(
            store,
            vec![
                old,
                row("b", "01B"),
                row("c", "01C"),
                step("s", "01D", "c", 0),
                row("e", "01E"),
            ],
        )
        .await;
        let open = job::Filter {
            archived: Some(false),
            ..job::Filter::default()
        };
        let first = job::list(store.read(), WS, &open, &page(2, None)).await.unwrap();
        assert_eq!(
            (names(&first.items), first.next.as_deref()),
            (vec!["e", "c"], Some("01C"))
        );
        let last = job::list(store.read(), WS, &open, &page(2, Some("01C")))
            .await
            .unwrap();
        assert_eq!((names(&last.items), last.next), (vec!["b"], None));
        let all = job::list(store.read(), WS, &job::Filter::default(), &page(9, None))
            .await
            .unwrap();
        assert_eq!(names(&all.items), ["e", "c", "b", "old"]);
        let only = |parent: Option<&str>, status: Option<&str>, archived| job::Filter {
            parent: parent.map(str::to_owned),
            status: status.map(str::to_owned),
            archived,
        };
        for (filter, expected) in [
            (only(None, None, Some(true)), vec!["old"]),
            (only(Some("c"), None, None), vec!["s"]),
            (only(None, Some("Running"), None), vec![]),
        ] {
            let page = job::list(store.read(), WS, &filter, &page(9, None))
                .await
                .unwrap();
            assert_eq!(names(&page.items), expected, "{filter:?}");
        }
        assert!(
            job::list(store.read(), "other", &open, &page(9, None))
                .await
                .unwrap()
                .items
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn steps_come_in_their_order_and_trees_in_the_order_of_creation() {
    on_each(async |store| {
        let inner = job::Model {
            root: "pipe".into(),
            ..step("inner", "01E", "b", 0)
        };
        add(
            store,
            vec![
                row("pipe", "01A"),
                step("a", "01B", "pipe", 1),
                step("b", "01C", "pipe", 0),
                inner,
                row("x", "01F"),
            ],
        )
        .await;
        assert_eq!(
            names(&job::children(store.read(), WS, "pipe").await.unwrap()),
            ["b", "a"]
        );
        assert_eq!(
            names(&job::tree(store.read(), WS, "pipe").await.unwrap()),
            ["pipe", "a", "b", "inner"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_pipeline_of_a_thousand_steps_is_added_at_once() {
    on_each(async |store| {
        let steps = (0..1000).map(|i| step(&format!("s{i:04}"), &format!("02{i:04}"), "pipe", i));
        add(store, std::iter::once(row("pipe", "01A")).chain(steps).collect()).await;
        assert_eq!(job::children(store.read(), WS, "pipe").await.unwrap().len(), 1000);
        assert_eq!(
            job::in_states(store.read(), &["Queued"]).await.unwrap().len(),
            1001
        );
    })
    .await;
}

#[tokio::test]
async fn jobs_in_some_states_are_those_of_all_workspaces_oldest_first() {
    on_each(async |store| {
        make_workspace(store, "other").await;
        let elsewhere = job::Model {
            workspace: "other".into(),
            status: "Running".into(),
            ..row("a", "01A")
        };
        let done = job::Model {
            status: "Completed".into(),
            ..row("c", "01C")
        };
        add(store, vec![row("b", "01B"), done, elsewhere]).await;
        let open = job::in_states(store.read(), &["Queued", "Running"])
            .await
            .unwrap();
        assert_eq!(names(&open), ["a", "b"]);
        assert!(job::in_states(store.read(), &[]).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn work_that_was_done_is_found_by_its_key() {
    on_each(async |store| {
        let done = |name: &str, id: &str, status: &str| job::Model {
            cache_key: Some("k".into()),
            status: status.into(),
            ..row(name, id)
        };
        let reused = job::Model {
            reused_from: Some("second".into()),
            ..done("third", "01C", "Completed")
        };
        add(
            store,
            vec![
                done("first", "01A", "Completed"),
                done("second", "01B", "Completed"),
                reused,
                done("failed", "01D", "Failed"),
            ],
        )
        .await;
        let found = job::find_done(store.read(), WS, "k")
            .await
            .unwrap()
            .map(|row| row.name);
        assert_eq!(
            found.as_deref(),
            Some("second"),
            "the newest that did the work itself and ended well"
        );
        assert_eq!(job::find_done(store.read(), WS, "other").await.unwrap(), None);
        assert_eq!(job::find_done(store.read(), "other", "k").await.unwrap(), None);
    })
    .await;
}
