//! What the validation of a model means as a whole.

use indexmap::IndexMap;

use crate::error::{FieldPath, Problem, list_words, nearest};
use crate::kinds::{Bandwidth, Validation, ValidationTask};

/// The metrics of classes.
const OF_CLASSES: &[&str] = &[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "matthews",
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier",
    "calibration_error",
];
/// The metrics of numbers.
const OF_NUMBERS: &[&str] = &[
    "rmse",
    "mae",
    "median_absolute_error",
    "max_error",
    "r2",
    "mape",
    "bias",
];

/// The names of the metrics of a task.
pub fn metric_names(task: ValidationTask) -> &'static [&'static str] {
    match task {
        ValidationTask::Classification => OF_CLASSES,
        ValidationTask::Regression => OF_NUMBERS,
    }
}

pub(super) fn check(validation: &Validation, root: &FieldPath, problems: &mut Vec<Problem>) {
    let mut at = |field: FieldPath, text: &str| problems.push(Problem::new(text).at(field));
    if validation.target.trim().is_empty() {
        at(root.key("target"), "expected the name of a column");
    }
    if validation
        .threshold
        .is_some_and(|threshold| !(0.0..=1.0).contains(&threshold))
    {
        at(root.key("threshold"), "expected a probability from 0 to 1");
    }
    if validation.features.contains(&validation.target) {
        at(
            root.key("features"),
            "the target is no feature: the model would see what it shall tell",
        );
    }
    for (field, table) in [
        ("table", validation.table.as_ref()),
        (
            "training",
            validation.training.as_ref().and_then(|one| one.table.as_ref()),
        ),
    ] {
        if table.is_some_and(|table| table.starts_with('/') || table.split('/').any(|part| part == "..")) {
            at(root.key(field), "expected a path inside the data");
        }
    }
    if validation
        .prepare
        .as_ref()
        .is_some_and(|prepare| prepare.command.trim().is_empty())
    {
        at(root.key("prepare").key("command"), "expected a command");
    }
    if validation
        .behaviour
        .as_ref()
        .is_some_and(|behaviour| behaviour.tests.is_none())
    {
        at(
            root.key("behaviour").key("tests"),
            "expected the folder of the tests",
        );
    }
    if let Some(cross) = &validation.cross_validation
        && cross.folds.is_some_and(|folds| !(2..=50).contains(&folds))
    {
        at(
            root.key("cross_validation").key("folds"),
            "expected from 2 to 50 folds",
        );
    }
    if let Some(limits) = &validation.limits {
        let all = [
            ("size_mb", limits.size_mb),
            ("load_seconds", limits.load_seconds),
            ("latency_p99_ms", limits.latency_p99_ms),
            ("memory_mb", limits.memory_mb),
        ];
        for (field, value) in all {
            if value.is_some_and(|value| !value.is_finite() || value <= 0.0) {
                at(root.key("limits").key(field), "expected a number above 0");
            }
        }
    }
    bandwidths(
        validation.task,
        &validation.metrics,
        &root.key("metrics"),
        problems,
    );
    if let Some(cross) = &validation.cross_validation {
        let field = root.key("cross_validation").key("metrics");
        bandwidths(validation.task, &cross.metrics, &field, problems);
    }
    let field = root.key("slices");
    for (index, slice) in validation.slices.iter().enumerate() {
        let field = field.index(index);
        metric(validation.task, &slice.metric, field.key("metric"), problems);
        if slice
            .max_difference
            .is_some_and(|most| !most.is_finite() || most < 0.0)
        {
            problems.push(Problem::new("expected a difference of 0 or more").at(field.key("max_difference")));
        }
    }
    let asks_champion = validation.metrics.values().any(|band| band.champion.is_some());
    if asks_champion && validation.champion.is_none() {
        problems.push(
            Problem::new("a metric is held against the champion, and none is named")
                .at(root.key("champion"))
                .hint("write `champion: azureml:NAME@champion`, or `champion: stage:PRD`"),
        );
    }
}

fn bandwidths(
    task: ValidationTask,
    all: &IndexMap<String, Bandwidth>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for (name, band) in all {
        let field = at.key(name);
        metric(task, name, field.clone(), problems);
        let numbers = [band.min, band.max, band.champion, band.spread];
        if numbers.iter().flatten().any(|number| !number.is_finite()) {
            problems.push(Problem::new("expected numbers").at(field.clone()));
        }
        if matches!((band.min, band.max), (Some(min), Some(max)) if min > max) {
            problems.push(Problem::new("expected `min` not above `max`").at(field.clone()));
        }
        if [band.champion, band.spread]
            .iter()
            .flatten()
            .any(|number| *number < 0.0)
        {
            problems.push(Problem::new("expected a distance of 0 or more").at(field));
        }
    }
}

fn metric(task: ValidationTask, name: &str, at: FieldPath, problems: &mut Vec<Problem>) {
    let known = metric_names(task);
    if known.contains(&name) {
        return;
    }
    let meant =
        nearest(name, known.iter().copied()).map_or(String::new(), |one| format!("did you mean `{one}`? "));
    problems.push(
        Problem::new(format!("`{name}` is no metric of this task"))
            .at(at)
            .hint(format!("{meant}there are {}", list_words(known.iter().copied()))),
    );
}
