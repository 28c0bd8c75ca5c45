//! Policies: what may run in a workspace, on what, and for how much.

use crate::support::{ENVIRONMENT, Mill};

fn policy(mill: &Mill, yaml: &str) {
    mill.write("policy.yml", yaml);
    mill.ok(&["policy", "create", "-f", "policy.yml"]);
}

fn sleeper() -> String {
    format!("command: sleep 60\n{ENVIRONMENT}\n")
}

#[test]
fn a_quota_says_how_much_there_is_of_how_much() {
    let mill = Mill::start();
    policy(&mill, "type: policy\nquota: {jobs: 2, user_jobs: 1}\n");
    mill.submit("one", &sleeper());
    let refused = mill.stream("two", &sleeper()).ends(1);
    refused.says("you have 1 of 1 active jobs that a user may have, and ask for 1 more");
    assert!(
        mill.run(&["job", "show", "-n", "two"])
            .text()
            .contains("failed to find")
    );
    let usage = mill.ok(&["policy", "usage"]);
    assert_eq!(
        (&usage[0]["jobs"], &usage[0]["most_jobs"]),
        (&1.into(), &2.into())
    );
    assert_eq!(
        (&usage[1]["user"], &usage[1]["most_jobs"]),
        (&"owner".into(), &1.into())
    );
    mill.run(&["job", "cancel", "-n", "one"]).ends(0);
    mill.wait("one", &["Canceled"]);
    mill.stream("two", &format!("command: echo room again\n{ENVIRONMENT}\n"))
        .ends(0)
        .says("room again");
    // Nodes are counted too, and one job may not ask for more than the policy allows.
    policy(&mill, "compute: {max_nodes: 2}\nquota: {nodes: 3}\n");
    mill.ok(&[
        "compute",
        "create",
        "-n",
        "pair",
        "--type",
        "amlcompute",
        "--max-instances",
        "2",
    ]);
    let nodes = |count: u32| {
        format!(
            "command: echo $RANK\ncompute: azureml:pair\nresources: {{instance_count: {count}}}\n\
             distribution: {{type: pytorch}}\n{ENVIRONMENT}\n"
        )
    };
    mill.stream("pair", &nodes(2)).ends(0);
    mill.submit("three", &sleeper());
    mill.submit("four", &sleeper());
    mill.stream("five", &nodes(2))
        .ends(1)
        .says("you have 2 of 3 active nodes that the workspace may have, and ask for 2 more");
    for name in ["three", "four"] {
        mill.run(&["job", "cancel", "-n", name]).ends(0);
    }
}

#[test]
fn a_budget_that_is_spent_stops_what_costs_something() {
    let mill = Mill::start();
    policy(&mill, "prices: {local: 3600}\nbudget: {month: 1.5}\n");
    mill.stream("first", &format!("command: sleep 2\n{ENVIRONMENT}\n"))
        .ends(0);
    mill.stream("second", &format!("command: echo no\n{ENVIRONMENT}\n"))
        .ends(1)
        .says("of 1.50 that the workspace may spend this month");
    let spent = mill.ok(&["policy", "usage"])[0]["spent"]
        .as_f64()
        .expect("a number");
    assert!((1.5..30.0).contains(&spent), "{spent}");
    policy(&mill, "prices: {gpu: 3600}\nbudget: {month: 1.5}\n");
    mill.stream("third", &format!("command: echo free\n{ENVIRONMENT}\n"))
        .ends(0)
        .says("free");
    mill.run(&["policy", "delete", "--yes"]).ends(0);
    mill.run(&["policy", "show"])
        .ends(1)
        .says("everything is allowed there");
    let changes = mill.ok(&["audit", "list", "--action", "policies/write"]);
    assert_eq!(changes.as_array().map(Vec::len), Some(3));
}

#[test]
fn environments_sources_and_computes_are_those_that_are_allowed() {
    let mill = Mill::start();
    policy(
        &mill,
        "environments: ['sklearn-*', inline]\npackage_sources: ['https://pypi.example/*', conda-forge]\n\
         compute: {sizes: ['Standard_DS*'], max_nodes: 2, max_idle_time: 600}\n",
    );
    mill.write("env.yml", "name: torch\nimage: python:3\n");
    mill.ok(&["environment", "create", "-f", "env.yml"]);
    mill.stream("torch", "command: echo x\nenvironment: azureml:torch@latest\n")
        .ends(1)
        .says("failed to use environment `torch:1`")
        .says("it allows: sklearn-*, inline");
    mill.write(
        "requirements.txt",
        "--extra-index-url https://me:pw@evil.example/simple\nnumpy\n",
    );
    let inline = "command: echo x\nenvironment: {image: 'python:3', conda_file: {channels: [conda-forge], dependencies: [python, pip: ['-i https://me:pw@evil.example/simple', numpy]]}}\n";
    let refused = mill
        .stream("evil", inline)
        .ends(1)
        .says("it takes packages from https://evil.example/simple");
    assert!(!refused.text().contains("me:pw"), "{}", refused.text());
    let compute =
        |more: &[&str]| mill.run(&[&["compute", "create", "-n", "c", "--type", "amlcompute"], more].concat());
    compute(&["--size", "Standard_NC6", "--max-instances", "1"])
        .ends(1)
        .says("its size is Standard_NC6");
    compute(&["--size", "Standard_DS3_v2", "--max-instances", "9"])
        .ends(1)
        .says("it has 9 nodes");
    compute(&[
        "--max-instances",
        "2",
        "--set",
        "idle_time_before_scale_down=7200",
    ])
    .ends(1)
    .says("its nodes may be idle for 7200 s");
    compute(&["--size", "Standard_DS3_v2", "--max-instances", "2"]).ends(0);
    for (yaml, word) in [
        ("quota: {jbos: 2}\n", "jbos"),
        ("budget: {month: -1}\n", "0 or more"),
        ("prices: {local: cheap}\n", "local"),
        ("quota: {jobs: -2}\n", "jobs"),
    ] {
        mill.write("wrong.yml", yaml);
        mill.run(&["policy", "create", "-f", "wrong.yml"])
            .ends(2)
            .says(word)
            .says("wrong.yml:1");
    }
}

#[test]
fn a_job_without_its_tag_is_refused_or_warned_of() {
    let mill = Mill::start();
    policy(
        &mill,
        "type: policy\ntag_policy:\n  work-item: {tag: work_item, pattern: 'AB#[0-9]+', effect: refuse}\n  \
         names: {name: '[a-z ]+', effect: warn, on: [job]}\n",
    );
    let job =
        |tags: &str| format!("command: echo done\ndisplay_name: nightly 1\ntags: {tags}\n{ENVIRONMENT}\n");
    mill.stream("bare", &job("{}"))
        .ends(1)
        .says("failed to submit job `bare`: rule `work-item` of workspace `default`: the tag `work_item` is missing");
    mill.stream("odd", &job("{work_item: '17'}"))
        .ends(1)
        .says("does not fit `AB#[0-9]+`");
    mill.stream("good", &job("{work_item: 'AB#17'}"))
        .ends(0)
        .says("done");
    let shown = mill.ok(&["job", "show", "-n", "good"]);
    let warning = "rule `names` of workspace `default`: the name \"nightly 1\" does not fit `[a-z ]+`";
    assert_eq!(shown["warnings"], serde_json::json!([warning]));
    let run = mill.ok(&["run", "show", "-n", "good"]);
    assert_eq!(run["tags"]["tidemill.policy.warning"], warning);
    let refused = mill.ok(&["audit", "list", "--outcome", "refused"]);
    assert_eq!(refused.as_array().map(Vec::len), Some(2), "{refused}");
    // A better name takes the warning away, and a tag that does not fit is refused; other tags stay.
    mill.ok(&["job", "update", "-n", "good", "--set", "display_name=nightly"]);
    mill.run(&["job", "update", "-n", "good", "--set", "tags.work_item=none"])
        .ends(1)
        .says("rule `work-item`");
    mill.ok(&["job", "update", "-n", "good", "--set", "tags.team=ops"]);
    let shown = mill.ok(&["job", "show", "-n", "good"]);
    assert_eq!(shown["warnings"], serde_json::json!([]));
    assert_eq!(
        (&shown["tags"]["work_item"], &shown["tags"]["team"]),
        (&"AB#17".into(), &"ops".into())
    );
    let rules = mill.ok(&["policy", "tags"]);
    assert_eq!(
        (&rules[0]["name"], &rules[0]["effect"]),
        (&"work-item".into(), &"refuse".into())
    );
}
