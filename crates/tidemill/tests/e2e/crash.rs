//! Servers and runners that are killed: jobs are found again, nothing acknowledged is lost, nothing is left running.

use std::time::Duration;

use crate::support::{ENVIRONMENT, Mill, runners};

#[test]
fn a_server_killed_at_any_instant_finds_its_jobs_again() {
    let mut mill = Mill::start();
    let marks = mill.path("marks").display().to_string();
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
fn a_killed_runner_fails_its_job_with_the_reason_and_a_retry_works() {
    let mill = Mill::start();
    let open = mill.path("open");
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
