//! Reload on change: the new code answers without a request lost, and code that is broken leaves the old one in place.

use std::time::{Duration, Instant};

use crate::support::{Server, Setup};

#[track_caller]
fn answers(server: &Server, wanted: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = server.score("1");
        assert_eq!(answer.status, 200, "{answer:?}");
        if answer.text() == wanted {
            return;
        }
        assert!(Instant::now() < until, "{answer:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn changed_code_is_taken_and_broken_code_is_not() {
    let setup = Setup::script("def init(): pass\ndef run(data): return 'old'").with(|config| {
        config.reload = true;
        config.workers = 2;
    });
    let server = setup.serve();
    let script = server.dir.path().join("score.py");
    answers(&server, "\"old\"");
    std::thread::sleep(Duration::from_millis(700));
    std::fs::write(&script, "def init(): pass\ndef run(data): return 'new'").expect("a file");
    answers(&server, "\"new\"");
    std::thread::sleep(Duration::from_millis(700));
    std::fs::write(&script, "def init(: pass").expect("a file");
    std::thread::sleep(Duration::from_millis(1500));
    answers(&server, "\"new\"");
    std::fs::write(&script, "def init(): pass\ndef run(data): return 'newest'").expect("a file");
    answers(&server, "\"newest\"");
}

#[test]
fn a_request_whose_worker_dies_while_another_is_started_for_it_is_told_at_once() {
    let setup = Setup::script(
        "import os, time\ndef init(): pass\ndef run(data):\n    if data == '\"die\"': time.sleep(1.5); os._exit(1)\n    return 'old'",
    )
    .with(|config| config.reload = true);
    let server = setup.serve();
    let script = server.dir.path().join("score.py");
    answers(&server, "\"old\"");
    std::thread::sleep(Duration::from_millis(700));
    let slow = "import time\ndef init(): time.sleep(8)\ndef run(data): return 'new'";
    std::fs::write(&script, slow).expect("a file");
    std::thread::sleep(Duration::from_millis(1200));
    let began = Instant::now();
    let answer = server.score("\"die\"");
    let took = began.elapsed();
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(took < Duration::from_secs(5), "told after {took:?}");
    answers(&server, "\"new\"");
}
