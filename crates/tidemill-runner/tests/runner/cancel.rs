//! Stopping: by the server, by a signal, by another attempt, and what is left behind.

use crate::bench::{Bench, processes_with};
use axum::http::StatusCode;
use std::time::{Duration, Instant};
use tidemill_api::runner::{Outcome, Progress};

async fn started(bench: &Bench) -> crate::bench::Running {
    let running = bench.start().await;
    running
        .server
        .until(|heard| heard.logs.values().any(|log| log.starts_with(b"ready")))
        .await;
    running
}

#[tokio::test]
async fn term_lets_the_command_say_goodbye() {
    let bench = Bench::new("trap 'echo goodbye; exit 5' TERM; echo ready; while :; do sleep 0.01; done");
    let running = started(&bench).await;
    running.signal("TERM");
    let done = running.done().await;
    assert_eq!(
        (done.finish.outcome, done.finish.exit_code),
        (Outcome::Canceled, Some(5))
    );
    assert!(done.log().ends_with("goodbye\n"), "{}", done.log());
}

#[tokio::test]
async fn what_ignores_term_is_killed_after_the_grace_time() {
    let mut bench = Bench::new("trap '' TERM; setsid sleep 4323 & echo ready; while :; do sleep 0.01; done");
    bench.assignment.limits.grace_s = 1;
    let running = started(&bench).await;
    running.signal("INT");
    let asked = Instant::now();
    let done = running.done().await;
    assert_eq!(
        (done.finish.outcome, done.finish.exit_code),
        (Outcome::Canceled, Some(137))
    );
    assert!(asked.elapsed() >= Duration::from_secs(1) && asked.elapsed() < Duration::from_secs(5));
    assert!(processes_with("sleep\x004323").is_empty());
}

#[tokio::test]
async fn an_order_of_the_server_cancels() {
    let bench = Bench::new("echo ready; sleep 4324");
    let running = started(&bench).await;
    running.server.heard().cancel = true;
    let done = running.done().await;
    assert_eq!(done.finish.outcome, Outcome::Canceled);
    assert!(processes_with("sleep\x004324").is_empty());
}

#[tokio::test]
async fn an_attempt_that_lost_its_job_kills_it_and_leaves_without_a_word() {
    let bench = Bench::new("echo ready; trap '' TERM; sleep 4325");
    let running = started(&bench).await;
    running.server.heard().status = Some(StatusCode::CONFLICT);
    let (status, server) = running.exit().await;
    assert!(!status.success());
    assert!(server.heard().finish.is_none());
    assert!(processes_with("sleep\x004325").is_empty());
}

#[tokio::test]
async fn what_the_command_leaves_behind_is_ended_and_named() {
    let mut bench = Bench::new("(setsid sh -c 'trap \"\" TERM; exec sleep 4326' &) ; echo done");
    bench.assignment.limits.grace_s = 1;
    let done = bench.run().await;
    assert_eq!(
        (done.finish.outcome, done.log().as_str()),
        (Outcome::Completed, "done\n")
    );
    assert!(
        done.finish.warnings[0].contains("sleep ("),
        "{:?}",
        done.finish.warnings
    );
    assert!(processes_with("sleep\x004326").is_empty());
}

#[tokio::test]
async fn a_tee_that_drains_the_last_lines_is_waited_for() {
    let done = Bench::new("exec > >(sleep 0.2; cat); echo late").run().await;
    assert_eq!((done.log().as_str(), done.finish.warnings.len()), ("late\n", 0));
}

#[tokio::test]
async fn a_job_is_cancelled_before_its_command_runs() {
    let bench = Bench::new("echo never");
    let mut assignment = bench.assignment.clone();
    assignment.environment.request = serde_json::json!({ "pip_requirements": "no-such-package-anywhere==1" });
    let server = crate::server::Server::start(assignment).await;
    let running = bench.start_against(server);
    // The first call asks for the assignment: who is stopped before it is there has nothing to end.
    running.server.until(|heard| heard.calls.len() > 1).await;
    running.signal("TERM");
    let done = running.done().await;
    assert_eq!(done.finish.outcome, Outcome::Canceled, "{:?}", done.finish);
    assert!(!done.server.heard().progress.contains(&Progress::Running));
}

#[tokio::test]
async fn a_runner_that_is_told_to_end_does_not_wait_for_a_server_that_is_away() {
    let bench = Bench::new("echo ready; sleep 4327");
    bench.write("data/there", "");
    let running = started(&bench).await;
    running.server.heard().status = Some(StatusCode::SERVICE_UNAVAILABLE);
    // Some calls have been answered by nobody by now, and the next ones are far apart.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = Instant::now();
    running.signal("TERM");
    let (status, server) = running.exit().await;
    assert!(!status.success(), "nobody could be told");
    assert!(asked.elapsed() < Duration::from_secs(25), "{:?}", asked.elapsed());
    assert!(server.heard().finish.is_none());
    assert!(processes_with("sleep\x004327").is_empty());
}
