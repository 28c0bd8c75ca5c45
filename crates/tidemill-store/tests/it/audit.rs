//! The audit log and the outbox.

use tidemill_policy::chain::Fault;
use tidemill_store::{ConnectionTrait as _, Store, StoreError, audit, event};

use crate::support::*;

fn entry(id: &str) -> audit::Entry {
    audit::Entry {
        id: id.into(),
        at: NOW,
        principal: "user:owner".into(),
        action: "datastores/write".into(),
        scope: "/workspaces/default/datastores/lake".into(),
        outcome: "allowed".into(),
        request_id: "r-1".into(),
        address: "127.0.0.1".into(),
        agent: "curl/8".into(),
        surface: "rest".into(),
        detail: r#"{"before":null}"#.into(),
    }
}

async fn filled(store: &Store) {
    change!(store, |tx| {
        for id in ["01A", "01B", "01C", "01D"] {
            audit::append(tx, entry(id)).await?;
        }
        Ok(())
    });
}

/// What somebody does who has the database in their hands.
async fn tamper(store: &Store, sql: &'static str) {
    let allow = match store.backend() {
        sea_orm::DbBackend::Sqlite => "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete",
        _ => "DROP TRIGGER audit_append_only ON audit",
    };
    change!(store, |tx| {
        tx.execute_unprepared(allow).await?;
        tx.execute_unprepared(sql).await?;
        Ok(())
    });
}

async fn faults(store: &Store, head: Option<String>) -> Vec<Fault> {
    audit::verify(store.read(), head).await.unwrap().faults
}

fn event_row(id: &str) -> event::Model {
    event::Model {
        id: id.into(),
        at: NOW,
        workspace: None,
        kind: "job/completed".into(),
        subject: "/workspaces/default/jobs/a".into(),
        detail: "{}".into(),
    }
}

#[tokio::test]
async fn rows_are_chained_and_the_newest_come_first() {
    on_each(async |store| {
        filled(store).await;
        let rows = audit::latest(store.read(), 2).await.unwrap();
        assert_eq!((rows[0].id.as_str(), rows[0].seq), ("01D", 4));
        assert_eq!(rows[0].previous, rows[1].hash);
        let checked = audit::verify(store.read(), Some(rows[1].hash.clone()))
            .await
            .unwrap();
        assert_eq!((checked.rows, checked.faults), (4, vec![]));
        assert_eq!(checked.head, rows[0].hash);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_undone_leaves_no_hole() {
    on_each(async |store| {
        filled(store).await;
        let undone: Result<(), StoreError> = store
            .write(|tx| {
                Box::pin(async move {
                    audit::append(tx, entry("01X")).await?;
                    Err(StoreError::Broken)
                })
            })
            .await;
        assert!(undone.is_err());
        change!(store, |tx| audit::append(tx, entry("01E")).await);
        let checked = audit::verify(store.read(), None).await.unwrap();
        assert_eq!((checked.rows, checked.seq, checked.faults), (5, 5, vec![]));
    })
    .await;
}

#[tokio::test]
async fn many_writers_make_one_chain() {
    on_each(async |store| {
        let writes = (0..60).map(|number| {
            store.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { audit::append(tx, entry(&format!("{number:03}"))).await })
            })
        });
        futures::future::try_join_all(writes).await.unwrap();
        let checked = audit::verify(store.read(), None).await.unwrap();
        assert_eq!((checked.rows, checked.faults), (60, vec![]));
    })
    .await;
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_a_row() {
    on_each(async |store| {
        filled(store).await;
        for sql in [
            "UPDATE audit SET principal = 'x' WHERE seq = 2",
            "DELETE FROM audit",
        ] {
            let refused: Result<(), StoreError> = store
                .write(move |tx| Box::pin(async move { Ok(tx.execute_unprepared(sql).await.map(drop)?) }))
                .await;
            let error = refused.expect_err(sql).to_string();
            assert!(error.contains("append-only"), "{error}");
        }
        assert_eq!(faults(store, None).await, []);
    })
    .await;
}

#[tokio::test]
async fn what_is_done_to_the_log_is_found_and_named() {
    let cases: [(&'static str, Fault); 6] = [
        ("UPDATE audit SET principal = 'x' WHERE seq = 2", Fault::Changed { seq: 2 }),
        ("UPDATE audit SET detail = '{}' WHERE seq = 4", Fault::Changed { seq: 4 }),
        ("DELETE FROM audit WHERE seq = 1", Fault::Missing { from: 1, to: 1 }),
        ("DELETE FROM audit WHERE seq > 2", Fault::Missing { from: 3, to: 4 }),
        (
            "UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;
             UPDATE audit SET seq = 3 WHERE seq = 9",
            Fault::Changed { seq: 2 },
        ),
        (
            "INSERT INTO audit SELECT 5, id, at, principal, action, scope, outcome, request_id, address, agent, surface,
                detail, previous, hash FROM audit WHERE seq = 4",
            Fault::Changed { seq: 5 },
        ),
    ];
    for (sql, fault) in cases {
        on_each(async |store| {
            filled(store).await;
            tamper(store, sql).await;
            assert_eq!(faults(store, None).await.first(), Some(&fault), "{sql}");
        })
        .await;
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_with_its_head_is_found_by_a_head_that_was_noted() {
    on_each(async |store| {
        filled(store).await;
        let noted = audit::verify(store.read(), None).await.unwrap().head;
        tamper(
            store,
            "DELETE FROM audit WHERE seq > 2; UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)",
        )
        .await;
        assert_eq!(faults(store, None).await, []);
        assert_eq!(faults(store, Some(noted.clone())).await, [Fault::NotThere { head: noted }]);
    })
    .await;
}

#[tokio::test]
async fn rows_are_found_by_who_what_where_when_and_how() {
    on_each(async |store| {
        change!(store, |tx| {
            let mut other = entry("01E");
            other.principal = "job:default/a".into();
            other.action = "secrets/read".into();
            other.scope = "/groups/default/secrets/a_b".into();
            other.outcome = "refused".into();
            other.at = NOW + 10;
            audit::append(tx, entry("01A")).await?;
            audit::append(tx, other).await
        });
        let text = |text: &str| Some(text.to_owned());
        let some = audit::Filter::default;
        let cases = [
            (some(), 2),
            (
                audit::Filter {
                    principal: text("job:default/a"),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    action: text("secrets/*"),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    action: text("*/write"),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    action: text("secrets_read"),
                    ..some()
                },
                0,
            ),
            (
                audit::Filter {
                    scope: text("/workspaces/default"),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    scope: text("/workspaces/def"),
                    ..some()
                },
                0,
            ),
            (
                audit::Filter {
                    scope: text("/"),
                    ..some()
                },
                2,
            ),
            (
                audit::Filter {
                    scope: text("/groups/default/secrets/a_b"),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    outcome: text("refused"),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    since: Some(NOW + 1),
                    ..some()
                },
                1,
            ),
            (
                audit::Filter {
                    until: Some(NOW + 1),
                    ..some()
                },
                1,
            ),
        ];
        for (filter, count) in cases {
            let found = audit::list(store.read(), &filter, &page(10, None)).await.unwrap();
            assert_eq!(found.items.len(), count, "{filter:?}");
            let exported = audit::following(store.read(), &filter, 0, 10).await.unwrap();
            assert_eq!(exported.len(), count, "{filter:?}");
        }
        let first = audit::list(store.read(), &some(), &page(1, None)).await.unwrap();
        let second = audit::list(store.read(), &some(), &page(1, first.next.as_deref()))
            .await
            .unwrap();
        assert_eq!(
            (first.items[0].seq, second.items[0].seq, second.next),
            (2, 1, None)
        );
    })
    .await;
}

#[tokio::test]
async fn events_are_read_on_from_the_last_one_seen() {
    on_each(async |store| {
        change!(store, |tx| {
            for id in ["01A", "01B", "01C"] {
                event::append(tx, event_row(id)).await?;
            }
            Ok(())
        });
        assert_eq!(
            event::list(store.read(), None, 2).await.unwrap(),
            [event_row("01A"), event_row("01B")]
        );
        assert_eq!(
            event::list(store.read(), Some("01B"), 2).await.unwrap(),
            [event_row("01C")]
        );
        assert_eq!(event::list(store.read(), Some("01C"), 2).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn rows_of_before_the_chain_are_chained_by_the_migration() {
    for database in tidemill_testdb::databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        let function = match store.backend() {
            sea_orm::DbBackend::Sqlite => "",
            _ => "DROP FUNCTION audit_append_only;",
        };
        let back = format!(
            "DROP TABLE audit; DROP TABLE audit_head; {function}
             DELETE FROM schema_version WHERE version = 10;
             CREATE TABLE audit (id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, principal TEXT NOT NULL, action TEXT NOT NULL,
                scope TEXT NOT NULL, outcome TEXT NOT NULL, request_id TEXT NOT NULL, detail TEXT NOT NULL);
             INSERT INTO audit VALUES ('01B', 2, 'owner', 'a/b', '/', 'allowed', 'r', '{{}}');
             INSERT INTO audit VALUES ('01A', 1, 'owner', 'a/b', '/', 'refused', 'r', '{{}}')"
        );
        change!(store, |tx| {
            tx.execute_unprepared(&back).await?;
            Ok(())
        });
        store.close().await.unwrap();
        let store = open(&database).await;
        let rows = audit::latest(store.read(), 10).await.unwrap();
        let ids: Vec<_> = rows.iter().map(|row| (row.seq, row.id.as_str())).collect();
        assert_eq!(ids, [(2, "01B"), (1, "01A")]);
        assert_eq!(faults(&store, None).await, []);
        store.close().await.unwrap();
    }
}
