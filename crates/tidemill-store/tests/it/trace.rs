//! Traces.

use tidemill_query::{parse_trace_filter, parse_trace_order};
use tidemill_store::search::Window;
use tidemill_store::{Store, trace};

use crate::support::*;

fn row(id: &str, age: i64, state: &str) -> trace::Model {
    trace::Model {
        workspace: WS.into(),
        trace_id: id.into(),
        experiment_id: 0,
        request_time: NOW - age,
        execution_ms: Some(age * 10),
        state: state.into(),
        client_request_id: None,
        request_preview: None,
        response_preview: None,
    }
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn span(id: &str, span_id: &str, name: &str, kind: &str) -> trace::Span {
    trace::Span {
        workspace: WS.into(),
        trace_id: id.into(),
        span_id: span_id.into(),
        parent_id: None,
        name: name.into(),
        kind: Some(kind.into()),
        status: "OK".into(),
        start_ns: 1,
        end_ns: Some(2),
        content: format!("{{\"name\": \"{name}\", \"attributes\": {{\"model\": \"\\\"tiny\\\"\"}}}}"),
    }
}

fn feedback(id: &str, value: &str, number: Option<f64>) -> trace::Assessment {
    trace::Assessment {
        workspace: WS.into(),
        trace_id: id.into(),
        assessment_id: format!("a-{id}"),
        name: "score".into(),
        kind: "feedback".into(),
        value: value.into(),
        number,
        error: None,
        source_type: "HUMAN".into(),
        source_id: None,
        span_id: None,
        rationale: None,
        metadata: "{}".into(),
        overrides: None,
        valid: true,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn fill(store: &Store) {
    change!(store, |tx| {
        trace::put(
            tx,
            row("tr-1", 2, "OK"),
            &pairs(&[("mlflow.traceName", "first"), ("a b", "x")]),
            &pairs(&[("mlflow.sourceRun", "r1")]),
        )
        .await?;
        trace::put(
            tx,
            row("tr-2", 1, "ERROR"),
            &pairs(&[("mlflow.traceName", "second")]),
            &vec![],
        )
        .await?;
        trace::put_spans(
            tx,
            vec![
                span("tr-1", "01", "outer", "LLM"),
                span("tr-2", "01", "outer", "TOOL"),
                span("tr-2", "02", "inner", "LLM"),
            ],
        )
        .await?;
        trace::put_assessment(tx, feedback("tr-1", "0.9", Some(0.9))).await?;
        trace::put_assessment(tx, feedback("tr-2", "\"yes\"", None)).await?;
        trace::add_links(tx, WS, trace::Link::Run, &pairs(&[("tr-2", "r1")])).await?;
        trace::add_links(tx, WS, trace::Link::Run, &pairs(&[("tr-2", "r1")])).await?;
        Ok(())
    });
}

async fn found(store: &Store, filter: &str, order: &[&str]) -> Vec<String> {
    let filter = parse_trace_filter(filter).expect("a filter");
    let order: Vec<_> = order
        .iter()
        .map(|o| parse_trace_order(o).expect("an ordering"))
        .collect();
    let search = trace::Search {
        workspace: WS,
        experiment_ids: &[0],
        filter: &filter,
        order_by: &order,
        window: ALL,
    };
    let rows = trace::search(store.read(), search).await.unwrap().items;
    rows.into_iter().map(|row| row.trace_id).collect()
}

#[tokio::test]
async fn traces_are_found_by_what_they_hold() {
    on_each(async |store| {
        fill(store).await;
        let table: &[(&str, &[&str])] = &[
            ("", &["tr-2", "tr-1"]),
            ("status = 'OK'", &["tr-1"]),
            ("execution_time_ms > 15", &["tr-1"]),
            ("name LIKE 'sec%'", &["tr-2"]),
            ("tags.`a b` IS NULL", &["tr-2"]),
            ("run_id = 'r1'", &["tr-2", "tr-1"]),
            ("metadata.`mlflow.sourceRun` != 'r1'", &[]),
            ("span.name = 'outer' AND span.type = 'LLM'", &["tr-1"]),
            ("span.attributes.model LIKE '%tin%'", &["tr-2", "tr-1"]),
            ("feedback.score >= 0.5", &["tr-1"]),
            ("feedback.score = 'yes'", &["tr-2"]),
            ("feedback.other IS NULL", &["tr-2", "tr-1"]),
            ("request_id IN ('tr-1', 'tr-9')", &["tr-1"]),
        ];
        for (filter, ids) in table {
            assert_eq!(found(store, filter, &[]).await, *ids, "{filter}");
        }
        assert_eq!(found(store, "", &["timestamp ASC"]).await, ["tr-1", "tr-2"]);
        assert_eq!(found(store, "", &["tags.`a b` ASC"]).await, ["tr-1", "tr-2"]);
        assert_eq!(found(store, "", &["name DESC"]).await, ["tr-2", "tr-1"]);
        let texts = trace::texts_of(
            store.read(),
            WS,
            &[0],
            &parse_trace_filter("name = 'x'").unwrap()[0].key,
        )
        .await
        .unwrap();
        assert_eq!(texts.len(), 2);
        let many: Vec<String> = (0..600).map(|n| format!("'tr-{n}'")).collect();
        assert_eq!(
            found(store, &format!("request_id IN ({})", many.join(",")), &[])
                .await
                .len(),
            2
        );
    })
    .await;
}

#[tokio::test]
async fn a_deleted_trace_leaves_nothing() {
    on_each(async |store| {
        fill(store).await;
        let which = trace::Deletion {
            experiment_id: 0,
            until: Some(NOW),
            most: Some(1),
            ids: &[],
        };
        let ids = trace::to_delete(store.read(), WS, which).await.unwrap();
        assert_eq!(ids, ["tr-1"]);
        change!(store, |tx| {
            assert_eq!(trace::delete(tx, WS, &ids).await?, 1);
            Ok(())
        });
        let one = ["tr-1".to_owned()];
        assert!(trace::get(store.read(), WS, "tr-1").await.unwrap().is_none());
        assert!(trace::spans(store.read(), WS, &one).await.unwrap().is_empty());
        assert!(
            trace::assessments(store.read(), WS, &one)
                .await
                .unwrap()
                .is_empty()
        );
        let page = trace::Search {
            workspace: WS,
            experiment_ids: &[0],
            filter: &[],
            order_by: &[],
            window: Window { offset: 0, limit: 1 },
        };
        assert!(!trace::search(store.read(), page).await.unwrap().more);
    })
    .await;
}
