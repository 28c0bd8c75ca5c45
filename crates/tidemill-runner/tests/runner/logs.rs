//! Output of any kind and size, and a server that is away.

use crate::bench::Bench;
use axum::http::StatusCode;
use std::time::Duration;
use tidemill_api::runner::Outcome;

#[tokio::test]
async fn bytes_arrive_as_they_were_printed() {
    let done = Bench::new("printf 'a\\0b\\377\\376c\\n'; printf 'no end of line' >&2; exit 1")
        .run()
        .await;
    assert_eq!(
        done.server.heard().logs["user_logs/std_log.txt"],
        b"a\0b\xff\xfec\nno end of line"
    );
    assert!(
        done.reason()
            .contains("a\u{fffd}b\u{fffd}\u{fffd}c\nno end of line"),
        "{:?}",
        done.reason()
    );
}

#[tokio::test]
async fn a_line_of_256_mb_passes_and_memory_stays_flat() {
    let bench = Bench::new("head -c 268435456 /dev/zero | tr '\\0' a");
    let server = crate::server::Server::start(bench.assignment.clone()).await;
    server.heard().count_only = true;
    let running = bench.start_against(server);
    let pid = running.child.id();
    let watch = tokio::spawn(async move {
        let mut peak_kb = 0u64;
        loop {
            let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(kb) = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()) else {
                return peak_kb;
            };
            peak_kb = peak_kb.max(kb);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let done = running.done().await;
    let peak_kb = watch.await.expect("no panic");
    assert_eq!(done.server.heard().counted, 256 << 20);
    assert!(peak_kb > 0 && peak_kb < 64 << 10, "{peak_kb} kB");
}

#[tokio::test]
async fn a_server_that_goes_away_and_forgets_misses_nothing_in_the_end() {
    let bench = Bench::new("for i in $(seq 50); do echo line $i; sleep 0.02; done; exit 3");
    let running = bench.start().await;
    running
        .server
        .until(|heard| heard.logs.values().any(|log| log.len() > 100))
        .await;
    running.server.heard().status = Some(StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::sleep(Duration::from_millis(600)).await;
    {
        let mut heard = running.server.heard();
        heard.status = None;
        heard.forget = 20;
    }
    let done = running.done().await;
    assert_eq!(
        (done.finish.outcome, done.finish.exit_code),
        (Outcome::Failed, Some(3))
    );
    let expected: String = (1..=50).map(|i| format!("line {i}\n")).collect();
    assert_eq!(done.log(), expected);
}

#[tokio::test]
async fn a_server_and_a_data_folder_that_are_gone_are_not_waited_for_long() {
    let bench = Bench::new("echo here; sleep 600");
    bench.write("data/there", "");
    let running = bench.start_with_patience(1).await;
    running
        .server
        .until(|heard| heard.logs.values().any(|log| log == b"here\n"))
        .await;
    running.server.heard().status = Some(StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::sleep(Duration::from_secs(7)).await;
    let pid = running.child.id().cast_signed();
    assert!(
        !tidemill_process::descendants(pid).is_empty(),
        "while the data folder is there, it waits"
    );
    std::fs::remove_dir_all(bench.path("data")).expect("it was there");
    let started = std::time::Instant::now();
    let (status, _) = running.exit().await;
    assert!(!status.success(), "nobody could be told");
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
    assert!(tidemill_process::descendants(pid).is_empty());
}

#[tokio::test]
async fn a_job_is_live_while_it_runs() {
    let running = Bench::new("echo first; sleep 1; echo second");
    let running = running.start().await;
    running
        .server
        .until(|heard| heard.logs.values().any(|log| log == b"first\n"))
        .await;
    assert!(running.server.heard().finish.is_none());
    assert_eq!(running.done().await.log(), "first\nsecond\n");
}

#[tokio::test]
async fn a_value_that_must_not_be_seen_is_seen_nowhere() {
    let mut bench =
        Bench::new("printf 'key=hun'; sleep 0.3; printf 'ter2-hunter2 end\\n'; echo \"$KEY\" >&2; exit 3");
    bench
        .assignment
        .environment_variables
        .insert("KEY".into(), "hunter2-hunter2".into());
    bench.assignment.masked = vec!["hunter2-hunter2".into()];
    let done = bench.run().await;
    assert_eq!(
        String::from_utf8_lossy(&done.server.heard().logs["user_logs/std_log.txt"]),
        "key=*** end\n***\n"
    );
    assert!(!done.reason().contains("hunter2"), "{}", done.reason());
}
