//! A runner as the local driver starts it, and what is left when it is killed.

use crate::bench::{Bench, processes_with};
use crate::server::{Server, TOKEN};
use std::collections::BTreeMap;
use tidemill_compute::{Attempt, Driver, End, Launch, LocalDriver, Observation, Stop};

fn launch(bench: &Bench, server: &Server) -> Launch {
    let path = |name: &str| bench.path(name).display().to_string();
    Launch {
        attempt: Attempt {
            workspace: bench.assignment.workspace.clone(),
            job: bench.assignment.job.clone(),
            number: bench.assignment.attempt,
        },
        program: std::env::current_exe().expect("this program"),
        args: ["--exact", "as_runner", "--nocapture", "--test-threads=1"]
            .map(String::from)
            .into(),
        env: BTreeMap::from([
            ("TEST_SERVER".into(), server.url.clone()),
            ("TEST_DATA".into(), path("data")),
            ("TEST_WORK".into(), path("work")),
            ("TIDEMILL_TOKEN".into(), TOKEN.into()),
        ]),
        work_dir: bench.path("work"),
    }
}

#[tokio::test]
async fn a_killed_runner_leaves_nothing_after_a_sweep() {
    // One that keeps the marker, one that clears it, one that clears it and has nobody left above it.
    let mut bench = Bench::new(
        "setsid sleep 4331 & env -i setsid sleep 4331 & (env -i setsid sh -c 'sleep 4331 & exit' &); \
         while [ $(pgrep -cf '^sleep 4331') != 3 ]; do sleep 0.02; done; echo ready; wait",
    );
    bench.assignment.limits.memory_bytes = Some(500_000_000);
    let server = Server::start(bench.assignment.clone()).await;
    let handle = LocalDriver::new()
        .start(&launch(&bench, &server))
        .await
        .expect("starts");
    server
        .until(|heard| heard.logs.values().any(|log| log == b"ready\n"))
        .await;
    let grouped = bench.path("work/cgroups").exists();
    let driver = LocalDriver::new();
    driver.stop(&handle, Stop::Kill).await.expect("killed");
    let end = driver.wait(&handle).await.expect("watched");
    assert!(
        matches!(end, Observation::Gone | Observation::Exited(End::Signal(9))),
        "{end:?}"
    );
    assert_eq!(processes_with("sleep\x004331").len(), 3);
    let swept = driver.sweep(&handle).await.expect("swept");
    assert!(swept.left.is_empty(), "{swept:?}");
    if grouped {
        assert!(processes_with("sleep\x004331").is_empty(), "{swept:?}");
        let groups = std::fs::read_to_string(bench.path("work/cgroups")).expect("noted");
        assert!(
            groups.lines().all(|group| !std::path::Path::new(group).exists()),
            "{groups}"
        );
    }
}

#[tokio::test]
async fn a_term_from_the_driver_cancels_and_the_runner_leaves_in_order() {
    let bench = Bench::new("echo ready; sleep 4332");
    let server = Server::start(bench.assignment.clone()).await;
    let driver = LocalDriver::new();
    let handle = driver.start(&launch(&bench, &server)).await.expect("starts");
    server
        .until(|heard| heard.logs.values().any(|log| log == b"ready\n"))
        .await;
    driver.stop(&handle, Stop::Term).await.expect("asked");
    assert_eq!(
        driver.wait(&handle).await.expect("watched"),
        Observation::Exited(End::Code(0))
    );
    let finish = server.heard().finish.clone().expect("told");
    assert_eq!(finish.outcome, tidemill_api::runner::Outcome::Canceled);
    assert_eq!(
        driver.sweep(&handle).await.expect("swept"),
        tidemill_compute::Swept::default()
    );
}
