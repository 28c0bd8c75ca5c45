//! Steps that steer others: what their blocks and bodies name, and what a loop gives to its turns.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::bindings::{Parent, Scope, Step, check_text};
use super::values;
use crate::error::{FieldPath, Problem, did_you_mean};
use crate::expr::{Ref, Template};
use crate::kinds::{ComponentRef, DoWhileNode, IfElseNode, Input, Items, Node, ParallelForNode, step_of};
use crate::value::Literal;

type Steps = IndexMap<String, Node>;

/// Checks the steps that steer others. `at` is the pipeline.
pub(super) fn check(steps: &Steps, parent: &Parent<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    // Who steers a step: a step runs for one reason only.
    let mut owners: IndexMap<&str, &str> = IndexMap::new();
    for (name, step) in steps {
        let at = at.key("jobs").key(name);
        match step {
            Node::IfElse(node) => check_choice(node, (name, steps), parent, &mut owners, &at, problems),
            Node::DoWhile(node) => check_do_while(node, (name, steps), parent, &mut owners, &at, problems),
            Node::ParallelFor(node) => {
                check_parallel_for(node, (name, steps), parent, &mut owners, &at, problems);
            }
            _ => {}
        }
    }
    for name in owners.keys() {
        let mut seen = BTreeSet::new();
        let mut up = *name;
        while let Some(owner) = owners.get(up) {
            if !seen.insert(up) {
                let problem = Problem::new(format!("the step `{name}` steers itself"));
                problems.push(
                    problem
                        .at(at.key("jobs").key(name))
                        .hint("take it out of one of the blocks"),
                );
                return;
            }
            up = owner;
        }
    }
}

/// Whether a step takes inputs that are told when the pipeline starts: an input of the pipeline holds the items.
pub(super) fn takes_unknown_items(name: &str, steps: &Steps) -> bool {
    steps.values().any(|step| match step {
        Node::ParallelFor(node) => {
            step_of(&node.body) == Some(name)
                && matches!(&node.items, Items::Text(text) if text.contains("${{"))
        }
        _ => false,
    })
}

/// A step whose inputs a loop over items completes, with those of the first item.
pub(super) fn first_turn(name: &str, steps: &Steps) -> Option<Node> {
    let node = steps.values().find_map(|step| match step {
        Node::ParallelFor(node) if step_of(&node.body) == Some(name) => Some(node),
        _ => None,
    })?;
    let mut turn = steps.get(name)?.clone();
    let (_, item) = node.items.named().ok()?.into_iter().next()?;
    turn.inputs_mut()?.extend(item);
    Some(turn)
}

/// The step that a field names, owned by `owner` from now on.
fn owned<'s>(
    text: &'s str,
    (owner, steps): (&'s str, &'s Steps),
    owners: &mut IndexMap<&'s str, &'s str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<(&'s str, &'s Node)> {
    let Some(name) = step_of(text) else {
        let problem = Problem::new(format!("expected the name of a step, found `{text}`"));
        problems.push(problem.at(at.clone()).hint("write `${{parent.jobs.<step>}}`"));
        return None;
    };
    let Some((name, step)) = steps.get_key_value(name) else {
        let problem = Problem::new(format!("there is no step `{name}`"))
            .of_name()
            .at(at.clone());
        let known = steps.keys().map(String::as_str);
        problems.push(problem.maybe_hint(did_you_mean(name, known, "steps")));
        return None;
    };
    match owners.get(name.as_str()) {
        Some(other) => {
            let problem = Problem::new(format!("the step `{name}` is steered by `{other}` already"));
            problems.push(problem.at(at.clone()).hint(
                "a step is in one block or loop only; put a loop, or an `if_else`, into the block in place of its steps",
            ));
            None
        }
        None => {
            owners.insert(name, owner);
            Some((name, step))
        }
    }
}

fn check_choice<'s>(
    node: &'s IfElseNode,
    here: (&'s str, &'s Steps),
    parent: &Parent<'_>,
    owners: &mut IndexMap<&'s str, &'s str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let field = at.key("condition");
    let expected = "expected `true`, `false`, an output of a step or an input of the pipeline";
    let hint = "such as `${{parent.jobs.<step>.outputs.<output>}}`";
    match &node.condition {
        Literal::Boolean(_) => {}
        Literal::String(text) if text.contains("${{") => {
            let scope = Scope {
                inputs: None,
                outputs: None,
                parent: Some(parent),
            };
            let template = check_text(text, &scope, &field, problems);
            let fits = |reference: Option<&Ref>| {
                matches!(reference, Some(Ref::JobOutput { .. } | Ref::ParentInput(_)))
            };
            if template.is_some_and(|template| !fits(template.singular())) {
                problems.push(
                    Problem::new(format!("{expected}, found `{text}`"))
                        .at(field)
                        .hint(hint),
                );
            }
        }
        Literal::String(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {}
        other => problems.push(
            Problem::new(format!("{expected}, found `{other}`"))
                .at(field)
                .hint(hint),
        ),
    }
    if node.blocks().all(|(_, _, names)| names.is_empty()) {
        problems.push(
            Problem::new("neither `true_block` nor `false_block` names a step")
                .at(at.clone())
                .hint("write `true_block: ${{parent.jobs.<step>}}`"),
        );
    }
    for (block, _, names) in node.blocks() {
        for name in names {
            owned(name, here, owners, &at.key(block), problems);
        }
    }
}

/// The body of a loop: a step that does work.
fn body<'s>(
    text: &'s str,
    here: (&'s str, &'s Steps),
    owners: &mut IndexMap<&'s str, &'s str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<(&'s str, &'s Node)> {
    let field = at.key("body");
    let (name, step) = owned(text, here, owners, &field, problems)?;
    if step.steers() {
        let problem = Problem::new(format!(
            "`{name}` steers other steps, and cannot be the body of a loop"
        ));
        problems.push(
            problem
                .at(field)
                .hint("put it into a pipeline component, and make that the body"),
        );
        return None;
    }
    Some((name, step))
}

fn check_do_while<'s>(
    node: &'s DoWhileNode,
    here: (&'s str, &'s Steps),
    parent: &Parent<'_>,
    owners: &mut IndexMap<&'s str, &'s str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let most = DoWhileNode::MOST_TURNS;
    if !(1..=most).contains(&node.limits.max_iteration_count) {
        problems.push(
            Problem::new(format!(
                "expected a number from 1 to {most}, found {}",
                node.limits.max_iteration_count
            ))
            .at(at.key("limits").key("max_iteration_count")),
        );
    }
    let Some((name, _)) = body(&node.body, here, owners, at, problems) else {
        return;
    };
    let Some(ports) = parent.steps.iter().find(|step| step.name == name) else {
        return;
    };
    if node.condition.is_some() {
        match node.condition_output() {
            Some(output) => known_port(output, (name, "output"), ports, &at.key("condition"), problems),
            None => problems.push(
                Problem::new("the condition is no output of the body")
                    .at(at.key("condition"))
                    .hint(format!("write the name of an output of the step `{name}`")),
            ),
        }
    }
    let mut given = BTreeSet::new();
    for (output, inputs) in &node.mapping {
        let field = at.key("mapping").key(output);
        known_port(output, (name, "output"), ports, &field, problems);
        for input in &inputs.0 {
            known_port(input, (name, "input"), ports, &field, problems);
            if !given.insert(input) {
                let problem = Problem::new(format!("the input `{input}` is given by two outputs"));
                problems.push(problem.at(field.clone()).hint("keep one of the two"));
            }
        }
    }
}

fn known_port(
    port: &str,
    (step, side): (&str, &str),
    ports: &Step<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let known = if side == "input" {
        &ports.inputs
    } else {
        &ports.outputs
    };
    let Some(known) = known else { return };
    if !known.contains(&port) {
        problems.push(
            Problem::new(format!("the step `{step}` has no {side} `{port}`"))
                .of_name()
                .at(at.clone())
                .maybe_hint(did_you_mean(
                    port,
                    known.iter().copied(),
                    &format!("{side}s of the step"),
                )),
        );
    }
}

fn check_parallel_for<'s>(
    node: &'s ParallelForNode,
    here: (&'s str, &'s Steps),
    parent: &Parent<'_>,
    owners: &mut IndexMap<&'s str, &'s str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    if node.max_concurrency == Some(0) {
        problems.push(Problem::new("expected at least 1, found 0").at(at.key("max_concurrency")));
    }
    if let Some(output) = node.outputs.keys().next() {
        problems.push(
            Problem::new("outputs of a `parallel_for` are not supported yet")
                .at(at.key("outputs").key(output))
                .hint("let each turn write to a path of its own, or register a version"),
        );
    }
    let body = body(&node.body, here, owners, at, problems);
    if let Some((name, step)) = body {
        let bound = step.outputs().iter().find(|(_, output)| {
            let text = output.path.as_ref().and_then(|path| path.as_expression());
            let template = text.and_then(|text| Template::parse(text).ok());
            template.is_some_and(|template| matches!(template.singular(), Some(Ref::ParentOutput(_))))
        });
        if let Some((output, _)) = bound {
            problems.push(
                Problem::new(format!(
                    "every turn of `{name}` would write the same output of the pipeline"
                ))
                .at(at.key("body"))
                .hint(format!("take the binding of its output `{output}` away")),
            );
        }
    }
    let field = at.key("items");
    if let Items::Text(text) = &node.items
        && text.contains("${{")
    {
        let scope = Scope {
            inputs: None,
            outputs: None,
            parent: Some(parent),
        };
        let template = check_text(text, &scope, &field, problems);
        if template.is_some_and(|template| !matches!(template.singular(), Some(Ref::ParentInput(_)))) {
            problems.push(
                Problem::new("items that a step makes are not supported yet")
                    .at(field)
                    .hint("write them out, or name an input of the pipeline that holds their JSON"),
            );
        }
        return;
    }
    let items = match node.items.named() {
        Ok(items) => items,
        Err(why) => {
            let problem = Problem::new(format!("expected a list or a map of inputs: {why}"));
            problems.push(problem.at(field).hint("write `items: [{<input>: <value>}, …]`"));
            return;
        }
    };
    let Some((_, first)) = items.first() else {
        problems.push(
            Problem::new("there are no items")
                .at(field)
                .hint("give at least one"),
        );
        return;
    };
    let ports = body
        .and_then(|(_, step)| step.component())
        .and_then(ComponentRef::inline);
    for (position, (name, item)) in items.iter().enumerate() {
        let field = match &node.items {
            Items::List(_) => field.index(position),
            Items::Map(_) => field.key(name),
            Items::Text(_) => field.clone(),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_name) {
            let problem = Problem::new(format!("`{name}` is not a name that a turn can have"));
            problems.push(problem.at(field.clone()).hint("use letters, digits, `_` and `-`"));
        }
        if item.len() != first.len() || !item.keys().all(|key| first.contains_key(key)) {
            let problem = Problem::new(format!("the item `{name}` has other inputs than the first one"));
            problems.push(problem.at(field.clone()).hint(format!(
                "the first one has: {}",
                first.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            )));
        }
        // The first one is checked with its step.
        for (input, value) in item.iter().skip(if position == 0 { item.len() } else { 0 }) {
            let port = ports.and_then(|component| component.inputs().get(input));
            if let (Some(port), Input::Literal(value)) = (port, value)
                && port.port_type.is_parameter()
                && !value.to_string().contains("${{")
                && let Err(problem) = values::check(value, port)
            {
                problems.push(problem.at(field.key(input)));
            }
        }
    }
}
