//! Workspaces.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, Statement};
use tidemill_store::{ConnectionTrait as _, compute, datastore, workspace, workspace_state};

use crate::support::*;

#[tokio::test]
async fn a_workspace_reads_back_as_it_was_written() {
    on_each(async |store| {
        let row = workspace_row("team-a");
        let written = row.clone();
        change!(store, |tx| workspace::put(tx, written).await);
        assert_eq!(workspace::get(store.read(), "team-a").await.unwrap(), Some(row));
        assert_eq!(workspace::get(store.read(), "team-b").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn writing_again_changes_all_but_birth() {
    on_each(async |store| {
        change!(store, |tx| {
            let row = workspace_row(WS);
            workspace::put(
                tx,
                workspace::Model {
                    group_name: "other".into(),
                    display_name: "Bäckerei 🥐".into(),
                    spec: r#"{"a":1}"#.into(),
                    revision: 2,
                    created_at: NOW + 5,
                    updated_at: NOW + 5,
                    ..row
                },
            )
            .await
        });
        let row = workspace::get(store.read(), WS).await.unwrap().unwrap();
        assert_eq!(
            (row.display_name.as_str(), row.spec.as_str()),
            ("Bäckerei 🥐", r#"{"a":1}"#)
        );
        assert_eq!((row.revision, row.updated_at), (2, NOW + 5));
        assert_eq!((row.group_name.as_str(), row.created_at), ("other", NOW));
    })
    .await;
}

#[tokio::test]
async fn pages_go_on_after_the_last_name() {
    on_each(async |store| {
        for name in ["b-1", "b-10", "b-2", "a"] {
            change!(store, |tx| workspace::put(tx, workspace_row(name)).await);
        }
        let mut names = Vec::new();
        let mut request = page(2, None);
        loop {
            let page = workspace::list(store.read(), &request).await.unwrap();
            assert!(page.items.len() <= 2);
            names.extend(page.items.into_iter().map(|row| row.name));
            let Some(next) = page.next else { break };
            request.after = Some(next);
        }
        assert_eq!(names, ["a", "b-1", "b-10", "b-2", "default"]);
    })
    .await;
}

#[tokio::test]
async fn a_workspace_with_its_own_things_alone_is_empty_and_goes_with_them() {
    on_each(async |store| {
        change!(store, |tx| {
            datastore::put(
                tx,
                crate::datastore::row("workspaceblobstore", "workspace_folder"),
            )
            .await?;
            compute::put(tx, crate::compute::row("local")).await
        });
        assert_eq!(workspace::contents(store.read(), WS).await.unwrap(), []);
        assert!(change!(store, |tx| workspace::delete(tx, WS).await));
        assert_eq!(workspace::get(store.read(), WS).await.unwrap(), None);
        assert!(!change!(store, |tx| workspace::delete(tx, WS).await));
    })
    .await;
}

#[tokio::test]
async fn what_a_workspace_holds_is_counted() {
    on_each(async |store| {
        change!(store, |tx| {
            datastore::put(tx, crate::datastore::row("lake", "s3")).await?;
            compute::put(tx, crate::compute::row("cpu-cluster")).await
        });
        crate::run::make(store, "r1").await;
        crate::registered_model::make(store, "delay").await;
        crate::asset::make(store, "flights", "1").await;
        assert_eq!(
            workspace::contents(store.read(), WS).await.unwrap(),
            [
                ("datastores", 1),
                ("runs", 1),
                ("computes", 1),
                ("data", 1),
                ("models", 1)
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn every_table_with_things_of_a_workspace_is_emptied_with_it_or_kept_on_purpose() {
    on_each(async |store| {
        let db = store.read();
        let sql = match db.get_database_backend() {
            DbBackend::Postgres => {
                "SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'workspace' AND table_schema = current_schema()"
            }
            _ => "SELECT m.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'workspace' WHERE m.type = 'table'",
        };
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql.to_owned())).await.unwrap();
        let there: BTreeSet<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
        let known = workspace_state::TABLES.iter().chain(workspace_state::KEPT);
        let known: BTreeSet<String> = known.map(|name| (*name).to_owned()).collect();
        assert_eq!(there, known);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_workspace_is_not_there_comes_back_and_goes_for_good_when_its_time_is_over() {
    on_each(async |store| {
        let state = |deleted_at| workspace_state::Model {
            workspace: WS.into(),
            archived_at: None,
            deleted_at,
            deleted_by: None,
        };
        change!(store, |tx| workspace_state::put(tx, state(Some(NOW))).await);
        assert_eq!(workspace::get(store.read(), WS).await.unwrap(), None);
        assert!(workspace::get_kept(store.read(), WS).await.unwrap().is_some());
        assert!(
            workspace::all(store.read())
                .await
                .unwrap()
                .iter()
                .all(|row| row.name != WS)
        );
        assert!(
            !change!(store, |tx| workspace_state::purge(tx, WS, NOW - 1).await),
            "its time is not over"
        );
        change!(store, |tx| workspace_state::put(tx, state(None)).await);
        assert!(
            !change!(store, |tx| workspace_state::purge(tx, WS, NOW + 1).await),
            "it came back"
        );
        assert!(workspace::get(store.read(), WS).await.unwrap().is_some());
        change!(store, |tx| workspace_state::put(tx, state(Some(NOW))).await);
        assert!(change!(store, |tx| workspace_state::purge(tx, WS, NOW).await));
        assert_eq!(workspace::get_kept(store.read(), WS).await.unwrap(), None);
    })
    .await;
}
