//! Servers and runners that are killed: jobs are found again, nothing acknowledged is lost, nothing is left running.

use std::time::Duration;

use crate::support::{ENVIRONMENT, Mill, runners};

#[test]
fn a_server_killed_at_any_instant_finds_its_jobs_again() {
    let mut mill = Mill::start();
    let marks = mill.shared("marks").display().to_string();
    let step = |name: &str, after: Option<&str>| {
        let input = after
            .map(|after| format!(", inputs: {{i: \"${{{{parent.jobs.{after}.outputs.o}}}}\"}}"))
            .unwrap_or_default();
        let read = if after.is_some() {
            "cat ${{inputs.i}}/t > ${{outputs.o}}/t; "
        } else {
            ""
        };
        format!(
            "  {name}: {{command: \"{read}echo {name} >> {marks}; sleep 0.7; echo {name} >> ${{{{outputs.o}}}}/t\", {ENVIRONMENT}{input}, outputs: {{o: {{type: uri_folder}}}}}}\n"
        )
    };
    let names = ["a", "b", "c", "d", "e"];
    let mut yaml = format!(
        "type: pipeline\nsettings: {{force_rerun: true}}\noutputs: {{all: {{}}}}\njobs:\n{}",
        step("a", None)
    );
    for pair in names.windows(2) {
        yaml += &step(pair[1], Some(pair[0]));
    }
    mill.submit("line", &yaml);
    // Instants that differ from run to run, in front of, during and after a step's start and end.
    let mut seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(1, |now| now.subsec_nanos());
    println!("seed {seed}");
    for kill in 0..6 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(Duration::from_millis(u64::from(seed >> 16) % 900));
        mill.kill_server();
        std::thread::sleep(Duration::from_millis(u64::from(seed >> 8) % 700));
        mill.start_server();
        assert_eq!(
            mill.show("line")["name"],
            "line",
            "what was acknowledged is there after kill {kill}"
        );
        // What is acknowledged between two kills is kept as well.
        mill.ok(&[
            "compute",
            "create",
            "--name",
            &format!("c{kill}"),
            "--type",
            "amlcompute",
            "--max-instances",
            "1",
        ]);
    }
    let job = mill.wait("line", &["Completed", "Failed", "Canceled"]);
    assert_eq!(
        job["status"],
        "Completed",
        "{}\n{}",
        job["reason"],
        mill.server_log()
    );
    let steps = mill.steps("line");
    assert!(
        steps.len() == 5 && steps.values().all(|(status, _)| status == "Completed"),
        "{steps:?}"
    );
    let mut ran: Vec<String> = std::fs::read_to_string(&marks)
        .expect("they ran")
        .lines()
        .map(str::to_owned)
        .collect();
    ran.sort();
    assert_eq!(ran, names, "each step ran once");
    for name in names {
        let log = mill.log(&format!("line_{name}"));
        assert!(!log.contains("rror"), "{log}");
    }
    assert_eq!(
        mill.ok(&["compute", "list"]).as_array().map(Vec::len),
        Some(7),
        "local, and one for each kill"
    );
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn a_log_goes_on_across_a_killed_server_without_gaps_or_doubles() {
    let mut mill = Mill::start();
    mill.submit(
        "counts",
        &format!("command: for i in $(seq 1 60); do echo line $i; sleep 0.05; done; exit 5\n{ENVIRONMENT}\n"),
    );
    mill.wait("counts", &["Running"]);
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(500));
        mill.kill_server();
        std::thread::sleep(Duration::from_millis(300));
        mill.start_server();
    }
    let job = mill.wait("counts", &["Failed", "Completed"]);
    assert_eq!(job["exit_code"], 5, "{job}");
    let lines: Vec<String> = mill
        .log("counts")
        .lines()
        .filter(|line| line.starts_with("line "))
        .map(str::to_owned)
        .collect();
    let expected: Vec<String> = (1..=60).map(|i| format!("line {i}")).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_job_whose_end_nobody_heard_of_is_told_after_the_restart() {
    let mut mill = Mill::start();
    mill.submit("ends", &format!("command: sleep 1; echo done\n{ENVIRONMENT}\n"));
    mill.wait("ends", &["Running"]);
    mill.kill_server();
    std::thread::sleep(Duration::from_secs(2));
    mill.start_server();
    assert_eq!(mill.wait("ends", &["Completed", "Failed"])["status"], "Completed");
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn a_step_that_failed_while_the_server_was_away_is_told_of_once() {
    let mut mill = Mill::start();
    mill.submit(
        "line",
        &format!("type: pipeline\njobs:\n  bad: {{command: sleep 1; exit 3, {ENVIRONMENT}}}\n"),
    );
    mill.wait("line_bad", &["Running"]);
    mill.kill_server();
    std::thread::sleep(Duration::from_secs(2));
    mill.start_server();
    let job = mill.wait("line", &["Failed", "Completed"]);
    let reason = job["reason"].as_str().unwrap_or_default();
    assert_eq!(reason.matches("step `bad` failed").count(), 1, "{reason}");
}

#[test]
fn a_killed_runner_fails_its_job_with_the_reason_and_a_retry_works() {
    let mill = Mill::start();
    let open = mill.shared("open");
    mill.submit(
        "job",
        &format!(
            "command: test -e {} || sleep 600\n{ENVIRONMENT}\n",
            open.display()
        ),
    );
    mill.wait("job", &["Running"]);
    std::thread::sleep(Duration::from_millis(300));
    let runner = runners(&mill.processes());
    assert!(!runner.is_empty(), "a runner runs");
    for pid in runner {
        std::process::Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .status()
            .expect("kill runs");
    }
    let job = mill.wait("job", &["Failed", "Completed"]);
    let reason = job["reason"].as_str().unwrap_or_default();
    assert!(job["status"] == "Failed" && reason.contains("runner"), "{job}");
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
    std::fs::write(&open, "").expect("a file");
    mill.run(&["job", "retry", "-n", "job"]).ends(0);
    mill.wait("job", &["Completed"]);
}

#[test]
fn a_job_that_is_found_again_keeps_its_graphics_cards() {
    let mut mill = Mill::start();
    mill.options = vec!["--gpus", "0,1"];
    mill.kill_server();
    mill.start_server();
    mill.write(
        "two.yml",
        "name: two\ntype: amlcompute\nmax_instances: 4\ngpus: 2\n",
    );
    mill.ok(&["compute", "create", "-f", "two.yml"]);
    let yaml = |gpus: u32, command: &str| {
        format!(
            "command: echo cards=$CUDA_VISIBLE_DEVICES; {command}\n{ENVIRONMENT}\ncompute: azureml:two\n\
             resources: {{gpu: {gpus}}}\n"
        )
    };
    mill.submit("holds", &yaml(1, "sleep 600"));
    mill.wait("holds", &["Running"]);
    mill.kill_server();
    mill.start_server();
    mill.submit("other", &yaml(1, "true"));
    mill.wait("other", &["Completed"]);
    assert!(mill.log("other").contains("cards=1\n"), "{}", mill.log("other"));
    mill.submit("both", &yaml(2, "true"));
    mill.wait("both", &["Queued"]);
    mill.run(&["job", "cancel", "-n", "holds"]).ends(0);
    mill.wait("both", &["Completed"]);
    assert!(mill.log("both").contains("cards=0,1\n"), "{}", mill.log("both"));
}

#[test]
fn what_is_acknowledged_while_the_server_is_killed_is_there_after_each_kill() {
    let mut mill = Mill::start();
    let (answer, experiment) = mill.http(
        "POST",
        "/api/2.0/mlflow/runs/create",
        None,
        r#"{"experiment_id":"0"}"#,
    );
    assert_eq!(answer, 200, "{experiment}");
    let run: serde_json::Value = serde_json::from_str(&experiment).expect("JSON");
    let run = run["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    let mut acknowledged: Vec<Vec<u64>> = vec![Vec::new(); 4];
    let mut seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(1, |now| now.subsec_nanos());
    println!("seed {seed}");
    for kill in 0..50_u64 {
        let stop = std::sync::atomic::AtomicBool::new(false);
        let pid = mill.server_pid();
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::scope(|scope| {
            for (writer, kept) in acknowledged.iter_mut().enumerate() {
                let (mill, run, stop) = (&mill, &run, &stop);
                scope.spawn(move || {
                    let mut step = kill * 1_000_000;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        step += 1;
                        let body = format!(
                            r#"{{"run_id":"{run}","metrics":[{{"key":"m{writer}","value":1,"timestamp":1,"step":{step}}}],"params":[{{"key":"p{writer}-{step}","value":"v"}}]}}"#
                        );
                        let path = "/api/2.0/mlflow/runs/log-batch";
                        if matches!(mill.try_http("POST", path, None, &body), Ok((200, _))) {
                            kept.push(step);
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(60 + u64::from(seed >> 16) % 240));
            let killed = std::process::Command::new("kill")
                .args(["-KILL", &pid.to_string()])
                .status();
            assert!(killed.expect("kill runs").success());
            std::thread::sleep(Duration::from_millis(20));
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        mill.kill_server();
        mill.start_server();
        let (_, all) = mill.http("GET", &format!("/api/2.0/mlflow/runs/get?run_id={run}"), None, "");
        let all: serde_json::Value = serde_json::from_str(&all).expect("JSON");
        let params: std::collections::HashSet<String> = all["run"]["data"]["params"]
            .as_array()
            .expect("params")
            .iter()
            .map(|param| param["key"].as_str().unwrap_or_default().to_owned())
            .collect();
        for (writer, kept) in acknowledged.iter().enumerate() {
            let path = format!("/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=m{writer}");
            let (_, history) = mill.http("GET", &path, None, "");
            let history: serde_json::Value = serde_json::from_str(&history).expect("JSON");
            let points: Vec<u64> = history["metrics"]
                .as_array()
                .map(|points| points.iter().filter_map(|point| point["step"].as_u64()).collect())
                .unwrap_or_default();
            let steps: std::collections::HashSet<u64> = points.iter().copied().collect();
            assert_eq!(
                steps.len(),
                points.len(),
                "kill {kill}: a point of m{writer} is there twice"
            );
            for step in kept {
                assert!(
                    steps.contains(step),
                    "kill {kill}: point m{writer} at {step} is lost"
                );
                assert!(
                    params.contains(&format!("p{writer}-{step}")),
                    "kill {kill}: p{writer}-{step} is lost"
                );
            }
        }
    }
    let all: usize = acknowledged.iter().map(Vec::len).sum();
    println!("{all} batches acknowledged");
    assert!(all > 50, "{all} batches");
}
