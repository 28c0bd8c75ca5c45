//! Jobs that try to reach what is not theirs, under each level of isolation that this machine gives.

use crate::support::{ENVIRONMENT, Mill};

/// A server with this level, or nothing when the machine does not give it.
fn mill_with(level: &'static str) -> Option<Mill> {
    let wanted: tidemill_process::isolation::Isolation = level.parse().expect("a level");
    if let Some(why) = wanted.lacks() {
        eprintln!("{level} is not tested: {why}");
        return None;
    }
    let mut mill = Mill::start();
    mill.kill_server();
    mill.options = vec!["--isolation", level];
    mill.start_server();
    Some(mill)
}

fn refused(level: &'static str) {
    let Some(mill) = mill_with(level) else { return };
    let data = mill.data.display().to_string();
    mill.submit("other", &format!("command: sleep 600\n{ENVIRONMENT}\n"));
    mill.wait("other", &["Running"]);
    for (name, tried) in [
        ("key", format!("cat {data}/keys/owner.token")),
        ("master", format!("cat {data}/keys/master.key")),
        ("database", format!("head -c 16 {data}/tidemill.db")),
        ("work", format!("ls {data}/work/default/other/1/code")),
        ("memory", format!("cat /proc/{}/environ", mill.server_pid())),
        (
            "mount",
            "unshare --user --map-root-user --mount mount -t tmpfs none /mnt".to_owned(),
        ),
        (
            "prefix",
            "touch \"$(python -c 'import sys; print(sys.base_prefix)')/mine\"".to_owned(),
        ),
        ("input", "touch ${{inputs.table}}/mine".to_owned()),
    ] {
        mill.write("table/a.csv", "a\n1\n");
        let inputs = "inputs: {table: {type: uri_folder, path: table}}";
        let yaml =
            format!("command: >-\n  cat ${{{{inputs.table}}}}/a.csv && {tried}\n{inputs}\n{ENVIRONMENT}\n");
        let done = mill.stream(name, &yaml);
        assert_ne!(done.code, 0, "{level}: {tried}\n{}", done.text());
        assert!(
            mill.log(name).contains("a\n1\n"),
            "{level}: the input is there for {name}"
        );
        let job = mill.show(name);
        assert_eq!(job["status"], "Failed");
        let isolation = job["properties"]["isolation"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(isolation, format!("{level}, network open"));
    }
    mill.run(&["job", "cancel", "-n", "other"]).ends(0);
    mill.wait("other", &["Canceled"]);
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn under_bubblewrap_keys_database_other_jobs_and_what_is_read_only_are_refused() {
    refused("bubblewrap");
}

#[test]
fn under_landlock_keys_database_other_jobs_and_what_is_read_only_are_refused() {
    refused("landlock");
}

/// Asks the server for its own run, and a listener of this machine for anything; prints what came.
const ASKS: &str = r#"
import json, os, socket, sys, urllib.request
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "tide", "value": 1.5, "timestamp": 0, "step": 0}
head = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), head)).read()
print("logged")
socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
print("connected")
"#;

#[test]
fn with_network_none_a_job_logs_to_its_run_and_connects_to_nothing_else() {
    let Some(mill) = mill_with("bubblewrap") else {
        return;
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    mill.write("code/asks.py", ASKS);
    mill.write("closed.yml", "type: amlcompute\nname: closed\nnetwork: none\n");
    mill.run(&["compute", "create", "-f", "closed.yml"]).ends(0);
    let yaml = |compute: &str| {
        format!("command: python asks.py {port}\ncode: code\ncompute: azureml:{compute}\n{ENVIRONMENT}\n")
    };
    let open = mill.stream("open", &yaml("local"));
    assert_eq!(open.code, 0, "{}", open.text());
    assert!(mill.log("open").contains("logged\nconnected\n"));

    let closed = mill.stream("closed", &yaml("closed"));
    assert_eq!(closed.code, 1, "{}", closed.text());
    let log = mill.log("closed");
    assert!(
        log.contains("logged\n") && log.contains("Connection refused"),
        "{log}"
    );
    let job = mill.show("closed");
    assert_eq!(job["properties"]["isolation"], "bubblewrap, network none");
    let run = mill.run(&["run", "show", "-n", "closed"]).json();
    assert!(run.to_string().contains("1.5"), "the number came: {run}");

    // What a policy says holds on every compute.
    mill.write("policy.yml", "type: policy\nnetwork: packages\n");
    mill.run(&["policy", "create", "-f", "policy.yml"]).ends(0);
    let governed = mill.stream("governed", &yaml("local"));
    assert_eq!(governed.code, 1, "{}", governed.text());
    assert_eq!(
        mill.show("governed")["properties"]["isolation"],
        "bubblewrap, network packages"
    );

    // Its end comes through: a code, a signal, and a cancelled job's chance to tidy up.
    let command = |command: &str| format!("command: {command}\ncompute: azureml:closed\n{ENVIRONMENT}\n");
    assert_eq!(mill.stream("code", &command("exit 7")).code, 1);
    assert_eq!(mill.show("code")["exit_code"], 7);
    mill.submit(
        "tidies",
        &command("trap 'echo tidied; exit 0' TERM; echo up; while :; do sleep 0.1; done"),
    );
    mill.until("it runs", || mill.log("tidies").contains("up").then_some(()));
    mill.run(&["job", "cancel", "-n", "tidies"]).ends(0);
    mill.wait("tidies", &["Canceled"]);
    assert!(mill.log("tidies").contains("tidied"), "{}", mill.log("tidies"));

    let many = "distribution: {type: pytorch, process_count_per_instance: 2}";
    let done = mill.stream("many", &format!("{}{many}\n", command("echo hi")));
    assert_eq!(done.code, 1);
    assert!(
        done.text().contains("several processes with network none"),
        "{}",
        done.text()
    );
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn a_network_that_would_stay_open_is_refused_when_its_compute_is_made() {
    let Some(mill) = mill_with("landlock") else { return };
    mill.write("closed.yml", "type: amlcompute\nname: closed\nnetwork: none\n");
    let refused = mill.run(&["compute", "create", "-f", "closed.yml"]);
    assert_eq!(refused.code, 1, "{}", refused.text());
    assert!(
        refused.text().contains("install the package bubblewrap"),
        "{}",
        refused.text()
    );
    // One that the policy closes is refused when a job is submitted.
    mill.write("policy.yml", "type: policy\nnetwork: none\n");
    mill.run(&["policy", "create", "-f", "policy.yml"]).ends(0);
    mill.write("job.yml", format!("command: echo hi\n{ENVIRONMENT}\n"));
    let refused = mill.run(&["job", "create", "-f", "job.yml"]);
    assert!(
        refused.code != 0 && refused.text().contains("stays open"),
        "{}",
        refused.text()
    );
}

#[test]
fn a_compute_may_ask_for_a_level_of_its_own() {
    let Some(mill) = mill_with("bubblewrap") else {
        return;
    };
    for level in ["landlock", "none"] {
        mill.write(
            &format!("{level}.yml"),
            format!("type: amlcompute\nname: {level}\nisolation: {level}\n"),
        );
        mill.run(&["compute", "create", "-f", &format!("{level}.yml")])
            .ends(0);
        let yaml = format!("command: echo hi\ncompute: azureml:{level}\n{ENVIRONMENT}\n");
        assert_eq!(mill.stream(&format!("on-{level}"), &yaml).code, 0);
        let job = mill.show(&format!("on-{level}"));
        assert_eq!(job["properties"]["isolation"], format!("{level}, network open"));
    }
}

/// The runner publishes what a job wrote, and may more than the job: it must not be led to the keys.
fn not_led_astray(level: &'static str) {
    let Some(mill) = mill_with(level) else { return };
    let keys = mill.data.join("keys");
    let token = std::fs::read_to_string(keys.join("owner.token")).expect("there is an owner");
    let keys = keys.display();
    let o = |kind: &str, mode: &str| format!("outputs: {{o: {{type: {kind}, mode: {mode}}}}}\n");
    for (name, command, outputs) in [
        (
            "artifacts",
            format!("rm -rf outputs && ln -s {keys} outputs"),
            String::new(),
        ),
        (
            "within",
            format!("mkdir -p outputs && ln -s {keys}/owner.token outputs/x"),
            String::new(),
        ),
        (
            "folder",
            format!("rmdir ${{{{outputs.o}}}} && ln -s {keys} ${{{{outputs.o}}}}"),
            o("uri_folder", "upload"),
        ),
        (
            "file",
            format!("ln -s {keys}/owner.token ${{{{outputs.o}}}}"),
            o("uri_file", "upload"),
        ),
        (
            "mounted",
            format!("ln -s {keys} ${{{{outputs.o}}}}/k"),
            o("uri_folder", "rw_mount"),
        ),
    ] {
        let done = mill.stream(name, &format!("command: {command}\n{outputs}{ENVIRONMENT}\n"));
        assert_eq!(done.code, 1, "{level} {name}: {}", done.text());
        let reason = mill.show(name)["reason"].to_string();
        assert!(reason.contains("link that lea"), "{level} {name}: {reason}");
    }
    // The link that was left in a datastore leads no later job to the keys either.
    for (name, ports) in [
        (
            "through",
            "outputs: {p: {type: uri_folder, path: 'azureml://datastores/workspaceblobstore/paths/azureml/mounted/o/k'}}",
        ),
        (
            "below",
            "outputs: {p: {type: uri_folder, path: 'azureml://datastores/workspaceblobstore/paths/azureml/mounted/o/k/new'}}",
        ),
        (
            "input",
            "inputs: {p: {type: uri_folder, path: 'azureml://datastores/workspaceblobstore/paths/azureml/mounted/o/k'}}",
        ),
    ] {
        mill.write(
            &format!("{name}.yml"),
            format!("command: echo hi\n{ports}\n{ENVIRONMENT}\n"),
        );
        let done = mill.run(&[
            "job",
            "create",
            "-f",
            &format!("{name}.yml"),
            "--name",
            name,
            "--stream",
        ]);
        assert_ne!(done.code, 0, "{level} {name}: {}", done.text());
    }
    assert!(
        !mill.data.join("keys/new").exists(),
        "nothing was made through a link"
    );
    let objects = mill.data.join("objects");
    let real = |file: &std::path::PathBuf| file.canonicalize().is_ok_and(|file| file.starts_with(&objects));
    for file in crate::support::files(&objects).into_iter().filter(real) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let found = bytes
            .windows(token.trim().len())
            .any(|part| part == token.trim().as_bytes());
        assert!(!found, "{level}: the key is in {}", file.display());
    }
}

#[test]
fn under_bubblewrap_no_link_of_a_job_leads_its_runner_to_the_keys() {
    not_led_astray("bubblewrap");
}

#[test]
fn under_landlock_no_link_of_a_job_leads_its_runner_to_the_keys() {
    not_led_astray("landlock");
}

/// A package whose own build tries to read the keys, and says in the wheel that it makes how that went.
const BUILDS: &str = r#"
import os, zipfile
def tried(path):
    try: open(path).read(); return "read"
    except OSError as error: return type(error).__name__
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "curious-1.0-py3-none-any.whl"
    said = [tried(path) for path in PATHS]
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("curious.py", f"said = {said!r}\n")
        wheel.writestr("curious-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: curious\nVersion: 1.0\n")
        wheel.writestr("curious-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("curious-1.0.dist-info/RECORD", "")
    return name
def get_requires_for_build_wheel(config_settings=None): return []
"#;

#[test]
fn a_package_that_is_built_reads_no_key_either() {
    for level in ["bubblewrap", "landlock"] {
        let Some(mill) = mill_with(level) else { continue };
        if tidemill_process::isolation::Isolation::Landlock.lacks().is_some() {
            continue;
        }
        let key = mill.data.join("keys/master.key");
        let wheels = mill.path("wheels");
        mill.write(
            "source/curious-1.0/builds.py",
            format!(
                "PATHS = [{:?}, {:?}]\n{BUILDS}",
                key.display().to_string(),
                "/etc/hostname"
            ),
        );
        mill.write(
            "source/curious-1.0/pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'builds'\nbackend-path = ['.']\n\
             [project]\nname = 'curious'\nversion = '1.0'\n",
        );
        mill.write(
            "source/curious-1.0/PKG-INFO",
            "Metadata-Version: 2.1\nName: curious\nVersion: 1.0\n",
        );
        std::fs::create_dir_all(&wheels).expect("a folder");
        let packed = std::process::Command::new("tar")
            .args([
                "-czf",
                &wheels.join("curious-1.0.tar.gz").display().to_string(),
                "-C",
            ])
            .arg(mill.path("source"))
            .arg("curious-1.0")
            .status();
        assert!(packed.expect("tar is on the machine").success());
        let links = wheels.display();
        let environment = format!(
            "environment:\n  image: python:3\n  conda_file:\n    dependencies:\n    - python\n    - pip\n    - pip:\n      \
             - --no-index\n      - --find-links {links}\n      - curious\n"
        );
        let command = "command: python -c 'import curious; print(*curious.said)'\n";
        let done = mill.stream("curious", &format!("{command}{environment}"));
        assert_eq!(done.code, 0, "{level}: {}", done.text());
        let log = mill.log("curious");
        assert!(log.contains("PermissionError read"), "{level}: {log}");
    }
}
