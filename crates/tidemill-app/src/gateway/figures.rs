//! What a deployment has answered: requests by status, and how long they took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the time an answer took, in seconds; a last bucket takes the rest.
pub const BUCKETS_S: [f64; 16] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
];

/// Counts since the server was started.
#[derive(Debug, Default)]
pub struct Figures {
    good: AtomicU64,
    client: AtomicU64,
    model: AtomicU64,
    busy: AtomicU64,
    failed: AtomicU64,
    mirrored: AtomicU64,
    took_us: AtomicU64,
    buckets: [AtomicU64; BUCKETS_S.len() + 1],
}

/// Counts at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Answered with 2xx.
    pub good: u64,
    /// Answered with another 4xx than those below.
    pub client: u64,
    /// The model answered with something else than 2xx (424).
    pub model: u64,
    /// Refused, because there were too many (429).
    pub busy: u64,
    /// Not answered: no instance (503), too slow (408, 504), or an instance that broke off (502, 503).
    pub failed: u64,
    /// Copies of requests, whose answers were dropped.
    pub mirrored: u64,
    /// The time of all of them together, in microseconds.
    pub took_us: u64,
    /// How many took how long, by [`BUCKETS_S`]; not summed up.
    pub buckets: Vec<u64>,
}

impl Snapshot {
    /// All requests.
    pub fn all(&self) -> u64 {
        self.good + self.client + self.model + self.busy + self.failed
    }

    /// The time within which this part of the requests was answered, in seconds, as far as the buckets tell.
    pub fn quantile_s(&self, part: f64) -> Option<f64> {
        let all: u64 = self.buckets.iter().sum();
        if all == 0 {
            return None;
        }
        let wanted = (all as f64 * part).ceil();
        let mut seen = 0.0;
        let found = self.buckets.iter().position(|count| {
            seen += *count as f64;
            seen >= wanted
        });
        found.map(|at| BUCKETS_S.get(at).copied().unwrap_or(f64::INFINITY))
    }
}

impl Figures {
    /// Counts a request that was answered with this status.
    pub fn count(&self, status: u16, took: Duration) {
        let counter = match status {
            200..=399 => &self.good,
            424 => &self.model,
            429 => &self.busy,
            408 | 500.. => &self.failed,
            _ => &self.client,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let seconds = took.as_secs_f64();
        let at = BUCKETS_S
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BUCKETS_S.len());
        self.buckets[at].fetch_add(1, Ordering::Relaxed);
        self.took_us.fetch_add(
            u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    /// Counts a copy of a request.
    pub fn count_mirrored(&self) {
        self.mirrored.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts now.
    pub fn snapshot(&self) -> Snapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Snapshot {
            good: read(&self.good),
            client: read(&self.client),
            model: read(&self.model),
            busy: read(&self.busy),
            failed: read(&self.failed),
            mirrored: read(&self.mirrored),
            took_us: read(&self.took_us),
            buckets: self.buckets.iter().map(read).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_what_became_of_them() {
        let figures = Figures::default();
        for status in [200, 200, 404, 424, 429, 408, 503, 504] {
            figures.count(status, Duration::from_millis(3));
        }
        let now = figures.snapshot();
        assert_eq!(
            (now.good, now.client, now.model, now.busy, now.failed),
            (2, 1, 1, 1, 3)
        );
        assert_eq!((now.all(), now.quantile_s(0.5)), (8, Some(0.005)));
        assert_eq!(Snapshot::default().quantile_s(0.5), None);
    }
}
