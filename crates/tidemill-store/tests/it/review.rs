//! Issues, label schemas, review queues, and what figures of traces are made of.

use tidemill_query::parse_metric_filter;
use tidemill_store::search::Window;
use tidemill_store::trace::{self, Measure, Measures, View};
use tidemill_store::{Store, experiment, issue, label_schema, review_queue};

use crate::support::*;

fn an_issue(id: &str) -> issue::Model {
    issue::Model {
        workspace: WS.into(),
        issue_id: id.into(),
        experiment_id: 0,
        name: "slow".into(),
        description: String::new(),
        status: "pending".into(),
        severity: None,
        root_causes: "[]".into(),
        source_run_id: None,
        categories: "[]".into(),
        metadata: "{}".into(),
        created_at: NOW,
        created_by: None,
        updated_at: NOW,
        updated_by: None,
        last_seen_at: NOW,
    }
}

fn a_question(id: &str, name: &str) -> label_schema::Model {
    label_schema::Model {
        workspace: WS.into(),
        schema_id: id.into(),
        experiment_id: 0,
        name: name.into(),
        kind: "FEEDBACK".into(),
        input: "{}".into(),
        instruction: None,
        enable_comment: false,
        is_default: id == "ls-default",
        created_at: NOW,
        updated_at: NOW,
    }
}

fn a_queue(id: &str, name: &str) -> review_queue::Model {
    review_queue::Model {
        workspace: WS.into(),
        queue_id: id.into(),
        experiment_id: 0,
        name: name.into(),
        name_key: name.to_lowercase(),
        kind: "CUSTOM".into(),
        created_by: None,
        users: "[]".into(),
        schema_ids: "[]".into(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn an_item(queue: &str, trace: &str) -> review_queue::Item {
    review_queue::Item {
        workspace: WS.into(),
        queue_id: queue.into(),
        trace_id: trace.into(),
        status: "PENDING".into(),
        completed_by: None,
        completed_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn a_trace(store: &Store, id: &'static str, name: &'static str, took_ms: i64) {
    change!(store, |tx| {
        let row = trace::Model {
            workspace: WS.into(),
            trace_id: id.into(),
            experiment_id: 0,
            request_time: NOW,
            execution_ms: Some(took_ms),
            state: "OK".into(),
            client_request_id: None,
            request_preview: None,
            response_preview: None,
        };
        let tags = vec![("mlflow.traceName".to_owned(), name.to_owned())];
        let metadata = vec![("mlflow.trace.session".to_owned(), "s".to_owned())];
        trace::put(tx, row, &tags, &metadata).await
    });
}

#[tokio::test]
async fn an_issue_is_added_once_and_changed() {
    on_each(async |store| {
        assert!(change!(store, |tx| issue::insert(tx, an_issue("iss-a")).await));
        assert!(!change!(store, |tx| issue::insert(tx, an_issue("iss-a")).await));
        let mut changed = an_issue("iss-a");
        changed.status = "resolved".into();
        changed.last_seen_at = NOW + 1;
        let written = changed.clone();
        change!(store, |tx| issue::update(tx, written).await);
        let read = issue::get(store.read(), WS, "iss-a").await.expect("reads");
        assert_eq!(read, Some(changed));
        assert_eq!(
            issue::all(store.read(), WS, Some(1)).await.expect("reads").len(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn a_queue_holds_traces_until_they_or_it_are_deleted() {
    on_each(async |store| {
        a_trace(store, "tr-1", "ask", 5).await;
        a_trace(store, "tr-2", "ask", 7).await;
        assert!(change!(store, |tx| review_queue::insert(
            tx,
            a_queue("rq-a", "Team")
        )
        .await));
        assert!(!change!(store, |tx| review_queue::insert(
            tx,
            a_queue("rq-b", "TEAM")
        )
        .await));
        let items = ["tr-1", "tr-2"].map(|id| an_item("rq-a", id)).to_vec();
        change!(store, |tx| review_queue::add_items(tx, items).await);
        change!(store, |tx| review_queue::add_items(
            tx,
            vec![an_item("rq-a", "tr-1")]
        )
        .await);
        let found = review_queue::list(store.read(), WS, 0, Some("tr-2"))
            .await
            .expect("reads");
        assert_eq!(found.len(), 1);
        change!(store, |tx| trace::delete(tx, WS, &["tr-2".to_owned()]).await);
        let window = Window { offset: 0, limit: 10 };
        let left = review_queue::list_items(store.read(), WS, "rq-a", Some("PENDING"), window).await;
        assert_eq!(left.expect("reads").items, [an_item("rq-a", "tr-1")]);
        change!(store, |tx| review_queue::delete(tx, WS, "rq-a").await);
        assert_eq!(
            review_queue::count_items(store.read(), WS, "rq-a")
                .await
                .expect("reads"),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn a_question_has_its_name_alone_and_goes_with_its_experiment() {
    on_each(async |store| {
        assert!(change!(store, |tx| label_schema::insert(
            tx,
            a_question("ls-default", "Feedback")
        )
        .await));
        assert!(!change!(store, |tx| label_schema::insert(
            tx,
            a_question("ls-b", "Feedback")
        )
        .await));
        assert!(
            label_schema::has_default(store.read(), WS, 0)
                .await
                .expect("reads")
        );
        let ids = ["ls-default".to_owned(), "ls-x".to_owned()];
        let known = label_schema::known(store.read(), WS, 0, &ids)
            .await
            .expect("reads");
        assert_eq!(known, ["ls-default"]);
        assert!(
            experiment::get(store.read(), WS, 0)
                .await
                .expect("reads")
                .is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn figures_are_made_of_what_fits() {
    on_each(async |store| {
        a_trace(store, "tr-1", "ask", 5).await;
        a_trace(store, "tr-2", "tell", 7).await;
        let filters = [parse_metric_filter("trace.tag.mlflow.traceName = 'tell'").expect("a filter")];
        let which = Measures {
            workspace: WS,
            experiment_ids: &[0],
            view: View::Traces,
            filters: &filters,
            from_ms: Some(NOW),
            until_ms: Some(NOW),
            by_span_time: false,
            content: false,
        };
        let found = measured(store, which).await;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_deref(), found[0].took_ms),
            (Some("tell"), Some(7))
        );
        assert_eq!(found[0].session.as_deref(), Some("s"));
        let spans = Measures {
            view: View::Spans,
            filters: &[],
            by_span_time: true,
            ..which
        };
        assert!(measured(store, spans).await.is_empty());
        let assessments = Measures {
            view: View::Assessments,
            filters: &[],
            ..which
        };
        assert!(measured(store, assessments).await.is_empty());
    })
    .await;
}

async fn measured(store: &Store, which: Measures<'_>) -> Vec<Measure> {
    let mut found = Vec::new();
    trace::measures(store.read(), which, &mut |measure| found.push(measure.clone()))
        .await
        .expect("reads");
    found
}
