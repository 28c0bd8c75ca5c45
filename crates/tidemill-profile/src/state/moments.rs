//! Mean and central moments up to the fourth, one pass, mergeable (Pébay, Sandia report SAND2008-6212).

use serde::{Deserialize, Serialize};

/// Moments of finite values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// How many.
    pub n: f64,
    /// Their mean.
    pub mean: f64,
    /// Sum of squared differences from the mean.
    pub m2: f64,
    /// Sum of cubes.
    pub m3: f64,
    /// Sum of fourth powers.
    pub m4: f64,
}

const LANES: usize = 4;
const CHUNK: usize = 1024;

impl Moments {
    /// Moments of values, of which none is infinite or NaN.
    pub fn of(values: &[f64]) -> Self {
        values
            .chunks(CHUNK)
            .map(Self::of_chunk)
            .fold(Self::default(), Self::merge)
    }

    /// Moments of values that each occur so many times; exact sums in the order of the values, so that any split of the rows
    /// gives the same bits.
    pub fn of_counted(values: impl Iterator<Item = (f64, u64)> + Clone) -> Self {
        let (mut n, mut sum, mut lost) = (0.0, 0.0f64, 0.0f64);
        for (value, count) in values.clone() {
            let term = value * count as f64;
            n += count as f64;
            // Neumaier's sum.
            let next = sum + term;
            lost += if sum.abs() >= term.abs() {
                (sum - next) + term
            } else {
                (term - next) + sum
            };
            sum = next;
        }
        if n == 0.0 {
            return Self::default();
        }
        let mean = (sum + lost) / n;
        let (mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0);
        for (value, count) in values {
            let (d, w) = (value - mean, count as f64);
            m2 += w * d * d;
            m3 += w * d * d * d;
            m4 += w * d * d * d * d;
        }
        Self { n, mean, m2, m3, m4 }
    }

    fn of_chunk(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mut sums = [0.0; LANES];
        let (lanes, rest) = values.as_chunks::<LANES>();
        for lane in lanes {
            for (sum, value) in sums.iter_mut().zip(lane) {
                *sum += value;
            }
        }
        let mean = (sums.iter().sum::<f64>() + rest.iter().sum::<f64>()) / n;
        let (mut m2, mut m3, mut m4) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for lane in lanes {
            for at in 0..LANES {
                let d = lane[at] - mean;
                let square = d * d;
                m2[at] += square;
                m3[at] += square * d;
                m4[at] += square * square;
            }
        }
        for value in rest {
            let d = value - mean;
            m2[0] += d * d;
            m3[0] += d * d * d;
            m4[0] += d * d * d * d;
        }
        let sum = |lanes: [f64; LANES]| lanes.iter().sum();
        Self {
            n,
            mean,
            m2: sum(m2),
            m3: sum(m3),
            m4: sum(m4),
        }
    }

    /// The moments of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.n == 0.0 {
            return other;
        }
        if other.n == 0.0 {
            return self;
        }
        let (a, b) = (self, other);
        let n = a.n + b.n;
        let d = b.mean - a.mean;
        let d2 = d * d;
        Self {
            n,
            mean: a.mean + d * b.n / n,
            m2: a.m2 + b.m2 + d2 * a.n * b.n / n,
            m3: a.m3
                + b.m3
                + d * d2 * a.n * b.n * (a.n - b.n) / (n * n)
                + 3.0 * d * (a.n * b.m2 - b.n * a.m2) / n,
            m4: a.m4
                + b.m4
                + d2 * d2 * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) / (n * n * n)
                + 6.0 * d2 * (a.n * a.n * b.m2 + b.n * b.n * a.m2) / (n * n)
                + 4.0 * d * (a.n * b.m3 - b.n * a.m3) / n,
        }
    }

    /// The standard deviation of a sample (n − 1), as pandas has it.
    pub fn standard_deviation(&self) -> Option<f64> {
        (self.n > 1.0)
            .then(|| (self.m2 / (self.n - 1.0)).sqrt())
            .filter(|sd| sd.is_finite())
    }

    /// The adjusted Fisher–Pearson skewness G₁, as pandas has it.
    pub fn skewness(&self) -> Option<f64> {
        let n = self.n;
        let g = n.sqrt() * self.m3 / self.m2.powf(1.5);
        (n > 2.0 && self.spreads())
            .then(|| g * (n * (n - 1.0)).sqrt() / (n - 2.0))
            .filter(|g| g.is_finite())
    }

    /// The adjusted excess kurtosis G₂, as pandas has it.
    pub fn kurtosis(&self) -> Option<f64> {
        let n = self.n;
        let g = n * self.m4 / (self.m2 * self.m2) - 3.0;
        (n > 3.0 && self.spreads())
            .then(|| (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * g + 6.0))
            .filter(|g| g.is_finite())
    }

    /// False where the values differ by no more than rounding.
    fn spreads(&self) -> bool {
        self.m2 / self.n > (self.mean * 1e-14).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_parts_are_those_of_the_whole() {
        let values: Vec<f64> = (0..10_000u32)
            .map(|at| f64::from(at * 7919 % 10_007).sqrt() + 1e6)
            .collect();
        let whole = Moments::of(&values);
        let parts = values
            .chunks(777)
            .map(Moments::of)
            .fold(Moments::default(), Moments::merge);
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let counted = Moments::of_counted(sorted.iter().map(|value| (*value, 1)));
        for other in [parts, counted] {
            assert!((whole.mean - other.mean).abs() < 1e-9);
            for (a, b) in [
                (whole.standard_deviation(), other.standard_deviation()),
                (whole.skewness(), other.skewness()),
                (whole.kurtosis(), other.kurtosis()),
            ] {
                let (a, b) = (a.expect("some"), b.expect("some"));
                assert!((a - b).abs() < 1e-9 * a.abs().max(1.0), "{a} {b}");
            }
        }
    }
}
