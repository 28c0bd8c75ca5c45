//! Limits: time, memory, cores.

use crate::bench::{Bench, processes_with};
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
