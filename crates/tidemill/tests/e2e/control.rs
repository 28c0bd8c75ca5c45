//! Ending jobs before they end: cancel, limits, retries; and why a job waits.

use std::time::{Duration, Instant};

use crate::support::{ENVIRONMENT, Mill};

#[test]
fn a_cancelled_job_is_asked_to_end_and_may_tidy_up() {
    let mill = Mill::start();
    mill.write(
        "code/run.sh",
        "trap 'echo tidied up; exit 0' TERM\necho at work\nwhile true; do sleep 0.1; done\n",
    );
    mill.submit(
        "polite",
        &format!("command: bash run.sh\ncode: code\n{ENVIRONMENT}\n"),
    );
    mill.wait("polite", &["Running"]);
    std::thread::sleep(Duration::from_millis(500));
    mill.run(&["job", "cancel", "-n", "polite"]).ends(0);
    mill.wait("polite", &["Canceled"]);
    assert!(mill.log("polite").contains("tidied up"));
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn a_cancelled_job_that_will_not_end_is_made_to() {
    let mill = Mill::start();
    mill.write(
        "code/run.sh",
        "trap '' TERM\necho $$ > outputs/pid\nwhile true; do sleep 0.2; done\n",
    );
    mill.submit(
        "stubborn",
        &format!("command: bash run.sh\ncode: code\n{ENVIRONMENT}\n"),
    );
    mill.wait("stubborn", &["Running"]);
    mill.until("it works", || (mill.processes().len() >= 2).then_some(()));
    std::thread::sleep(Duration::from_millis(500));
    let started = Instant::now();
    mill.run(&["job", "cancel", "-n", "stubborn"]).ends(0);
    mill.wait("stubborn", &["Canceled"]);
    assert!(
        started.elapsed() > Duration::from_secs(2),
        "it was given time to end by itself"
    );
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn streaming_a_cancelled_job_ends_with_code_3_and_a_pipeline_takes_its_steps_along() {
    let mill = Mill::start();
    let text = format!(
        "type: pipeline\nsettings: {{default_compute: local}}\njobs:\n  long: {{command: sleep 600, {ENVIRONMENT}}}\n  \
         after: {{command: \"echo ${{{{inputs.x}}}}\", {ENVIRONMENT}, inputs: {{x: \"${{{{parent.jobs.before.outputs.o}}}}\"}}}}\n  \
         before: {{command: \"sleep 600\", {ENVIRONMENT}, outputs: {{o: {{type: uri_folder}}}}}}\n"
    );
    mill.submit("line", &text);
    mill.wait("line_long", &["Running"]);
    mill.run(&["job", "cancel", "-n", "line"]).ends(0);
    mill.run(&["job", "stream", "-n", "line"]).ends(3);
    let steps = mill.steps("line");
    assert!(
        steps.values().all(|(status, _)| status == "Canceled"),
        "{steps:?}"
    );
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn a_job_that_runs_out_of_its_time_is_stopped_and_says_so() {
    let mill = Mill::start();
    let started = Instant::now();
    mill.stream(
        "slow",
        &format!("command: sleep 300\n{ENVIRONMENT}\nlimits: {{timeout: 2}}\n"),
    )
    .ends(1);
    assert!(started.elapsed() < Duration::from_secs(40));
    let job = mill.show("slow");
    assert_eq!(job["status"], "Failed");
    let reason = job["reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("limits.timeout") || reason.contains("2 s"),
        "{reason}"
    );
}

#[test]
fn a_failed_command_is_tried_again_as_often_as_it_says() {
    let mill = Mill::start();
    let marks = mill.shared("marks");
    let mark = marks.display();
    let yaml = format!(
        "command: echo x >> {mark}; test $(wc -l < {mark}) -ge 3\n{ENVIRONMENT}\nlimits: {{retries: 2}}\n"
    );
    mill.stream("third", &yaml).ends(0);
    assert_eq!(
        std::fs::read_to_string(&marks).expect("it ran").lines().count(),
        3
    );
    assert_eq!(mill.show("third")["attempt"], 3);
    std::fs::remove_file(&marks).expect("a file");
    mill.stream("second", &yaml.replace("retries: 2", "retries: 1"))
        .ends(1);
    assert_eq!(
        std::fs::read_to_string(&marks).expect("it ran").lines().count(),
        2
    );
    // By hand it goes on from there, under the same name.
    mill.run(&["job", "retry", "-n", "second"]).ends(0);
    mill.wait("second", &["Completed"]);
}

#[test]
fn more_memory_than_allowed_fails_and_the_reason_says_memory() {
    let mill = Mill::start();
    let hungry = "python -c \"x = bytearray(200 * 1024 * 1024); x[::4096] = b'1' * len(x[::4096]); print('had it all')\"";
    let yaml =
        |memory: &str| format!("command: >-\n  {hungry}\n{ENVIRONMENT}\nresources: {{memory: {memory}}}\n");
    mill.stream("hungry", &yaml("100MB")).ends(1);
    assert!(!mill.log("hungry").contains("had it all"));
    let job = mill.show("hungry");
    let reason = job["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("memory"), "{reason}");
    mill.stream("fed", &yaml("400MB")).ends(0);
    assert!(mill.log("fed").contains("had it all"));
}

#[test]
fn a_job_that_waits_says_what_for() {
    let mill = Mill::start();
    mill.ok(&[
        "compute",
        "create",
        "--name",
        "one",
        "--type",
        "amlcompute",
        "--max-instances",
        "1",
    ]);
    let yaml = |command: &str| format!("command: {command}\n{ENVIRONMENT}\ncompute: azureml:one\n");
    mill.submit("first", &yaml("sleep 600"));
    mill.wait("first", &["Running"]);
    mill.submit("waits", &yaml("echo my turn"));
    let job = mill.wait("waits", &["Queued"]);
    let reason = job["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("`one`") && reason.contains("first"), "{reason}");
    // More room is there at once, for those who wait as well.
    mill.submit("waits2", &yaml("echo and mine"));
    let wider = ["compute", "create", "--name", "one", "--type", "amlcompute"];
    mill.ok(&[&wider[..], &["--max-instances", "2"]].concat());
    mill.wait("waits", &["Completed"]);
    mill.wait("waits2", &["Completed"]);
    assert_eq!(mill.show("first")["status"], "Running");
    mill.run(&["job", "cancel", "-n", "first"]).ends(0);
    let done = mill
        .stream("nowhere", &yaml("true").replace("azureml:one", "azureml:two"))
        .ends(1);
    done.says("`two`").says("one");
}

#[test]
fn what_a_job_forked_away_ends_with_it() {
    let mill = Mill::start();
    let script = r#"
import os, sys, time
# A session of its own, twice: no parent, no group and no terminal lead to it.
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.environ.clear()
        open(sys.argv[1], "w").write(str(os.getpid()))
        os.execve("/bin/sleep", ["sleep", sys.argv[3]], {})
    os._exit(0)
while not (os.path.exists(sys.argv[1]) and os.path.getsize(sys.argv[1])): time.sleep(0.05)
if sys.argv[2] == "hang": time.sleep(1000)
"#;
    mill.write("code/fork.py", script);
    // Known by what it sleeps: a sandbox has numbers of its own for its processes.
    let run = |name: &str, how: &str, sleeps: &str| {
        let mark = mill.shared(name);
        let command = format!("python fork.py {} {how} {sleeps}", mark.display());
        mill.submit(name, &format!("command: {command}\ncode: code\n{ENVIRONMENT}\n"));
        mill.until("it has forked", || {
            std::fs::read_to_string(&mark).ok()?.trim().parse::<u32>().ok()
        });
    };
    let (ends, hangs) = (
        format!("1000.1{}", std::process::id()),
        format!("1000.2{}", std::process::id()),
    );
    run("ends", "end", &ends);
    mill.wait("ends", &["Completed"]);
    mill.until("what it left is gone", || (!sleeps(&ends)).then_some(()));
    run("hangs", "hang", &hangs);
    mill.until("it sleeps", || sleeps(&hangs).then_some(()));
    mill.run(&["job", "cancel", "-n", "hangs"]).ends(0);
    mill.wait("hangs", &["Canceled"]);
    mill.until("what it left is gone", || (!sleeps(&hangs)).then_some(()));
}

/// Whether a process sleeps for exactly this time.
fn sleeps(time: &str) -> bool {
    let wanted = format!("sleep\0{time}\0");
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    processes
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line == wanted.as_bytes())
}
