//! Command jobs: logs, outputs, exit codes, facts of git, and what the token of a job may do.

use std::fs;
use std::process::Command;

use crate::support::{ENVIRONMENT, Mill, files};

#[test]
fn hello_world_streams_its_log_and_is_completed() {
    let mill = Mill::start();
    let done = mill
        .stream(
            "hello",
            &format!("command: echo \"hello from the mill\"\n{ENVIRONMENT}\n"),
        )
        .ends(0);
    assert!(
        done.text().lines().any(|line| line == "hello from the mill"),
        "{}",
        done.text()
    );
    let job = mill.show("hello");
    assert_eq!(
        (&job["status"], &job["exit_code"]),
        (&"Completed".into(), &0.into())
    );
    assert_eq!(job["compute"], "local");
    // The runner leaves nothing behind.
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn code_is_there_and_outputs_download_by_name() {
    let mill = Mill::start();
    mill.write(
        "code/make.py",
        "import sys\nopen(sys.argv[1] + '/answer.txt', 'w').write('42')\n",
    );
    mill.write("code/.amlignore", "*.secret\n");
    mill.write("code/key.secret", "x");
    mill.stream(
        "outputs",
        &format!(
            "command: ls -A && python make.py ${{{{outputs.one}}}} && echo seven > ${{{{outputs.two}}}} && echo kept > outputs/note.txt\n\
             code: code\n{ENVIRONMENT}\noutputs:\n  one: {{type: uri_folder}}\n  two: {{type: uri_file, mode: upload}}\n"
        ),
    )
    .ends(0);
    assert!(
        !mill.log("outputs").contains("key.secret"),
        "what .amlignore names stays at home"
    );
    mill.run(&[
        "job",
        "download",
        "-n",
        "outputs",
        "--output-name",
        "one",
        "-p",
        "got",
    ])
    .ends(0);
    let got: Vec<_> = files(&mill.path("got"));
    assert_eq!(got.len(), 1, "only that output comes: {got:?}");
    assert_eq!(fs::read_to_string(&got[0]).expect("a file"), "42");
    mill.run(&["job", "download", "-n", "outputs", "--all", "-p", "all"])
        .ends(0);
    let all = files(&mill.path("all"));
    for (name, text) in [("answer.txt", "42"), ("note.txt", "kept\n")] {
        let file = all
            .iter()
            .find(|file| file.ends_with(name))
            .unwrap_or_else(|| panic!("{name} in {all:?}"));
        assert_eq!(fs::read_to_string(file).expect("a file"), text);
    }
    let two = all
        .iter()
        .filter(|file| file.to_string_lossy().contains("named-outputs/two"));
    assert_eq!(
        two.map(|file| fs::read_to_string(file).expect("a file"))
            .collect::<Vec<_>>(),
        ["seven\n"]
    );
    mill.run(&["job", "download", "-n", "outputs", "--output-name", "three"])
        .ends(1)
        .says("one, two");
}

#[test]
fn the_exit_code_of_a_command_is_kept() {
    let mill = Mill::start();
    let done = mill
        .stream(
            "seven",
            &format!("command: echo last words >&2; exit 7\n{ENVIRONMENT}\n"),
        )
        .ends(1);
    let done = done.says("exit code 7");
    assert!(done.text().contains("last words"));
    let job = mill.show("seven");
    assert_eq!((&job["status"], &job["exit_code"]), (&"Failed".into(), &7.into()));
}

#[test]
fn the_commit_of_the_code_is_noted_on_the_job() {
    let mill = Mill::start();
    mill.write("code/run.sh", "echo from git\n");
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .current_dir(mill.path(""))
            .args(args)
            .output()
            .expect("git is there");
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).expect("text").trim().to_owned()
    };
    git(&["init", "-q", "-b", "trunk"]);
    git(&[
        "remote",
        "add",
        "origin",
        "https://someone:secret@example.org/mill.git",
    ]);
    git(&["add", "."]);
    git(&[
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "commit",
        "-q",
        "-m",
        "one",
    ]);
    let commit = git(&["rev-parse", "HEAD"]);
    mill.stream(
        "git",
        &format!("command: bash run.sh\ncode: code\n{ENVIRONMENT}\n"),
    )
    .ends(0);
    let job = mill.show("git");
    assert_eq!(job["properties"]["azureml.git.commit"], commit.as_str(), "{job}");
    assert_eq!(job["properties"]["azureml.git.branch"], "trunk");
    assert!(
        !job.to_string().contains("secret"),
        "a password of the remote is not kept"
    );
    let (status, run) = mill.http("GET", "/api/2.0/mlflow/runs/get?run_id=git", None, "");
    assert!(
        status == 200 && run.contains("mlflow.source.git.commit") && run.contains(&commit),
        "{run}"
    );
}

#[test]
fn output_that_is_no_text_does_not_break_the_log() {
    let mill = Mill::start();
    mill.stream(
        "bytes",
        &format!("command: printf 'before\\n\\377\\376\\000\\301\\nafter\\n'\n{ENVIRONMENT}\n"),
    )
    .ends(0)
    .says("before")
    .says("after")
    .says("\u{fffd}");
}

/// A script that sends one request and prints the status.
const ASK: &str = r#"
import json, os, sys, urllib.error, urllib.request
def ask(method, path, token=None, body=None):
    request = urllib.request.Request(os.environ["TIDEMILL_URL"] + path, method=method)
    if token: request.add_header("Authorization", "Bearer " + token)
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, data, timeout=20) as answer: return answer.status
    except urllib.error.HTTPError as error: return error.code
"#;

#[test]
fn a_job_is_known_by_its_token_and_may_do_only_what_is_its_own() {
    let mill = Mill::start();
    mill.stream("other", &format!("command: echo other\n{ENVIRONMENT}\n"))
        .ends(0);
    let script = format!(
        r#"{ASK}
own, token = os.environ["MLFLOW_RUN_ID"], os.environ["TIDEMILL_TOKEN"]
point = lambda run: {{"run_id": run, "key": "m", "value": 1.0, "timestamp": 1, "step": 0}}
log = "/api/2.0/mlflow/runs/log-metric"
print("own run:", ask("POST", log, token, point(own)))
print("other run:", ask("POST", log, token, point("other")))
print("no token:", ask("POST", log, None, point(own)))
print("wrong token:", ask("POST", log, "nonsense", point(own)))
print("cancel other:", ask("POST", "/api/v1/workspaces/default/jobs/other:cancel", token, {{}}))
print("new compute:", ask("PUT", "/api/v1/workspaces/default/computes/mine", token, {{"name": "mine", "type": "local"}}))
print("delete workspace:", ask("DELETE", "/api/v1/workspaces/default", token))
print("own assignment:", ask("GET", "/api/v1/runner/assignment", token))
print("own end:", ask("POST", "/api/v1/runner/finish", token, {{"outcome": "completed", "exit_code": 0, "reason": None, "outputs": {{}}, "warnings": []}}))
print("own beat:", ask("POST", "/api/v1/runner/heartbeat", token, {{}}))
models = "/api/v1/workspaces/default/models/stolen/versions/1"
print("model of a datastore:", ask("PUT", models, token, {{"type": "custom_model", "path": "azureml://datastores/workspaceblobstore/paths/x"}}))
registry = "/api/2.0/mlflow"
print("new model:", ask("POST", registry + "/registered-models/create", token, {{"name": "m"}}))
version = lambda source, run: ask("POST", registry + "/model-versions/create", token, {{"name": "m", "source": source, "run_id": run}})
print("version of a run:", version("runs:/" + own + "/model", own))
print("version of a datastore:", version("azureml://datastores/workspaceblobstore/paths/x", own))
print("version of a bucket:", version("s3://bucket/x", own))
"#
    );
    mill.write("code/ask.py", script);
    mill.stream(
        "asks",
        &format!("command: python ask.py\ncode: code\n{ENVIRONMENT}\n"),
    )
    .ends(0);
    let log = mill.log("asks");
    for line in [
        "own run: 200",
        "other run: 403",
        "no token: 401",
        "wrong token: 401",
        "cancel other: 403",
        "new compute: 403",
        "delete workspace: 403",
        "own assignment: 403",
        "own end: 403",
        "own beat: 403",
        "model of a datastore: 403",
        "new model: 200",
        "version of a run: 200",
        "version of a datastore: 403",
        "version of a bucket: 403",
    ] {
        assert!(log.contains(line), "`{line}` is not in:\n{log}");
    }
}

#[test]
fn the_token_of_a_job_is_worth_nothing_once_the_job_has_ended() {
    let mill = Mill::start();
    mill.stream(
        "leaks",
        &format!("command: echo token=$TIDEMILL_TOKEN\n{ENVIRONMENT}\n"),
    )
    .ends(0);
    let log = mill.log("leaks");
    let Some(token) = log.lines().find_map(|line| line.strip_prefix("token=")) else {
        panic!("no token in:\n{log}");
    };
    if token.chars().all(|letter| letter == '*') {
        return; // The runner hides it in logs: better still.
    }
    let body = r#"{"run_id":"leaks","key":"m","value":1,"timestamp":1,"step":0}"#;
    let (status, answer) = mill.http("POST", "/api/2.0/mlflow/runs/log-metric", Some(token), body);
    assert_eq!(status, 401, "{answer}");
}
