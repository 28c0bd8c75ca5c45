//! Limits: time, memory, cores.

use crate::bench::{Bench, processes_with};
use crate::server::Server;
use tidemill_api::runner::Outcome;

#[tokio::test]
async fn too_long_is_limits_timeout() {
    let mut bench = Bench::new("echo began; sleep 4327");
    bench.assignment.limits.timeout_s = Some(1);
    let done = bench.run().await;
    assert_eq!(done.finish.outcome, Outcome::Failed);
    assert!(
        done.reason().contains("limits.timeout") && done.reason().contains("1 s"),
        "{}",
        done.reason()
    );
    assert_eq!(done.log(), "began\n");
    assert!(processes_with("sleep\x004327").is_empty());
}

#[tokio::test]
async fn two_hundred_megabytes_under_a_limit_of_one_hundred_is_memory() {
    let mut bench = Bench::new("python3 -c 'import time; x = bytearray(200_000_000); time.sleep(20)'");
    bench.assignment.limits.memory_bytes = Some(100_000_000);
    let done = bench.run().await;
    assert_eq!(done.finish.outcome, Outcome::Failed);
    assert!(done.reason().starts_with("memory: used "), "{}", done.reason());
    assert!(
        done.reason().contains("of the limit of 100 MB"),
        "{}",
        done.reason()
    );
    assert!(
        !bench.path("work/cgroups").exists(),
        "the control group was removed"
    );
}

#[tokio::test]
async fn a_limit_of_cores_is_told_to_libraries() {
    let mut bench = Bench::new("echo $OMP_NUM_THREADS $MKL_NUM_THREADS");
    assert_eq!(bench.run().await.log(), "\n");
    bench.assignment.limits.cores = Some(2);
    assert_eq!(bench.run().await.log(), "2 2\n");
}

#[tokio::test]
async fn memory_is_counted_where_there_are_no_control_groups() {
    let mut bench = Bench::new("python3 -c 'x = bytearray(200_000_000); input()' < <(sleep 4328)");
    bench.assignment.limits.memory_bytes = Some(100_000_000);
    let server = Server::start(bench.assignment.clone()).await;
    let Some(running) = bench.start_after("umount -l /sys/fs/cgroup", server) else {
        return;
    };
    let done = running.done().await;
    assert!(done.reason().starts_with("memory: used "), "{}", done.reason());
    assert!(
        done.reason().contains("MB of the limit of 100 MB"),
        "{}",
        done.reason()
    );
    assert!(processes_with("sleep\x004328").is_empty());
}

/// A job whose folder `full` is a disk of 1 MB.
async fn on_a_full_disk(mut bench: Bench, full: &str) -> Option<String> {
    bench.assignment.limits.grace_s = 1;
    std::fs::create_dir_all(bench.path(full)).expect("made");
    let server = Server::start(bench.assignment.clone()).await;
    let script = format!("mount -t tmpfs -o size=1m tmpfs '{}'", bench.path(full).display());
    let done = bench.start_after(&script, server)?.done().await;
    assert_eq!(done.finish.outcome, Outcome::Failed);
    Some(done.reason().to_owned())
}

#[tokio::test]
async fn a_full_disk_under_the_logs_is_the_reason() {
    let bench = Bench::new("head -c 3000000 /dev/zero; sleep 4329");
    let Some(reason) = on_a_full_disk(bench, "work").await else {
        return;
    };
    assert!(
        reason.starts_with("no space left on the device: failed to write the log"),
        "{reason}"
    );
    assert!(processes_with("sleep\x004329").is_empty());
}

#[tokio::test]
async fn a_full_disk_under_the_artifacts_is_the_reason() {
    let bench = Bench::new("head -c 3000000 /dev/zero > outputs/large");
    let Some(reason) = on_a_full_disk(bench, "artifacts").await else {
        return;
    };
    assert!(reason.contains("no space left on"), "{reason}");
}

#[tokio::test]
async fn a_full_disk_under_the_inputs_is_the_reason() {
    let mut bench = Bench::new("true");
    bench.write("store/in/large", &"x".repeat(3_000_000));
    let source = tidemill_api::runner::Source::Datastore {
        datastore: "store".into(),
        path: "in".into(),
    };
    bench.input("data", "uri_folder", "download", source);
    let Some(reason) = on_a_full_disk(bench, "work").await else {
        return;
    };
    assert!(
        reason.starts_with("input data: ") && reason.contains("no space left on"),
        "{reason}"
    );
}
