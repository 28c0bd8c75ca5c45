//! Distances between two distributions over the same bins.

/// Shares that are zero are taken as this, as is usual for PSI.
const FLOOR: f64 = 1e-4;

/// Shares of counts.
pub(super) fn shares(counts: &[u64]) -> Vec<f64> {
    let whole = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|count| *count as f64 / whole).collect()
}

/// Population stability index: Σ (q − p) ln(q / p).
pub(super) fn psi(p: &[f64], q: &[f64]) -> f64 {
    p.iter()
        .zip(q)
        .map(|(p, q)| (p.max(FLOOR), q.max(FLOOR)))
        .map(|(p, q)| (q - p) * (q / p).ln())
        .sum()
}

/// Jensen–Shannon distance: the root of the divergence with logarithms of base two (Lin 1991; Endres and Schindelin 2003).
pub(super) fn jensen_shannon(p: &[f64], q: &[f64]) -> f64 {
    let term = |share: f64, middle: f64| {
        if share > 0.0 {
            share * (share / middle).log2()
        } else {
            0.0
        }
    };
    let sum: f64 = p
        .iter()
        .zip(q)
        .map(|(p, q)| term(*p, (p + q) / 2.0) + term(*q, (p + q) / 2.0))
        .sum();
    (sum / 2.0).max(0.0).sqrt()
}

/// Hellinger distance.
pub(super) fn hellinger(p: &[f64], q: &[f64]) -> f64 {
    let sum: f64 = p.iter().zip(q).map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
    (sum / 2.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_books() {
        let (p, q) = ([0.2, 0.3, 0.5], [0.5, 0.3, 0.2]);
        // scipy.spatial.distance.jensenshannon(p, q, 2), and by hand.
        assert!((jensen_shannon(&p, &q) - 0.309_540_953_677_148_2).abs() < 1e-12);
        assert!((psi(&p, &q) - 0.6 * 2.5f64.ln()).abs() < 1e-12);
        assert!((hellinger(&p, &q) - (0.5f64.sqrt() - 0.2f64.sqrt()).abs()).abs() < 1e-12);
        assert_eq!(jensen_shannon(&[1.0, 0.0], &[0.0, 1.0]), 1.0);
        assert_eq!(hellinger(&p, &p), 0.0);
    }
}
