//! The sections of a report.

use std::fmt::Write;

use tidemill_profile::drift::{Drift, Verdict};
use tidemill_profile::report::{escaped, number, percent};

use super::{Subject, picture};
use crate::check::Check;
use crate::figures::Figures;
use crate::told::Told;

/// The verdict, and what was validated.
pub(super) fn head(subject: &Subject, checks: &[Check], figures: &Figures, told: &Told) -> String {
    let failed = checks.iter().filter(|check| !check.passed).count();
    let verdict = match failed {
        0 => "<b class=\"ok\">passed</b>".to_owned(),
        failed => format!(
            "<b class=\"warn\">failed: {failed} of {} checks do not hold</b>",
            checks.len()
        ),
    };
    let left_out = match told.rows_without_target {
        0 => String::new(),
        rows => format!(", {} without a target left out", number(rows as f64)),
    };
    format!(
        "<p class=\"lead\">{verdict} · {} rows of {}{left_out} · {} · by {}</p>",
        number(figures.rows as f64),
        escaped(&subject.data),
        escaped(&subject.at),
        escaped(&subject.by)
    )
}

/// Each check, those that do not hold first; and which columns drifted, where one does not hold.
pub(super) fn checks(checks: &[Check], drift: Option<&Drift>) -> String {
    let mut body = String::from("<h2>Checks</h2>");
    if checks.is_empty() {
        return body + "<p class=\"soft\">The validation asks for nothing.</p>";
    }
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    let drifted: Vec<&str> = drift
        .iter()
        .flat_map(|drift| &drift.columns)
        .filter(|column| column.verdict == Verdict::Drifted)
        .map(|column| column.column.as_str())
        .collect();
    if !failed.is_empty() && !drifted.is_empty() {
        let _ = write!(
            body,
            "<p class=\"warn\">The data differ from what the model was trained on in: {}</p>",
            escaped(&drifted.join(", "))
        );
    }
    body += "<table style=\"overflow-wrap:anywhere\"><tr><th>Check<th>Of<th>Found<th></tr>";
    let passed = checks.iter().filter(|check| check.passed);
    for check in failed.into_iter().chain(passed) {
        let (word, class) = if check.passed {
            ("holds", "ok")
        } else {
            ("does not hold", "warn")
        };
        let _ = write!(
            body,
            "<tr><td>{}<td>{}<td>{}<td class=\"{class}\" style=\"white-space:nowrap\">{word}</tr>",
            escaped(&check.check.replace('_', " ")),
            escaped(&check.of),
            escaped(&check.says)
        );
    }
    body + "</table>"
}

/// Each metric, beside the champion's.
pub(super) fn metrics(figures: &Figures, champion: Option<&str>) -> String {
    let mut body = String::from("<h2>Metrics</h2><table><tr><th>Metric<th class=n>This model");
    let shown = champion.filter(|_| !figures.champion.is_empty());
    if let Some(champion) = shown {
        let _ = write!(body, "<th class=n>{}", escaped(champion));
    }
    body += "</tr>";
    for (name, value) in &figures.metrics {
        let _ = write!(body, "<tr><td>{}<td class=n>{}", escaped(name), number(*value));
        if shown.is_some() {
            let other = figures
                .champion
                .get(name)
                .map_or_else(String::new, |value| number(*value));
            let _ = write!(body, "<td class=n>{other}");
        }
        body += "</tr>";
    }
    if let Some(latency) = figures.latency {
        let _ = write!(
            body,
            "<tr><td>one row, p50 and p99<td class=n>{} ms · {} ms</tr>",
            number(latency.p50_ms),
            number(latency.p99_ms)
        );
    }
    body + "</table>"
}

/// ROC, precision and recall, calibration, confusion.
pub(super) fn curves(figures: &Figures, told: &Told) -> String {
    let mut body = String::from("<h2>Curves</h2><div style=\"display:flex;flex-wrap:wrap;gap:20px\">");
    let class = figures.positive.as_deref().unwrap_or_default();
    if !figures.roc.is_empty() {
        body += &picture::Square::new(
            &format!("ROC of class {class}"),
            0.0,
            1.0,
            "false positives",
            "true positives",
        )
        .usual((0.0, 0.0), (1.0, 1.0))
        .line(&figures.roc, false)
        .end();
    }
    if !figures.precision_recall.is_empty() {
        let rate = figures.base_rate.unwrap_or_default();
        body += &picture::Square::new(
            &format!("Precision and recall of class {class}"),
            0.0,
            1.0,
            "recall",
            "precision",
        )
        .usual((0.0, rate), (1.0, rate))
        .line(&figures.precision_recall, false)
        .end();
    }
    if !figures.calibration.is_empty() {
        let points: Vec<(f64, f64)> = figures
            .calibration
            .iter()
            .map(|bin| (bin.predicted, bin.observed))
            .collect();
        let (mut low, mut high) = (0.0, 1.0);
        if told.classes.is_empty() {
            let all = || points.iter().flat_map(|point| [point.0, point.1]);
            (low, high) = (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max));
            if low >= high {
                high = low + 1.0;
            }
        }
        body += &picture::Square::new("Calibration", low, high, "predicted", "observed")
            .usual((low, low), (high, high))
            .line(&points, true)
            .end();
    }
    body += "</div>";
    if !figures.confusion.is_empty() && told.classes.len() <= 30 {
        body += "<h2>Confusion</h2>";
        body += &picture::confusion(&figures.confusion, &told.classes);
    }
    body
}

/// What each column is worth.
pub(super) fn importance(figures: &Figures) -> String {
    if figures.importance.is_empty() {
        return String::new();
    }
    let rows: Vec<(String, f64, f64)> = figures
        .importance
        .iter()
        .take(40)
        .map(|one| (one.column.clone(), one.mean, one.deviation))
        .collect();
    format!(
        "<h2>Importance</h2><p class=\"soft\">How much worse {} is when the values of a column are shuffled.</p>{}",
        escaped(&figures.importance_of),
        picture::bars(&rows)
    )
}

/// A metric by part.
pub(super) fn slices(figures: &Figures) -> String {
    let mut body = String::new();
    for slice in &figures.slices {
        let _ = write!(
            body,
            "<h2>{} by {}</h2>",
            escaped(&slice.metric),
            escaped(&slice.column)
        );
        let scored = slice
            .parts
            .iter()
            .filter_map(|part| part.score.map(|score| (part, score)));
        let rows: Vec<(String, f64, f64)> = scored
            .map(|(part, score)| {
                let few = if part.counts { "" } else { ", too few to count" };
                (
                    format!("{} ({} rows{few})", part.value, number(part.rows as f64)),
                    score,
                    0.0,
                )
            })
            .collect();
        body += &picture::bars(&rows);
    }
    body
}

/// The metrics of each fold.
pub(super) fn folds(figures: &Figures) -> String {
    if figures.folds.is_empty() {
        return String::new();
    }
    let mut body =
        String::from("<h2>Cross-validation</h2><div class=\"scroll\"><table><tr><th>Fold<th class=n>Rows");
    let names: Vec<&String> = figures.folds[0].metrics.keys().collect();
    for name in &names {
        let _ = write!(body, "<th class=n>{}", escaped(name));
    }
    body += "</tr>";
    for (at, fold) in figures.folds.iter().enumerate() {
        let _ = write!(body, "<tr><td>{}<td class=n>{}", at + 1, number(fold.rows as f64));
        for name in &names {
            let value = fold
                .metrics
                .get(*name)
                .map_or_else(String::new, |value| number(*value));
            let _ = write!(body, "<td class=n>{value}");
        }
        body += "</tr>";
    }
    body + "</table></div>"
}

/// The behaviour tests.
pub(super) fn tests(told: &Told) -> String {
    let Some(tests) = &told.tests else {
        return String::new();
    };
    let mut body = String::from("<h2>Behaviour tests</h2>");
    if let Some(why) = &tests.failed {
        let _ = write!(body, "<p class=\"warn\">{}</p>", escaped(why));
    }
    body += "<table><tr><th>Test<th><th class=n>Seconds<th></tr>";
    for case in &tests.cases {
        let class = if case.outcome == "failed" { "warn" } else { "ok" };
        let _ = write!(
            body,
            "<tr><td>{}<td class=\"{class}\">{}<td class=n>{}<td>{}</tr>",
            escaped(&case.name),
            escaped(&case.outcome),
            number(case.seconds),
            escaped(&case.says)
        );
    }
    body + "</table>"
}

/// Parameters, environment, lineage.
pub(super) fn about(subject: &Subject, told: &Told) -> String {
    let mut body = String::from("<h2>Where it comes from</h2><table>");
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(body, "<tr><td>{}<td>{}</tr>", escaped(name), escaped(value));
        }
    };
    row("model", &subject.model);
    row("digest of its files", &subject.digest);
    row("scored data", &subject.data);
    row(
        "training data",
        subject.training.as_deref().unwrap_or("not known"),
    );
    row("champion", subject.champion.as_deref().unwrap_or_default());
    row("job", &subject.job);
    row("environment", &subject.environment);
    row("Python", &told.python);
    row("time to load", &format!("{} s", number(told.load_seconds)));
    row(
        "memory after load",
        &format!("{} MB", number((told.memory_bytes as f64 / 1e6).round())),
    );
    row("columns", &told.features.join(", "));
    for line in &subject.lineage {
        row("made by", line);
    }
    body += "</table>";
    for (title, map) in [
        ("Parameters", &subject.parameters),
        ("Parameters of the model", &told.parameters),
        ("Packages", &told.packages),
    ] {
        if map.is_empty() {
            continue;
        }
        let _ = write!(
            body,
            "<details><summary><b>{title}</b> ({})</summary><table>",
            map.len()
        );
        for (name, value) in map {
            let _ = write!(body, "<tr><td>{}<td>{}</tr>", escaped(name), escaped(value));
        }
        body += "</table></details>";
    }
    if let Some(share) = (told.rows > 0)
        .then(|| told.rows_without_target as f64 / told.rows as f64)
        .filter(|share| *share > 0.0)
    {
        let _ = write!(
            body,
            "<p class=\"soft\">{} of the rows have no target.</p>",
            percent(share)
        );
    }
    body
}
