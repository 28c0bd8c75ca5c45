//! Commands, their variables, and how they end.

use crate::bench::Bench;
use tidemill_api::runner::{Distribution, Input, Outcome, Progress};

#[tokio::test]
async fn hello_world_needs_four_calls() {
    let done = Bench::new("echo hello world").run().await;
    assert_eq!(done.finish.outcome, Outcome::Completed);
    assert_eq!(
        (done.finish.exit_code, done.finish.reason.clone()),
        (Some(0), None)
    );
    assert_eq!(done.log(), "hello world\n");
    assert_eq!(done.server.heard().progress, [Progress::Running]);
    let mut calls = done.calls();
    assert_eq!(
        (calls.first().cloned(), calls.pop()),
        (Some("assignment".into()), Some("finish".into()))
    );
    assert_eq!(calls.len(), 3, "{calls:?}");
}

#[tokio::test]
async fn an_exit_code_is_kept_and_the_reason_shows_the_last_lines() {
    let done = Bench::new("echo fine; echo 'no such column: tide' >&2; exit 42")
        .run()
        .await;
    assert_eq!(
        (done.finish.outcome, done.finish.exit_code),
        (Outcome::Failed, Some(42))
    );
    assert_eq!(
        done.reason(),
        "the command ended with exit code 42; its last output:\nfine\nno such column: tide"
    );
}

#[tokio::test]
async fn a_signal_counts_as_128_and_its_number() {
    let done = Bench::new("kill -SEGV $$").run().await;
    assert_eq!(done.finish.exit_code, Some(139));
    assert!(
        done.reason().contains("SEGV") && done.reason().contains("it crashed"),
        "{}",
        done.reason()
    );
    let done = Bench::new("no-such-program").run().await;
    assert_eq!(done.finish.exit_code, Some(127));
    assert!(done.reason().contains("was not found"), "{}", done.reason());
}

#[tokio::test]
async fn bash_is_the_shell_and_a_failing_pipe_is_not_its_business() {
    let done = Bench::new("x=(a b); echo ${x[1]} $BASH_VERSION | cut -c1\nfalse | true\n")
        .run()
        .await;
    assert_eq!((done.log().as_str(), done.finish.exit_code), ("b\n", Some(0)));
}

#[tokio::test]
async fn literals_fill_the_command_and_the_users_variables_win() {
    let mut bench =
        Bench::new("echo ${{inputs.rate}} $[[--name ${{inputs.name}}]] $A $MLFLOW_RUN_ID $PYTHONUNBUFFERED");
    bench
        .assignment
        .inputs
        .insert("rate".into(), Input::Literal { value: "0.1".into() });
    bench
        .assignment
        .environment_variables
        .insert("A".into(), "b c".into());
    bench
        .assignment
        .environment_variables
        .insert("PYTHONUNBUFFERED".into(), "mine".into());
    assert_eq!(bench.run().await.log(), "0.1 b c test mine\n");
}

#[tokio::test]
async fn secrets_of_the_server_and_the_runners_token_are_not_seen() {
    let bench = Bench::new("env; cat /proc/$PPID/cmdline");
    let done = bench.run().await;
    let log = done.log();
    assert!(
        !log.contains("hush") && !log.contains(crate::server::TOKEN),
        "{log}"
    );
    let attempt = format!("TIDEMILL_ATTEMPT=default/test-{}/1\n", std::process::id());
    assert!(
        log.contains(&attempt) && log.contains("LANG=") && log.contains("\nPATH="),
        "{log}"
    );
}

#[tokio::test]
async fn a_reference_without_a_value_fails_before_anything_runs() {
    let done = Bench::new("echo ${{inputs.x}}").run().await;
    assert!(done.reason().contains("${{inputs.x}}"), "{}", done.reason());
    assert_eq!((done.finish.exit_code, done.log().as_str()), (None, ""));
}

#[tokio::test]
async fn each_process_of_a_distribution_knows_its_rank_and_has_its_log() {
    let mut bench =
        Bench::new("echo $RANK of $WORLD_SIZE on $NODE_RANK at $MASTER_ADDR as $AZUREML_PROCESS_NAME");
    bench.assignment.distribution = Some(Distribution::Pytorch {
        process_count_per_instance: 2,
    });
    bench.assignment.instance_count = 2;
    let done = bench.run().await;
    assert_eq!(done.finish.outcome, Outcome::Completed);
    let log = |rank: u32| {
        done.server
            .log(&format!("user_logs/std_log_process_{rank:02}.txt"))
    };
    assert_eq!(log(0), "0 of 4 on 0 at 127.0.0.1 as rank_0\n");
    assert_eq!(log(3), "3 of 4 on 1 at 127.0.0.1 as rank_3\n");
    assert!(
        done.finish.warnings[0].contains("instance_count"),
        "{:?}",
        done.finish.warnings
    );
}

#[tokio::test]
async fn the_first_process_that_fails_stops_the_others_and_is_the_reason() {
    let mut bench = Bench::new("if [ $RANK = 1 ]; then echo lost the tide; exit 9; fi; sleep 4321");
    bench.assignment.distribution = Some(Distribution::Pytorch {
        process_count_per_instance: 3,
    });
    let done = bench.run().await;
    assert_eq!(done.finish.exit_code, Some(9));
    assert_eq!(
        done.reason(),
        "process rank_1 ended with exit code 9; its last output:\nlost the tide"
    );
    assert!(crate::bench::processes_with("sleep\x004321").is_empty());
}

#[tokio::test]
async fn parameter_servers_end_when_the_workers_have() {
    let mut bench = Bench::new("case $TF_CONFIG in *'\"type\":\"ps\"'*) sleep 4322;; *) echo worked;; esac");
    bench.assignment.distribution = Some(Distribution::Tensorflow {
        worker_count: 2,
        parameter_server_count: 1,
    });
    let done = bench.run().await;
    assert_eq!(
        (done.finish.outcome, done.finish.exit_code),
        (Outcome::Completed, Some(0)),
        "{:?}",
        done.finish
    );
    assert_eq!(done.server.log("user_logs/std_log_process_01.txt"), "worked\n");
}

/// Prints what a job costs that does nothing: `cargo nextest run --run-ignored only --no-capture -E 'test(cost)'`.
#[tokio::test]
#[ignore = "prints figures"]
async fn cost_of_a_no_op() {
    for request in [serde_json::Value::Null, serde_json::json!({})] {
        cost(&request).await;
    }
}

async fn cost(request: &serde_json::Value) {
    let mut rows = Vec::new();
    let shared = Bench::new("true");
    for _ in 0..30 {
        let mut bench = Bench::new("true");
        bench.assignment.environment.request = request.clone();
        std::os::unix::fs::symlink(shared.path("data"), bench.path("data")).expect("linked");
        std::fs::create_dir_all(shared.path("data")).expect("made");
        let server = crate::server::Server::start(bench.assignment.clone()).await;
        let begun = std::time::Instant::now();
        let done = bench.start_against(server).done().await;
        let left = begun.elapsed();
        let at = |call: &str| {
            let heard = done.server.heard();
            let (_, at) = heard.calls.iter().find(|(name, _)| name == call).expect("called");
            at.duration_since(begun)
        };
        rows.push((at("assignment"), at("progress"), at("finish"), left));
    }
    rows.sort_by_key(|row| row.2);
    let (assignment, progress, finish, left) = rows[rows.len() / 2];
    println!("assignment {assignment:?}, running {progress:?}, finish {finish:?}, gone {left:?}");
    println!("in the runner after its assignment: {:?}", finish - assignment);
}
