//! Runs.

use tidemill_store::run::{self, NAME_TAG, PARENT_TAG};
use tidemill_store::{Store, param, tag};

use crate::support::*;

/// A run of the experiment `0` of [`WS`].
pub fn row(run_id: &str) -> run::Model {
    run::Model {
        workspace: WS.into(),
        run_id: run_id.into(),
        experiment_id: 0,
        name: format!("name of {run_id}"),
        user_id: "me".into(),
        status: "RUNNING".into(),
        start_time: NOW,
        end_time: None,
        lifecycle_stage: "active".into(),
        deleted_at: None,
        artifact_uri: format!("mlflow-artifacts:/0/{run_id}/artifacts"),
        job: None,
    }
}

/// Adds a run.
pub async fn make(store: &Store, run_id: &'static str) {
    assert!(change!(store, |tx| run::insert(tx, row(run_id), &[]).await));
}

async fn tags(store: &Store, run_id: &str) -> Vec<(String, String)> {
    tag::of(store.read(), tag::Table::Tag, WS, tag::Noun::Run, run_id)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_run_has_its_name_as_a_tag_and_its_id_once() {
    on_each(async |store| {
        let given = pairs(&[("a", "1"), (NAME_TAG, "is overruled")]);
        assert!(change!(store, |tx| run::insert(tx, row("r1"), &given).await));
        assert_eq!(run::get(store.read(), WS, "r1").await.unwrap(), Some(row("r1")));
        assert_eq!(
            tags(store, "r1").await,
            pairs(&[("a", "1"), (NAME_TAG, "name of r1")])
        );
        assert!(!change!(store, |tx| run::insert(
            tx,
            row("r1"),
            &[("b".into(), "2".into())]
        )
        .await));
        assert_eq!(tags(store, "r1").await.len(), 2, "the second one left nothing");
    })
    .await;
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    on_each(async |store| {
        make(store, "r1").await;
        let change = |status: Option<&str>, end_time, name: Option<&str>| run::Change {
            status: status.map(str::to_owned),
            end_time,
            name: name.map(str::to_owned),
        };
        let (nothing, ended, named) = (
            change(None, None, None),
            change(Some("FINISHED"), Some(NOW + 1), None),
            change(None, None, Some("new")),
        );
        assert!(change!(store, |tx| run::update(tx, WS, "r1", nothing).await));
        assert_eq!(run::get(store.read(), WS, "r1").await.unwrap(), Some(row("r1")));
        assert!(change!(store, |tx| run::update(tx, WS, "r1", ended).await));
        assert!(change!(store, |tx| run::update(tx, WS, "r1", named).await));
        let now = run::get(store.read(), WS, "r1").await.unwrap().unwrap();
        let expected = run::Model {
            status: "FINISHED".into(),
            end_time: Some(NOW + 1),
            name: "new".into(),
            ..row("r1")
        };
        assert_eq!(now, expected);
        assert_eq!(tags(store, "r1").await, pairs(&[(NAME_TAG, "new")]));
        let missing = change(Some("FAILED"), None, None);
        assert!(!change!(store, |tx| run::update(tx, WS, "r2", missing).await));
    })
    .await;
}

#[tokio::test]
async fn runs_are_deleted_and_restored_alone_and_with_their_experiment() {
    on_each(async |store| {
        make(store, "r1").await;
        make(store, "r2").await;
        let deleted = async |run_id| {
            run::get(store.read(), WS, run_id)
                .await
                .unwrap()
                .unwrap()
                .deleted_at
        };
        assert!(change!(store, |tx| run::set_deleted(tx, WS, "r1", Some(NOW)).await));
        assert!(!change!(store, |tx| run::set_deleted(tx, WS, "r3", Some(NOW)).await));
        assert_eq!((deleted("r1").await, deleted("r2").await), (Some(NOW), None));
        assert!(change!(store, |tx| run::set_deleted(tx, WS, "r1", None).await));
        assert_eq!(run::get(store.read(), WS, "r1").await.unwrap(), Some(row("r1")));
        change!(store, |tx| run::set_experiment_deleted(tx, WS, 0, Some(NOW + 1))
            .await);
        assert_eq!(
            (deleted("r1").await, deleted("r2").await),
            (Some(NOW + 1), Some(NOW + 1))
        );
    })
    .await;
}

#[tokio::test]
async fn what_runs_logged_comes_in_the_order_of_the_runs() {
    on_each(async |store| {
        make(store, "r1").await;
        make(store, "r2").await;
        change!(store, |tx| {
            param::append(tx, WS, "r2", &pairs(&[("lr", "0.1")])).await
        });
        crate::metric::append(store, "r1", &[("loss", 0.5, 1)]).await;
        let runs = [row("r2"), row("r1"), row("r9")];
        let logged = run::logged(store, WS, &runs).await.unwrap();
        assert_eq!(logged[0].params, pairs(&[("lr", "0.1")]));
        assert_eq!(logged[1].metrics.len(), 1);
        assert_eq!(logged[1].tags, pairs(&[(NAME_TAG, "name of r1")]));
        assert_eq!(logged[2], run::Logged::default());
    })
    .await;
}

#[tokio::test]
async fn a_job_has_one_run_that_follows_it() {
    on_each(async |store| {
        let job = run::JobRun {
            workspace: WS.into(),
            job: "train".into(),
            experiment: "flights".into(),
            display_name: "Train".into(),
            user: "owner".into(),
            parent: Some("pipe".into()),
            tags: pairs(&[("mlflow.source.type", "JOB")]),
            params: pairs(&[("lr", "0.1")]),
            now_ms: NOW,
        };
        let again = job.clone();
        let made = change!(store, |tx| run::create_for_job(tx, job).await);
        assert_eq!(
            (made.run_id.as_str(), made.status.as_str(), made.experiment_id),
            ("train", "SCHEDULED", 1)
        );
        assert_eq!(made.artifact_uri, "mlflow-artifacts:/1/train/artifacts");
        change!(store, |tx| run::set_job_status(
            tx,
            WS,
            "train",
            "RUNNING",
            Some(NOW + 5),
            None
        )
        .await);
        let running = change!(store, |tx| run::create_for_job(tx, again).await);
        assert_eq!(
            (running.status.as_str(), running.start_time, running.end_time),
            ("RUNNING", NOW + 5, None)
        );
        change!(store, |tx| run::set_job_status(
            tx,
            WS,
            "train",
            "FINISHED",
            None,
            Some(NOW + 9)
        )
        .await);
        let done = run::get(store.read(), WS, "train").await.unwrap().unwrap();
        assert_eq!(
            (done.status.as_str(), done.start_time, done.end_time),
            ("FINISHED", NOW + 5, Some(NOW + 9))
        );
        let parent = tag::get(store.read(), WS, tag::Noun::Run, "train", PARENT_TAG)
            .await
            .unwrap();
        assert_eq!(parent.as_deref(), Some("pipe"));
    })
    .await;
}
