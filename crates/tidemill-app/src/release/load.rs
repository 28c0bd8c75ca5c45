//! Load on a deployment: requests at a steady rate, and how long each took from the moment at which it was due. A slow answer makes
//! the next ones late, and that counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_spec::kinds::LoadGate;

use crate::{App, Error, Result, online_endpoint};

/// How long an answer may take at all.
const TIMEOUT: Duration = Duration::from_secs(60);
/// For how long where nothing is said, in seconds.
const DURATION_S: u32 = 10;
/// How many requests at once where nothing is said.
const CONNECTIONS: u32 = 16;

/// What load there shall be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Load {
    /// Requests a second.
    pub(crate) rate: f64,
    /// For how long.
    pub(crate) duration: Duration,
    /// How many at once.
    pub(crate) connections: u32,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// Requests that were sent.
    pub(crate) requests: u64,
    /// Of those, requests that were not answered with 2xx.
    pub(crate) failed: u64,
    /// Requests a second that were answered.
    pub(crate) rate: f64,
    /// Half of them took less, in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99 of 100 took less, in milliseconds.
    pub(crate) p99_ms: f64,
    /// The first failure, for people.
    pub(crate) failure: Option<String>,
}

impl Loaded {
    /// How many failed, in percent.
    pub(crate) fn error_percent(&self) -> f64 {
        self.failed as f64 * 100.0 / self.requests.max(1) as f64
    }
}

/// The strictest of what several gates ask for; none where none does.
pub(crate) fn strictest<'g>(gates: impl Iterator<Item = &'g LoadGate>) -> Option<LoadGate> {
    let most =
        |one: Option<u32>, other: Option<u32>, usual| Some(one.unwrap_or(usual).max(other.unwrap_or(usual)));
    let least = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    gates.cloned().reduce(|one, other| LoadGate {
        rate: one.rate.max(other.rate),
        duration_seconds: most(one.duration_seconds, other.duration_seconds, DURATION_S),
        connections: most(one.connections, other.connections, CONNECTIONS),
        max_p50_ms: least(one.max_p50_ms, other.max_p50_ms),
        max_p99_ms: least(one.max_p99_ms, other.max_p99_ms),
        max_error_percent: Some(
            one.max_error_percent
                .unwrap_or(0.0)
                .min(other.max_error_percent.unwrap_or(0.0)),
        ),
    })
}

/// What a gate asks for, as load.
pub(crate) fn of_gate(gate: &LoadGate) -> Load {
    Load {
        rate: gate.rate,
        duration: Duration::from_secs(gate.duration_seconds.unwrap_or(DURATION_S).into()),
        connections: gate.connections.unwrap_or(CONNECTIONS),
    }
}

/// Why what came of it does not do, if it does not.
pub(crate) fn falls_short(gate: &LoadGate, loaded: &Loaded) -> Option<String> {
    let (percent, may) = (loaded.error_percent(), gate.max_error_percent.unwrap_or(0.0));
    if percent > may {
        let first = loaded.failure.as_deref().unwrap_or("it was not answered");
        return Some(format!(
            "{} of {} requests failed ({percent:.1}%, and {may}% may): {first}",
            loaded.failed, loaded.requests
        ));
    }
    if loaded.rate < gate.rate * 0.95 {
        return Some(format!(
            "{:.1} requests a second were answered, asked are {}",
            loaded.rate, gate.rate
        ));
    }
    let times = [
        ("half of the requests", loaded.p50_ms, gate.max_p50_ms),
        ("99 of 100 requests", loaded.p99_ms, gate.max_p99_ms),
    ];
    times.into_iter().find_map(|(who, took, most)| {
        let most = most.filter(|most| took > *most)?;
        Some(format!("{who} took up to {took:.1} ms, and may take {most} ms"))
    })
}

/// Sends requests to a deployment through its endpoint, the bodies in turn.
///
/// # Errors
/// When the endpoint is not there, or takes only tokens of others. What its deployment answers is no error here.
pub(crate) async fn run(
    app: &App,
    client: &reqwest::Client,
    (workspace, endpoint, deployment): (&str, &str, &str),
    bodies: &[&Value],
    load: &Load,
) -> Result<Loaded> {
    let key = online_endpoint::own_key(app, workspace, endpoint).await?;
    let url = format!("{}/endpoints/{workspace}/{endpoint}/score", app.address()?);
    let bodies: Vec<Vec<u8>> = bodies.iter().map(|body| body.to_string().into_bytes()).collect();
    if bodies.is_empty() {
        return Err(Error::invalid(
            "failed to load the deployment: the release has no system test whose request could be sent",
        )
        .hint("write `tests:` with a request that is answered with 200"));
    }
    let all = (load.rate * load.duration.as_secs_f64()).ceil().max(1.0) as u64;
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let bodies = Arc::new(bodies);
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..load.connections {
        let (next, bodies, client, url) = (next.clone(), bodies.clone(), client.clone(), url.clone());
        let (key, deployment, rate) = (key.clone(), deployment.to_owned(), load.rate);
        workers.spawn(async move {
            let (mut took_ms, mut failed, mut failure) = (Vec::new(), 0, None);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= all {
                    return (took_ms, failed, failure);
                }
                let due = began + Duration::from_secs_f64(number as f64 / rate);
                tokio::time::sleep_until(due.into()).await;
                let body = bodies[usize::try_from(number).unwrap_or_default() % bodies.len()].clone();
                let sent = client
                    .post(&url)
                    .bearer_auth(&key)
                    .header("azureml-model-deployment", &deployment)
                    .header("content-type", "application/json")
                    .timeout(TIMEOUT)
                    .body(body)
                    .send();
                let answer = async {
                    let answer = sent.await?;
                    let status = answer.status();
                    answer.bytes().await.map(|_| status)
                };
                let says = match answer.await {
                    Ok(status) if status.is_success() => None,
                    Ok(status) => Some(format!("it answered with status {}", status.as_u16())),
                    Err(error) => Some(format!("it was not answered: {error}")),
                };
                took_ms.push(due.elapsed().as_secs_f64() * 1000.0);
                if let Some(says) = says {
                    failed += 1;
                    failure.get_or_insert(says);
                }
            }
        });
    }
    let mut took_ms = Vec::new();
    let mut loaded = Loaded::default();
    while let Some(done) = workers.join_next().await {
        let (times, failed, failure) = done.map_err(Error::internal)?;
        took_ms.extend(times);
        loaded.failed += failed;
        loaded.failure = loaded.failure.or(failure);
    }
    // The last request is due one pause before the end: a rate that was kept is the rate that was asked.
    let took_s = began.elapsed().as_secs_f64().max(all as f64 / load.rate);
    loaded.requests = took_ms.len() as u64;
    loaded.rate = (loaded.requests - loaded.failed) as f64 / took_s;
    took_ms.sort_by(f64::total_cmp);
    let quantile = |part: f64| {
        let place = (took_ms.len() as f64 * part).ceil() as usize;
        took_ms.get(place.saturating_sub(1)).copied().unwrap_or_default()
    };
    (loaded.p50_ms, loaded.p99_ms) = (quantile(0.5), quantile(0.99));
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> LoadGate {
        LoadGate {
            rate: 50.0,
            max_p99_ms: Some(100.0),
            ..LoadGate::default()
        }
    }

    #[test]
    fn the_stricter_of_project_and_group_holds() {
        let other = LoadGate {
            rate: 20.0,
            duration_seconds: Some(30),
            max_p99_ms: Some(300.0),
            max_p50_ms: Some(9.0),
            max_error_percent: Some(5.0),
            ..LoadGate::default()
        };
        let both = strictest([&gate(), &other].into_iter()).expect("one");
        assert_eq!(
            (both.rate, both.duration_seconds, both.connections),
            (50.0, Some(30), Some(16))
        );
        assert_eq!(
            (both.max_p50_ms, both.max_p99_ms, both.max_error_percent),
            (Some(9.0), Some(100.0), Some(0.0))
        );
        assert_eq!(strictest(std::iter::empty()), None);
    }

    #[test]
    fn failures_a_low_rate_and_slow_answers_fall_short() {
        let good = Loaded {
            requests: 500,
            rate: 49.9,
            p50_ms: 3.0,
            p99_ms: 90.0,
            ..Loaded::default()
        };
        assert_eq!(falls_short(&gate(), &good), None);
        let failed = Loaded {
            failed: 1,
            failure: Some("it answered with status 429".into()),
            ..good.clone()
        };
        assert!(
            falls_short(&gate(), &failed).is_some_and(|why| why.contains("1 of 500") && why.contains("429"))
        );
        let low = Loaded {
            rate: 40.0,
            ..good.clone()
        };
        assert!(falls_short(&gate(), &low).is_some_and(|why| why.contains("40.0")));
        let slow = Loaded {
            p99_ms: 101.0,
            ..good
        };
        assert!(falls_short(&gate(), &slow).is_some_and(|why| why.contains("101.0 ms")));
    }
}
