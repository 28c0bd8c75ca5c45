//! What a release and the gates of stages mean as a whole.

use indexmap::IndexMap;

use crate::error::{FieldPath, Problem, list_words};
use crate::kinds::{Gates, Release};

pub(super) fn check(release: &Release, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    super::names::check_needed(Some(&release.name), "a release", problems);
    for (at, test) in release.tests.iter().enumerate() {
        let field = root.key("tests").index(at);
        if test.request.is_some() == test.request_file.is_some() {
            problems.push(Problem::new("expected either `request` or `request_file`").at(field));
        } else if test
            .expect
            .tolerance
            .is_some_and(|tolerance| !tolerance.is_finite() || tolerance < 0.0)
        {
            problems.push(
                Problem::new("expected a tolerance of 0 or more").at(field.key("expect").key("tolerance")),
            );
        }
    }
    if let Some(rollout) = &release.rollout {
        let field = root.key("rollout");
        if rollout.steps.iter().any(|share| *share == 0 || *share > 100) {
            problems.push(Problem::new("expected shares from 1 to 100").at(field.key("steps")));
        }
        if rollout.steps.windows(2).any(|pair| pair[0] >= pair[1]) {
            problems.push(Problem::new("expected shares that grow from step to step").at(field.key("steps")));
        }
        let percent = rollout.max_error_percent.unwrap_or_default();
        if !(0.0..=100.0).contains(&percent) {
            problems
                .push(Problem::new("expected a percentage from 0 to 100").at(field.key("max_error_percent")));
        }
    }
    check_gates(&release.gates, &root.key("gates"), problems);
}

/// What a validation may have checked.
const CHECKS: &[&str] = &[
    "metrics",
    "champion",
    "cross_validation",
    "newer_than_training",
    "slices",
    "behaviour",
    "limits",
];

fn rate(rate: f64, at: &FieldPath, problems: &mut Vec<Problem>) {
    if !rate.is_finite() || rate <= 0.0 || rate > 100_000.0 {
        problems.push(Problem::new("expected a rate above 0, in requests a second").at(at.key("rate")));
    }
}

fn seconds(duration: Option<u32>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if duration.is_some_and(|duration| !(1..=3600).contains(&duration)) {
        problems.push(Problem::new("expected from 1 to 3600 seconds").at(at.key("duration_seconds")));
    }
}

fn percent(share: Option<f64>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if share.is_some_and(|share| !(0.0..=100.0).contains(&share)) {
        problems.push(Problem::new("expected a percentage from 0 to 100").at(at.clone()));
    }
}

/// Checks gates by stage, of a release or of a group.
pub(super) fn check_gates(gates: &IndexMap<String, Gates>, at: &FieldPath, problems: &mut Vec<Problem>) {
    for (stage, gates) in gates {
        let at = at.key(stage);
        if gates
            .approvals
            .as_ref()
            .is_some_and(|approvals| approvals.count == 0)
        {
            problems.push(Problem::new("expected at least 1 approval").at(at.key("approvals").key("count")));
        }
        if let Some(gate) = &gates.validation {
            let at = at.key("validation").key("checks");
            for (number, check) in gate
                .checks
                .iter()
                .enumerate()
                .filter(|(_, check)| !CHECKS.contains(&check.as_str()))
            {
                let hint = format!("there are {}", list_words(CHECKS.iter().copied()));
                problems.push(
                    Problem::new(format!("`{check}` is no check"))
                        .at(at.index(number))
                        .hint(hint),
                );
            }
        }
        if let Some(load) = &gates.load {
            let at = at.key("load");
            rate(load.rate, &at, problems);
            seconds(load.duration_seconds, &at, problems);
            if load.connections.is_some_and(|count| !(1..=1000).contains(&count)) {
                problems.push(Problem::new("expected from 1 to 1000 connections").at(at.key("connections")));
            }
            percent(load.max_error_percent, &at.key("max_error_percent"), problems);
            for (field, most) in [("max_p50_ms", load.max_p50_ms), ("max_p99_ms", load.max_p99_ms)] {
                if most.is_some_and(|most| !most.is_finite() || most <= 0.0) {
                    problems.push(Problem::new("expected a time above 0").at(at.key(field)));
                }
            }
        }
        if let Some(capacity) = &gates.capacity {
            let at = at.key("capacity");
            rate(capacity.rate, &at, problems);
            seconds(capacity.duration_seconds, &at, problems);
            percent(capacity.headroom_percent, &at.key("headroom_percent"), problems);
        }
        for (number, freeze) in gates.freeze.iter().enumerate() {
            let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
            let at = at.key("freeze").index(number);
            match (moment(&freeze.from), moment(&freeze.until)) {
                (Some(from), Some(until)) if from < until => {}
                (Some(_), Some(_)) => {
                    problems.push(Problem::new("expected `until` after `from`").at(at));
                }
                _ => problems.push(
                    Problem::new("expected moments with their zone, such as 2026-12-20T00:00:00Z").at(at),
                ),
            }
        }
    }
}
