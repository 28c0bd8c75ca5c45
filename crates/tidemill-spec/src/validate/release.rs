//! What a release and the gates of stages mean as a whole.

use indexmap::IndexMap;

use crate::error::{FieldPath, Problem};
use crate::kinds::{Gates, Release};

pub(super) fn check(release: &Release, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    super::names::check_needed(Some(&release.name), "a release", problems);
    for (at, test) in release.tests.iter().enumerate() {
        let field = root.key("tests").index(at);
        if test.request.is_some() == test.request_file.is_some() {
            problems.push(Problem::new("expected either `request` or `request_file`").at(field));
        } else if test.expect.tolerance.is_some_and(|tolerance| !tolerance.is_finite() || tolerance < 0.0) {
            problems.push(Problem::new("expected a tolerance of 0 or more").at(field.key("expect").key("tolerance")));
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
            problems.push(Problem::new("expected a percentage from 0 to 100").at(field.key("max_error_percent")));
        }
    }
    check_gates(&release.gates, &root.key("gates"), problems);
}

/// Checks gates by stage, of a release or of a group.
pub(super) fn check_gates(gates: &IndexMap<String, Gates>, at: &FieldPath, problems: &mut Vec<Problem>) {
    for (stage, gates) in gates {
        let at = at.key(stage);
        if gates.approvals.as_ref().is_some_and(|approvals| approvals.count == 0) {
            problems.push(Problem::new("expected at least 1 approval").at(at.key("approvals").key("count")));
        }
        for (number, freeze) in gates.freeze.iter().enumerate() {
            let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
            let at = at.key("freeze").index(number);
            match (moment(&freeze.from), moment(&freeze.until)) {
                (Some(from), Some(until)) if from < until => {}
                (Some(_), Some(_)) => {
                    problems.push(Problem::new("expected `until` after `from`").at(at));
                }
                _ => problems
                    .push(Problem::new("expected moments with their zone, such as 2026-12-20T00:00:00Z").at(at)),
            }
        }
    }
}
