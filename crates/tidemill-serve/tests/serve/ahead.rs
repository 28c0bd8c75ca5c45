//! What a busy worker is given ahead: it is answered by another one where that is free first, or where its worker died.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Answer, Server, Setup, score};

const SCRIPT: &str = "
import json, os, sys, time

def init(): pass

def run(data):
    do = json.loads(data)
    if do == 'die':
        time.sleep(0.5)
        os._exit(9)
    if do == 'exit':
        time.sleep(0.5)
        sys.exit(1)
    if isinstance(do, list):
        time.sleep(do[0])
    return {'pid': os.getpid(), 'size': len(data)}
";

fn send(server: &Server, body: &str) -> TcpStream {
    let mut stream = server.connect();
    stream
        .write_all(score(body).as_bytes())
        .expect("bytes can be sent");
    // They come to the line one after the other.
    thread::sleep(Duration::from_millis(100));
    stream
}

/// The next one comes while the worker is not slow yet.
fn send_soon(server: &Server, body: &str) -> TcpStream {
    let mut stream = server.connect();
    stream
        .write_all(score(body).as_bytes())
        .expect("bytes can be sent");
    thread::sleep(Duration::from_millis(5));
    stream
}

#[test]
fn a_question_that_a_slow_worker_has_ahead_is_not_overtaken() {
    let server = Setup::script(SCRIPT).with(|config| config.workers = 2).serve();
    let mut slow = send_soon(&server, "[5]");
    let began = Instant::now();
    // The other worker is never free, and yet all of these are answered before the slow one is done.
    let mut many: Vec<_> = (0..24).map(|_| send_soon(&server, "[0.1]")).collect();
    for stream in &mut many {
        assert_eq!(Answer::read(stream).status, 200);
    }
    assert!(
        began.elapsed() < Duration::from_millis(4500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(Answer::read(&mut slow).status, 200);
}

#[test]
fn nobody_waits_behind_a_slow_one_while_a_worker_is_free() {
    let server = Setup::script(SCRIPT).with(|config| config.workers = 2).serve();
    let mut slow = send(&server, "[4]");
    let mut quick = send(&server, "[1]");
    let began = Instant::now();
    // Both workers are busy: each of them has one of these ahead.
    let mut ahead: Vec<_> = (0..4).map(|_| send(&server, "[0]")).collect();
    for stream in &mut ahead {
        assert_eq!(Answer::read(stream).status, 200);
    }
    assert!(
        began.elapsed() < Duration::from_millis(3000),
        "{:?}",
        began.elapsed()
    );
    for stream in [&mut slow, &mut quick] {
        assert_eq!(Answer::read(stream).status, 200);
    }
}

#[test]
fn what_a_worker_that_dies_has_not_begun_is_answered_by_the_next_one() {
    for killer in ["\"die\"", "\"exit\""] {
        let server = Setup::script(SCRIPT).serve();
        let mut dies = send_soon(&server, killer);
        let mut ahead = send(&server, "\"ahead\"");
        let mut behind = send(&server, "\"behind\"");
        assert!(matches!(Answer::read(&mut dies).status, 500 | 502));
        for stream in [&mut ahead, &mut behind] {
            let answer = Answer::read(stream);
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
}

#[test]
fn answers_come_to_those_who_asked_however_large_the_questions_are() {
    let server = Setup::script(SCRIPT).with(|config| config.workers = 2).serve();
    let asked: Vec<_> = (0..24)
        .map(|number: usize| {
            let size = if number % 3 == 0 { 300_000 } else { 10 } + number;
            let body = format!("\"{}\"", "x".repeat(size));
            let mut stream = server.connect();
            let sent = thread::spawn(move || {
                stream
                    .write_all(score(&body).as_bytes())
                    .expect("bytes can be sent");
                Answer::read(&mut stream)
            });
            (size + 2, sent)
        })
        .collect();
    for (size, sent) in asked {
        let answer = sent.join().expect("an answer");
        assert!(
            answer.text().contains(&format!("\"size\": {size}")),
            "{size}: {answer:?}"
        );
    }
}

#[test]
fn who_leaves_while_it_waits_is_not_run() {
    let script = "
import json, time
ran = []
def init(): pass
def run(data):
    do = json.loads(data)
    if do == 'ran': return ran
    if isinstance(do, float): time.sleep(do)
    else: ran.append(do)
    return do
";
    let server = Setup::script(script).serve();
    let mut slow = send(&server, "1.5");
    // One ahead, one in line.
    drop((send(&server, "1"), send(&server, "2")));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(Answer::read(&mut slow).text(), "1.5");
    assert_eq!(server.score("\"ran\"").text(), "[]");
}
