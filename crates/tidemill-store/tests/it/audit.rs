//! The audit log and the outbox.

use tidemill_store::{audit, event};

use crate::support::*;

fn audit_row(id: &str) -> audit::Model {
    audit::Model {
        id: id.into(),
        at: NOW,
        principal: "user:owner".into(),
        action: "datastores/write".into(),
        scope: "/workspaces/default/datastores/lake".into(),
        outcome: "allowed".into(),
        request_id: "r-1".into(),
        detail: r#"{"before":null}"#.into(),
    }
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
async fn the_newest_audit_rows_come_first() {
    on_each(async |store| {
        change!(store, |tx| {
            for id in ["01A", "01C", "01B"] {
                audit::append(tx, audit_row(id)).await?;
            }
            Ok(())
        });
        assert_eq!(
            audit::latest(store.read(), 2).await.unwrap(),
            [audit_row("01C"), audit_row("01B")]
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
