//! Asks an instance whether it is ready and whether it lives, and tells what changes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::online_deployment::ProbePlan;

/// The first pause while an instance comes up; pauses grow to a second.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What is known of an instance by asking it.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    /// It is ready.
    pub(super) ready: bool,
    /// It did not become ready in time, or does not live any more.
    pub(super) dead: Option<String>,
    /// Its runner has ended.
    pub(super) gone: bool,
}

/// What is known of an instance, and who wants to hear of it.
#[derive(Debug, Clone)]
pub(super) struct Ear {
    heard: Arc<Mutex<Heard>>,
    news: Arc<Notify>,
}

impl Ear {
    pub(super) fn new(news: Arc<Notify>) -> Self {
        Self {
            heard: Arc::default(),
            news,
        }
    }

    pub(super) fn heard(&self) -> Heard {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn tell(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_one();
    }
}

/// Asks until it is dead; dropped, nobody asks any more.
pub(super) async fn probe(
    client: reqwest::Client,
    address: SocketAddr,
    (readiness, liveness): (ProbePlan, ProbePlan),
    ear: Ear,
) {
    if !ear.heard().ready && !comes_up(&client, address, &readiness, &ear).await {
        return;
    }
    let every = |probe: &ProbePlan| Duration::from_secs(probe.period_s);
    let (mut next_ready, mut next_live) = (
        Instant::now() + every(&readiness),
        Instant::now() + every(&liveness),
    );
    let (mut good, mut bad, mut dead) = (0, 0, 0);
    loop {
        tokio::time::sleep_until(next_ready.min(next_live)).await;
        if Instant::now() >= next_ready {
            next_ready += every(&readiness);
            match ask(&client, address, &readiness).await {
                Ok(()) => (good, bad) = (good + 1, 0),
                Err(_) => (good, bad) = (0, bad + 1),
            }
            let was = ear.heard().ready;
            if was && bad >= readiness.failures {
                ear.tell(|heard| heard.ready = false);
            } else if !was && good >= readiness.successes {
                ear.tell(|heard| heard.ready = true);
            }
        }
        if Instant::now() >= next_live {
            next_live += every(&liveness);
            match ask(&client, address, &liveness).await {
                Ok(()) => dead = 0,
                Err(why) => {
                    dead += 1;
                    if dead >= liveness.failures {
                        let why = format!(
                            "liveness_probe: it did not answer {dead} times in a row, at last because {why}"
                        );
                        return ear.tell(|heard| {
                            heard.ready = false;
                            heard.dead = Some(why);
                        });
                    }
                }
            }
        }
    }
}

/// Whether it becomes ready within its time: `initial_delay`, and then as many periods as it may fail.
async fn comes_up(client: &reqwest::Client, address: SocketAddr, readiness: &ProbePlan, ear: &Ear) -> bool {
    let ProbePlan {
        initial_delay_s,
        period_s,
        failures,
        successes,
        ..
    } = readiness;
    let limit_s = initial_delay_s + period_s * u64::from(*failures);
    let deadline = Instant::now() + Duration::from_secs(limit_s);
    let (mut pause, mut good) = (FIRST_PAUSE, 0);
    loop {
        let why = match ask(client, address, readiness).await {
            Ok(()) => {
                good += 1;
                if good >= *successes {
                    ear.tell(|heard| heard.ready = true);
                    return true;
                }
                String::new()
            }
            Err(why) => {
                good = 0;
                why
            }
        };
        if Instant::now() >= deadline {
            let why = format!(
                "readiness_probe: it was not ready within {limit_s} s, at last because {why}; give it more time with \
                 initial_delay, period and failure_threshold"
            );
            ear.tell(|heard| heard.dead = Some(why));
            return false;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(1));
    }
}

async fn ask(client: &reqwest::Client, address: SocketAddr, probe: &ProbePlan) -> Result<(), String> {
    let asked = client
        .get(format!("http://{address}{}", probe.path))
        .timeout(Duration::from_secs(probe.timeout_s))
        .send()
        .await;
    match asked {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("{} answers {}", probe.path, answer.status().as_u16())),
        Err(error) if error.is_timeout() => Err(format!("it takes longer than {} s", probe.timeout_s)),
        Err(_) => Err("nothing answers at its port".into()),
    }
}
