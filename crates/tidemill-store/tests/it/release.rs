//! Releases, where they stand, what happened, and break-glass: what is only ever added to stays as it was.

use tidemill_store::{Store, break_glass, break_glass_event, release, release_event, release_stage};

use crate::support::*;

fn number(name: &str, number: i64) -> release::Model {
    release::Model {
        workspace: WS.into(),
        name: name.into(),
        number,
        spec: "{}".into(),
        plan: "{}".into(),
        digest: format!("digest-{number}"),
        author: "user:ann".into(),
        created_at: NOW + number,
    }
}

fn stage(number: i64, stage: &str, state: &str) -> release_stage::Model {
    release_stage::Model {
        workspace: WS.into(),
        name: "flights".into(),
        number,
        stage: stage.into(),
        target: stage.to_lowercase(),
        endpoint: "flights".into(),
        deployment: format!("flights-{number}"),
        previous: None,
        state: state.into(),
        step: 0,
        promoter: "user:ann".into(),
        reason: None,
        evidence: "[]".into(),
        created_at: NOW,
        updated_at: NOW + number,
    }
}

fn event(id: &str, at: i64, target: &str) -> release_event::Model {
    release_event::Model {
        id: id.into(),
        workspace: WS.into(),
        name: "flights".into(),
        number: 1,
        stage: target.to_uppercase(),
        target: target.into(),
        at,
        who: "user:ann".into(),
        kind: "promoted".into(),
        detail: "{}".into(),
    }
}

async fn add(store: &Store, row: release::Model) {
    change!(store, |tx| release::add(tx, row).await);
}

#[tokio::test]
async fn numbers_count_up_and_none_is_written_twice() {
    on_each(async |store| {
        for (name, count) in [("flights", 1), ("flights", 2), ("other", 1), ("flights", 10)] {
            add(store, number(name, count)).await;
        }
        let newest = release::newest(store.read(), WS, "flights").await.unwrap();
        assert_eq!(newest, Some(number("flights", 10)));
        let all = release::list(store.read(), WS, Some("flights"), 2).await.unwrap();
        assert_eq!(all, [number("flights", 10), number("flights", 2)]);
        assert_eq!(release::list(store.read(), WS, None, 100).await.unwrap().len(), 4);
        let twice = store
            .write::<(), tidemill_store::StoreError, _>(|tx| {
                Box::pin(async move {
                    release::add(
                        tx,
                        release::Model {
                            digest: "another".into(),
                            ..number("flights", 2)
                        },
                    )
                    .await
                })
            })
            .await;
        assert!(twice.is_err(), "what was released stays what it was");
        let kept = release::get(store.read(), WS, "flights", 2).await.unwrap();
        assert_eq!(kept, Some(number("flights", 2)));
        assert_eq!(
            release::get(store.read(), "none", "flights", 2).await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_release_stands_once_in_a_stage_and_is_found_behind_its_endpoint() {
    on_each(async |store| {
        for count in 1..=3 {
            add(store, number("flights", count)).await;
        }
        for row in [
            stage(1, "DEV", "Live"),
            stage(1, "PRD", "Superseded"),
            stage(2, "PRD", "RollingOut"),
            stage(3, "PRD", "Live"),
        ] {
            change!(store, |tx| release_stage::put(tx, row).await);
        }
        let moved = release_stage::Model {
            state: "Live".into(),
            step: 2,
            previous: Some("flights-1".into()),
            reason: Some("all steps".into()),
            updated_at: NOW + 100,
            ..stage(2, "PRD", "RollingOut")
        };
        let written = moved.clone();
        change!(store, |tx| release_stage::put(tx, written).await);
        let db = store.read();
        assert_eq!(
            release_stage::get(db, WS, "flights", 2, "PRD").await.unwrap(),
            Some(moved.clone())
        );
        let live = release_stage::behind(db, "prd", "flights", &["Live"])
            .await
            .unwrap();
        assert_eq!(live, [moved, stage(3, "PRD", "Live")], "newest first");
        assert_eq!(release_stage::of(db, WS, "flights", 1).await.unwrap().len(), 2);
        let on = release_stage::in_states(db, &["Superseded", "RollingOut"])
            .await
            .unwrap();
        assert_eq!(on, [stage(1, "PRD", "Superseded")]);
        assert_eq!(
            release_stage::behind(db, "prd", "other", &["Live"])
                .await
                .unwrap(),
            []
        );
    })
    .await;
}

#[tokio::test]
async fn history_is_read_up_to_a_moment_newest_first() {
    on_each(async |store| {
        add(store, number("flights", 1)).await;
        for (id, at, target) in [
            ("01a", NOW, "prd"),
            ("01b", NOW + 1, "dev"),
            ("01c", NOW + 2, "prd"),
        ] {
            change!(store, |tx| release_event::add(tx, event(id, at, target)).await);
        }
        let ids = |rows: Vec<release_event::Model>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        let db = store.read();
        assert_eq!(
            ids(release_event::of(db, WS, "flights", 1).await.unwrap()),
            ["01a", "01b", "01c"]
        );
        assert_eq!(
            ids(release_event::in_target(db, "prd", None, 10).await.unwrap()),
            ["01c", "01a"]
        );
        let then = release_event::in_target(db, "prd", Some(NOW + 1), 10)
            .await
            .unwrap();
        assert_eq!(ids(then), ["01a"]);
        assert_eq!(
            ids(release_event::in_target(db, "prd", None, 1).await.unwrap()),
            ["01c"]
        );
    })
    .await;
}

#[tokio::test]
async fn broken_glass_counts_its_uses_and_keeps_its_reason() {
    on_each(async |store| {
        make_workspace(store, "prd").await;
        let asked = break_glass::Model {
            id: "01a".into(),
            workspace: "prd".into(),
            reason: "it answers nothing".into(),
            asked_by: "user:ann".into(),
            asked_at: NOW,
            minutes: 30,
            approved_by: None,
            approved_at: None,
            expires_at: NOW + 3_600_000,
            closed_by: None,
            uses: 0,
        };
        let row = asked.clone();
        change!(store, |tx| break_glass::put(tx, row).await);
        for _ in 0..3 {
            change!(store, |tx| break_glass::used(tx, "01a").await);
        }
        let opened = break_glass::Model {
            reason: "another one".into(),
            approved_by: Some("user:bob".into()),
            approved_at: Some(NOW + 1),
            expires_at: NOW + 1_800_000,
            ..asked.clone()
        };
        change!(store, |tx| break_glass::put(tx, opened).await);
        let found = break_glass::get(store.read(), "01a").await.unwrap();
        let expected = break_glass::Model {
            approved_by: Some("user:bob".into()),
            approved_at: Some(NOW + 1),
            expires_at: NOW + 1_800_000,
            uses: 3,
            ..asked
        };
        assert_eq!(found, Some(expected));
        assert_eq!(break_glass::of(store.read(), "dev").await.unwrap(), []);
        for (id, at) in [("02a", NOW), ("02b", NOW + 5)] {
            let row = break_glass_event::Model {
                id: id.into(),
                glass: "01a".into(),
                workspace: "prd".into(),
                stage: "PRD".into(),
                at,
                who: "user:ann".into(),
                kind: "break_glass_used".into(),
                detail: "{}".into(),
            };
            change!(store, |tx| break_glass_event::add(tx, row).await);
        }
        let told = break_glass_event::of(store.read(), "prd", Some(NOW + 1), 10)
            .await
            .unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(
            break_glass_event::of(store.read(), "prd", None, 10)
                .await
                .unwrap()[0]
                .id,
            "02b"
        );
    })
    .await;
}
