//! Bodies and answers that are too large, cut short, in chunks, empty.

use std::io::Write;
use std::net::Shutdown;

use crate::support::{Answer, Setup};

const LENGTH: &str = "def init(): pass\ndef run(data): return len(data)";

#[test]
fn bodies_may_have_as_many_bytes_as_is_said() {
    let server = Setup::script(LENGTH)
        .with(|config| config.max_body_bytes = 1_000_000)
        .serve();
    assert_eq!(server.score(&"x".repeat(1_000_000)).text(), "1000000");
    let mut stream = server.connect();
    stream
        .write_all(b"POST /score HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n")
        .expect("bytes can be sent");
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.text().contains("more than 1000000 bytes"), "{answer:?}");
}

#[test]
fn chunks_make_one_body_and_are_bound_by_the_same_limit() {
    let server = Setup::script(LENGTH)
        .with(|config| config.max_body_bytes = 10)
        .serve();
    let head = "POST /score HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(
        server
            .raw(format!("{head}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").as_bytes())
            .text(),
        "7"
    );
    assert_eq!(
        server
            .raw(format!("{head}3\r\nabc\r\n8\r\ndefghijk\r\n0\r\n\r\n").as_bytes())
            .status,
        413
    );
    assert_eq!(server.raw(format!("{head}0\r\n\r\n").as_bytes()).text(), "0");
    assert_eq!(server.raw(format!("{head}no chunk\r\n").as_bytes()).status, 400);
}

#[test]
fn a_body_that_is_cut_short_reaches_no_script() {
    let script =
        "count = 0\ndef init(): pass\ndef run(data):\n    global count\n    count += 1\n    return count";
    let server = Setup::script(script).serve();
    let mut stream = server.connect();
    stream
        .write_all(b"POST /score HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
        .expect("bytes can be sent");
    stream.shutdown(Shutdown::Write).expect("the connection is open");
    let answer = Answer::read(&mut stream);
    assert!(answer.status == 400 || answer.status == 0, "{answer:?}");
    assert_eq!(server.score("").text(), "1");
}

#[test]
fn large_bodies_go_to_the_worker_and_back_whole() {
    let script = "import json\ndef init(): pass\ndef run(data): return json.loads(data)";
    let server = Setup::script(script).serve();
    let body = serde_json::to_string(&(0..900_000).collect::<Vec<u32>>()).expect("JSON");
    let answer = server.score(&body);
    let given: Vec<u32> = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(
        (answer.status, given.len(), given[899_999]),
        (200, 900_000, 899_999)
    );
}

#[test]
fn an_answer_that_is_too_large_is_an_error_and_the_worker_goes_on() {
    let script = "def init(): pass\ndef run(data): return 'x' * int(data)";
    let server = Setup::script(script)
        .with(|config| config.max_answer_bytes = 1_000_000)
        .serve();
    assert_eq!(server.score("999998").body.len(), 1_000_000);
    let answer = server.score("1000000000");
    assert_eq!(answer.status, 500, "{}", answer.head);
    assert_eq!(server.score("3").text(), "\"xxx\"");
}

#[test]
fn an_answer_that_http_cannot_carry_is_an_error() {
    let script = "
from azureml_inference_server_http.api.aml_response import AMLResponse
def init(): pass
def run(data): return AMLResponse('x', 200, {'X-Bad': 'a\\r\\nSet-Cookie: b'}) if data == '1' else AMLResponse('x', 99)
";
    let server = Setup::script(script).serve();
    for body in ["1", "2"] {
        let answer = server.score(body);
        assert_eq!(
            (answer.status, answer.header("set-cookie")),
            (500, None),
            "{answer:?}"
        );
    }
}
