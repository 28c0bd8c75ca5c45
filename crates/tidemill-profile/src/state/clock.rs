//! When: by weekday, by hour and by day, in UTC or in the wall time that the column keeps.

use serde::{Deserialize, Serialize};

use super::dense::Dense;
use crate::kind::Kind;

/// Days that are counted one by one: about 180 years.
const DAYS: usize = 65_536;

/// Counts by weekday, hour and day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Clock {
    /// From Monday on.
    pub weekdays: [u64; 7],
    /// From midnight on.
    pub hours: [u64; 24],
    days: Dense,
    /// Some days lie too far from the others.
    far: bool,
}

impl Clock {
    /// Counts a value of a column of dates or instants.
    pub fn add(&mut self, value: i64, count: u64, kind: &Kind) {
        let day = match kind {
            Kind::Timestamp(per_second, _) => {
                let seconds = value.div_euclid(*per_second);
                self.hours[(seconds.rem_euclid(86_400) / 3600) as usize % 24] += count;
                seconds.div_euclid(86_400)
            }
            _ => value,
        };
        // 1970-01-01 was a Thursday.
        self.weekdays[(day + 3).rem_euclid(7) as usize % 7] += count;
        if self.days.cover(day, day, DAYS) {
            self.days.add(day, count);
        } else {
            self.far = true;
        }
    }

    /// Takes in other counts.
    pub fn merge(&mut self, other: &Self) {
        self.weekdays
            .iter_mut()
            .zip(other.weekdays)
            .for_each(|(own, other)| *own += other);
        self.hours
            .iter_mut()
            .zip(other.hours)
            .for_each(|(own, other)| *own += other);
        self.far |= other.far;
        if let Some((low, high)) = other.days.bounds() {
            if self.days.cover(low, high, DAYS) {
                other
                    .days
                    .iter()
                    .for_each(|(day, count)| self.days.add(day, count));
            } else {
                self.far = true;
            }
        }
    }

    /// The days with values, with their counts; `None` where they lie too far from each other.
    pub fn days(&self) -> Option<Vec<(i64, u64)>> {
        (!self.far).then(|| self.days.iter().collect())
    }
}
