//! Changes: many at once, one that fails among them, and what is left after a reopening.

use futures::future::{join_all, try_join_all};
use tidemill_store::{ConnectionTrait, DbErr, StoreError, datastore, tag};
use tidemill_testdb::databases;

use crate::support::*;

#[tokio::test]
async fn many_writers_at_once_all_get_through() {
    on_each(async |store| {
        let writers = (0..300).map(|i| {
            store.write::<_, StoreError, _>(move |tx| {
                Box::pin(
                    async move { datastore::put(tx, crate::datastore::row(&format!("d{i:03}"), "s3")).await },
                )
            })
        });
        try_join_all(writers).await.unwrap();
        let all = datastore::list(store.read(), WS, &page(1000, None))
            .await
            .unwrap();
        assert_eq!(all.items.len(), 300);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_fails_is_undone_alone() {
    on_each(async |store| {
        let writers = (0..60).map(|i| {
            store.write(move |tx| {
                Box::pin(async move {
                    datastore::put(tx, crate::datastore::row(&format!("d{i:02}"), "s3")).await?;
                    match i % 3 {
                        // It says no of itself, …
                        0 => Err(StoreError::Database(DbErr::Custom("no".into()))),
                        // … or the database does.
                        1 => {
                            let orphan = datastore::Model {
                                workspace: "nowhere".into(),
                                ..crate::datastore::row("d", "s3")
                            };
                            datastore::put(tx, orphan).await
                        }
                        _ => Ok(()),
                    }
                })
            })
        });
        let results = join_all(writers).await;
        for (i, result) in results.iter().enumerate() {
            assert_eq!(result.is_ok(), i % 3 == 2, "{i}: {result:?}");
        }
        let all = datastore::list(store.read(), WS, &page(100, None)).await.unwrap();
        assert_eq!(all.items.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_reopening_without_a_close() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        change!(store, |tx| datastore::put(
            tx,
            crate::datastore::row("lake", "s3")
        )
        .await);
        // As after a crash: nobody closed it.
        std::mem::forget(store);
        let again = open(&database).await;
        assert!(datastore::get(again.read(), WS, "lake").await.unwrap().is_some());
        again.close().await.unwrap();
    }
}

#[tokio::test]
async fn closing_waits_for_what_is_queued() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        let writes: Vec<_> = (0..50)
            .map(|i| {
                let store = store.clone();
                tokio::spawn(async move {
                    let row = crate::datastore::row(&format!("d{i}"), "s3");
                    store
                        .write::<_, StoreError, _>(move |tx| {
                            Box::pin(async move { datastore::put(tx, row).await })
                        })
                        .await
                })
            })
            .collect();
        for write in writes {
            write.await.unwrap().unwrap();
        }
        store.close().await.unwrap();
        let again = open(&database).await;
        assert_eq!(
            datastore::list(again.read(), WS, &page(100, None))
                .await
                .unwrap()
                .items
                .len(),
            50
        );
        again.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_sees_nothing_of_a_change_before_it_stands() {
    on_each(async |store| {
        let reader = store.clone();
        let seen = change!(store, |tx| {
            datastore::put(tx, crate::datastore::row("lake", "s3")).await?;
            datastore::get(reader.read(), WS, "lake").await
        });
        assert_eq!(seen, None);
        assert!(datastore::get(store.read(), WS, "lake").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn two_that_write_the_same_rows_in_another_order_do_not_block_each_other() {
    on_each(async |store| {
        let writers = (0..40).map(|i| {
            let mut tags: Vec<_> = (0..20).map(|key| (format!("k{key:02}"), i.to_string())).collect();
            if i % 2 == 0 {
                tags.reverse();
            }
            store.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { tag::put(tx, tag::Table::Tag, WS, tag::Noun::Run, "r", &tags).await })
            })
        });
        try_join_all(writers).await.unwrap();
        let tags = tag::of(store.read(), tag::Table::Tag, WS, tag::Noun::Run, "r")
            .await
            .unwrap();
        assert_eq!(tags.len(), 20);
        assert!(
            tags.iter().all(|(_, value)| *value == tags[0].1),
            "one change as a whole came last: {tags:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_sqlite_rolls_back_itself_takes_nothing_acknowledged_with_it() {
    for database in databases()
        .into_iter()
        .filter(|database| database.kind == tidemill_testdb::Kind::Sqlite)
    {
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        let bad = |i: usize| [7, 27, 28, 60].contains(&i);
        let writers = (0..600).map(|i| {
            store.write(move |tx| {
                Box::pin(async move {
                    if bad(i) {
                        // What SQLite may do when the disk is full: every savepoint is gone as well.
                        let again = format!(
                            "INSERT OR ROLLBACK INTO workspace SELECT * FROM workspace WHERE name = '{WS}'"
                        );
                        tx.execute_unprepared(&again).await?;
                    }
                    datastore::put(tx, crate::datastore::row(&format!("d{i:03}"), "s3")).await
                })
            })
        });
        let results = join_all(writers).await;
        let acknowledged: Vec<_> = (0..600)
            .filter(|i| results[*i].is_ok())
            .map(|i| format!("d{i:03}"))
            .collect();
        let refused = (0..600).all(|i| !bad(i) || results[i].is_err());
        assert!(!acknowledged.is_empty() && refused, "{results:?}");
        change!(store, |tx| datastore::put(
            tx,
            crate::datastore::row("last", "s3")
        )
        .await);
        // As after a crash: nobody closed it.
        std::mem::forget(store);
        let again = open(&database).await;
        let all = datastore::list(again.read(), WS, &page(1000, None))
            .await
            .unwrap();
        let mut names: Vec<_> = all.items.into_iter().map(|row| row.name).collect();
        names.sort();
        assert_eq!(names.pop().as_deref(), Some("last"));
        assert_eq!(names, acknowledged);
    }
}
