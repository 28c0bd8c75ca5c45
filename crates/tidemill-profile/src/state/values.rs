//! The values of a column: counted one by one while they are few or lie close together, sketched when they are many. Which
//! of the two it is depends on the values alone, never on how the rows were split.

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::counts::Counts;
use super::dense::Dense;
use super::moments::Moments;
use super::read::Dictionaries;
use crate::kind::{Domain, Kind};
use crate::options::Options;
use crate::sketch::{Hll, Quantiles};

/// The values of a column, without the missing ones and without NaN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Values {
    /// Whole numbers in a narrow interval.
    Dense(Dense),
    /// Few distinct values.
    Counted(Counts),
    /// Many.
    Sketched(Box<Sketched>),
}

/// What is known of many values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sketched {
    /// How many.
    pub n: u64,
    /// Distinct ones.
    pub distinct: Hll,
    /// The most frequent ones.
    pub frequent: Counts,
    /// Their order.
    pub quantiles: Quantiles,
    /// Moments of the finite ones.
    pub moments: Moments,
    /// The least key.
    pub min: u64,
    /// The greatest key.
    pub max: u64,
    /// Zeros.
    pub zeros: u64,
    /// Less than zero.
    pub negative: u64,
    /// Infinite.
    pub infinite: u64,
    /// When, for dates and instants.
    pub clock: Option<Clock>,
}

impl Default for Values {
    fn default() -> Self {
        Self::Dense(Dense::default())
    }
}

/// Room that is used again from batch to batch.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Values without the missing ones.
    pub wholes: Vec<i64>,
    /// Values without the missing ones.
    pub floats: Vec<f64>,
    /// That of values.
    pub room: Room,
    /// What is still to be counted.
    pub dictionaries: Dictionaries,
}

/// Room for what values are turned into.
#[derive(Debug, Default)]
pub struct Room {
    keys: Vec<u64>,
    lanes: Vec<u32>,
}

impl Room {
    /// For counts in several tables.
    pub fn lanes(&mut self) -> &mut Vec<u32> {
        &mut self.lanes
    }
}

impl Values {
    /// Adds signed whole numbers.
    pub fn extend_wholes(&mut self, values: &[i64], kind: &Kind, options: &Options, room: &mut Room) {
        if let Self::Dense(dense) = self {
            if dense.count(values, &mut room.lanes) {
                return;
            }
            let Some((low, high)) = bounds(values) else { return };
            if dense.cover(low, high, options.exact_range) && dense.count(values, &mut room.lanes) {
                return;
            }
            self.spread(kind.domain());
        }
        let domain = kind.domain();
        room.keys.clear();
        if domain == Domain::Signed {
            room.keys
                .extend(values.iter().map(|value| Domain::of_signed(*value)));
        } else {
            room.keys
                .extend(values.iter().map(|value| domain.of_whole(*value)));
        }
        self.extend_keys(&room.keys, kind, options);
    }

    /// Adds floating point numbers, none of them NaN.
    pub fn extend_floats(
        &mut self,
        values: &[f64],
        kind: &Kind,
        options: &Options,
        wholes: &mut Vec<i64>,
        room: &mut Room,
    ) {
        if matches!(self, Self::Dense(_)) {
            if wholes_of(values, wholes) {
                return self.extend_wholes(wholes, kind, options, room);
            }
            self.spread(kind.domain());
        }
        room.keys.clear();
        room.keys
            .extend(values.iter().map(|value| Domain::of_float(*value)));
        self.extend_keys(&room.keys, kind, options);
    }

    /// Adds values by their keys.
    pub fn extend_keys(&mut self, keys: &[u64], kind: &Kind, options: &Options) {
        if keys.is_empty() {
            return;
        }
        self.spread(kind.domain());
        match self {
            Self::Sketched(sketched) => sketched.extend(keys, kind, options),
            Self::Counted(counts) => {
                let (mut last, mut run) = (keys[0], 0);
                for key in keys {
                    if *key != last {
                        counts.add(last, run);
                        (last, run) = (*key, 0);
                    }
                    run += 1;
                }
                counts.add(last, run);
            }
            Self::Dense(_) => {}
        }
        self.check(kind, options);
    }

    /// Adds one value many times. [`Self::check`] is to follow.
    #[inline]
    pub fn add(&mut self, key: u64, count: u64, kind: &Kind, options: &Options) -> bool {
        if let Self::Dense(dense) = self {
            if let Some(whole) = kind.domain().whole(key)
                && dense.cover(whole, whole, options.exact_range)
            {
                dense.add(whole, count);
                return false;
            }
            self.spread(kind.domain());
        }
        match self {
            Self::Counted(counts) => counts.add(key, count),
            Self::Sketched(sketched) => {
                sketched.add(key, count, kind, options);
                false
            }
            Self::Dense(_) => false,
        }
    }

    /// Turns to sketches where the values have become many; true where it does.
    pub fn check(&mut self, kind: &Kind, options: &Options) -> bool {
        match self {
            Self::Counted(counts) if counts.len() > options.exact_values => {
                let counts = std::mem::take(counts);
                *self = Self::Sketched(Box::new(Sketched::of(&counts, kind, options)));
                true
            }
            _ => false,
        }
    }

    /// Takes in the values of other rows.
    pub fn merge(&mut self, other: &Self, kind: &Kind, options: &Options) {
        match (&mut *self, other) {
            (Self::Sketched(own), Self::Sketched(other)) => own.merge(other, options),
            (_, Self::Sketched(other)) => {
                let own = std::mem::replace(self, Self::Sketched(other.clone()));
                self.add_all(&own, kind, options);
            }
            (Self::Dense(own), Self::Dense(dense)) => match dense.bounds() {
                Some((low, high)) if own.cover(low, high, options.exact_range) => {
                    dense.iter().for_each(|(value, count)| own.add(value, count));
                }
                Some(_) => {
                    self.spread(kind.domain());
                    self.add_all(other, kind, options);
                }
                None => {}
            },
            (Self::Dense(_), Self::Counted(_)) => {
                self.spread(kind.domain());
                self.add_all(other, kind, options);
            }
            _ => self.add_all(other, kind, options),
        }
        self.check(kind, options);
    }

    /// The values with their counts, by key, where each was counted.
    pub fn exact(&self, domain: Domain) -> Option<Vec<(u64, u64)>> {
        match self {
            Self::Dense(dense) => Some(
                dense
                    .iter()
                    .map(|(whole, count)| (domain.of_whole(whole), count))
                    .collect(),
            ),
            Self::Counted(counts) => {
                let mut all: Vec<_> = counts.iter().collect();
                all.sort_unstable();
                Some(all)
            }
            Self::Sketched(_) => None,
        }
    }

    fn add_all(&mut self, other: &Self, kind: &Kind, options: &Options) {
        for (key, count) in other.exact(kind.domain()).unwrap_or_default() {
            self.add(key, count, kind, options);
        }
    }

    fn spread(&mut self, domain: Domain) {
        if let Self::Dense(dense) = self {
            let mut counts = Counts::default();
            for (whole, count) in dense.iter() {
                counts.add(domain.of_whole(whole), count);
            }
            *self = Self::Counted(counts);
        }
    }
}

impl Sketched {
    fn of(counts: &Counts, kind: &Kind, options: &Options) -> Self {
        let mut sketched = Self {
            n: 0,
            distinct: Hll::new(options.precision),
            frequent: Counts::default(),
            quantiles: Quantiles::new(options.k),
            moments: Moments::default(),
            min: u64::MAX,
            max: 0,
            zeros: 0,
            negative: 0,
            infinite: 0,
            clock: kind.is_time().then(Clock::default),
        };
        let mut all: Vec<_> = counts.iter().collect();
        all.sort_unstable();
        if kind.is_numeric() {
            let finite = all.iter().map(|(key, count)| (kind.number(*key), *count));
            sketched.moments = Moments::of_counted(finite.filter(|(value, _)| value.is_finite()));
        }
        for (key, count) in all {
            sketched.note(key, count, kind, options);
        }
        sketched
    }

    /// Everything but the moments.
    fn note(&mut self, key: u64, count: u64, kind: &Kind, options: &Options) {
        self.n += count;
        self.distinct.add(key);
        self.frequent.add(key, count);
        self.frequent.purge(options.frequent);
        if kind.domain() == Domain::Hash {
            return;
        }
        (self.min, self.max) = (self.min.min(key), self.max.max(key));
        self.quantiles.add(key, count);
        if kind.is_numeric() {
            self.signs(kind.domain().value(key), count);
        }
        if let Some(clock) = &mut self.clock {
            clock.add(crate::kind::signed(key), count, kind);
        }
    }

    fn signs(&mut self, value: f64, count: u64) {
        self.zeros += if value == 0.0 { count } else { 0 };
        self.negative += if value < 0.0 { count } else { 0 };
        self.infinite += if value.is_infinite() { count } else { 0 };
    }

    /// Counts a value that has no order; true when it was not among those that are followed. [`Self::purge`] is to follow.
    #[inline]
    pub fn count_hash(&mut self, key: u64, count: u64) -> bool {
        self.n += count;
        self.distinct.add(key);
        self.frequent.add(key, count)
    }

    /// Lets go the least frequent values once there are too many; true where it does.
    pub fn purge(&mut self, options: &Options) -> bool {
        let full = self.frequent.len() > options.frequent;
        if full {
            self.frequent.purge(options.frequent);
        }
        full
    }

    fn add(&mut self, key: u64, count: u64, kind: &Kind, options: &Options) {
        self.note(key, count, kind, options);
        if kind.is_numeric() {
            let value = kind.number(key);
            if value.is_finite() {
                let one = Moments {
                    n: count as f64,
                    mean: value,
                    ..Moments::default()
                };
                self.moments = self.moments.merge(one);
            }
        }
    }

    fn extend(&mut self, keys: &[u64], kind: &Kind, options: &Options) {
        self.n += keys.len() as u64;
        for key in keys {
            self.distinct.add(*key);
        }
        for chunk in keys.chunks(options.frequent.max(512)) {
            for key in chunk {
                self.frequent.add(*key, 1);
            }
            self.frequent.purge(options.frequent);
        }
        if kind.domain() == Domain::Hash {
            return;
        }
        for key in keys {
            (self.min, self.max) = (self.min.min(*key), self.max.max(*key));
        }
        self.quantiles.extend(keys);
        if kind.is_numeric() {
            self.measure(keys, kind);
        }
        if let Some(clock) = &mut self.clock {
            keys.iter()
                .for_each(|key| clock.add(crate::kind::signed(*key), 1, kind));
        }
    }

    /// Moments and signs, a stretch at a time.
    fn measure(&mut self, keys: &[u64], kind: &Kind) {
        let mut room = [0.0; 1024];
        let scale = kind.number(Domain::of_signed(1));
        let domain = kind.domain();
        for chunk in keys.chunks(room.len()) {
            let mut filled = 0;
            for key in chunk {
                let value = domain.value(*key);
                self.zeros += u64::from(value == 0.0);
                self.negative += u64::from(value < 0.0);
                room[filled] = value;
                filled += usize::from(value.is_finite());
            }
            self.infinite += (chunk.len() - filled) as u64;
            let values = &mut room[..filled];
            if matches!(kind, Kind::Decimal(_) | Kind::Time(_)) {
                values.iter_mut().for_each(|value| *value *= scale);
            }
            if filled > 0 {
                self.moments = self.moments.merge(Moments::of(values));
            }
        }
    }

    fn merge(&mut self, other: &Self, options: &Options) {
        self.n += other.n;
        self.distinct.merge(&other.distinct);
        self.frequent.merge(&other.frequent);
        self.frequent.purge(options.frequent);
        self.quantiles.merge(&other.quantiles);
        self.moments = self.moments.merge(other.moments);
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
        self.zeros += other.zeros;
        self.negative += other.negative;
        self.infinite += other.infinite;
        if let (Some(own), Some(other)) = (&mut self.clock, &other.clock) {
            own.merge(other);
        }
    }
}

fn bounds(values: &[i64]) -> Option<(i64, i64)> {
    let first = *values.first()?;
    Some(values.iter().fold((first, first), |(low, high), value| {
        (low.min(*value), high.max(*value))
    }))
}

/// The values as whole numbers; false where one is not whole or too large to be counted in an interval.
fn wholes_of(values: &[f64], wholes: &mut Vec<i64>) -> bool {
    // Adding it moves the whole part of a small number to the low bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    wholes.clear();
    wholes.extend(
        values
            .iter()
            .map(|value| (value + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i64),
    );
    // Looked at to its end, which takes less than leaving at the first.
    let is_whole = |value: &f64| (value.abs() < 1e15) & ((value + SHIFT) - SHIFT == *value);
    values
        .chunks(4096)
        .all(|chunk| chunk.iter().fold(true, |all, value| all & is_whole(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_floats_are_told_from_others() {
        let mut wholes = Vec::new();
        assert!(wholes_of(&[-3.0, 0.0, -0.0, 7.0, 1e14], &mut wholes));
        assert_eq!(wholes, [-3, 0, 0, 7, 100_000_000_000_000]);
        for other in [0.5, 1e16, f64::INFINITY, 2.000_000_001] {
            assert!(!wholes_of(&[1.0, other], &mut wholes), "{other}");
        }
    }
}
