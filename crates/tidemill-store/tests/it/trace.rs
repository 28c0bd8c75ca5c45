//! Traces.

use tidemill_store::search::Window;
use tidemill_store::trace;

use crate::support::*;

#[tokio::test]
async fn traces_are_written_over_and_listed_youngest_first() {
    on_each(async |store| {
        let row = |id: &str, age: i64, info: &str| trace::Model {
            workspace: WS.into(),
            trace_id: id.into(),
            experiment_id: 0,
            request_time: NOW - age,
            info: info.into(),
        };
        let rows = [
            row("tr-1", 2, "{}"),
            row("tr-2", 1, "{}"),
            row("tr-1", 0, r#"{"state":"OK"}"#),
        ];
        change!(store, |tx| {
            for row in rows {
                trace::put(tx, row).await?;
            }
            Ok(())
        });
        let newest = row("tr-1", 0, r#"{"state":"OK"}"#);
        assert_eq!(
            trace::get(store.read(), WS, "tr-1").await.unwrap(),
            Some(newest.clone())
        );
        let page = trace::list(store.read(), WS, &[0], Window { offset: 0, limit: 1 })
            .await
            .unwrap();
        assert_eq!((page.items, page.more), (vec![newest], true));
        assert_eq!(trace::list(store.read(), WS, &[1], ALL).await.unwrap().items, []);
    })
    .await;
}
