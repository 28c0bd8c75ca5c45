//! `tidemill serve`: its exit codes, what it says where, and how it stops.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::support::Home;

/// Starts it and waits until it listens; gives its address.
fn served(home: &Home, more: &[&str]) -> (Child, String, BufReader<std::process::ChildStdout>) {
    let mut command = home.command();
    command.args(["serve", "--entry-script", "score.py", "--listen", "127.0.0.1:0"]);
    command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut address = String::new();
    for line in out.by_ref().lines() {
        let line = line.expect("text");
        if let Some(at) = line.strip_prefix("Listening at http://") {
            address = at.to_owned();
        }
        if line.starts_with("Serving ") {
            break;
        }
    }
    (child, address, out)
}

fn asked(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("bytes can be sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_script_is_served_until_sigterm() {
    let home = Home::new();
    home.write(
        "src/score.py",
        "import helper\ndef init(): pass\ndef run(data):\n    print('got', data)\n    return helper.ANSWER",
    );
    home.write("src/helper.py", "ANSWER = [1, 2]");
    home.write("model/weights", "");
    let (mut child, address, mut out) = served(
        &home,
        &[
            "--code-dir",
            "src",
            "--model-dir",
            "model",
            "--workers",
            "2",
            "--name",
            "blue",
        ],
    );
    let health = asked(&address, "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert!(
        health.starts_with("HTTP/1.1 200") && health.ends_with("Healthy"),
        "{health}"
    );
    let body = "POST /score HTTP/1.1\r\nHost: t\r\nx-request-id: r1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
    let answer = asked(&address, body);
    assert!(answer.ends_with("[1, 2]"), "{answer}");
    let told = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(told.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let mut log = String::new();
    out.read_to_string(&mut log).expect("text");
    for line in [
        "azmlinfsrv.print - [r1] got hi",
        "azmlinfsrv - [r1] POST /score 200",
        "azmlinfsrv - Stopped",
    ] {
        assert!(log.contains(line), "{line} is not in\n{log}");
    }
}

#[test]
fn a_model_that_does_not_become_ready_ends_it_with_code_3() {
    let home = Home::new();
    home.write(
        "score.py",
        "def init(): raise ValueError('no weights')\ndef run(data): pass",
    );
    let done = home.run(&["serve", "--entry-script", "score.py", "--listen", "127.0.0.1:0"]);
    let error = done.fails(3);
    assert!(
        error.contains("failed to make the model ready: init() failed: ValueError: no weights"),
        "{error}"
    );
}

#[test]
fn a_command_line_without_a_script_is_not_understood() {
    let home = Home::new();
    let error = home.run(&["serve"]).fails(2);
    assert!(error.contains("--entry-script is not given"), "{error}");
}

#[test]
fn what_azure_ends_with_3_ends_with_3() {
    let home = Home::new();
    home.write("score.py", "def init(): pass\ndef run(data): return data");
    let error = home.run(&["serve", "--entry-script", "nowhere.py"]).fails(3);
    assert!(
        error.contains("nowhere.py") && error.contains("No such file"),
        "{error}"
    );
    home.write("logging.json", "{nope");
    let error = home.run(&["serve", "--entry-script", "score.py"]).fails(3);
    assert!(
        error.contains("logging.json is no logging configuration"),
        "{error}"
    );
    home.write("logging.json", "");
    for (text, told) in [
        ("{nope", "failed to read"),
        (
            "{\"SCORING_TIMEOUT_MS\": \"abc\"}",
            "SCORING_TIMEOUT_MS: Input should be a valid integer",
        ),
    ] {
        home.write("config.json", text);
        let error = home.run(&["serve", "--entry-script", "score.py"]).fails(3);
        assert!(error.contains(told), "{error}");
    }
}

/// The program by the name of Azure's server.
fn azmlinfsrv(home: &Home) -> std::process::Command {
    let link = home.path().join("azmlinfsrv");
    if !link.exists() {
        std::os::unix::fs::symlink(crate::support::PROGRAM, &link).expect("a link can be made");
    }
    let mut command = std::process::Command::new(link);
    command.current_dir(home.path()).env("HOME", home.path());
    command
}

#[test]
fn it_answers_by_the_name_of_azures_server() {
    let home = Home::new();
    home.write(
        "app/score.py",
        "import os, helper\ndef init(): print('init ran')\ndef run(data):\n    print('got', data)\n    return [helper.WORD, os.environ['AZUREML_MODEL_DIR'], os.environ['WORKER_COUNT'], os.environ['SERVER_PORT'] != os.environ['HEALTH_PORT']]",
    );
    home.write("app/helper.py", "WORD = 'found'");
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port().to_string()
    };
    let (port, probes) = (free(), free());
    let mut child = azmlinfsrv(&home)
        .args([
            "--entry_script",
            "app/score.py",
            "--model_dir",
            "weights",
            "--worker",
            "2",
        ])
        .args([
            "--port",
            &port,
            "--health_port",
            &probes,
            "--access_control_allow_origins",
            "http://a.org",
        ])
        .env("SEPERATE_HEALTH_ENDPOINT", "true")
        .env("AML_APP_ROOT", home.path().join("app"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut said = String::new();
    for line in out.by_ref().lines() {
        let line = line.expect("text");
        said.push_str(&line);
        said.push('\n');
        if line.starts_with("Serving ") {
            break;
        }
    }
    let health = asked(
        &format!("127.0.0.1:{probes}"),
        "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
    );
    assert!(health.ends_with("Healthy"), "{health}");
    let answer = asked(
        &format!("127.0.0.1:{port}"),
        "POST //score HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    );
    assert!(
        answer.ends_with("[\"found\", \"weights\", \"2\", true]"),
        "{answer}"
    );
    assert!(
        answer.contains("x-ms-server-version: azmlinfsrv/1.5.1"),
        "{answer}"
    );
    assert!(
        answer.contains("access-control-allow-origin: http://a.org"),
        "{answer}"
    );
    let told = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(told.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    out.read_to_string(&mut said).expect("text");
    for line in [
        "Azure ML Inferencing HTTP server v1.5.1",
        "Model Directory: weights",
        "azmlinfsrv.user_script - Found user script at",
        "azmlinfsrv.print - init ran",
        "azmlinfsrv - Enabling CORS for the following origins: http://a.org",
        "azmlinfsrv.print - got hi",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    let scored = ["azmlinfsrv - POST //score 200", "azmlinfsrv - POST /score 200"];
    assert!(scored.iter().any(|line| said.contains(line)), "{said}");
}

#[test]
fn by_that_name_it_refuses_as_azures_server_does() {
    let home = Home::new();
    for (line, code) in [
        (&[][..], 1),
        (&["--bogus"], 1),
        (&["--help"], 1),
        (&["--entry_script", "x.py", "--port", "0"], 1),
        (&["--entry_script", "x.py", "--worker_count", "0"], 1),
        (&["--entry_script", "nowhere.py", "--port", "1"], 3),
    ] {
        let done = azmlinfsrv(&home).args(line).output().expect("it runs");
        assert_eq!(done.status.code(), Some(code), "{line:?}");
    }
    home.write("settings.json", "{\"SCORING_TIMEOUT_MS\": \"soon\"}");
    home.write("x.py", "def init(): pass\ndef run(data): return data");
    let done = azmlinfsrv(&home)
        .args([
            "--entry_script",
            "x.py",
            "--config_file",
            "settings.json",
            "--port",
            "1",
        ])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(3), "{said}");
    assert!(said.contains("SCORING_TIMEOUT_MS"), "{said}");
}

#[test]
fn workers_end_with_a_program_that_is_killed() {
    let home = Home::new();
    home.write(
        "score.py",
        "import os, time\ndef init(): pass\ndef run(data):\n    if data == 'sleep': time.sleep(600)\n    return os.getpid()",
    );
    let (mut child, address, _out) = served(&home, &["--workers", "2"]);
    let request = |body: &str| {
        let length = body.len();
        format!(
            "POST /score HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let mut busy = TcpStream::connect(&address).expect("it listens");
    busy.write_all(request("sleep").as_bytes())
        .expect("bytes can be sent");
    let pid = asked(&address, &request("pid"))
        .rsplit("\r\n")
        .next()
        .unwrap_or_default()
        .to_owned();
    // Whichever thread started them.
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id()))
        .expect("a process")
        .flatten();
    let children =
        tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let group = children.collect::<String>();
    assert!(
        group.split_whitespace().any(|worker| worker == pid),
        "{pid} is no worker of {group}"
    );
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let runs = |worker: &str| {
        std::fs::read_to_string(format!("/proc/{worker}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    while group.split_whitespace().any(runs) {
        assert!(std::time::Instant::now() < until, "{group} are still there");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
