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
    assert!(
        next.iter()
            .all(|at| at.as_str().is_some_and(|at| at.ends_with("-01-01T08:00:00Z"))),
        "{next:?}"
    );
    // The file is not needed any more.
    std::fs::remove_file(mill.path("src/a.py")).expect("it was there");
    let done = mill.ok(&["schedule", "trigger", "--name", "simple_cron_job_schedule"]);
    let job = done["last_run"]["job"].as_str().expect("a name").to_owned();
    mill.wait(&job, &["Completed"]);
    // A recurrence that begins now falls due each minute; while the server is away it waits.
    let every = "  type: recurrence\n  frequency: minute\n  interval: 1";
    mill.write(
        "schedule.yml",
        schedule(every, "{job: ./pipeline.yml, inputs: {name: '${{name}}'}}")
            .replace("simple_cron_job_schedule", "often"),
    );
    mill.write("src/a.py", "import sys\nprint('hello', sys.argv[1])\n");
    mill.ok(&["schedule", "create", "-f", "schedule.yml"]);
    let runs = |mill: &Mill| {
        let runs = mill.ok(&["schedule", "runs", "--name", "often"]);
        runs.as_array().expect("a list").clone()
    };
    let first = mill.until("the first time came", || runs(&mill).last().cloned());
    assert_eq!(
        (first["why"].as_str(), first["who"].as_str()),
        (Some("due"), Some("system"))
    );
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
    assert_eq!(
        mill.ok(&["schedule", "show", "--name", "often"])["next_runs"],
        serde_json::json!([])
    );
    assert_eq!(
        mill.ok(&["schedule", "list", "--disabled-only"])
            .as_array()
            .expect("a list")
            .len(),
        1
    );
    mill.ok(&[
        "schedule",
        "update",
        "--name",
        "often",
        "--set",
        "trigger.interval=5",
    ]);
    mill.ok(&["schedule", "enable", "--name", "often"]);
    assert_eq!(
        mill.ok(&["schedule", "show", "--name", "often"])["trigger"]["interval"],
        5
    );
    mill.run(&["schedule", "delete", "--name", "often", "--yes"])
        .ends(0);
    mill.run(&["schedule", "show", "--name", "often"])
        .ends(1)
        .says("simple_cron_job_schedule");
    mill.write(
        "wrong.yml",
        schedule("  type: cron\n  expression: \"61 * * * *\"", "./pipeline.yml"),
    );
    mill.run(&["schedule", "create", "-f", "wrong.yml"])
        .ends(2)
        .says("wrong.yml:8:")
        .says("no minute");
}

/// A web server that gives this file, as often as it is asked; gives its address.
fn web(text: &'static str) -> String {
    use std::io::{BufRead, BufReader, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/t.csv", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = BufReader::new(&stream)
                .lines()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            let wants = head
                .collect::<Vec<_>>()
                .first()
                .is_some_and(|line| line.starts_with("GET"));
            let body = if wants { text } else { "" };
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                text.len()
            );
        }
    });
    url
}

#[test]
fn data_are_brought_in_when_their_time_comes_and_why_not_is_said() {
    let mut mill = Mill::start();
    let url = web("id,name\n1,a\n2,b\n");
    mill.write("import.yml", format!("$schema: https://azuremlschemas.azureedge.net/latest/dataImport.schema.json\nname: taxi\ntype: uri_file\nsource: {{type: http, url: \"{url}\"}}\n"));
    let head = "$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json\nname: nightly\ndisplay_name: Brings taxi in\n\
                trigger:\n  type: cron\n  expression: \"0 0 1 1 *\"\n";
    mill.write("schedule.yml", format!("{head}import_data: ./import.yml\n"));
    let made = mill.ok(&["schedule", "create", "-f", "schedule.yml"]);
    assert_eq!(
        (made["import_data"]["name"].as_str(), made["create_job"].is_null()),
        (Some("taxi"), true),
        "{made}"
    );
    let came = |mill: &Mill, count: usize| {
        mill.until(&format!("{count} imports have ended"), || {
            let runs = mill.ok(&["schedule", "runs", "--name", "nightly"]);
            let runs = runs.as_array().expect("a list").clone();
            (runs.len() == count && runs.iter().all(|run| run["state"] != "Claimed")).then(|| runs[0].clone())
        })
    };
    mill.ok(&["schedule", "trigger", "--name", "nightly"]);
    let run = came(&mill, 1);
    assert_eq!(
        (run["state"].as_str(), run["reason"].as_str(), run["job"].as_str()),
        (Some("Imported"), Some("azureml:taxi:1"), Some("")),
        "{run}"
    );
    assert_eq!(
        mill.ok(&["data", "query", "select count(*) as n from taxi"])[0]["n"],
        2
    );
    // The next time is the next version; a server that is killed meanwhile takes it up again.
    mill.ok(&["schedule", "trigger", "--name", "nightly"]);
    mill.kill_server();
    mill.start_server();
    assert_eq!(came(&mill, 2)["reason"], "azureml:taxi:2");
    // A database that does not answer, by a secret.
    mill.write("address.txt", "postgresql://x:geheim@127.0.0.1:1/none");
    mill.run(&["secret", "set", "--name", "orders-db", "--file", "address.txt"])
        .ends(0);
    let rows = "import_data:\n  name: orders\n  type: mltable\n  path: azureml://datastores/workspaceblobstore/paths/${{name}}\n\
                \x20 source: {type: database, connection: \"azureml:orders-db\", query: select 1}\n";
    mill.write("schedule.yml", format!("{head}{rows}"));
    mill.ok(&["schedule", "create", "-f", "schedule.yml"]);
    mill.ok(&["schedule", "trigger", "--name", "nightly"]);
    let run = came(&mill, 3);
    assert_eq!(run["state"], "Failed", "{run}");
    assert!(
        run["reason"]
            .as_str()
            .is_some_and(|why| why.contains("connect to the database") && !why.contains("geheim")),
        "{run}"
    );
    // What makes no sense is refused with its line.
    for (from, to, says) in [
        (
            "query: select 1",
            "query: select 1, table_name: t",
            "either `query` or `table_name`",
        ),
        (
            "azureml://datastores/workspaceblobstore/paths/",
            "./here/",
            "no folder of a datastore",
        ),
        ("type: database", "type: file_system", "file_system"),
        (
            "import_data:",
            "create_job: {command: echo 1, environment: {image: \"python:3\"}}\nimport_data:",
            "`create_job` and `import_data`",
        ),
        (
            rows,
            "tags: {a: b}\n",
            "neither `create_job` nor `import_data` nor `create_monitor`",
        ),
    ] {
        mill.write("wrong.yml", format!("{head}{rows}").replace(from, to));
        mill.run(&["schedule", "create", "-f", "wrong.yml"])
            .ends(2)
            .says(says);
    }
}

const MONITOR: &str = "$schema: http://azureml/sdk-2-0/Schedule.json
name: watch
display_name: Watches delays
trigger:
  type: recurrence
  frequency: day
  interval: 1
  schedule: {hours: 3, minutes: 15}
create_monitor:
  compute: {instance_type: standard_e4s_v3, runtime_version: \"3.4\"}
  monitoring_target: {ml_task: classification, endpoint_deployment_id: azureml:credit-default:main}
  monitoring_signals:
    drift:
      type: data_drift
      production_data: {input_data: {type: uri_file, path: azureml:delays@latest}, data_context: model_inputs}
      reference_data: {input_data: {type: uri_file, path: azureml:delays:1}, data_context: training, data_column_names: {target_column: late}}
      features: {top_n_feature_importance: 10}
      alert_enabled: true
      metric_thresholds:
        numerical: {jensen_shannon_distance: 0.2}
        categorical: {pearsons_chi_squared_test: 0.02}
    only_one:
      type: data_drift
      production_data: {input_data: {type: uri_file, path: azureml:delays@latest}}
      reference_data: {input_data: {type: uri_file, path: azureml:delays:1}}
      features: [carrier]
      metric_thresholds: {categorical: {pearsons_chi_squared_test: 0.02}}
    missing:
      type: data_quality
      production_data: {input_data: {type: uri_file, path: azureml:delays@latest}}
      features: [delay]
      metric_thresholds: {numerical: {null_value_rate: 0.05}}
  alert_notification: {emails: [abc@example.com]}
";

#[test]
fn a_monitor_compares_the_newest_data_with_its_reference_and_says_what_is_not_here() {
    let mill = Mill::start();
    let rows = |mean: i32, missing: usize| {
        let row = |n: i32| {
            let delay = if (n as usize) < missing {
                String::new()
            } else {
                (mean + n % 20).to_string()
            };
            format!(
                "{delay},{},{}",
                ["AA", "DL", "UA"][n as usize % 3],
                mean % 2 + n % 2
            )
        };
        format!(
            "delay,carrier,late\n{}\n",
            (0..600).map(row).collect::<Vec<_>>().join("\n")
        )
    };
    let version = |mean: i32, missing: usize| {
        mill.write("table.csv", rows(mean, missing));
        mill.ok(&[
            "data",
            "create",
            "--name",
            "delays",
            "--type",
            "uri_file",
            "--path",
            "./table.csv",
        ]);
    };
    version(10, 0);
    mill.write("monitor.yml", MONITOR);
    let made = mill.ok(&["schedule", "create", "-f", "monitor.yml"]);
    assert_eq!(made["next_runs"].as_array().map(Vec::len), Some(5), "{made}");
    let came = |status: &str| {
        let done = mill.ok(&["schedule", "trigger", "--name", "watch"]);
        let job = done["last_run"]["job"].as_str().expect("a job").to_owned();
        mill.wait(&job, &[status]);
        mill.steps(&job)
            .into_iter()
            .map(|(node, (status, _))| (node, status))
            .collect::<Vec<_>>()
    };
    let all = |drift: &str, missing: &str| -> Vec<(String, String)> {
        [("drift", drift), ("missing", missing), ("only_one", "Completed")]
            .map(|(node, status)| (node.to_owned(), status.to_owned()))
            .to_vec()
    };
    version(10, 0);
    assert_eq!(came("Completed"), all("Completed", "Completed"), "the same data");
    version(15, 0);
    assert_eq!(
        came("Failed"),
        all("Failed", "Completed"),
        "numbers have moved, carriers have not"
    );
    version(10, 60);
    assert_eq!(came("Failed"), all("Completed", "Failed"), "a tenth is missing");
    for (from, to, says) in [
        (
            "type: data_quality",
            "type: feature_attribution_drift",
            "`feature_attribution_drift` is not supported",
        ),
        (
            "null_value_rate: 0.05",
            "out_of_bounds_rate: 0.05",
            "`out_of_bounds_rate` is not supported",
        ),
        (
            "      production_data: {input_data: {type: uri_file, path: azureml:delays@latest}, data_context: model_inputs}\n",
            "",
            "requests and answers are not collected here",
        ),
        (
            "      reference_data: {input_data: {type: uri_file, path: azureml:delays:1}}\n",
            "",
            "reference_data.input_data",
        ),
        (
            "features: [delay]",
            "features: all_features",
            "it names no columns",
        ),
        (
            "features: [carrier]",
            "data_segment: {feature_name: carrier}",
            "data_segment",
        ),
    ] {
        mill.write("wrong.yml", MONITOR.replace(from, to));
        mill.run(&["schedule", "create", "-f", "wrong.yml"])
            .ends(2)
            .says(says);
    }
}
