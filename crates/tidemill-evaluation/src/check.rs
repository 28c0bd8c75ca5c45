//! What is asked of a model, held against its figures: each check with its verdict and why.

use serde::{Deserialize, Serialize};
use tidemill_spec::kinds::{Bandwidth, Validation};

use crate::figures::{Figures, Part, Slice};
use crate::metric::{advantage, mean};
use crate::told::Told;

/// One check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `metrics`, `champion`, `cross_validation`, `newer_than_training`, `slices`, `behaviour`, `limits` or `predictions`.
    pub check: String,
    /// What it is about, such as the metric.
    pub of: String,
    /// It holds.
    pub passed: bool,
    /// What was found against what was asked, for people.
    pub says: String,
    /// What was found, where that is a number.
    pub found: Option<f64>,
}

/// What is known beside what the model said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Bytes of the model's files.
    pub size_bytes: u64,
    /// The champion, where there is one.
    pub champion: Option<String>,
    /// The data that the model was trained on, where it is known.
    pub training: Option<String>,
}

/// Every check that is asked for, and that answers are numbers.
pub fn check(asked: &Validation, told: &Told, figures: &Figures, facts: &Facts) -> Vec<Check> {
    let mut checks = Vec::new();
    if told.not_numbers > 0 {
        let says = format!("{} predictions are NaN or infinite", told.not_numbers);
        checks.push(of("predictions", "numbers", false, says, None));
    }
    for (name, band) in &asked.metrics {
        match figures.metrics.get(name) {
            None => checks.push(of("metrics", name, false, cannot(name, figures), None)),
            Some(value) => {
                within("metrics", name, *value, band, &mut checks);
                champion(name, *value, band, told, figures, facts, &mut checks);
            }
        }
    }
    folds(asked, told, figures, &mut checks);
    if asked.newer_than_training.is_some() {
        checks.push(newer(told, facts));
    }
    for (rule, slice) in asked.slices.iter().zip(&figures.slices) {
        if let Some(most) = rule.max_difference {
            checks.push(sliced(slice, most));
        }
    }
    if asked.behaviour.is_some() {
        behaviour(told, &mut checks);
    }
    limits(asked, told, figures, facts, &mut checks);
    checks
}

fn of(check: &str, of: &str, passed: bool, says: String, found: Option<f64>) -> Check {
    Check {
        check: check.to_owned(),
        of: of.to_owned(),
        passed,
        says,
        found,
    }
}

fn cannot(name: &str, figures: &Figures) -> String {
    let why = match (figures.rows, name) {
        (0, _) => "there is no row that counts",
        (_, "roc_auc" | "pr_auc" | "log_loss" | "brier" | "calibration_error") => {
            "the model tells no probabilities, or the data hold one class alone"
        }
        _ => "its value is no number",
    };
    format!("{name} cannot be computed: {why}")
}

fn within(check: &str, name: &str, value: f64, band: &Bandwidth, checks: &mut Vec<Check>) {
    if band.min.is_none() && band.max.is_none() {
        return;
    }
    let passed = band.min.is_none_or(|min| value >= min) && band.max.is_none_or(|max| value <= max);
    let asked = match (band.min, band.max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => String::new(),
    };
    let says = format!("{name} is {}, asked is {asked}", shown(value));
    checks.push(of(check, name, passed, says, Some(value)));
}

/// Not worse than the champion by more than is allowed, on the same rows.
fn champion(
    name: &str,
    value: f64,
    band: &Bandwidth,
    told: &Told,
    figures: &Figures,
    facts: &Facts,
    checks: &mut Vec<Check>,
) {
    let Some(room) = band.champion else { return };
    let Some(champion) = &facts.champion else {
        let says = format!("{name}: there is no champion yet");
        return checks.push(of("champion", name, true, says, None));
    };
    let check = match (figures.champion.get(name), &told.champion_failed) {
        (Some(other), _) => {
            let ahead = advantage(name, value, *other);
            let says = format!(
                "{name} is {}, that of {champion} {}; it may be worse by {room}",
                shown(value),
                shown(*other)
            );
            of("champion", name, ahead >= -room, says, Some(ahead))
        }
        (None, Some(why)) => of(
            "champion",
            name,
            false,
            format!("{name} of {champion}: {why}"),
            None,
        ),
        (None, None) => of(
            "champion",
            name,
            false,
            format!("{name} of {champion} cannot be computed"),
            None,
        ),
    };
    checks.push(check);
}

fn folds(asked: &Validation, told: &Told, figures: &Figures, checks: &mut Vec<Check>) {
    let Some(cross) = &asked.cross_validation else {
        return;
    };
    if let Some(why) = &told.folds_failed {
        return checks.push(of(
            "cross_validation",
            "folds",
            false,
            format!("it could not be done: {why}"),
            None,
        ));
    }
    for (name, band) in &cross.metrics {
        let values: Vec<f64> = figures
            .folds
            .iter()
            .filter_map(|fold| fold.metrics.get(name))
            .copied()
            .collect();
        if values.is_empty() || values.len() < figures.folds.len() {
            let says = format!("{name} cannot be computed of every fold");
            checks.push(of("cross_validation", name, false, says, None));
            continue;
        }
        let middle = mean(values.iter().copied());
        within("cross_validation", &format!("mean {name}"), middle, band, checks);
        if let Some(most) = band.spread {
            let spread = values.iter().fold(f64::MIN, |a, b| a.max(*b))
                - values.iter().fold(f64::MAX, |a, b| a.min(*b));
            let says = format!(
                "{name} differs by {} between folds, and may by {most}",
                shown(spread)
            );
            checks.push(of("cross_validation", name, spread <= most, says, Some(spread)));
        }
    }
}

fn newer(told: &Told, facts: &Facts) -> Check {
    let check = |passed, says: String| of("newer_than_training", "data", passed, says, None);
    let newest = told.newest.clone().unwrap_or_default();
    match (newest.data, newest.training, &facts.training) {
        (_, _, None) => check(
            false,
            "it is not known what the model was trained on: write `training: {data: azureml:NAME:VERSION}`"
                .into(),
        ),
        (None, ..) => check(false, "the data have no value in that column".into()),
        (_, None, Some(training)) => check(false, format!("{training} has no value in that column")),
        (Some(data), Some(trained), Some(training)) => check(
            data.number > trained.number,
            format!(
                "the data go up to {}, those of training ({training}) up to {}",
                data.shown, trained.shown
            ),
        ),
    }
}

fn sliced(slice: &Slice, most: f64) -> Check {
    let (column, metric) = (&slice.column, &slice.metric);
    let counting: Vec<(&Part, f64)> = slice
        .parts
        .iter()
        .filter(|part| part.counts)
        .filter_map(|part| Some((part, part.score?)))
        .collect();
    let name = format!("{metric} by {column}");
    if counting.len() < 2 {
        let says = format!("{name}: fewer than two parts have rows enough");
        return of("slices", &name, false, says, None);
    }
    let best = counting
        .iter()
        .copied()
        .reduce(|a, b| if advantage(metric, b.1, a.1) > 0.0 { b } else { a });
    let worst = counting
        .iter()
        .copied()
        .reduce(|a, b| if advantage(metric, b.1, a.1) < 0.0 { b } else { a });
    let (Some(best), Some(worst)) = (best, worst) else {
        return of("slices", &name, false, format!("{name} cannot be computed"), None);
    };
    let gap = advantage(metric, best.1, worst.1);
    let says = format!(
        "{metric} is {} for {column} {} and {} for {}; they may differ by {most}",
        shown(worst.1),
        worst.0.value,
        shown(best.1),
        best.0.value
    );
    of("slices", &name, gap <= most, says, Some(gap))
}

fn behaviour(told: &Told, checks: &mut Vec<Check>) {
    let tests = told.tests.clone().unwrap_or_default();
    if let Some(why) = tests.failed {
        checks.push(of("behaviour", "tests", false, why, None));
    } else if tests.cases.is_empty() {
        checks.push(of("behaviour", "tests", false, "no test was run".into(), None));
    }
    for case in tests.cases {
        let says = match case.says.is_empty() {
            true => format!("{} {}", case.name, case.outcome),
            false => format!(
                "{} {}: {}",
                case.name,
                case.outcome,
                case.says.lines().next().unwrap_or_default()
            ),
        };
        checks.push(of("behaviour", &case.name, case.outcome != "failed", says, None));
    }
}

fn limits(asked: &Validation, told: &Told, figures: &Figures, facts: &Facts, checks: &mut Vec<Check>) {
    let Some(limits) = asked.limits else { return };
    let latency = figures.latency.map(|latency| latency.p99_ms);
    let all = [
        ("size", "MB", limits.size_mb, Some(facts.size_bytes as f64 / 1e6)),
        ("load time", "s", limits.load_seconds, Some(told.load_seconds)),
        ("p99 of one row", "ms", limits.latency_p99_ms, latency),
        (
            "memory after load",
            "MB",
            limits.memory_mb,
            Some(told.memory_bytes as f64 / 1e6),
        ),
    ];
    for (name, unit, most, found) in all {
        let Some(most) = most else { continue };
        checks.push(match found {
            Some(found) => {
                let says = format!("{name} is {} {unit}, and may be {most} {unit}", shown(found));
                of("limits", name, found <= most, says, Some(found))
            }
            None => of("limits", name, false, format!("{name} was not measured"), None),
        });
    }
}

/// Four digits that count.
fn shown(value: f64) -> String {
    if value == 0.0 || value.abs() >= 1000.0 {
        return format!("{value:.0}");
    }
    let digits = usize::try_from(3 - value.abs().log10().floor() as i64)
        .unwrap_or_default()
        .min(12);
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::told::{Greatest, Newest};

    fn asked(yaml: serde_json::Value) -> Validation {
        let mut whole = serde_json::json!({"task": "classification", "target": "late"});
        whole
            .as_object_mut()
            .expect("a map")
            .extend(yaml.as_object().expect("a map").clone());
        serde_json::from_value(whole).expect("a validation")
    }

    fn verdicts(asked: &Validation, told: &Told, figures: &Figures, facts: &Facts) -> Vec<(String, bool)> {
        check(asked, told, figures, facts)
            .into_iter()
            .map(|one| (format!("{} {}", one.check, one.of), one.passed))
            .collect()
    }

    #[test]
    fn a_metric_is_held_against_its_bandwidth_and_its_champion() {
        let asked = asked(serde_json::json!({"champion": "azureml:m@champion", "metrics": {
            "roc_auc": {"min": 0.7, "champion": 0.01}, "log_loss": {"max": 0.5, "champion": 0.01}, "f1": {"min": 0.1}}}));
        let figures = |auc: f64, loss: f64| Figures {
            rows: 10,
            metrics: [("roc_auc".to_owned(), auc), ("log_loss".to_owned(), loss)]
                .into_iter()
                .collect(),
            champion: [("roc_auc".to_owned(), 0.75), ("log_loss".to_owned(), 0.4)]
                .into_iter()
                .collect(),
            ..Figures::default()
        };
        let facts = Facts {
            champion: Some("m:1".into()),
            ..Facts::default()
        };
        let told = Told::default();
        let found: Vec<bool> = verdicts(&asked, &told, &figures(0.745, 0.405), &facts)
            .into_iter()
            .map(|one| one.1)
            .collect();
        assert_eq!(
            found,
            [true, true, true, true, false],
            "what cannot be computed does not pass"
        );
        let found: Vec<bool> = verdicts(&asked, &told, &figures(0.73, 0.42), &facts)
            .into_iter()
            .map(|one| one.1)
            .collect();
        assert_eq!(
            found,
            [true, false, true, false, false],
            "worse than the champion"
        );
        let found: Vec<bool> = verdicts(&asked, &told, &figures(0.69, 0.6), &Facts::default())
            .into_iter()
            .map(|one| one.1)
            .collect();
        assert_eq!(found, [false, true, false, true, false], "no champion yet");
    }

    #[test]
    fn what_nobody_knows_does_not_pass() {
        let asked = asked(
            serde_json::json!({"newer_than_training": {"column": "month"}, "behaviour": {"tests": "./tests"},
            "limits": {"latency_p99_ms": 5, "size_mb": 1}, "cross_validation": {"metrics": {"roc_auc": {"min": 0.5}}}}),
        );
        let told = Told {
            not_numbers: 1,
            ..Told::default()
        };
        let facts = Facts {
            size_bytes: 2_000_000,
            ..Facts::default()
        };
        let found = verdicts(&asked, &told, &Figures::default(), &facts);
        assert_eq!(found.len(), 6, "{found:?}");
        assert!(found.iter().all(|one| !one.1), "{found:?}");
    }

    #[test]
    fn newer_is_newer_and_not_as_new() {
        let asked = asked(serde_json::json!({"newer_than_training": {"column": "month"}}));
        let facts = Facts {
            training: Some("flights:1".into()),
            ..Facts::default()
        };
        for (month, passes) in [(7.0, false), (8.0, true)] {
            let at = |number: f64| {
                Some(Greatest {
                    number,
                    shown: number.to_string(),
                })
            };
            let told = Told {
                newest: Some(Newest {
                    data: at(month),
                    training: at(7.0),
                }),
                ..Told::default()
            };
            assert_eq!(verdicts(&asked, &told, &Figures::default(), &facts)[0].1, passes);
        }
    }

    #[test]
    fn parts_differ_by_no_more_than_is_allowed() {
        let part = |value: &str, rows: u64, score: f64| Part {
            value: value.into(),
            rows,
            score: Some(score),
            counts: rows >= 30,
        };
        let slice = Slice {
            column: "carrier".into(),
            metric: "log_loss".into(),
            parts: vec![part("AA", 100, 0.5), part("UA", 100, 0.4), part("XX", 3, 9.0)],
        };
        let found = sliced(&slice, 0.05);
        assert!(!found.passed);
        assert_eq!(
            found.says,
            "log_loss is 0.5 for carrier AA and 0.4 for UA; they may differ by 0.05"
        );
        assert!(sliced(&slice, 0.11).passed, "three rows do not count");
    }
}
