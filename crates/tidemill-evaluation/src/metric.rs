//! Metrics of quality, by the definitions of scikit-learn's functions of the same names (`tests/sklearn.rs` compares them).
//!
//! Of several classes, `precision`, `recall`, `f1`, `roc_auc` and `pr_auc` are means over the classes, one against the rest.
//! `calibration_error` is the expected calibration error of ten bins of equal width: Σ (rows of the bin / rows) · |share that
//! is true − mean probability|, of the positive class or, of several, of the class that is told.

use indexmap::IndexMap;

/// What a model is measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Task {
    /// It tells one of so many classes.
    Classes {
        /// How many.
        count: usize,
        /// Of two, the one that is looked for.
        positive: usize,
        /// The probability from which on that one is told.
        threshold: f64,
    },
    /// It tells a number.
    Numbers,
}

/// What a model said, a row each.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// A probability of each class, row by row.
    Scores(Vec<f64>),
    /// A number, or the code of a class.
    Values(Vec<f64>),
}

impl Answers {
    /// The answers to these rows alone.
    #[must_use]
    pub fn of(&self, rows: &[usize], classes: usize) -> Self {
        match self {
            Self::Values(values) => {
                Self::Values(rows.iter().filter_map(|row| values.get(*row)).copied().collect())
            }
            Self::Scores(scores) => {
                let one = |row: &usize| {
                    scores
                        .get(row * classes..(row + 1) * classes)
                        .unwrap_or_default()
                        .to_vec()
                };
                Self::Scores(rows.iter().flat_map(one).collect())
            }
        }
    }

    /// The rows of which every answer is a number.
    pub fn finite(&self, rows: usize, classes: usize) -> Vec<usize> {
        let is = |row: &usize| match self {
            Self::Values(values) => values.get(*row).is_some_and(|value| value.is_finite()),
            Self::Scores(scores) => scores
                .get(row * classes..(row + 1) * classes)
                .is_some_and(|one| one.iter().all(|value| value.is_finite())),
        };
        (0..rows).filter(is).collect()
    }
}

/// Every metric that can be computed: of one class alone there is no curve, and without probabilities none of theirs.
pub fn all(task: Task, truth: &[f64], answers: &Answers) -> IndexMap<&'static str, f64> {
    let mut found = IndexMap::new();
    if truth.is_empty() {
        return found;
    }
    let mut add = |name, value: Option<f64>| {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            found.insert(name, value);
        }
    };
    match task {
        Task::Numbers => {
            let Answers::Values(said) = answers else {
                return found;
            };
            let errors: Vec<f64> = said.iter().zip(truth).map(|(said, truth)| said - truth).collect();
            let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
            add(
                "rmse",
                Some(mean(errors.iter().map(|error| error * error)).sqrt()),
            );
            add("mae", Some(mean(sizes.iter().copied())));
            add("median_absolute_error", median(&sizes));
            add("max_error", sizes.iter().copied().reduce(f64::max));
            add("r2", Some(r2(truth, &errors)));
            let relative = sizes
                .iter()
                .zip(truth)
                .map(|(size, truth)| size / truth.abs().max(f64::EPSILON));
            add("mape", Some(mean(relative)));
            add("bias", Some(mean(errors.iter().copied())));
        }
        Task::Classes { count, positive, .. } => {
            let truth: Vec<usize> = truth.iter().map(|code| code_of(*code)).collect();
            let counts = confusion(count, &truth, &told(task, answers));
            let binary = (count == 2).then_some(positive);
            add("accuracy", Some(counts.right() / counts.all()));
            add("balanced_accuracy", Some(counts.balanced()));
            add("precision", Some(counts.of(binary, Counts::precision)));
            add("recall", Some(counts.of(binary, Counts::recall)));
            add("f1", Some(counts.of(binary, Counts::f1)));
            add("matthews", Some(counts.matthews()));
            if let Answers::Scores(scores) = answers {
                let one = |class: usize| -> (Vec<bool>, Vec<f64>) {
                    let is = truth.iter().map(|code| *code == class).collect();
                    (is, scores.iter().skip(class).step_by(count).copied().collect())
                };
                let over = |curve: fn(&[bool], &[f64]) -> Option<f64>| -> Option<f64> {
                    let classes: Vec<usize> =
                        binary.map_or_else(|| (0..count).collect(), |class| vec![class]);
                    let values: Option<Vec<f64>> = classes
                        .into_iter()
                        .map(|class| one(class))
                        .map(|(is, score)| curve(&is, &score))
                        .collect();
                    values.map(|values| mean(values.into_iter()))
                };
                add("roc_auc", over(roc_auc));
                add("pr_auc", over(average_precision));
                add("log_loss", Some(log_loss(count, &truth, scores)));
                add("brier", Some(brier(count, &truth, scores)));
                let (is, score) = believed(task, &truth, scores);
                let bins = crate::curve::calibration(&is, &score, 10);
                let gap = bins
                    .iter()
                    .map(|bin| bin.rows as f64 * (bin.observed - bin.predicted).abs());
                add("calibration_error", Some(gap.sum::<f64>() / truth.len() as f64));
            }
        }
    }
    found
}

/// By how much `one` is better than `other`, in the unit of the metric; negative where it is worse.
pub fn advantage(name: &str, one: f64, other: f64) -> f64 {
    match name {
        "bias" => other.abs() - one.abs(),
        "rmse"
        | "mae"
        | "median_absolute_error"
        | "max_error"
        | "mape"
        | "log_loss"
        | "brier"
        | "calibration_error" => other - one,
        _ => one - other,
    }
}

/// The metric by which the importance of columns is told.
pub fn leading(task: Task, answers: &Answers) -> &'static str {
    match (task, answers) {
        (Task::Numbers, _) => "rmse",
        (Task::Classes { .. }, Answers::Scores(_)) => "roc_auc",
        (Task::Classes { .. }, Answers::Values(_)) => "accuracy",
    }
}

/// The class that is told of each row; one that there is not where the answer is no class.
pub fn told(task: Task, answers: &Answers) -> Vec<usize> {
    match (task, answers) {
        (
            Task::Classes {
                count: 2,
                positive,
                threshold,
            },
            Answers::Scores(scores),
        ) => scores
            .chunks(2)
            .map(|row| {
                if row.get(positive).is_some_and(|score| *score >= threshold) {
                    positive
                } else {
                    1 - positive.min(1)
                }
            })
            .collect(),
        (Task::Classes { count, .. }, Answers::Scores(scores)) => scores
            .chunks(count.max(1))
            .map(|row| {
                let best =
                    row.iter()
                        .enumerate()
                        .fold((usize::MAX, f64::NEG_INFINITY), |best, (at, score)| {
                            if *score > best.1 { (at, *score) } else { best }
                        });
                best.0
            })
            .collect(),
        (_, Answers::Values(values)) => values.iter().map(|code| code_of(*code)).collect(),
        (Task::Numbers, Answers::Scores(_)) => Vec::new(),
    }
}

/// What calibration looks at: whether it came true, and how much it was believed.
pub fn believed(task: Task, truth: &[usize], scores: &[f64]) -> (Vec<bool>, Vec<f64>) {
    match task {
        Task::Classes {
            count: 2, positive, ..
        } => (
            truth.iter().map(|code| *code == positive).collect(),
            scores.iter().skip(positive).step_by(2).copied().collect(),
        ),
        Task::Classes { count, .. } => {
            let told = told(task, &Answers::Scores(scores.to_vec()));
            let believed = told
                .iter()
                .enumerate()
                .map(|(row, class)| scores.get(row * count + class).copied());
            let believed = believed.map(|score| score.unwrap_or_default()).collect();
            (
                told.iter()
                    .zip(truth)
                    .map(|(told, truth)| told == truth)
                    .collect(),
                believed,
            )
        }
        Task::Numbers => (Vec::new(), Vec::new()),
    }
}

/// A code as a place in the list of classes.
pub(crate) fn code_of(code: f64) -> usize {
    if code.is_finite() && code >= 0.0 {
        code as usize
    } else {
        usize::MAX
    }
}

/// How often each class was told of each: `counts[truth][told]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(pub Vec<Vec<u64>>, Vec<u64>);

/// How often each class was told of each. A told class that there is not counts as wrong for its true one.
pub fn confusion(classes: usize, truth: &[usize], told: &[usize]) -> Counts {
    let mut counts = vec![vec![0; classes]; classes];
    let mut strange = vec![0; classes];
    for (truth, told) in truth.iter().zip(told) {
        match counts.get_mut(*truth) {
            Some(row) => match row.get_mut(*told) {
                Some(count) => *count += 1,
                None => strange[*truth] += 1,
            },
            None => {}
        }
    }
    Counts(counts, strange)
}

impl Counts {
    fn all(&self) -> f64 {
        self.0.iter().flatten().chain(&self.1).sum::<u64>() as f64
    }

    fn right(&self) -> f64 {
        (0..self.0.len()).map(|class| self.0[class][class]).sum::<u64>() as f64
    }

    fn true_rows(&self, class: usize) -> f64 {
        (self.0[class].iter().sum::<u64>() + self.1[class]) as f64
    }

    fn told_rows(&self, class: usize) -> f64 {
        self.0.iter().map(|row| row[class]).sum::<u64>() as f64
    }

    fn precision(&self, class: usize) -> f64 {
        share(self.0[class][class] as f64, self.told_rows(class))
    }

    fn recall(&self, class: usize) -> f64 {
        share(self.0[class][class] as f64, self.true_rows(class))
    }

    fn f1(&self, class: usize) -> f64 {
        share(
            2.0 * self.0[class][class] as f64,
            self.true_rows(class) + self.told_rows(class),
        )
    }

    /// Of one class, or the mean over all that are there or were told.
    fn of(&self, class: Option<usize>, measure: fn(&Self, usize) -> f64) -> f64 {
        match class {
            Some(class) => measure(self, class),
            None => {
                let there =
                    (0..self.0.len()).filter(|class| self.true_rows(*class) + self.told_rows(*class) > 0.0);
                mean(there.map(|class| measure(self, class)))
            }
        }
    }

    fn balanced(&self) -> f64 {
        let there = (0..self.0.len()).filter(|class| self.true_rows(*class) > 0.0);
        mean(there.map(|class| self.recall(class)))
    }

    /// Matthews' correlation coefficient, of several classes as Gorodkin (2004) has it.
    fn matthews(&self) -> f64 {
        let (all, right) = (self.all(), self.right());
        let classes = 0..self.0.len();
        let both: f64 = classes
            .clone()
            .map(|class| self.true_rows(class) * self.told_rows(class))
            .sum();
        let truths: f64 = classes.clone().map(|class| self.true_rows(class).powi(2)).sum();
        let tolds: f64 = classes.map(|class| self.told_rows(class).powi(2)).sum();
        let below = ((all * all - tolds) * (all * all - truths)).sqrt();
        share(right * all - both, below)
    }
}

/// The area under the ROC curve: how often a row of the class scores higher than one of the rest, ties counting half.
pub fn roc_auc(is: &[bool], scores: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..is.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut ranks, mut yes, mut at) = (0.0, 0_u64, 0);
    while at < order.len() {
        let mut end = at + 1;
        while end < order.len() && scores[order[end]] == scores[order[at]] {
            end += 1;
        }
        let rank = (at + 1 + end) as f64 / 2.0;
        let here = order[at..end].iter().filter(|row| is[**row]).count() as u64;
        ranks += rank * here as f64;
        yes += here;
        at = end;
    }
    let (yes, no) = (yes as f64, (is.len() as u64 - yes) as f64);
    (yes > 0.0 && no > 0.0).then(|| (ranks - yes * (yes + 1.0) / 2.0) / (yes * no))
}

/// Average precision: Σ (recall − recall before) · precision over all thresholds.
pub fn average_precision(is: &[bool], scores: &[f64]) -> Option<f64> {
    let points = crate::curve::precision_recall(is, scores)?;
    let mut before = 0.0;
    let mut sum = 0.0;
    for (recall, precision) in points {
        sum += (recall - before) * precision;
        before = recall;
    }
    Some(sum)
}

fn log_loss(classes: usize, truth: &[usize], scores: &[f64]) -> f64 {
    let loss = |(row, class): (usize, &usize)| {
        let score = scores.get(row * classes + class).copied().unwrap_or_default();
        -score.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    };
    mean(truth.iter().enumerate().map(loss))
}

/// Of two classes half the sum over both, as Brier's score of one event.
fn brier(classes: usize, truth: &[usize], scores: &[f64]) -> f64 {
    let of_row = |(row, truth): (usize, &usize)| -> f64 {
        let scores = scores.get(row * classes..(row + 1) * classes).unwrap_or_default();
        let miss = scores
            .iter()
            .enumerate()
            .map(|(class, score)| (score - f64::from(u8::from(class == *truth))).powi(2));
        miss.sum()
    };
    let whole = mean(truth.iter().enumerate().map(of_row));
    if classes == 2 { whole / 2.0 } else { whole }
}

fn r2(truth: &[f64], errors: &[f64]) -> f64 {
    let middle = mean(truth.iter().copied());
    let whole: f64 = truth.iter().map(|value| (value - middle).powi(2)).sum();
    let left: f64 = errors.iter().map(|error| error * error).sum();
    match (whole == 0.0, left == 0.0) {
        (true, true) => 1.0,
        (true, false) => 0.0,
        _ => 1.0 - left / whole,
    }
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { f64::NAN } else { sum / count as f64 }
}

/// The value below which this share of the values lies, between neighbours in proportion, as NumPy's `quantile` has it.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64))
}

fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}
