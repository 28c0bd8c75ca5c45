//! How likely a difference is by chance alone.

/// The p-value of the two-sample test of Kolmogorov and Smirnov, by its limit with Stephens' correction (Stephens 1970).
/// Equal values make it too large, never too small.
pub(super) fn kolmogorov_smirnov(distance: f64, n: u64, m: u64) -> f64 {
    let effective = n as f64 * m as f64 / (n as f64 + m as f64);
    let root = effective.sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * distance;
    if lambda < 0.2 {
        return 1.0;
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * f64::from(k * k) * lambda * lambda).exp()
    };
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// Pearson's chi-square test of homogeneity of two samples over categories: the statistic and its p-value.
pub(super) fn homogeneity(counts: &[[u64; 2]]) -> (f64, f64) {
    let total = |at: usize| counts.iter().map(|pair| pair[at]).sum::<u64>() as f64;
    let totals = [total(0), total(1)];
    let whole = totals[0] + totals[1];
    let mut statistic = 0.0;
    for pair in counts {
        let both = (pair[0] + pair[1]) as f64;
        for at in 0..2 {
            let expected = both * totals[at] / whole;
            if expected > 0.0 {
                statistic += (pair[at] as f64 - expected).powi(2) / expected;
            }
        }
    }
    (
        statistic,
        chi_square(statistic, counts.len().saturating_sub(1) as f64),
    )
}

/// The p-value of two shares being one, by the same test.
pub(super) fn two_shares(found: [u64; 2], of: [u64; 2]) -> f64 {
    homogeneity(&[found, [of[0] - found[0], of[1] - found[1]]]).1
}

/// The upper tail of the chi-square distribution.
pub(super) fn chi_square(statistic: f64, freedom: f64) -> f64 {
    if freedom < 1.0 || statistic <= 0.0 {
        return 1.0;
    }
    upper_gamma(freedom / 2.0, statistic / 2.0)
}

/// The regularised upper incomplete gamma function: its series, or its continued fraction (Lentz), whichever converges.
fn upper_gamma(a: f64, x: f64) -> f64 {
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..10_000 {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-15 {
                break;
            }
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for i in 1..10_000 {
        let n = -f64::from(i) * (f64::from(i) - a);
        b += 2.0;
        d = 1.0 / (n * d + b).abs().max(tiny).copysign(n * d + b);
        c = b + n / c;
        let step = c * d;
        h *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * h).clamp(0.0, 1.0)
}

/// Lanczos' approximation (g = 7, nine terms).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let sum = TERMS
        .iter()
        .enumerate()
        .fold(0.999_999_999_999_809_9, |sum, (at, term)| {
            sum + term / (x + at as f64 + 1.0)
        });
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_those_of_scipy() {
        // scipy.stats.chi2.sf
        for (statistic, freedom, p) in [
            (3.841_458_820_694_124, 1.0, 0.05),
            (18.307_038_053_275_146, 10.0, 0.05),
            (0.5, 4.0, 0.973_500_978_839_256_4),
            (200.0, 100.0, 1.178_450_072_097_978_1e-8),
        ] {
            let found = chi_square(statistic, freedom);
            assert!((found / p - 1.0).abs() < 1e-9, "{statistic} {freedom}: {found}");
        }
        // scipy.special.kolmogorov(1.36) at large n.
        let n = 200_000_000;
        let found = kolmogorov_smirnov(1.36 / (f64::from(n) / 2.0).sqrt(), n as u64, n as u64);
        assert!((found - 0.049_485_9).abs() < 1e-4, "{found}");
    }
}
