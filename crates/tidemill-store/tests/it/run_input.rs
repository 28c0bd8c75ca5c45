//! What runs read and made.

use tidemill_store::run_input::{self, CONTEXT_TAG, DatasetInput, Direction, RunModel};

use crate::support::*;

fn dataset(name: &str, context: Option<&str>) -> DatasetInput {
    DatasetInput {
        name: name.into(),
        digest: "d1".into(),
        source_type: "local".into(),
        source: r#"{"uri":"x"}"#.into(),
        schema: Some("{}".into()),
        profile: None,
        tags: context
            .map(|context| pairs(&[(CONTEXT_TAG, context)]))
            .unwrap_or_default(),
    }
}

#[tokio::test]
async fn datasets_are_shared_by_runs_and_each_says_how_it_used_them() {
    on_each(async |store| {
        change!(store, |tx| {
            let both = [dataset("b", Some("training")), dataset("a", None)];
            run_input::append_datasets(tx, WS, 0, "r1", &both).await?;
            run_input::append_datasets(tx, WS, 0, "r1", &[dataset("b", Some("late"))]).await?;
            run_input::append_datasets(tx, WS, 0, "r2", &[dataset("b", Some("testing"))]).await
        });
        let ids = ["r1", "r2", "r3"].map(str::to_owned);
        let read = run_input::datasets(store.read(), WS, &ids).await.unwrap();
        assert_eq!(read["r1"], [dataset("a", None), dataset("b", Some("training"))]);
        assert_eq!(read["r2"], [dataset("b", Some("testing"))]);
        assert!(!read.contains_key("r3"));
        let summaries = run_input::summaries(store.read(), WS, &[0]).await.unwrap();
        let mut seen: Vec<_> = summaries
            .into_iter()
            .map(|row| (row.name, row.context.unwrap_or_default()))
            .collect();
        seen.sort();
        assert_eq!(seen, pairs(&[("a", ""), ("b", "testing"), ("b", "training")]));
    })
    .await;
}

#[tokio::test]
async fn models_that_a_run_made_come_by_step() {
    on_each(async |store| {
        let model = |id: &str, step| RunModel {
            model_id: id.into(),
            step,
        };
        change!(store, |tx| {
            let made = [model("m-2", 5), model("m-1", 7), model("m-2", 5)];
            run_input::append_models(tx, WS, "r1", Direction::Output, &made).await?;
            run_input::append_models(tx, WS, "r1", Direction::Input, &[model("m-0", 0)]).await?;
            run_input::append_models(tx, WS, "r1", Direction::Input, &[]).await
        });
        let ids = ["r1".to_owned()];
        let made = run_input::models(store.read(), WS, &ids, Direction::Output)
            .await
            .unwrap();
        assert_eq!(made["r1"], [model("m-2", 5), model("m-1", 7)]);
        let read = run_input::models(store.read(), WS, &ids, Direction::Input)
            .await
            .unwrap();
        assert_eq!(read["r1"], [model("m-0", 0)]);
    })
    .await;
}
