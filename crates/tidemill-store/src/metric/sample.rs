//! A point within its series: time, step and value, and the one order in which they are kept.

use std::cmp::Ordering;

/// One point of a series. NaN is NaN here; infinities have become the greatest numbers.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// UTC milliseconds.
    pub timestamp: i64,
    /// The step of the training.
    pub step: i64,
    /// Never infinite.
    pub value: f64,
}

impl Sample {
    /// A point as it is kept: infinities become the greatest numbers, and every NaN the same one.
    pub(super) fn new(timestamp: i64, step: i64, value: f64) -> Self {
        let value = if value.is_nan() {
            f64::NAN
        } else {
            // Adding zero makes one zero of the two.
            value.clamp(f64::MIN, f64::MAX) + 0.0
        };
        Self {
            timestamp,
            step,
            value,
        }
    }

    /// The value and the flag that databases compare: NaN counts as zero.
    pub(super) fn column(self) -> (f64, bool) {
        if self.value.is_nan() {
            (0.0, true)
        } else {
            (self.value, false)
        }
    }

    /// By time, step and value: the order of a history. Equal samples are one point.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let ((value, nan), (other_value, other_nan)) = (self.column(), other.column());
        self.timestamp
            .cmp(&other.timestamp)
            .then(self.step.cmp(&other.step))
            .then(value.total_cmp(&other_value))
            .then(nan.cmp(&other_nan))
    }

    /// Whether this point is the latest one of the two: the one with the greatest step, time and value.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        let ((value, _), (other_value, _)) = (self.column(), other.column());
        (self.step, self.timestamp, value) > (other.step, other.timestamp, other_value)
    }
}

impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Equal
    }
}

/// Sorts, and drops exact duplicates.
pub(super) fn settle(samples: &mut Vec<Sample>) {
    if samples
        .windows(2)
        .all(|pair| pair[0].order(&pair[1]) == Ordering::Less)
    {
        return;
    }
    samples.sort_by(Sample::order);
    samples.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_database_keeps_get_a_stand_in() {
        assert_eq!(Sample::new(0, 0, f64::INFINITY).value, f64::MAX);
        assert_eq!(Sample::new(0, 0, f64::NEG_INFINITY).value, f64::MIN);
        assert_eq!(Sample::new(0, 0, f64::NAN).column(), (0.0, true));
        assert_eq!(Sample::new(0, 0, -0.0), Sample::new(0, 0, 0.0));
    }

    #[test]
    fn an_exact_duplicate_is_one_point_and_nan_is_another_than_zero() {
        let mut samples = [(2, 0.5), (1, f64::NAN), (1, 0.0), (2, 0.5), (1, f64::NAN)]
            .map(|(step, value)| Sample::new(0, step, value))
            .to_vec();
        settle(&mut samples);
        let expected = [(1, 0.0), (1, f64::NAN), (2, 0.5)].map(|(step, value)| Sample::new(0, step, value));
        assert_eq!(samples, expected);
    }
}
