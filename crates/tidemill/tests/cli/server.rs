//! Starting and stopping a server.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Home, World, done, settled};

#[test]
fn a_server_says_where_it_is_and_stops_when_told() {
    for signal in ["-TERM", "-INT"] {
        let home = Home::new();
        let mill = home.server();
        let said = mill
            .said
            .replace(mill.url.trim_start_matches("http://"), "[address]");
        // Which level it is, the machine decides.
        let (before, level) = said
            .split_once("isolation: ")
            .expect("it says how jobs are kept apart");
        let (_, after) = level.split_once('\n').expect("more lines");
        let said = format!("{before}isolation: [level]\n{after}");
        insta::assert_snapshot!("announced", settled(&said, &home));
        let state: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(home.data().join("server.json")).expect("written"))
                .expect("JSON");
        assert_eq!(
            format!("http://{}", state["address"].as_str().expect("text")),
            mill.url
        );
        assert_eq!(state["pid"], mill.child.id());
        mill.signal(signal);
        let (code, log) = mill.ended();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("stopped"), "{log}");
        assert!(!home.data().join("server.json").exists());
    }
}

#[test]
fn two_servers_do_not_share_a_data_folder() {
    let world = World::new();
    let second = world
        .home
        .run(&["server", "start", "--listen", "127.0.0.1:0"])
        .fails(1);
    let second = second
        .replace(&world.mill.url, "[url]")
        .replace(&world.mill.child.id().to_string(), "[pid]");
    insta::assert_snapshot!("data_folder_in_use", settled(&second, &world.home));
    let elsewhere = Home::new();
    let port = world.mill.url.rsplit(':').next().expect("a port");
    let taken = elsewhere
        .run(&["server", "start", "--listen", &format!("127.0.0.1:{port}")])
        .fails(1);
    assert!(
        taken.contains("something listens there already") && taken.contains("--listen"),
        "{taken}"
    );
}

#[test]
fn a_killed_server_leaves_no_lock_behind() {
    let home = Home::new();
    let first = home.server();
    let made = [
        "datastore",
        "create",
        "--name",
        "lake",
        "--type",
        "local_folder",
        "--path",
        "lake",
    ];
    done(home.command().args(made).env("TIDEMILL_URL", &first.url)).ok();
    first.signal("-KILL");
    first.ended();
    let second = home.server();
    let shown = done(
        home.command()
            .args(["datastore", "show", "-n", "lake"])
            .env("TIDEMILL_URL", &second.url),
    )
    .json();
    assert_eq!(shown["name"], "lake");
}

#[test]
fn a_stream_does_not_keep_a_server_from_stopping() {
    let world = World::new();
    world.home.write(
        "job.yml",
        "command: sleep 60\nenvironment: {image: python:3.11}\n",
    );
    world
        .run(&[
            "job",
            "create",
            "-f",
            "job.yml",
            "-n",
            "long",
            "--environment-policy",
            "relaxed",
        ])
        .ok();
    let mut follower = world
        .command()
        .args(["job", "stream", "-n", "long"])
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    std::thread::sleep(Duration::from_millis(500));
    world.run(&["job", "cancel", "-n", "long"]).ok();
    let started = Instant::now();
    assert_eq!(follower.wait().expect("ends").code(), Some(3), "cancelled");
    assert!(started.elapsed() < Duration::from_secs(30));
    world.mill.signal("-TERM");
    let World { home: _home, mill } = world;
    assert_eq!(mill.ended().0, Some(0));
}

#[test]
fn a_refused_connection_says_how_to_start_a_server() {
    let home = Home::new();
    let said = home
        .run(&["--server", "http://127.0.0.1:9", "job", "list"])
        .fails(1);
    insta::assert_snapshot!("refused_connection", said);
}

#[test]
fn the_log_can_be_json() {
    let home = Home::new();
    let mut command = home.command();
    command.args([
        "server",
        "start",
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
    ]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let until = Instant::now() + Duration::from_secs(20);
    while !home.data().join("server.json").exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    done(std::process::Command::new("kill").arg(child.id().to_string()));
    let mut log = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut log).expect("text");
    child.wait().expect("ends");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert!(log.contains("\"ready\""), "{log}");
}

#[test]
fn options_that_make_no_sense_are_refused_before_anything_is_made() {
    let home = Home::new();
    for args in [
        ["--database", "mysql://x"],
        ["--listen", "nowhere.invalid:1"],
        ["--environment-policy", "loose"],
    ] {
        let said = home.run(&["server", "start", args[0], args[1]]).fails(2);
        assert!(said.contains(args[0]), "{said}");
    }
    assert!(!home.data().exists());
}

#[test]
fn a_level_of_isolation_that_the_machine_does_not_give_is_refused_at_the_start() {
    let home = Home::new();
    let mut command = home.command();
    // No bwrap is found there.
    command.args([
        "server",
        "start",
        "--listen",
        "127.0.0.1:0",
        "--isolation",
        "bubblewrap",
    ]);
    let said = done(command.env("PATH", home.path())).fails(1);
    assert!(
        said.contains("bwrap is not installed") && said.contains("--isolation auto"),
        "{said}"
    );
}
