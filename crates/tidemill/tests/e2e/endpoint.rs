//! Online endpoints through the real binary: a script and its model behind an endpoint, from YAML to an answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Mill, runners};

/// Scripts are served by Python 3.7 or later.
const ENVIRONMENT: &str = "environment: {image: \"python:3.11\"}";

/// A script whose answer says who answered; words in a request make it misbehave.
const SCORE: &str = r#"
import json, os, time

def init():
    global model
    folder = os.path.join(os.environ["AZUREML_MODEL_DIR"], "model")
    # MLflow loads neither a folder nor files that are links to elsewhere.
    above = os.path.realpath(os.environ["AZUREML_MODEL_DIR"])
    assert os.path.realpath(os.path.join(folder, "weights.txt")) == os.path.join(above, "model", "weights.txt"), folder
    with open(os.path.join(folder, "weights.txt")) as file:
        model = file.read().strip()
    print("Init complete", flush=True)

def run(data):
    asked = json.loads(data) if data else {}
    if asked.get("sleep"):
        time.sleep(asked["sleep"])
    if asked.get("die"):
        os._exit(7)
    if asked.get("raise"):
        raise ValueError("as it was told")
    return {"model": model, "name": os.environ.get("NAME", "")}
"#;

const ENDPOINT: &str = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: flights\nauth_mode: key\n";

/// A deployment of the script, with quick probes.
fn deployment(name: &str, more: &str) -> String {
    format!(
        "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: {name}\n\
         endpoint_name: flights\nmodel: {{path: ./{name}/model/}}\ncode_configuration: {{code: ./src, scoring_script: score.py}}\n\
         {ENVIRONMENT}\nenvironment_variables: {{NAME: {name}}}\nreadiness_probe: {{initial_delay: 20, period: 1, failure_threshold: 5}}\n\
         liveness_probe: {{period: 1, failure_threshold: 2, timeout: 1}}\n{more}"
    )
}

fn written(mill: &Mill) {
    mill.write("endpoint.yml", ENDPOINT);
    mill.write("src/score.py", SCORE);
    for name in ["blue", "green"] {
        mill.write(&format!("{name}/model/weights.txt"), format!("of {name}"));
        mill.write(&format!("{name}.yml"), deployment(name, "instance_count: 1\n"));
    }
    mill.write("request.json", "{}");
}

/// A server with an endpoint and a deployment `blue` that gets all the traffic.
fn with_blue(more: &str) -> Mill {
    let mill = Mill::start();
    written(&mill);
    mill.write("blue.yml", deployment("blue", more));
    mill.ok(&["online-endpoint", "create", "-f", "endpoint.yml"]);
    mill.ok(&["online-deployment", "create", "-f", "blue.yml", "--all-traffic"]);
    mill
}

fn key(mill: &Mill) -> String {
    let shown = mill.ok(&["online-endpoint", "get-credentials", "-n", "flights"]);
    shown["primaryKey"].as_str().expect("a key").to_owned()
}

const PATH: &str = "/endpoints/default/flights/score";

/// The status and the body of a request with a key.
fn score(mill: &Mill, key: &str, body: &str) -> (u16, String) {
    mill.http("POST", PATH, Some(key), body)
}

fn show(mill: &Mill, name: &str) -> Value {
    mill.ok(&["online-deployment", "show", "-n", name, "-e", "flights"])
}

#[test]
fn a_script_and_its_model_answer_behind_an_endpoint() {
    let mill = with_blue("instance_count: 1\n");
    let answer = mill.run(&["online-endpoint", "invoke", "-n", "flights", "-r", "request.json"]);
    assert_eq!(
        answer.ends(0).json(),
        serde_json::json!({"model": "of blue", "name": "blue"})
    );
    let shown = mill.ok(&["online-endpoint", "show", "-n", "flights"]);
    assert_eq!(
        (&shown["traffic"]["blue"], shown["provisioning_state"].as_str()),
        (&100.into(), Some("Succeeded"))
    );
    assert_eq!(shown["scoring_uri"], format!("{}{PATH}", mill.url()));
    let blue = show(&mill, "blue");
    assert_eq!(
        (
            blue["provisioning_state"].as_str(),
            blue["ready_instances"].as_i64()
        ),
        (Some("Succeeded"), Some(1))
    );
    mill.run(&["online-deployment", "get-logs", "-n", "blue", "-e", "flights"])
        .ends(0)
        .says("Init complete");
    // A second one, by its name, by its share, and as the one that only watches.
    mill.ok(&["online-deployment", "create", "-f", "green.yml"]);
    let green = [
        "online-endpoint",
        "invoke",
        "-n",
        "flights",
        "-r",
        "request.json",
        "-d",
        "green",
    ];
    mill.run(&green).ends(0).says("of green");
    mill.ok(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--mirror-traffic",
        "green=50",
    ]);
    let key = key(&mill);
    for _ in 0..40 {
        assert!(score(&mill, &key, "{}").1.contains("of blue"));
    }
    mill.until("copies were counted", || {
        let (_, figures) = mill.http("GET", "/metrics", None, "");
        let copies = figures
            .lines()
            .find(|line| line.contains("deployment=\"green\"") && line.contains("mirrored"))?;
        (!copies.ends_with(" 0")).then_some(())
    });
    mill.ok(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--mirror-traffic",
        "green=0",
    ]);
    mill.ok(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--traffic",
        "blue=50 green=50",
    ]);
    let answers: Vec<String> = (0..40).map(|_| score(&mill, &key, "{}").1).collect();
    for name in ["of blue", "of green"] {
        assert!(
            answers.iter().any(|answer| answer.contains(name)),
            "{name} never answered"
        );
    }
    mill.run(&[
        "online-deployment",
        "delete",
        "-n",
        "blue",
        "-e",
        "flights",
        "--yes",
    ])
    .ends(1)
    .says("50% of the traffic");
    mill.ok(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--traffic",
        "blue=0 green=100",
    ]);
    mill.run(&[
        "online-deployment",
        "delete",
        "-n",
        "blue",
        "-e",
        "flights",
        "--yes",
    ])
    .ends(0);
    assert!(score(&mill, &key, "{}").1.contains("of green"));
    mill.run(&["online-endpoint", "delete", "-n", "flights", "--yes"])
        .ends(0);
    assert_eq!(score(&mill, &key, "{}").0, 404);
    assert_eq!(mill.processes(), Vec::<u32>::new(), "nothing is left");
}

#[test]
fn only_who_shows_a_key_a_token_or_a_role_is_let_in() {
    let mill = with_blue("instance_count: 1\n");
    let shown = mill.ok(&["online-endpoint", "get-credentials", "-n", "flights"]);
    let (first, second) = (
        shown["primaryKey"].as_str().expect("one"),
        shown["secondaryKey"].as_str().expect("two"),
    );
    assert_ne!(first, second);
    assert_eq!(
        (score(&mill, first, "{}").0, score(&mill, second, "{}").0),
        (200, 200)
    );
    assert_eq!(mill.http("POST", PATH, None, "{}").0, 401);
    assert_eq!(score(&mill, "wrong", "{}").0, 401);
    let anew = mill.ok(&[
        "online-endpoint",
        "regenerate-keys",
        "-n",
        "flights",
        "--key-type",
        "primary",
    ]);
    assert_eq!(
        (score(&mill, first, "{}").0, score(&mill, second, "{}").0),
        (401, 200)
    );
    assert_eq!(
        score(&mill, anew["primaryKey"].as_str().expect("one"), "{}").0,
        200
    );
    // A principal whose role lets them score, and one whose does not.
    for (user, role) in [("ada", "Scoring Only"), ("bob", "Datastore Reader")] {
        mill.ok(&["user", "create", "--name", user]);
        let principal = format!("user:{user}");
        mill.ok(&[
            "role",
            "assign",
            role,
            &principal,
            "--scope",
            "/workspaces/default",
        ]);
    }
    let token = |user: &str| {
        let (status, body) = mill.http(
            "POST",
            &format!("/api/v1/tokens?principal=user:{user}"),
            Some(&owner(&mill)),
            "{}",
        );
        assert_eq!(status, 200, "{body}");
        let made: Value = serde_json::from_str(&body).expect("JSON");
        made["token"].as_str().expect("a token").to_owned()
    };
    assert_eq!(score(&mill, &token("ada"), "{}").0, 200);
    assert_eq!(score(&mill, &token("bob"), "{}").0, 401);
    // Tokens of the endpoint, which expire.
    mill.ok(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--set",
        "auth_mode=aml_token",
    ]);
    let given = mill.ok(&["online-endpoint", "get-credentials", "-n", "flights"]);
    let token = given["accessToken"].as_str().expect("a token");
    assert_eq!(score(&mill, token, "{}").0, 200);
    assert_eq!(score(&mill, second, "{}").0, 401, "keys count no more");
    assert_eq!(score(&mill, &format!("{token}0"), "{}").0, 401);
    let late = token.replacen("tme_1", "tme_2", 1);
    assert_eq!(score(&mill, &late, "{}").0, 401, "its end cannot be moved");
}

fn owner(mill: &Mill) -> String {
    let text = std::fs::read_to_string(mill.data.join("keys/owner.token")).expect("the owner's token");
    text.trim().to_owned()
}

#[test]
fn what_goes_wrong_is_answered_as_azure_answers_it() {
    let mill = with_blue(
        "instance_count: 1\nrequest_settings: {request_timeout_ms: 1500, max_queue_wait_ms: 200, max_concurrent_requests_per_instance: 1}\n",
    );
    let key = key(&mill);
    let (status, head) = raw(&mill, &key, "{\"raise\": true}", "");
    assert_eq!(status, 424, "{head}");
    assert!(head.contains("ms-azureml-model-error-statuscode: 500"), "{head}");
    assert!(head.contains("azureml-model-deployment: blue"), "{head}");
    assert_eq!(raw(&mill, &key, "{}", "azureml-model-deployment: red\r\n").0, 404);
    assert_eq!(raw(&mill, &key, "{\"sleep\": 3}", "").0, 408);
    // One is with the instance: the next waits for its turn, and is refused when that does not come.
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| score(&mill, &key, "{\"sleep\": 1}").0);
        std::thread::sleep(Duration::from_millis(300));
        let (status, head) = raw(&mill, &key, "{}", "");
        assert_eq!((status, head.contains("retry-after: 1")), (429, true), "{head}");
        assert_eq!(slow.join().expect("ends"), 200);
    });
    mill.ok(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--traffic",
        "blue=0",
    ]);
    let (status, body) = score(&mill, &key, "{}");
    assert!(
        status == 404 && body.contains("gets any traffic"),
        "{status} {body}"
    );
    for traffic in ["blue=50", "blue=100 green=100"] {
        mill.run(&["online-endpoint", "update", "-n", "flights", "--traffic", traffic])
            .ends(2);
    }
    mill.run(&[
        "online-endpoint",
        "update",
        "-n",
        "flights",
        "--traffic",
        "red=100",
    ])
    .ends(1)
    .says("no such deployment");
    let requests = mill.ok(&[
        "online-deployment",
        "get-logs",
        "-n",
        "blue",
        "-e",
        "flights",
        "--requests",
    ]);
    let of = |status: i64| {
        let rows = requests.as_array().expect("rows").iter();
        rows.filter(|row| row["status"] == status).count()
    };
    assert_eq!((of(424), of(408), of(429)), (1, 1, 1), "{requests}");
    let id = requests[0]["request_id"].as_str().expect("an id");
    let found = mill.ok(&[
        "online-deployment",
        "get-logs",
        "-n",
        "blue",
        "-e",
        "flights",
        "--request-id",
        id,
    ]);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
}

/// A request with its answer's head: header lines of its own may be added.
fn raw(mill: &Mill, key: &str, body: &str, more: &str) -> (u16, String) {
    let url = mill.url();
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status");
    (
        status,
        text.split("\r\n\r\n").next().unwrap_or_default().to_lowercase(),
    )
}

#[test]
fn a_deployment_that_cannot_come_up_says_why() {
    let mill = Mill::start();
    written(&mill);
    mill.ok(&["online-endpoint", "create", "-f", "endpoint.yml"]);
    mill.write(
        "src/no_import.py",
        "import nothing_of_this_name\ndef init(): pass\ndef run(data): pass\n",
    );
    mill.write("src/hangs.py", "import time\ndef init():\n    print('it begins', flush=True)\n    time.sleep(600)\ndef run(data): pass\n");
    let cases = [
        ("noimport", "no_import.py", "nothing_of_this_name"),
        ("hangs", "hangs.py", "it begins"),
        ("nomodel", "score.py", "weights.txt"),
    ];
    for (name, script, says) in cases {
        mill.write(&format!("{name}/model/other.txt"), "");
        let yaml = deployment(name, "")
            .replace("score.py", script)
            .replace("initial_delay: 20", "initial_delay: 4")
            .replace("failure_threshold: 5", "failure_threshold: 1");
        mill.write(&format!("{name}.yml"), yaml);
        let started = Instant::now();
        mill.run(&[
            "online-deployment",
            "create",
            "-f",
            &format!("{name}.yml"),
            "--all-traffic",
        ])
        .ends(1)
        .says("failed")
        .says(says);
        assert!(started.elapsed() < Duration::from_secs(50), "{name}");
        let shown = show(&mill, name);
        assert_eq!(shown["provisioning_state"], "Failed", "{shown}");
    }
    let shown = mill.ok(&["online-endpoint", "show", "-n", "flights"]);
    assert!(
        shown["traffic"]
            .as_object()
            .is_none_or(|traffic| traffic.is_empty()),
        "{shown}"
    );
    // Corrected, it comes up; a change that does not come up leaves what answers as it is.
    mill.write("noimport/model/weights.txt", "of noimport");
    mill.write("noimport.yml", deployment("noimport", ""));
    mill.ok(&[
        "online-deployment",
        "create",
        "-f",
        "noimport.yml",
        "--all-traffic",
    ]);
    mill.write(
        "noimport.yml",
        deployment("noimport", "").replace("score.py", "no_import.py"),
    );
    mill.run(&[
        "online-deployment",
        "update",
        "-n",
        "noimport",
        "-e",
        "flights",
        "-f",
        "noimport.yml",
    ])
    .ends(1)
    .says("nothing_of_this_name");
    assert_eq!(score(&mill, &key(&mill), "{}").0, 200);
    mill.run(&["online-endpoint", "delete", "-n", "flights", "--yes"])
        .ends(0);
}

/// Sends requests over open connections until it is told to stop. Gives how many were answered with 200, and every other answer.
struct Load {
    stop: Arc<AtomicBool>,
    good: Arc<AtomicUsize>,
    threads: Vec<std::thread::JoinHandle<Vec<String>>>,
}

impl Load {
    fn start(mill: &Mill, key: &str, callers: usize) -> Self {
        let (stop, good) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let address = mill.url().trim_start_matches("http://").to_owned();
        let threads = (0..callers).map(|_| {
            let (stop, good, address, key) = (stop.clone(), good.clone(), address.clone(), key.to_owned());
            std::thread::spawn(move || call(&address, &key, &stop, &good))
        });
        Self {
            threads: threads.collect(),
            stop,
            good,
        }
    }

    fn end(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Release);
        let others = self
            .threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("ends"));
        let others = others.collect();
        (self.good.load(Ordering::Acquire), others)
    }
}

fn call(address: &str, key: &str, stop: &AtomicBool, good: &AtomicUsize) -> Vec<String> {
    let mut others = Vec::new();
    let connect = || {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("set");
        BufReader::new(stream)
    };
    let mut stream = connect();
    while !stop.load(Ordering::Acquire) {
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        stream.get_mut().write_all(request.as_bytes()).expect("sent");
        match answer(&mut stream) {
            Ok((200, _)) => drop(good.fetch_add(1, Ordering::AcqRel)),
            Ok((status, body)) => others.push(format!("{status} {body}")),
            Err(error) => {
                others.push(error.to_string());
                stream = connect();
            }
        }
    }
    others
}

fn answer(stream: &mut BufReader<TcpStream>) -> std::io::Result<(u16, String)> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

#[test]
fn an_update_a_restart_and_another_number_of_instances_lose_no_request() {
    let mill = with_blue(
        "instance_count: 2\nrequest_settings: {max_concurrent_requests_per_instance: 8, max_queue_wait_ms: 5000}\n",
    );
    let key = key(&mill);
    let load = Load::start(&mill, &key, 4);
    let update = |set: &str| {
        let args = [
            "online-deployment",
            "update",
            "-n",
            "blue",
            "-e",
            "flights",
            "--set",
            set,
        ];
        assert_eq!(mill.ok(&args)["provisioning_state"], "Succeeded");
    };
    update("environment_variables.NAME=new");
    assert!(score(&mill, &key, "{}").1.contains("\"new\""));
    mill.ok(&["online-deployment", "restart", "-n", "blue", "-e", "flights"]);
    update("instance_count=3");
    update("instance_count=1");
    let (good, others) = load.end();
    assert_eq!(others, Vec::<String>::new());
    assert!(good > 20, "{good}");
    let shown = show(&mill, "blue");
    let ready = |shown: &Value| shown["ready_instances"].as_i64();
    assert_eq!(
        (ready(&shown), shown["generation"].as_i64()),
        (Some(1), Some(3)),
        "{shown}"
    );
}

/// The process that listens for the youngest instance that is ready.
fn serving(mill: &Mill) -> Vec<u32> {
    let of = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word == b"--request-timeout-ms")
            && !line.windows(5).any(|window| window == b"bwrap")
            && !line.starts_with(b"/bin/bash")
    };
    mill.processes().into_iter().filter(of).collect()
}

fn kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
}

#[test]
fn an_instance_that_is_killed_under_load_is_started_again_while_others_answer() {
    let mill = with_blue(
        "instance_count: 2\nrequest_settings: {max_concurrent_requests_per_instance: 8, max_queue_wait_ms: 5000}\n",
    );
    let key = key(&mill);
    let load = Load::start(&mill, &key, 4);
    let there = serving(&mill);
    assert!(!there.is_empty(), "it serves");
    kill(there[0]);
    mill.until("it is noticed and another one is up", || {
        let shown = show(&mill, "blue");
        let failed = shown["instances"]
            .as_array()?
            .iter()
            .any(|one| one["state"] == "Failed");
        (failed && shown["ready_instances"] == 2).then_some(())
    });
    let (good, others) = load.end();
    // What was with the killed one is lost, and told; nothing else is.
    assert!(others.len() <= 8, "{others:?}");
    assert!(
        others
            .iter()
            .all(|answer| answer.starts_with("503") || answer.starts_with("424")),
        "{others:?}"
    );
    assert!(good > 20, "{good}");
}

#[test]
fn a_deployment_survives_the_server() {
    let mut mill = with_blue("instance_count: 1\n");
    let key = key(&mill);
    let before = serving(&mill);
    mill.kill_server();
    assert_eq!(serving(&mill), before, "it goes on");
    mill.start_server();
    mill.until("it answers again", || {
        (score(&mill, &key, "{}").0 == 200).then_some(())
    });
    assert_eq!(serving(&mill), before, "by the same process");
    // Away together with its instance: another one is started.
    mill.kill_server();
    for pid in mill.processes() {
        kill(pid);
    }
    mill.start_server();
    mill.until("it answers again", || {
        (score(&mill, &key, "{}").0 == 200).then_some(())
    });
    // Killed while a deployment comes up.
    let create = ["online-deployment", "create", "-f", "green.yml", "--no-wait"];
    for pause in [0, 50, 200, 800] {
        mill.ok(&create);
        std::thread::sleep(Duration::from_millis(pause));
        mill.kill_server();
        mill.start_server();
    }
    mill.until("it comes up", || {
        (show(&mill, "green")["provisioning_state"] == "Succeeded").then_some(())
    });
    let answer = mill.run(&[
        "online-endpoint",
        "invoke",
        "-n",
        "flights",
        "-r",
        "request.json",
        "-d",
        "green",
    ]);
    answer.ends(0).says("of green");
    mill.until("nothing more than these runs", || {
        (runners(&mill.processes()).len() == 2).then_some(())
    });
}

#[test]
fn the_number_of_instances_follows_the_load() {
    let mill = with_blue(
        "scale_settings: {type: target_utilization, min_instances: 1, max_instances: 2, polling_interval: 1, target_utilization_percentage: 50}\n\
         request_settings: {max_queue_wait_ms: 20000, request_timeout_ms: 20000}\n",
    );
    let key = key(&mill);
    let busy = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..6)
                        .map(|_| score(&mill, &key, "{\"sleep\": 1}").0)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        mill.until("there are two", || {
            (show(&mill, "blue")["ready_instances"] == 2).then_some(())
        });
        callers
            .into_iter()
            .flat_map(|caller| caller.join().expect("ends"))
            .collect::<Vec<_>>()
    });
    assert!(busy.iter().all(|status| *status == 200), "{busy:?}");
    mill.until("there is one again", || {
        (show(&mill, "blue")["ready_instances"] == 1).then_some(())
    });
}

#[test]
fn bodies_of_every_kind_reach_the_script() {
    let mill = with_blue("instance_count: 1\n");
    let key = key(&mill);
    let large = format!("{{\"x\": \"{}\"}}", "y".repeat(3 << 20));
    assert_eq!(score(&mill, &key, &large).0, 200);
    assert_eq!(score(&mill, &key, "").0, 200);
    assert_eq!(
        score(&mill, &key, "{").0,
        424,
        "what is no JSON is the script's affair"
    );
    // Chunked.
    let url = mill.url();
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    for piece in ["2\r\n{}\r\n", "0\r\n\r\n"] {
        std::thread::sleep(Duration::from_millis(20));
        stream.write_all(piece.as_bytes()).expect("sent");
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    assert!(
        text.starts_with("HTTP/1.1 200") && text.contains("of blue"),
        "{text}"
    );
    // Larger than may be, and cut off.
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Length: 999999999999\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Length: 100\r\n\r\n{{"
    );
    drop(
        TcpStream::connect(address)
            .expect("it listens")
            .write_all(head.as_bytes()),
    );
    assert_eq!(score(&mill, &key, "{}").0, 200, "and it goes on");
}
