//! Schedules through the real binary: Azure's YAML, `az ml`'s verbs, and a server that is killed.

use crate::support::*;

const PIPELINE: &str = "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\ntype: pipeline\nsettings: {default_compute: azureml:local}\n\
    inputs: {name: none}\njobs:\n  a: {type: command, command: 'python a.py ${{inputs.name}}', environment: {image: 'python:3'}, code: ./src, inputs: {name: '${{parent.inputs.name}}'}}\n";

/// Azure's example, with another expression and start.
fn schedule(trigger: &str, job: &str) -> String {
    format!(
        "$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json\nname: simple_cron_job_schedule\ndisplay_name: Simple cron job schedule\n\
         description: a simple cron job schedule\n\ntrigger:\n{trigger}\n\ncreate_job: {job}\n"
    )
}

#[test]
fn a_pipeline_of_a_file_is_submitted_when_its_time_comes_also_after_a_kill() {
    let mut mill = Mill::start();
    mill.write("src/a.py", "import sys\nprint('hello', sys.argv[1])\n");
    mill.write("pipeline.yml", PIPELINE);
    let cron = "  type: cron\n  expression: \"0 0 1 1 *\"\n  start_time: \"2022-07-10T10:00:00\" # optional - default will be schedule creation time\n  time_zone: \"Pacific Standard Time\" # optional - default will be UTC";
    mill.write("schedule.yml", schedule(cron, "./pipeline.yml"));
    let made = mill.ok(&["schedule", "create", "--file", "schedule.yml", "--no-wait"]);
    assert_eq!(made["is_enabled"], true);
    let next = made["next_runs"].as_array().expect("times").clone();
    assert_eq!(next.len(), 5);
    // New Year in Los Angeles.
    assert!(next.iter().all(|at| at.as_str().is_some_and(|at| at.ends_with("-01-01T08:00:00Z"))), "{next:?}");
    // The file is not needed any more.
    std::fs::remove_file(mill.path("src/a.py")).expect("it was there");
    let done = mill.ok(&["schedule", "trigger", "--name", "simple_cron_job_schedule"]);
    let job = done["last_run"]["job"].as_str().expect("a name").to_owned();
    mill.wait(&job, &["Completed"]);
    // A recurrence that begins now falls due each minute; while the server is away it waits.
    let every = "  type: recurrence\n  frequency: minute\n  interval: 1";
    mill.write("schedule.yml", schedule(every, "{job: ./pipeline.yml, inputs: {name: '${{name}}'}}").replace("simple_cron_job_schedule", "often"));
    mill.write("src/a.py", "import sys\nprint('hello', sys.argv[1])\n");
    mill.ok(&["schedule", "create", "-f", "schedule.yml"]);
    let runs = |mill: &Mill| {
        let runs = mill.ok(&["schedule", "runs", "--name", "often"]);
        runs.as_array().expect("a list").clone()
    };
    let first = mill.until("the first time came", || runs(&mill).last().cloned());
    assert_eq!((first["why"].as_str(), first["who"].as_str()), (Some("due"), Some("system")));
    mill.kill_server();
    mill.start_server();
    let job = first["job"].as_str().expect("a name");
    mill.wait(job, &["Completed"]);
    assert!(mill.ok(&["job", "show", "-n", job])["inputs"]["name"] == *job);
    let all = runs(&mill);
    let dues: std::collections::BTreeSet<_> = all.iter().map(|run| run["due_at"].as_i64()).collect();
    assert_eq!(dues.len(), all.len(), "each time once: {all:?}");
    // As `az ml` has it.
    mill.ok(&["schedule", "disable", "--name", "often"]);
    assert_eq!(mill.ok(&["schedule", "show", "--name", "often"])["next_runs"], serde_json::json!([]));
    assert_eq!(mill.ok(&["schedule", "list", "--disabled-only"]).as_array().expect("a list").len(), 1);
    mill.ok(&["schedule", "update", "--name", "often", "--set", "trigger.interval=5"]);
    mill.ok(&["schedule", "enable", "--name", "often"]);
    assert_eq!(mill.ok(&["schedule", "show", "--name", "often"])["trigger"]["interval"], 5);
    mill.run(&["schedule", "delete", "--name", "often", "--yes"]).ends(0);
    mill.run(&["schedule", "show", "--name", "often"]).ends(1).says("simple_cron_job_schedule");
    mill.write("wrong.yml", schedule("  type: cron\n  expression: \"61 * * * *\"", "./pipeline.yml"));
    mill.run(&["schedule", "create", "-f", "wrong.yml"]).ends(2).says("wrong.yml:8:").says("no minute");
}
