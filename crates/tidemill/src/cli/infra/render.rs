//! Plans, stacks and drift as people read them.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use tidemill_api::infra::{InfraCounts, InfraDrift, InfraField, InfraPlan, InfraStack, InfraStep};

use crate::error::{Error, Result};
use crate::output::write_out;
use crate::session::Session;

/// The most characters of a value that a line shows.
const MOST: usize = 160;

/// Prints a plan: as text for people and for `-o table`, as it is for programs.
///
/// # Errors
/// When the output is closed.
pub(super) fn show(session: &Session, plan: Value, verb: &str) -> Result<()> {
    if !session.output.is_text() {
        return session.output.show(plan);
    }
    match verb {
        "apply" => write_out(&ended(&read(&plan)?)),
        _ => write_out(&text(&plan)?),
    }
}

fn read(plan: &Value) -> Result<InfraPlan> {
    serde_json::from_value(plan.clone())
        .map_err(|error| Error::failed(format!("failed to read the plan that the server gave: {error}")))
}

/// How applying ended, in one line.
fn ended(plan: &InfraPlan) -> String {
    let InfraPlan {
        id,
        stack,
        state,
        counts,
        error,
        ..
    } = plan;
    match error {
        Some(error) => format!("Plan {id} of stack {stack} failed: {error}\n"),
        None if state == "applied" => {
            let outputs = plan.outputs.as_object().into_iter().flatten();
            let outputs: String = outputs
                .map(|(name, value)| format!("  {name}: {}\n", short(value)))
                .collect();
            let outputs = if outputs.is_empty() {
                outputs
            } else {
                format!("Outputs:\n{outputs}")
            };
            format!(
                "Applied plan {id} of stack {stack}: {}.\n{outputs}",
                told(counts, false)
            )
        }
        None => format!("Plan {id} of stack {stack} is {state}.\n"),
    }
}

/// A plan as text.
///
/// # Errors
/// When it is none.
pub(super) fn text(plan: &Value) -> Result<String> {
    let plan = read(plan)?;
    let mut out = String::new();
    if !plan.has_changes {
        let _ = writeln!(
            out,
            "No changes: stack {} is as the files want it ({} resources).",
            plan.stack,
            plan.steps.len()
        );
        tests(&plan, &mut out);
        notes(&plan, &mut out);
        return Ok(out);
    }
    losses(&plan, &mut out);
    let _ = writeln!(
        out,
        "Plan {} of stack {}: {}",
        plan.id,
        plan.stack,
        told(&plan.counts, true)
    );
    if plan.state != "planned" {
        let _ = writeln!(out, "It is {}.", plan.state);
    }
    for one in plan.steps.iter().filter(|step| step.action != "keep") {
        out.push('\n');
        step(one, &mut out);
    }
    if !plan.stages.is_empty() {
        let _ = writeln!(out, "\nStages that it touches: {}", plan.stages.join(", "));
    }
    gates(&plan, &mut out);
    tests(&plan, &mut out);
    list("Permissions that you lack", &plan.lacking, &mut out);
    list("In the way", &plan.blocked, &mut out);
    notes(&plan, &mut out);
    if let Some(error) = &plan.error {
        let _ = writeln!(out, "\nIt failed: {error}");
    }
    Ok(out)
}

/// What would be lost comes first.
fn losses(plan: &InfraPlan, out: &mut String) {
    let steps = plan.steps.iter().filter(|step| !step.loses.is_empty());
    let lost: Vec<String> = steps
        .map(|step| format!("with {}: {}", step.address, step.loses.join(", ")))
        .collect();
    if !lost.is_empty() {
        let red = AnsiColor::Red.on_default().bold();
        let _ = writeln!(out, "{red}Would be lost:{red:#}");
        for line in lost {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }
}

/// What must hold before it is applied, and who must act.
fn gates(plan: &InfraPlan, out: &mut String) {
    if plan.gates.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nBefore it is applied:");
    for gate in &plan.gates {
        let style = match gate.verdict.as_str() {
            "passed" => AnsiColor::Green.on_default(),
            "waiting" => AnsiColor::Yellow.on_default(),
            _ => AnsiColor::Red.on_default(),
        };
        let _ = writeln!(
            out,
            "  {style}{:<7}{style:#} {} {}: {}",
            gate.verdict, gate.stage, gate.gate, gate.says
        );
        if gate.gate == "approvals" && gate.verdict == "waiting" {
            let who = match gate.who.is_empty() {
                true => "nobody may: give somebody of the team a role with infra/approve".to_owned(),
                false => format!("{}: tidemill infra approve {}", gate.who.join(", "), plan.id),
            };
            let _ = writeln!(out, "          who must act: {who}");
        }
    }
}

/// What must hold after it was applied.
fn tests(plan: &InfraPlan, out: &mut String) {
    if plan.tests.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nTests:");
    for test in &plan.tests {
        let says = test
            .says
            .as_ref()
            .map(|says| format!(": {says}"))
            .unwrap_or_default();
        let _ = writeln!(out, "  {:<11} {}{says}", test.state, test.name);
    }
}

/// A test, in one line.
pub(super) fn test_line(test: &Value) -> String {
    let text = |field: &str| test[field].as_str().unwrap_or_default().to_owned();
    match text("says").as_str() {
        "" => format!("test {}: {}", text("name"), text("state")),
        says => format!("test {}: {}: {says}", text("name"), text("state")),
    }
}

fn list(head: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let red = AnsiColor::Red.on_default().bold();
    let _ = writeln!(out, "\n{red}{head}:{red:#}");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
}

fn notes(plan: &InfraPlan, out: &mut String) {
    if plan.notes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nRead, and without a meaning here:");
    for note in &plan.notes {
        let _ = writeln!(out, "  {}: {}", note.what, note.why);
    }
}

fn step(step: &InfraStep, out: &mut String) {
    let (sign, colour) = sign(&step.action);
    let place = match (&step.file, step.line) {
        (Some(file), Some(line)) if line > 0 => format!("  ({file}:{line})"),
        (Some(file), _) => format!("  ({file})"),
        _ => String::new(),
    };
    let state = step
        .state
        .as_deref()
        .map(|state| format!("  [{state}]"))
        .unwrap_or_default();
    let _ = writeln!(out, "{colour}{sign:>3} {}{colour:#}{place}{state}", step.address);
    let _ = writeln!(out, "      {}", step.why);
    match step.action.as_str() {
        "create" => {
            let fields = step.after.as_ref().and_then(Value::as_object);
            for (name, value) in fields.into_iter().flatten() {
                let _ = writeln!(out, "      {name}: {}", short(value));
            }
        }
        _ => fields(&step.fields, out),
    }
    for loss in &step.loses {
        let _ = writeln!(out, "      lost: {loss}");
    }
    for lack in &step.lacking {
        let _ = writeln!(out, "      you lack {lack}");
    }
    if let Some(error) = &step.error {
        let _ = writeln!(out, "      failed: {error}");
    }
}

fn fields(fields: &[InfraField], out: &mut String) {
    for InfraField { path, before, after } in fields {
        let _ = writeln!(
            out,
            "      {path}: {} → {}",
            or_nothing(before),
            or_nothing(after)
        );
    }
}

fn or_nothing(value: &Value) -> String {
    match value {
        Value::Null => "(nothing)".to_owned(),
        value => short(value),
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let line = text.replace('\n', "\\n");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn sign(action: &str) -> (&'static str, Style) {
    match action {
        "create" => ("+", AnsiColor::Green.on_default()),
        "change" => ("~", AnsiColor::Yellow.on_default()),
        "replace" => ("-/+", AnsiColor::Red.on_default()),
        "delete" => ("-", AnsiColor::Red.on_default()),
        "adopt" => (">", AnsiColor::Cyan.on_default()),
        "forget" => ("<", AnsiColor::Cyan.on_default()),
        _ => (" ", Style::new()),
    }
}

/// Such as `2 to create, 1 to change`.
fn told(counts: &InfraCounts, planned: bool) -> String {
    let words: [(usize, &str, &str); 7] = [
        (counts.create, "to create", "created"),
        (counts.change, "to change", "changed"),
        (counts.replace, "to replace", "replaced"),
        (counts.delete, "to delete", "deleted"),
        (counts.adopt, "to adopt", "adopted"),
        (counts.forget, "to forget", "forgotten"),
        (counts.keep, "unchanged", "unchanged"),
    ];
    let words = words.iter().filter(|(count, ..)| *count > 0);
    let words: Vec<String> = words
        .map(|(count, before, after)| format!("{count} {}", if planned { before } else { after }))
        .collect();
    words.join(", ")
}

/// Prints a stack.
///
/// # Errors
/// When the output is closed.
pub(super) fn stack(session: &Session, stack: Value) -> Result<()> {
    if !session.output.is_text() {
        return session.output.show(stack);
    }
    let stack: InfraStack = serde_json::from_value(stack)
        .map_err(|error| Error::failed(format!("failed to read the stack that the server gave: {error}")))?;
    let mut out = format!("Stack {}: {} resources", stack.name, stack.resources.len());
    if let (Some(plan), Some(state)) = (&stack.plan, &stack.state) {
        let _ = write!(out, "; plan {plan} is {state}");
    }
    out.push('\n');
    for resource in &stack.resources {
        let _ = writeln!(out, "  {}", resource.address);
    }
    write_out(&out)
}

/// Prints what has moved.
///
/// # Errors
/// When the output is closed.
pub(super) fn drift(session: &Session, drift: Value) -> Result<()> {
    if !session.output.is_text() {
        return session.output.show(drift);
    }
    let drift: InfraDrift = serde_json::from_value(drift)
        .map_err(|error| Error::failed(format!("failed to read what the server gave: {error}")))?;
    if drift.items.is_empty() {
        let count = drift.looked_at;
        return write_out(&format!(
            "No drift: the {count} resources of stack {} are as they were applied.\n",
            drift.stack
        ));
    }
    let mut out = format!(
        "Drift of stack {}: {} of {} resources are not as they were applied\n",
        drift.stack,
        drift.items.len(),
        drift.looked_at
    );
    for one in &drift.items {
        let (sign, colour) = sign(if one.how == "gone" { "delete" } else { "change" });
        let _ = writeln!(out, "\n{colour}{sign:>3} {}{colour:#}", one.address);
        let _ = writeln!(
            out,
            "      it was {} by hand",
            if one.how == "gone" { "removed" } else { "changed" }
        );
        fields(&one.fields, &mut out);
    }
    write_out(&out)
}
