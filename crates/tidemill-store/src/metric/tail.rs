//! What was acknowledged and is not in its series yet, held in memory as well as on disk. A reader takes the tail first
//! and the database second: a point that has moved meanwhile is found twice and counted once, and none is missed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::{Batch, SeriesName};
use super::sample::Sample;

/// A run: workspace and id.
pub(super) type RunName = (String, String);

/// Points that move together.
#[derive(Debug, Default)]
pub(super) struct Generation {
    /// Points by run and key, in no order.
    pub runs: HashMap<RunName, BTreeMap<String, Vec<Sample>>>,
    /// The rows on disk that hold them.
    pub rows: Vec<i64>,
    /// How many points there are.
    pub points: usize,
}

impl Generation {
    fn add(&mut self, row: i64, batch: Batch) {
        self.rows.push(row);
        for (
            SeriesName {
                workspace,
                run_id,
                key,
            },
            samples,
        ) in batch
        {
            self.points += samples.len();
            self.runs
                .entry((workspace, run_id))
                .or_default()
                .entry(key)
                .or_default()
                .extend(samples);
        }
    }
}

/// The tail: one generation that grows, and at most one that is on its way.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    fresh: Generation,
    moving: Option<Arc<Generation>>,
}

impl Tail {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Every change below is whole when it can panic no more.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, row: i64, batch: Batch) {
        self.lock().fresh.add(row, batch);
    }

    /// How many points wait, and how many are on their way.
    pub fn points(&self) -> usize {
        let generations = self.lock();
        generations.fresh.points + generations.moving.as_ref().map_or(0, |moving| moving.points)
    }

    /// Whether something was taken and has not arrived.
    pub fn is_moving(&self) -> bool {
        self.lock().moving.is_some()
    }

    /// Takes what has grown so far, to move it; `None` when there is nothing. What a move that failed left comes first.
    pub fn take(&self) -> Option<Arc<Generation>> {
        let mut generations = self.lock();
        if generations.moving.is_none() && !generations.fresh.rows.is_empty() {
            generations.moving = Some(Arc::new(std::mem::take(&mut generations.fresh)));
        }
        generations.moving.clone()
    }

    /// Forgets what was taken: it is in its place.
    pub fn moved(&self) {
        self.lock().moving = None;
    }

    /// The points of one series, in no order.
    pub fn series(&self, run: &RunName, key: &str) -> Vec<Sample> {
        self.look(run, |series| series.get(key).cloned().unwrap_or_default())
            .concat()
    }

    /// The latest point of each series of a run.
    pub fn latest(&self, run: &RunName) -> BTreeMap<String, Sample> {
        let mut latest = BTreeMap::<String, Sample>::new();
        let all = self.look(run, |series| {
            let latest = series.iter().filter_map(|(key, samples)| {
                let latest = samples
                    .iter()
                    .copied()
                    .reduce(|a, b| if b.is_after(&a) { b } else { a })?;
                Some((key.clone(), latest))
            });
            latest.collect::<Vec<_>>()
        });
        for (key, sample) in all.into_iter().flatten() {
            let kept = latest.entry(key).or_insert(sample);
            if sample.is_after(kept) {
                *kept = sample;
            }
        }
        latest
    }

    fn look<T>(&self, run: &RunName, look: impl Fn(&BTreeMap<String, Vec<Sample>>) -> T) -> Vec<T> {
        let generations = self.lock();
        let both = [generations.moving.as_deref(), Some(&generations.fresh)];
        both.into_iter()
            .flatten()
            .filter_map(|generation| generation.runs.get(run))
            .map(look)
            .collect()
    }
}
