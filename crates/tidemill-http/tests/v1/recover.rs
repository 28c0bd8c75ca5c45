//! What a server finds that starts after one that was killed.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tidemill_app::job::Submission;
use tidemill_app::{App, AppOptions};
use tidemill_store::{StoreError, job, token};

#[tokio::test]
async fn a_try_that_was_lost_with_the_server_counts_for_nothing_and_its_token_is_worth_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = || AppOptions {
        // A runner that leaves at once.
        runner_program: PathBuf::from("/bin/true"),
        ..AppOptions::new(folder.path())
    };
    let first = App::open(options()).await.expect("it opens");
    let spec = json!({"type": "command", "command": "true", "environment": {"image": "python:3"}, "limits": {"retries": 1}});
    let submission = Submission {
        spec: serde_json::from_value(spec).expect("a job"),
        environment_policy: Some("relaxed".into()),
        properties: Default::default(),
        rerun_from: None,
    };
    tidemill_app::job::submit(&first.system(), "default", "lost", submission)
        .await
        .expect("it is taken");
    // Killed between the claim and the start of the runner.
    first
        .store
        .write::<_, StoreError, _>(|tx| {
            Box::pin(async move {
                let claimed = job::Patch {
                    status: Some("Starting"),
                    attempt: Some(1),
                    ..job::Patch::default()
                };
                job::update(tx, "default", "lost", claimed).await?;
                let row = token::Model {
                    hash: "of the lost try".into(),
                    kind: "runner".into(),
                    workspace: Some("default".into()),
                    job: Some("lost".into()),
                    attempt: Some(1),
                    created_at: 1,
                    revoked_at: None,
                };
                token::insert(tx, row).await
            })
        })
        .await
        .expect("it is written");
    drop(first);
    let second = App::open(options()).await.expect("it opens again");
    second
        .serve_at("http://127.0.0.1:9".into())
        .await
        .expect("the loops start");
    let db = second.store.read();
    let ended = async {
        loop {
            let row = job::get(db, "default", "lost")
                .await
                .expect("reads")
                .expect("is there");
            if row.status == "Failed" {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let row = tokio::time::timeout(Duration::from_secs(30), ended)
        .await
        .expect("it ends");
    assert_eq!(
        (row.attempt, row.free_tries),
        (3, 1),
        "lost, failed, failed: {:?}",
        row.reason
    );
    assert!(token::find(db, "of the lost try").await.expect("reads").is_none());
}
