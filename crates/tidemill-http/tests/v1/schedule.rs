//! Schedules: each time starts one job, over restarts and clocks that jump, with the rights of who wrote the schedule.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tidemill_app::{App, AppOptions, Clock, SystemClock};
use tidemill_store::{StoreError, schedule_run};
use tidemill_testkit::{Client, TestServer};

/// A clock that is set by hand.
#[derive(Debug)]
struct SetClock(AtomicI64, SystemClock);

impl SetClock {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(ms(text)), SystemClock::default()))
    }

    fn set(&self, text: &str) {
        self.0.store(ms(text), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn ulid(&self) -> String {
        self.1.ulid()
    }

    fn secret(&self) -> [u8; 32] {
        self.1.secret()
    }
}

fn ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>()
        .expect("a moment")
        .as_millisecond()
}

fn utc(value: &Value) -> String {
    let ms = value.as_i64().expect("milliseconds");
    jiff::Timestamp::from_millisecond(ms)
        .expect("in range")
        .to_string()
}

const ONE: &str = "/api/v1/workspaces/default/schedules/nightly";

fn hourly() -> Value {
    json!({
        "trigger": {"type": "cron", "expression": "0 * * * *"},
        "create_job": {"type": "command", "command": "true", "environment": {"image": "python:3"}},
    })
}

async fn server(clock: &Arc<SetClock>) -> TestServer {
    let clock = clock.clone();
    TestServer::start_with(|options| {
        options.clock = clock;
        // A runner that leaves at once: the jobs are not what this is about.
        options.runner_program = PathBuf::from("/bin/true");
        options.environment_policy = "relaxed".into();
    })
    .await
}

/// What a schedule did, oldest first: when it was due, why, and how many others it stands for. Waits until there are so many.
async fn did(client: &Client, schedule: &str, count: usize) -> Vec<(String, String, i64)> {
    for _ in 0..100 {
        let runs = client.get(&format!("{schedule}/runs")).await.ok();
        let runs = runs["items"].as_array().expect("a list").clone();
        if runs.len() >= count && runs.iter().all(|run| run["state"] != "Claimed") {
            let mut found: Vec<_> = runs
                .iter()
                .map(|run| {
                    let why = run["why"].as_str().expect("a word").to_owned();
                    (
                        utc(&run["due_at"]),
                        why,
                        run["missed"].as_i64().expect("a number"),
                    )
                })
                .collect();
            found.sort();
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!(
        "there are not {count} runs of {schedule}: {:?}",
        client.get(&format!("{schedule}/runs")).await
    );
}

/// Long enough for the loop to have looked.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(1500)).await;
}

fn one(due: &str, why: &str, missed: i64) -> (String, String, i64) {
    (due.to_owned(), why.to_owned(), missed)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_time_starts_one_job_also_when_the_clock_jumps() {
    let clock = SetClock::at("2026-01-01T10:30:00Z");
    let server = server(&clock).await;
    let client = server.client();
    let made = client.put(ONE, hourly()).await.ok();
    let next: Vec<String> = made["next_times"]
        .as_array()
        .expect("times")
        .iter()
        .map(utc)
        .collect();
    assert_eq!(
        next,
        [
            "2026-01-01T11:00:00Z",
            "2026-01-01T12:00:00Z",
            "2026-01-01T13:00:00Z",
            "2026-01-01T14:00:00Z",
            "2026-01-01T15:00:00Z"
        ]
    );
    assert_eq!(made["run_as"], "user:owner");
    a_while().await;
    assert_eq!(did(&client, ONE, 0).await, []);
    clock.set("2026-01-01T11:00:01Z");
    let first = one("2026-01-01T11:00:00Z", "due", 0);
    assert_eq!(did(&client, ONE, 1).await, [first.clone()]);
    let job = client
        .get("/api/v1/workspaces/default/jobs/nightly-20260101T110000Z")
        .await
        .ok();
    assert_eq!(job["properties"]["tidemill.schedule"], "nightly");
    assert_eq!(job["properties"]["tidemill.schedule.due"], "2026-01-01T11:00:00Z");
    // What was missed is made up for once, and that is said.
    clock.set("2026-01-01T15:30:00Z");
    let second = one("2026-01-01T15:00:00Z", "catch_up", 3);
    assert_eq!(did(&client, ONE, 2).await, [first.clone(), second.clone()]);
    let shown = client.get(ONE).await.ok();
    assert!(
        shown["last_run"]["reason"]
            .as_str()
            .expect("said")
            .contains("3 times were missed since 2026-01-01T12:00:00Z"),
        "{shown}"
    );
    // A clock that is set back starts nothing twice, and is not waited for.
    clock.set("2026-01-01T14:59:00Z");
    a_while().await;
    clock.set("2026-01-01T15:00:30Z");
    a_while().await;
    assert_eq!(did(&client, ONE, 2).await, [first.clone(), second.clone()]);
    clock.set("2026-01-01T16:00:00Z");
    let third = one("2026-01-01T16:00:00Z", "due", 0);
    assert_eq!(did(&client, ONE, 3).await, [first, second, third]);
    // Off is off, and on begins from there.
    client.post(&format!("{ONE}:disable"), json!({})).await.ok();
    clock.set("2026-01-01T20:10:00Z");
    a_while().await;
    assert_eq!(did(&client, ONE, 3).await.len(), 3);
    assert_eq!(client.get(ONE).await.ok()["next_times"], json!([]));
    let on = client.post(&format!("{ONE}:enable"), json!({})).await.ok();
    assert_eq!(utc(&on["next_times"][0]), "2026-01-01T21:00:00Z");
    // By hand it starts whatever the time.
    let started = client.post(&format!("{ONE}:trigger"), json!({})).await.ok();
    assert_eq!(
        (
            started["last_run"]["why"].as_str(),
            started["last_run"]["state"].as_str()
        ),
        (Some("by_hand"), Some("Submitted"))
    );
    client.delete(ONE).await.ok();
    client.get(ONE).await.fails(404);
    client
        .get("/api/v1/workspaces/default/jobs/nightly-20260101T110000Z")
        .await
        .ok();
}

#[tokio::test]
async fn what_was_taken_up_before_the_server_was_killed_is_submitted_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = SetClock::at("2026-01-01T10:30:00Z");
    let options = || AppOptions {
        clock: clock.clone(),
        runner_program: PathBuf::from("/bin/true"),
        environment_policy: "relaxed".into(),
        ..AppOptions::new(folder.path())
    };
    let first = App::open(options()).await.expect("it opens");
    let owner = tidemill_app::OpContext::new(first.clone(), tidemill_app::Principal::Owner, "test".into());
    let mut spec = hourly();
    spec["name"] = "nightly".into();
    let spec = serde_json::from_value(spec).expect("a schedule");
    tidemill_app::schedule::put(&owner, "default", "nightly", spec, None)
        .await
        .expect("it is taken");
    // Killed between writing it down and submitting the job.
    first
        .store
        .write::<_, StoreError, _>(|tx| {
            Box::pin(async move {
                let run = schedule_run::Model {
                    workspace: "default".into(),
                    schedule: "nightly".into(),
                    id: "at-2026-01-01T10:00:00Z".into(),
                    due_at: ms("2026-01-01T10:00:00Z"),
                    at: ms("2026-01-01T10:00:00Z"),
                    why: "due".into(),
                    missed: 0,
                    who: "system".into(),
                    job: "nightly-20260101T100000Z".into(),
                    inputs: "{}".into(),
                    state: "Claimed".into(),
                    reason: None,
                };
                schedule_run::add(tx, run).await
            })
        })
        .await
        .expect("it is written");
    drop((owner, first));
    for _ in 0..2 {
        let app = App::open(options()).await.expect("it opens again");
        app.serve_at("http://127.0.0.1:9".into())
            .await
            .expect("the loops start");
        let runs = schedule_run::of(app.store.read(), "default", "nightly", 10)
            .await
            .expect("they are read");
        let [run] = runs.as_slice() else {
            panic!("one run, not {runs:?}")
        };
        assert_eq!((run.state.as_str(), run.reason.as_deref()), ("Submitted", None));
        let jobs = tidemill_store::job::get(app.store.read(), "default", "nightly-20260101T100000Z")
            .await
            .expect("it is read");
        assert!(jobs.is_some());
        app.stop_loops();
        // The loop has to let go of the folder.
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_acts_as_its_writer_and_no_further() {
    let clock = SetClock::at("2026-01-01T10:30:00Z");
    let server = server(&clock).await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let mut tokens = Vec::new();
    for (name, role) in [("ada", "ML Engineer"), ("sam", "Data Scientist")] {
        owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
        let given =
            json!({"principal": format!("user:{name}"), "role": role, "scope": "/workspaces/default"});
        owner.post("/api/v1/assignments", given).await.ok();
        let made = owner
            .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
            .await
            .ok();
        tokens.push(server.client_with(made["token"].as_str().expect("shown once")));
    }
    let (ada, sam) = (&tokens[0], &tokens[1]);
    sam.put(ONE, hourly()).await.fails(403);
    let made = ada.put(ONE, hourly()).await.ok();
    assert_eq!(made["run_as"], "user:ada");
    sam.get(ONE).await.ok();
    for action in ["enable", "disable", "trigger"] {
        sam.post(&format!("{ONE}:{action}"), json!({})).await.fails(403);
    }
    // Nobody runs as somebody who may do more.
    let mut more = hourly();
    more["run_as"] = "user:owner".into();
    ada.put(ONE, more).await.fails(403);
    let limited = server.client_with(
        owner
            .post(
                "/api/v1/tokens?principal=user:ada",
                json!({"scope": "/workspaces/default"}),
            )
            .await
            .ok()["token"]
            .as_str()
            .expect("shown once"),
    );
    let refused = limited.put(ONE, hourly()).await.fails(403);
    assert!(
        refused["detail"]
            .as_str()
            .expect("said")
            .contains("limited token"),
        "{refused}"
    );
    // Who changes what it does is who it does it as.
    let mut changed = hourly();
    changed["create_job"]["command"] = "false".into();
    let changed = owner.put(ONE, changed).await.ok();
    assert_eq!(changed["run_as"], "user:owner");
    ada.put(ONE, hourly()).await.ok();
    // Who has left starts nothing.
    owner.delete("/api/v1/users/ada").await.ok();
    clock.set("2026-01-01T11:00:01Z");
    did(&owner, ONE, 1).await;
    let shown = owner.get(ONE).await.ok();
    assert_eq!(shown["last_run"]["state"], "Failed");
    assert!(
        shown["last_run"]["reason"]
            .as_str()
            .expect("said")
            .contains("user:ada"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_later_is_refused_now() {
    let clock = SetClock::at("2026-01-01T10:30:00Z");
    let server = server(&clock).await;
    let client = server.client();
    let with = |field: &str, value: Value| {
        let mut spec = hourly();
        *spec.pointer_mut(field).expect("a field") = value;
        spec
    };
    for (spec, part) in [
        (with("/trigger/expression", json!("0 * *")), "trigger.expression"),
        (
            with(
                "/trigger",
                json!({"type": "cron", "expression": "0 0 * * *", "time_zone": "Mars"}),
            ),
            "Mars",
        ),
        (
            with("/create_job/environment", json!("azureml:nowhere@latest")),
            "nowhere",
        ),
        (
            with("/create_job", json!({"type": "reference", "job": "azureml:none"})),
            "none",
        ),
    ] {
        let answer = client.put(ONE, spec).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert!(answer.body.to_string().contains(part), "{part}: {answer:?}");
    }
    client.get(ONE).await.fails(404);
    // A job that is there is taken as it is then, with the changes.
    let job = json!({"spec": {"type": "command", "command": "echo ${{inputs.x}}", "environment": {"image": "python:3"}, "inputs": {"x": 1}}});
    client
        .put("/api/v1/workspaces/default/jobs/there", job)
        .await
        .ok();
    let reference = json!({"type": "reference", "job": "azureml:there", "inputs": {"x": "${{name}}"}, "experiment_name": "nights"});
    client.put(ONE, with("/create_job", reference)).await.ok();
    clock.set("2026-01-01T11:00:01Z");
    did(&client, ONE, 1).await;
    let job = client
        .get("/api/v1/workspaces/default/jobs/nightly-20260101T110000Z")
        .await
        .ok();
    assert_eq!(job["spec"]["inputs"]["x"], "nightly-20260101T110000Z");
    assert_eq!(
        (job["experiment_name"].as_str(), job["display_name"].as_str()),
        (Some("nights"), Some("nightly"))
    );
}
