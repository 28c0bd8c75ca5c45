//! More requests than workers: a line with an end, a fast 429, clients that leave, and a stop that waits.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Answer, Setup, score};

const SLEEPS: &str =
    "import time\ndef init(): pass\ndef run(data):\n    time.sleep(float(data))\n    return data";

#[test]
fn who_finds_the_line_full_is_told_at_once() {
    let server = Setup::script(SLEEPS).with(|config| config.max_queue = 2).serve();
    let mut waiting: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = server.connect();
            stream
                .write_all(score("1.5").as_bytes())
                .expect("bytes can be sent");
            thread::sleep(Duration::from_millis(150));
            stream
        })
        .collect();
    let began = Instant::now();
    let answer = server.score("0");
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (429, Some("1")),
        "{answer:?}"
    );
    assert!(
        answer.text().contains("2 wait already for 1 workers"),
        "{answer:?}"
    );
    for stream in &mut waiting {
        assert_eq!(Answer::read(stream).status, 200);
    }
    assert_eq!(server.score("0").status, 200);
}

#[test]
fn who_waits_longer_than_a_request_may_take_is_told() {
    let server = Setup::script(SLEEPS)
        .with(|config| config.request_timeout = Duration::from_millis(600))
        .serve();
    let mut first = server.connect();
    first.write_all(score("5").as_bytes()).expect("bytes can be sent");
    thread::sleep(Duration::from_millis(50));
    let mut second = server.connect();
    second
        .write_all(score("5").as_bytes())
        .expect("bytes can be sent");
    thread::sleep(Duration::from_millis(50));
    let answer = server.score("0");
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(Answer::read(&mut first).status, 500);
    assert_eq!(Answer::read(&mut second).status, 500);
}

#[test]
fn a_client_that_leaves_does_not_take_its_worker_along() {
    let server = Setup::script(SLEEPS).serve();
    for _ in 0..5 {
        let mut stream = server.connect();
        stream
            .write_all(score("0.2").as_bytes())
            .expect("bytes can be sent");
        thread::sleep(Duration::from_millis(50));
        drop(stream);
    }
    assert_eq!(
        server.score("0").text(),
        "\"0\"",
        "an answer of another request must not come"
    );
}

#[test]
fn workers_work_side_by_side() {
    let server = Setup::script(SLEEPS).with(|config| config.workers = 3).serve();
    let began = Instant::now();
    let mut streams: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream
            .write_all(score("1").as_bytes())
            .expect("bytes can be sent");
    }
    for stream in &mut streams {
        assert_eq!(Answer::read(stream).status, 200);
    }
    assert!(
        began.elapsed() < Duration::from_millis(2500),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_stop_lets_requests_finish_and_takes_no_more() {
    let mut server = Setup::script(SLEEPS).serve();
    let mut stream = server.connect();
    stream
        .write_all(score("1").as_bytes())
        .expect("bytes can be sent");
    thread::sleep(Duration::from_millis(200));
    server.tell_stop();
    thread::sleep(Duration::from_millis(200));
    assert!(
        std::net::TcpStream::connect(server.http).is_err(),
        "nobody listens any more"
    );
    assert_eq!(Answer::read(&mut stream).text(), "\"1\"");
    server.wait();
}

#[test]
fn one_connection_carries_many_requests() {
    let server = Setup::script(SLEEPS).serve();
    let mut stream = server.connect();
    for number in 0..50 {
        stream
            .write_all(score(&format!("0.000{number}")).as_bytes())
            .expect("bytes can be sent");
        assert_eq!(Answer::read(&mut stream).text(), format!("\"0.000{number}\""));
    }
}
