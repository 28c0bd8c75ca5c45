//! What became of a job, in a few lines.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::steps;
use crate::error::Result;
use crate::output::{bytes, number, seconds, text};
use crate::session::Session;
use crate::web;

/// So many changes of environments are listed.
const MOST_CHANGES: usize = 5;

/// The summary of a job that has ended.
///
/// # Errors
/// What the server says of its steps.
pub async fn of(session: &Session, view: &Value) -> Result<String> {
    let name = text(view, "name").unwrap_or_default();
    let below = match number(view, "children_count").unwrap_or_default() {
        0 => Vec::new(),
        _ => steps(session, name).await?,
    };
    Ok(write(view, &below, &web::job(session, view)))
}

fn write(view: &Value, steps: &[Value], link: &str) -> String {
    let status = text(view, "status").unwrap_or("Unknown");
    let color = match status {
        "Completed" => AnsiColor::Green.on_default(),
        "Failed" => AnsiColor::Red.on_default(),
        _ => AnsiColor::Yellow.on_default(),
    }
    .bold();
    let mut out = format!(
        "\n{} {color}{status}{color:#}",
        text(view, "name").unwrap_or_default()
    );
    if let Some(took) = took(view) {
        let _ = write!(out, " after {took}");
    }
    if let Some(from) = text(view, "reused_from") {
        let _ = write!(out, ", reused from {from}");
    }
    out.push('\n');
    let mut line = |head: &str, body: &str| {
        let dim = Style::new().dimmed();
        let _ = writeln!(out, "  {dim}{head:<8}{dim:#} {body}");
    };
    if status != "Completed"
        && let Some(reason) = text(view, "reason").filter(|reason| !reason.is_empty())
    {
        line("reason", first_line(reason));
    }
    // A pipeline inside a pipeline is told by its steps.
    let leaves: Vec<&Value> = steps
        .iter()
        .filter(|step| text(step, "type") != Some("pipeline"))
        .collect();
    if !leaves.is_empty() {
        line("steps", &counts(&leaves));
    }
    for step in leaves
        .iter()
        .filter(|step| text(step, "status") == Some("Failed"))
    {
        let (node, job) = (
            text(step, "node").unwrap_or("step"),
            text(step, "name").unwrap_or_default(),
        );
        line(
            "failed",
            &format!(
                "{node}: {} ({job})",
                first_line(text(step, "reason").unwrap_or("no reason is known"))
            ),
        );
    }
    let changes = changes(std::iter::once(view).chain(leaves.iter().copied()));
    for change in changes.iter().take(MOST_CHANGES) {
        line("changed", change);
    }
    if changes.len() > MOST_CHANGES {
        line(
            "changed",
            &format!(
                "and {} more; `tidemill job show` has them",
                changes.len() - MOST_CHANGES
            ),
        );
    }
    for (output, fact) in view
        .get("outputs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        line("output", &format!("{output}: {}", output_words(fact)));
    }
    for (step, output, fact) in leaves.iter().flat_map(|step| outputs(step)) {
        if text(fact, "asset").is_some_and(|asset| asset.starts_with("models/")) {
            line("model", &format!("{} (from {step}.{output})", asset(fact)));
        }
    }
    line("studio", link);
    out
}

/// What the environments have that was not asked for, each once.
fn changes<'v>(jobs: impl Iterator<Item = &'v Value>) -> Vec<&'v str> {
    let lists = jobs.filter_map(|job| job.pointer("/environment/changes").and_then(Value::as_array));
    let mut all: Vec<&str> = Vec::new();
    for change in lists.flatten().filter_map(Value::as_str) {
        if !all.contains(&change) {
            all.push(change);
        }
    }
    all
}

/// The first line: the last output of a command, which a reason may end with, has been seen already.
pub fn first_line(reason: &str) -> &str {
    let line = reason.lines().next().unwrap_or_default();
    line.strip_suffix("; its last output:").unwrap_or(line)
}

fn counts(leaves: &[&Value]) -> String {
    let reused = leaves
        .iter()
        .filter(|step| text(step, "reused_from").is_some())
        .count();
    let with = |status: &str| {
        leaves
            .iter()
            .filter(|step| text(step, "status") == Some(status))
            .count()
    };
    let completed = with("Completed").saturating_sub(reused);
    let (failed, cancelled, skipped) = (with("Failed"), with("Canceled"), with("Skipped"));
    let others = leaves
        .len()
        .saturating_sub(completed + reused + failed + cancelled + skipped);
    let parts = [
        (completed, "completed"),
        (reused, "reused"),
        (failed, "failed"),
        (cancelled, "cancelled"),
        (skipped, "skipped"),
        (others, "not run"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    parts.join(", ")
}

fn outputs(step: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let node = text(step, "node").unwrap_or("step");
    let fields = step
        .get("outputs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    fields.map(move |(output, fact)| (node, output.as_str(), fact))
}

fn output_words(fact: &Value) -> String {
    let kind = text(fact, "type").unwrap_or("output");
    let place = match text(fact, "asset") {
        Some(_) => asset(fact),
        None => text(fact, "uri").unwrap_or_default().to_owned(),
    };
    match number(fact, "size_bytes")
        .and_then(|size| u64::try_from(size).ok())
        .filter(|size| *size > 0)
    {
        Some(size) => format!("{kind}, {}, {place}", bytes(size)),
        None => format!("{kind}, {place}"),
    }
}

/// `models/delay/3` as YAML names it.
fn asset(fact: &Value) -> String {
    let whole = text(fact, "asset").unwrap_or_default();
    match whole.split('/').collect::<Vec<_>>().as_slice() {
        [_, name, version] => format!("azureml:{name}:{version}"),
        _ => whole.to_owned(),
    }
}

fn took(view: &Value) -> Option<String> {
    let (from, to) = (
        number(view, "started_at").or(number(view, "created_at"))?,
        number(view, "ended_at")?,
    );
    Some(seconds((to - from).max(0) as f64 / 1000.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_summary_says_what_counts() {
        let view = json!({
            "name": "calm_tide", "status": "Failed", "reason": "step `train` failed", "started_at": 0, "ended_at": 64_000,
            "outputs": {"model": {"type": "mlflow_model", "uri": "azureml://x", "size_bytes": 2500, "asset": "models/delay/3"}},
        });
        let steps = [
            json!({"node": "fetch", "name": "a", "type": "command", "status": "Completed", "reused_from": "z"}),
            json!({"node": "train", "name": "b", "type": "command", "status": "Failed", "reason": "exit code 1",
                   "environment": {"changes": ["Python 3.10 is not here: 3.11 takes its place"]}}),
            json!({"node": "late", "name": "c", "type": "command", "status": "NotStarted"}),
        ];
        let plain = anstream::adapter::strip_str(&write(&view, &steps, "http://h/ui/j")).to_string();
        insta::assert_snapshot!(plain);
    }
}
