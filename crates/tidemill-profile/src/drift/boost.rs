//! Small boosted trees over columns in bins, for telling two samples apart and for what a target is, given the other columns.
//!
//! Gradient boosting with second derivatives (Friedman 2001; Chen and Guestrin 2016) on histograms of at most [`BINS`] bins. Nothing is
//! drawn at random: the same rows in the same order give the same trees.

/// Bins of a column; the first is for missing values.
pub(super) const BINS: usize = 25;
const ROUNDS: usize = 40;
const DEPTH: usize = 3;
const RATE: f64 = 0.2;
/// What a leaf's second derivatives are added to.
const RIDGE: f64 = 1.0;
/// Fewer rows are no leaf.
const LEAST: usize = 20;

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Of two classes, 0 and 1: scores are log odds.
    Logistic,
    /// A number: scores are its mean.
    Squares,
}

/// A node: rows below or in `bin` of `feature` go to the next, others to the one after; a leaf has no feature.
#[derive(Debug, Clone, Copy)]
struct Node {
    feature: usize,
    bin: u8,
    left: usize,
    right: usize,
    value: f64,
    is_leaf: bool,
}

/// What was learned.
#[derive(Debug, Clone)]
pub(super) struct Boost {
    base: f64,
    trees: Vec<Vec<Node>>,
}

/// Columns in bins, all of the same length.
pub(super) type Binned = [Vec<u8>];

impl Boost {
    /// Learns `target` of the rows `rows` of `columns`, each with its weight.
    pub(super) fn learn(
        columns: &Binned,
        target: &[f64],
        weights: &[f64],
        rows: &[usize],
        loss: Loss,
    ) -> Self {
        let weight: f64 = rows.iter().map(|row| weights[*row]).sum();
        let mean =
            rows.iter().map(|row| weights[*row] * target[*row]).sum::<f64>() / weight.max(f64::MIN_POSITIVE);
        let base = match loss {
            Loss::Logistic => {
                let share = mean.clamp(1e-6, 1.0 - 1e-6);
                (share / (1.0 - share)).ln()
            }
            Loss::Squares => mean,
        };
        let mut scores = vec![base; target.len()];
        let mut slopes = vec![[0.0; 2]; target.len()];
        let mut trees = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            for row in rows {
                slopes[*row] = match loss {
                    Loss::Logistic => {
                        let share = 1.0 / (1.0 + (-scores[*row]).exp());
                        [
                            weights[*row] * (share - target[*row]),
                            weights[*row] * share * (1.0 - share),
                        ]
                    }
                    Loss::Squares => [weights[*row] * (scores[*row] - target[*row]), weights[*row]],
                };
            }
            let tree = grow(columns, &slopes, rows);
            if tree.len() == 1 && tree[0].value == 0.0 {
                break;
            }
            for row in rows {
                scores[*row] += leaf(&tree, |feature| columns[feature][*row]);
            }
            trees.push(tree);
        }
        Self { base, trees }
    }

    /// The score of a row, whose bin of each column is told.
    pub(super) fn score(&self, bin: impl Fn(usize) -> u8) -> f64 {
        self.base + self.trees.iter().map(|tree| leaf(tree, &bin)).sum::<f64>()
    }
}

fn leaf(tree: &[Node], bin: impl Fn(usize) -> u8) -> f64 {
    let mut at = 0;
    while !tree[at].is_leaf {
        let Node {
            feature,
            bin: most,
            left,
            right,
            ..
        } = tree[at];
        at = if bin(feature) <= most { left } else { right };
    }
    tree[at].value
}

fn grow(columns: &Binned, slopes: &[[f64; 2]], rows: &[usize]) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut open = vec![(0usize, rows.to_vec(), 0usize)];
    nodes.push(leaf_of(slopes, rows));
    while let Some((at, rows, depth)) = open.pop() {
        if depth == DEPTH || rows.len() < 2 * LEAST {
            continue;
        }
        let Some((feature, bin)) = best(columns, slopes, &rows) else {
            continue;
        };
        let (left, right): (Vec<usize>, Vec<usize>) =
            rows.iter().partition(|row| columns[feature][**row] <= bin);
        let (first, second) = (nodes.len(), nodes.len() + 1);
        nodes.push(leaf_of(slopes, &left));
        nodes.push(leaf_of(slopes, &right));
        nodes[at] = Node {
            feature,
            bin,
            left: first,
            right: second,
            value: 0.0,
            is_leaf: false,
        };
        open.push((first, left, depth + 1));
        open.push((second, right, depth + 1));
    }
    nodes
}

fn leaf_of(slopes: &[[f64; 2]], rows: &[usize]) -> Node {
    let [first, second] = rows.iter().fold([0.0; 2], |sum, row| {
        [sum[0] + slopes[*row][0], sum[1] + slopes[*row][1]]
    });
    Node {
        feature: 0,
        bin: 0,
        left: 0,
        right: 0,
        value: -RATE * first / (second + RIDGE),
        is_leaf: true,
    }
}

/// The split that gains the most, where any gains.
fn best(columns: &Binned, slopes: &[[f64; 2]], rows: &[usize]) -> Option<(usize, u8)> {
    let whole = rows.iter().fold([0.0; 2], |sum, row| {
        [sum[0] + slopes[*row][0], sum[1] + slopes[*row][1]]
    });
    let gain = |sum: [f64; 2]| sum[0] * sum[0] / (sum[1] + RIDGE);
    let mut found: Option<(f64, usize, u8)> = None;
    for (feature, column) in columns.iter().enumerate() {
        let mut bins = [([0.0; 2], 0usize); BINS];
        for row in rows {
            let (sum, count) = &mut bins[column[*row] as usize];
            sum[0] += slopes[*row][0];
            sum[1] += slopes[*row][1];
            *count += 1;
        }
        let (mut left, mut count) = ([0.0; 2], 0);
        for (bin, (sum, here)) in bins.iter().enumerate().take(BINS - 1) {
            left = [left[0] + sum[0], left[1] + sum[1]];
            count += here;
            if *here == 0 || count < LEAST || rows.len() - count < LEAST {
                continue;
            }
            let right = [whole[0] - left[0], whole[1] - left[1]];
            let gained = gain(left) + gain(right) - gain(whole);
            if gained > 1e-9 && found.is_none_or(|(most, ..)| gained > most) {
                found = Some((gained, feature, bin as u8));
            }
        }
    }
    found.map(|(_, feature, bin)| (feature, bin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_two_columns_together_tell_is_learned() {
        let rows: Vec<usize> = (0..400).collect();
        let columns = vec![
            rows.iter().map(|row| (row % 2) as u8 + 1).collect(),
            rows.iter()
                .map(|row| (row / 2 % 2) as u8 + 1)
                .collect::<Vec<u8>>(),
        ];
        // Exclusive or; a few odd rows break the symmetry, or no first split would gain.
        let target: Vec<f64> = rows
            .iter()
            .map(|row| {
                f64::from(u8::from(
                    (*row >= 8 || row % 2 == 0) && (row % 2) != (row / 2 % 2),
                ))
            })
            .collect();
        let learned = Boost::learn(&columns, &target, &vec![1.0; 400], &rows, Loss::Logistic);
        for row in 8..400usize {
            let score = learned.score(|feature| columns[feature][row]);
            assert_eq!(score > 0.0, target[row] == 1.0, "{row}: {score}");
        }
    }

    #[test]
    fn a_mean_is_learned_by_bins() {
        let rows: Vec<usize> = (0..300).collect();
        let columns = vec![rows.iter().map(|row| (row / 100) as u8).collect::<Vec<u8>>()];
        let target: Vec<f64> = rows.iter().map(|row| [1.0, -2.0, 5.0][row / 100]).collect();
        let learned = Boost::learn(&columns, &target, &vec![1.0; 300], &rows, Loss::Squares);
        for (bin, mean) in [1.0, -2.0, 5.0].into_iter().enumerate() {
            let found = learned.score(|_| bin as u8);
            assert!((found - mean).abs() < 0.2, "{bin}: {found}");
        }
    }

    #[test]
    fn nothing_to_tell_gives_the_mean() {
        let rows: Vec<usize> = (0..100).collect();
        let learned = Boost::learn(&[vec![1; 100]], &[0.25; 100], &[1.0; 100], &rows, Loss::Squares);
        assert!((learned.score(|_| 1) - 0.25).abs() < 1e-9);
    }
}
