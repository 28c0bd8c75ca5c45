//! Workers that die, hang, fork and exit: the request is answered, the next one too.

use std::time::{Duration, Instant};

use crate::support::{Server, Setup};

const SCRIPT: &str = "
import json, os, signal, sys, time

def init(): pass

def run(data):
    do = json.loads(data)
    if do == 'pid': return os.getpid()
    if do == 'die': os._exit(9)
    if do == 'segfault': os.kill(os.getpid(), signal.SIGSEGV)
    if do == 'exit': sys.exit(1)
    if do == 'interrupt': raise KeyboardInterrupt
    if do == 'sleep': time.sleep(60)
    if do == 'deaf':
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        time.sleep(60)
    if do == 'fork':
        child = os.fork()
        return 'child' if child == 0 else 'parent'
    if do == 'leave':
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        return child
    if do == 'swallow':
        try:
            time.sleep(60)
        except BaseException:
            return 'swallowed'
    return 'no'
";

#[track_caller]
fn answers(server: &Server) {
    let until = Instant::now() + Duration::from_secs(20);
    while server.score("\"pid\"").status != 200 {
        assert!(Instant::now() < until, "no worker came back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_request_that_kills_its_worker_is_answered() {
    let server = Setup::script(SCRIPT).serve();
    for killer in ["\"die\"", "\"segfault\""] {
        let answer = server.score(killer);
        assert_eq!(answer.status, 502, "{answer:?}");
        assert!(
            answer.text().contains("The worker that ran this request died"),
            "{answer:?}"
        );
        assert_eq!(answer.header("x-ms-run-function-failed"), Some("true"));
        answers(&server);
    }
}

#[test]
fn a_worker_that_is_killed_while_idle_costs_no_request() {
    let server = Setup::script(SCRIPT).with(|config| config.workers = 2).serve();
    for _ in 0..3 {
        let pid = server.score("\"pid\"").text();
        let killed = std::process::Command::new("kill").args(["-9", &pid]).status();
        assert!(killed.expect("kill runs").success());
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(server.score("\"pid\"").status, 200);
    }
}

#[test]
fn a_request_waits_for_the_worker_that_takes_a_dead_ones_place() {
    let server = Setup::script(SCRIPT).serve();
    assert_eq!(server.score("\"die\"").status, 502);
    assert_eq!(server.score("\"pid\"").status, 200);
}

#[test]
fn an_exit_is_answered_and_the_next_request_finds_a_fresh_worker() {
    let server = Setup::script(SCRIPT).serve();
    for exit in ["\"exit\"", "\"interrupt\""] {
        let before = server.score("\"pid\"").text();
        let answer = server.score(exit);
        assert_eq!(
            (answer.status, answer.header("x-ms-run-function-failed")),
            (500, Some("true"))
        );
        let after = server.score("\"pid\"");
        assert_eq!(after.status, 200, "{after:?}");
        assert_ne!(after.text(), before);
    }
}

#[test]
fn run_is_stopped_when_its_time_is_up() {
    let server = Setup::script(SCRIPT)
        .with(|config| config.request_timeout = Duration::from_millis(300))
        .serve();
    let before = server.score("\"pid\"").text();
    let answer = server.score("\"sleep\"");
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (500, "{\"message\": \"Scoring timeout after 300 ms\"}")
    );
    assert_eq!(server.score("\"swallow\"").text(), "\"swallowed\"");
    assert_eq!(server.score("\"pid\"").text(), before, "the worker goes on");
}

#[test]
fn run_that_does_not_heed_its_timeout_is_ended() {
    let server = Setup::script(SCRIPT)
        .with(|config| config.request_timeout = Duration::from_millis(300))
        .serve();
    let began = Instant::now();
    let answer = server.score("\"deaf\"");
    assert_eq!(answer.status, 504, "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
    answers(&server);
}

#[test]
fn what_a_script_forks_does_not_answer_and_does_not_outlive_its_worker() {
    let mut server = Setup::script(SCRIPT).serve();
    for _ in 0..5 {
        assert_eq!(server.score("\"fork\"").text(), "\"parent\"");
        assert_eq!(server.score("\"pid\"").status, 200);
    }
    let child = server.score("\"leave\"").text();
    assert!(std::path::Path::new("/proc").join(&child).exists());
    server.tell_stop();
    server.wait();
    let until = Instant::now() + Duration::from_secs(5);
    while std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < until, "{child} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn health_tells_that_no_worker_runs() {
    let script = "
import os
def init():
    if os.path.exists('started'): raise ValueError('the weights are gone')
    open('started', 'w').close()
def run(data): os._exit(1)
";
    let server = Setup::script(script).serve();
    assert_eq!(server.get("/").text(), "Healthy");
    assert_eq!(server.score("1").status, 502);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = server.get("/");
        if answer.text().contains("the weights are gone") {
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
            break;
        }
        assert!(Instant::now() < until, "{answer:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.score("1").status, 503);
}
