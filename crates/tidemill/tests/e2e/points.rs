//! Metric points that are written while the server is killed again and again: each acknowledged one is there, once.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::Mill;

const KILLS: u32 = 50;

/// One client with a metric of its own. It counts its steps from 1, one request after the other, so that two numbers say
/// all that it knows: which points it sent, and which of them were acknowledged.
struct Writer {
    key: &'static str,
    /// Points in a request; one goes by log-metric, more by log-batch.
    size: u64,
    sent: u64,
    acknowledged: u64,
    /// Requests that a kill left without an answer, and how many of those were on disk nevertheless.
    unanswered: u32,
    kept_unanswered: u32,
}

impl Writer {
    const fn new(key: &'static str, size: u64) -> Self {
        Self {
            key,
            size,
            sent: 0,
            acknowledged: 0,
            unanswered: 0,
            kept_unanswered: 0,
        }
    }

    /// Writes until the server is killed. What was sent last goes first, once more: without an answer a client cannot
    /// know whether it was kept, and an answer may be lost on its way as well.
    fn write(&mut self, mill: &Mill, run: &str, killed: &AtomicBool) {
        if self.sent > 0 && !self.send_last(mill, run, killed) {
            return;
        }
        loop {
            self.sent += self.size;
            if !self.send_last(mill, run, killed) {
                return;
            }
        }
    }

    /// Sends the last request; `false` when no answer came, which only a kill may cause.
    fn send_last(&mut self, mill: &Mill, run: &str, killed: &AtomicBool) -> bool {
        let points = (self.sent - self.size + 1..=self.sent).map(|step| self.point(step));
        let (path, body) = if self.size == 1 {
            let mut body = self.point(self.sent);
            body["run_id"] = run.into();
            ("/api/2.0/mlflow/runs/log-metric", body)
        } else {
            let body = json!({ "run_id": run, "metrics": points.collect::<Vec<_>>() });
            ("/api/2.0/mlflow/runs/log-batch", body)
        };
        match mill.try_http("POST", path, None, &body.to_string()) {
            Ok((status, answer)) => {
                assert_eq!(status, 200, "{}: {answer}", self.key);
                self.acknowledged = self.sent;
                true
            }
            Err(error) => {
                assert!(killed.load(Ordering::SeqCst), "{}: {error}", self.key);
                self.unanswered += u32::from(self.acknowledged < self.sent);
                false
            }
        }
    }

    fn point(&self, step: u64) -> Value {
        let value = f64::from(u32::try_from(step).expect("a test is short")) / 2.0;
        json!({ "key": self.key, "value": value, "timestamp": 1_700_000_000_000 + step, "step": step })
    }

    /// Reads the whole history, before anything is sent again that could hide a loss. It is what was acknowledged, point
    /// for point and none twice, and beyond it at most the request without an answer: whole, or not at all.
    fn check(&mut self, mill: &Mill, run: &str, when: &str) {
        let path = format!(
            "/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key={}",
            self.key
        );
        let (status, answer) = mill.http("GET", &path, None, "");
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let found = answer["metrics"].as_array().map_or(&[][..], Vec::as_slice);
        for (step, point) in (1..).zip(found) {
            assert_eq!(
                *point,
                self.point(step),
                "{when}: the {step}th point of {}",
                self.key
            );
        }
        let there = found.len() as u64;
        assert!(
            there == self.acknowledged || there == self.sent,
            "{when}: {} has {there} points; {} were acknowledged, {} were sent",
            self.key,
            self.acknowledged,
            self.sent
        );
        self.kept_unanswered += u32::from(there > self.acknowledged);
    }
}

/// "Once" is by MLflow's rule: a point is its run, key, step, timestamp and value, and the same point logged twice is one.
/// So a client may send again what was not answered. Each writer does after each kill, and sends its last acknowledged
/// request again as well when all were answered; neither may show twice, from whichever place a point is read.
#[test]
fn fifty_kills_lose_no_acknowledged_point_and_double_none() {
    let started = Instant::now();
    let mut mill = Mill::start();
    let create = "/api/2.0/mlflow/runs/create";
    let (status, answer) = mill.http("POST", create, None, r#"{"experiment_id":"0"}"#);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let run = answer["run"]["info"]["run_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut writers = [
        Writer::new("batch-a", 20),
        Writer::new("batch-b", 3),
        Writer::new("single-a", 1),
        Writer::new("single-b", 1),
    ];
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut seed = now.map_or(1, |now| now.subsec_nanos());
    println!("seed {seed}");
    for kill in 1..=KILLS {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let life = Duration::from_millis(30 + u64::from(seed >> 16) % 250);
        write_until_killed(&mill, &run, &mut writers, life);
        mill.kill_server();
        mill.start_server();
        for writer in &mut writers {
            writer.check(&mill, &run, &format!("kill {kill}"));
        }
    }
    let alive = AtomicBool::new(false);
    for writer in &mut writers {
        writer.send_last(&mill, &run, &alive);
        writer.check(&mill, &run, "at the end");
    }
    let points: u64 = writers.iter().map(|writer| writer.acknowledged).sum();
    let unanswered: u32 = writers.iter().map(|writer| writer.unanswered).sum();
    let kept: u32 = writers.iter().map(|writer| writer.kept_unanswered).sum();
    println!(
        "{points} points acknowledged over {KILLS} kills in {:.0?}; {unanswered} requests had no answer, {kept} of them were kept",
        started.elapsed()
    );
    assert!(points > 1000, "{points} points are no load");
    assert!(unanswered >= KILLS, "{unanswered} requests met a kill");
}

/// A search by a metric has the points moved from where they arrive to their series first: kills meet that move as well,
/// which by itself would begin seconds later.
fn search_until_killed(mill: &Mill, killed: &AtomicBool) {
    let body = r#"{"experiment_ids":["0"],"filter":"metrics.`single-a` > 0"}"#;
    let search = || mill.try_http("POST", "/api/2.0/mlflow/runs/search", None, body);
    while let Ok((status, answer)) = search() {
        assert_eq!(status, 200, "{answer}");
    }
    assert!(killed.load(Ordering::SeqCst), "a search had no answer");
}

/// All writers at once; after `life` the server is killed in the midst of what they do.
fn write_until_killed(mill: &Mill, run: &str, writers: &mut [Writer], life: Duration) {
    let killed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in writers {
            let killed = &killed;
            scope.spawn(move || writer.write(mill, run, killed));
        }
        scope.spawn(|| search_until_killed(mill, &killed));
        std::thread::sleep(life);
        killed.store(true, Ordering::SeqCst);
        let pid = mill.server_pid().to_string();
        let kill = Command::new("kill").args(["-KILL", &pid]).status();
        assert!(kill.expect("kill runs").success());
    });
}
