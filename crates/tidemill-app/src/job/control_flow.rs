//! Steps that steer others. Loops are unrolled when a pipeline is planned: each turn is a step of its own. Choices and the
//! ends of loops become guards on steps, which are looked at when a step's turn has come.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tidemill_objects::SafePath;
use tidemill_spec::expr::{Ref, Template};
use tidemill_spec::kinds::{DoWhileNode, Input, Items, Node, ParallelForNode, step_of};
use tidemill_spec::value::Literal;

use super::{OutputRecord, PlannedInput, StepPlan, StepWork};
use crate::{Error, OpContext, Result, action, bytes, datastore, datastore_access};

/// The longest value that is read from an output.
const LONGEST_VALUE: u64 = 64 << 10;

/// A condition on a step: it runs only where something is true, or only where it is false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// The step that steers it.
    pub by: String,
    /// What must hold for the step to run.
    pub when: bool,
    /// What decides.
    pub on: Decision,
}

/// What decides whether a step runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decision {
    /// A value that was known when the pipeline was planned.
    Value {
        /// It.
        value: bool,
    },
    /// An output that holds true or false.
    Output {
        /// Of this step.
        step: String,
        /// By this name.
        output: String,
    },
}

/// One turn of a loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The step that is repeated.
    pub body: String,
    /// How many turns run at once, where that is limited.
    pub at_once: Option<u32>,
    /// The outputs of the last turn stand for those of the body.
    pub hands_on: bool,
    /// Inputs that take the value that an output of the turn before holds, and not its place.
    pub values: BTreeSet<String>,
}

/// The steps of a pipeline with loops unrolled.
pub(super) struct Unrolled {
    /// Steps that do work.
    pub nodes: IndexMap<String, Node>,
    /// Which of them are turns.
    turns: IndexMap<String, Turn>,
    /// Bodies with the names of their turns, and the loop.
    bodies: IndexMap<String, (String, Vec<String>)>,
}

/// Unrolls the loops of a pipeline.
///
/// # Errors
/// Invalid, when the items of a loop cannot be read.
pub(super) fn unroll(
    nodes: &IndexMap<String, Node>,
    inputs: &IndexMap<String, PlannedInput>,
) -> Result<Unrolled> {
    let mut found = Unrolled {
        nodes: IndexMap::new(),
        turns: IndexMap::new(),
        bodies: IndexMap::new(),
    };
    for (name, node) in nodes.iter().filter(|(_, node)| !node.steers()) {
        let of = |node: &Node| node.body().and_then(step_of) == Some(name.as_str());
        match nodes.iter().find(|(_, node)| of(node)) {
            Some((by, Node::DoWhile(over))) => found.repeat(name, node, by, over, inputs),
            Some((by, Node::ParallelFor(over))) => {
                found.spread(name, node, by, over, inputs).map_err(|mut error| {
                    error.message = format!("failed to plan step `{by}`: {}", error.message);
                    error
                })?
            }
            _ => drop(found.nodes.insert(name.clone(), node.clone())),
        }
    }
    Ok(found)
}

impl Unrolled {
    fn repeat(
        &mut self,
        name: &str,
        node: &Node,
        by: &str,
        over: &DoWhileNode,
        inputs: &IndexMap<String, PlannedInput>,
    ) {
        let mut names = Vec::new();
        let most = over.limits.max_iteration_count.clamp(1, DoWhileNode::MOST_TURNS);
        for number in 1..=most {
            let mut turn = node.clone();
            let mut values = BTreeSet::new();
            if let (true, Some(given)) = (number > 1, turn.inputs_mut()) {
                for (output, taken) in &over.mapping {
                    let binding = format!("${{{{parent.jobs.{name}.outputs.{output}}}}}");
                    for input in &taken.0 {
                        let before =
                            given.insert(input.clone(), Input::Literal(Literal::String(binding.clone())));
                        if before.is_some_and(|before| is_value(&before, inputs)) {
                            values.insert(input.clone());
                        }
                    }
                }
            }
            let turn_name = format!("{name}.{number}");
            self.nodes.insert(turn_name.clone(), turn);
            self.turns.insert(
                turn_name.clone(),
                Turn {
                    body: name.to_owned(),
                    at_once: None,
                    hands_on: true,
                    values,
                },
            );
            names.push(turn_name);
        }
        self.bodies.insert(name.to_owned(), (by.to_owned(), names));
    }

    fn spread(
        &mut self,
        name: &str,
        node: &Node,
        by: &str,
        over: &ParallelForNode,
        inputs: &IndexMap<String, PlannedInput>,
    ) -> Result<()> {
        let wrong = |why: String| Error::invalid(format!("its items cannot be read: {why}"));
        let bound = match &over.items {
            Items::Text(text) => parent_input(text),
            _ => None,
        };
        let items = match bound {
            None => over.items.named().map_err(wrong)?,
            Some(input) => match inputs.get(&input) {
                Some(PlannedInput::Literal { value }) => Items::Text(value.clone()).named().map_err(wrong)?,
                _ => return Err(wrong(format!("the input `{input}` of the pipeline is no text"))),
            },
        };
        if items.is_empty() {
            return Err(wrong("there are none".to_owned()));
        }
        let mut names = Vec::new();
        for (key, item) in items {
            let mut turn = node.clone();
            if let Some(given) = turn.inputs_mut() {
                given.extend(item);
            }
            let turn_name = format!("{name}.{key}");
            self.nodes.insert(turn_name.clone(), turn);
            self.turns.insert(
                turn_name.clone(),
                Turn {
                    body: name.to_owned(),
                    at_once: over.max_concurrency,
                    hands_on: false,
                    values: BTreeSet::new(),
                },
            );
            names.push(turn_name);
        }
        self.bodies.insert(name.to_owned(), (by.to_owned(), names));
        Ok(())
    }

    /// Puts guards and edges on the planned steps.
    ///
    /// # Errors
    /// Invalid, with the step, when a condition cannot be decided.
    pub(super) fn steer(
        self,
        nodes: &IndexMap<String, Node>,
        inputs: &IndexMap<String, PlannedInput>,
        steps: &mut IndexMap<String, StepPlan>,
    ) -> Result<()> {
        for (name, node) in nodes {
            let put = match node {
                Node::IfElse(choice) => {
                    let on = decision(&choice.condition, inputs);
                    on.and_then(|on| {
                        for (_, when, block) in choice.blocks() {
                            let guard = Guard {
                                by: name.clone(),
                                when,
                                on: on.clone(),
                            };
                            for member in self.members(nodes, block) {
                                guarded(steps, &member, guard.clone())?;
                            }
                        }
                        Ok(())
                    })
                }
                Node::DoWhile(over) => self.chain(name, over, steps),
                _ => Ok(()),
            };
            put.map_err(|mut error| {
                error.message = format!("failed to plan step `{name}`: {}", error.message);
                error
            })?;
        }
        for (name, turn) in &self.turns {
            if let Some(step) = steps.get_mut(name) {
                step.turn = Some(turn.clone());
            }
        }
        self.name_turns(steps)
    }

    /// Each turn but the first waits for the one before, and for its word.
    fn chain(&self, by: &str, over: &DoWhileNode, steps: &mut IndexMap<String, StepPlan>) -> Result<()> {
        let Some((_, names)) = step_of(&over.body).and_then(|body| self.bodies.get(body)) else {
            return Err(Error::invalid(format!("there is no step `{}`", over.body)));
        };
        for pair in names.windows(2) {
            let [before, turn] = pair else { continue };
            if let Some(output) = over.condition_output() {
                let on = Decision::Output {
                    step: before.clone(),
                    output: output.to_owned(),
                };
                guarded(
                    steps,
                    turn,
                    Guard {
                        by: by.to_owned(),
                        when: true,
                        on,
                    },
                )?;
            } else if let Some(step) = steps.get_mut(turn) {
                step.waits_for.push(before.clone());
            }
        }
        Ok(())
    }

    /// The steps that do the work of what a block names.
    fn members(&self, nodes: &IndexMap<String, Node>, block: &[String]) -> Vec<String> {
        let mut open: Vec<String> = block
            .iter()
            .filter_map(|text| step_of(text))
            .map(str::to_owned)
            .collect();
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match nodes.get(&name) {
                Some(Node::IfElse(choice)) => {
                    let names = choice.blocks().flat_map(|(_, _, names)| names);
                    open.extend(names.filter_map(|text| step_of(text)).map(str::to_owned));
                }
                Some(other) => match other.body().and_then(step_of).unwrap_or(&name) {
                    body if self.bodies.contains_key(body) => found.extend(self.bodies[body].1.clone()),
                    _ => found.push(name),
                },
                None => found.push(name),
            }
        }
        found
    }

    /// Who waits for a step that is repeated waits for its turns.
    fn name_turns(&self, steps: &mut IndexMap<String, StepPlan>) -> Result<()> {
        for (name, step) in steps.iter_mut() {
            let mut waits: Vec<String> = Vec::new();
            for up in std::mem::take(&mut step.waits_for) {
                match self.bodies.get(&up) {
                    None => waits.push(up),
                    Some((_, turns)) if self.turns.get(name).is_some_and(|turn| turn.body == up) => {
                        let before = turns.iter().take_while(|turn| *turn != name).last();
                        waits.extend(before.cloned());
                    }
                    Some((by, turns)) => {
                        if !self.turns[&turns[0]].hands_on {
                            return Err(Error::invalid(format!(
                                "failed to plan step `{name}`: it reads an output of `{up}`, which `{by}` repeats"
                            ))
                            .hint("outputs of a `parallel_for` are not supported yet: read them from paths of their own"));
                        }
                        waits.extend(turns.clone());
                    }
                }
            }
            waits.dedup();
            step.waits_for = waits;
        }
        Ok(())
    }
}

fn guarded(steps: &mut IndexMap<String, StepPlan>, name: &str, guard: Guard) -> Result<()> {
    if let Decision::Output { step, output } = &guard.on
        && let Some(decides) = steps.get(step)
        && !decides.outputs.contains_key(output)
    {
        return Err(Error::invalid(format!("step `{step}` has no output `{output}`")));
    }
    let step = steps
        .get_mut(name)
        .ok_or_else(|| Error::invalid(format!("there is no step `{name}`")))?;
    if let Decision::Output { step: decides, .. } = &guard.on
        && !step.waits_for.contains(decides)
    {
        step.waits_for.push(decides.clone());
    }
    step.guards.push(guard);
    Ok(())
}

/// Whether an input is a value, and no data.
fn is_value(input: &Input, around: &IndexMap<String, PlannedInput>) -> bool {
    match input.expression() {
        None => matches!(input, Input::Literal(_)),
        Some(text) => parent_input(text)
            .is_some_and(|name| matches!(around.get(&name), Some(PlannedInput::Literal { .. }))),
    }
}

fn parent_input(text: &str) -> Option<String> {
    match Template::parse(text).ok()?.singular()? {
        Ref::ParentInput(name) => Some(name.clone()),
        _ => None,
    }
}

fn decision(condition: &Literal, inputs: &IndexMap<String, PlannedInput>) -> Result<Decision> {
    let wrong = |what: &str| Error::invalid(format!("its condition is {what}, and no true or false"));
    let value = |text: &str| {
        boolean(text)
            .map(|value| Decision::Value { value })
            .ok_or_else(|| wrong(&format!("`{text}`")))
    };
    let Literal::String(text) = condition else {
        return value(&condition.to_string());
    };
    if !text.contains("${{") {
        return value(text);
    }
    let template = Template::parse(text).map_err(|error| Error::invalid(error.to_string()))?;
    match template.singular() {
        Some(Ref::JobOutput { job, output }) => Ok(Decision::Output {
            step: job.clone(),
            output: output.clone(),
        }),
        Some(Ref::ParentInput(name)) => match inputs.get(name) {
            Some(PlannedInput::Literal { value: text }) => value(text),
            Some(PlannedInput::Data { .. }) => Err(wrong("data")),
            None => Err(wrong(&format!("the input `{name}`, which is not given"))),
        },
        _ => Err(wrong(&format!("`{text}`"))),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// What becomes of a step whose turn has come.
pub(crate) enum Go {
    /// It runs; without the inputs that nothing gives.
    On(Box<StepPlan>),
    /// It is not needed, for this reason.
    Skip(String),
}

/// Decides whether a step runs. Steps before it that have no outputs here were skipped.
///
/// # Errors
/// Invalid, when a condition holds neither true nor false.
pub(crate) async fn decide(
    ctx: &OpContext,
    workspace: &str,
    step: &StepPlan,
    outputs: &IndexMap<String, IndexMap<String, OutputRecord>>,
) -> Result<Go> {
    for Guard { by, when, on } in &step.guards {
        let (value, told) = match on {
            Decision::Value { value } => (*value, format!("the condition of `{by}` is {value}")),
            Decision::Output { step, output } => {
                let Some(records) = outputs.get(step) else {
                    return Ok(Go::Skip(format!(
                        "`{by}` was not decided: step `{step}` was skipped"
                    )));
                };
                let record = records.get(output).ok_or_else(|| {
                    Error::invalid(format!(
                        "step `{step}` has written no output `{output}`, which `{by}` asks for"
                    ))
                })?;
                let text = value_in(ctx, workspace, record).await?;
                let value = boolean(&text).ok_or_else(|| {
                    let found: String = text.chars().take(60).collect();
                    Error::invalid(format!(
                        "the output `{output}` of step `{step}` holds neither true nor false, which `{by}` asks for: \"{}\"",
                        found.trim()
                    ))
                    .hint("let the step write `true` or `false` into the file, and nothing else")
                })?;
                (
                    value,
                    format!("the output `{output}` of step `{step}`, which `{by}` asks for, is {value}"),
                )
            }
        };
        if value != *when {
            return Ok(Go::Skip(told));
        }
    }
    Ok(given(step, outputs))
}

/// A step without the inputs that skipped steps would have given; it is skipped itself where it needs one of them.
fn given(step: &StepPlan, outputs: &IndexMap<String, IndexMap<String, OutputRecord>>) -> Go {
    let mut missing: IndexMap<String, String> = IndexMap::new();
    let mut live = false;
    for (name, input) in &step.given {
        let template = input.expression().and_then(|text| Template::parse(text).ok());
        for reference in template.iter().flat_map(Template::refs) {
            if let Ref::JobOutput { job, .. } = reference {
                if outputs.contains_key(job) {
                    live = true;
                } else {
                    missing.insert(name.clone(), job.clone());
                }
            }
        }
    }
    let needed = missing
        .iter()
        .find(|(name, _)| !live || !may_lack(step, name, &missing));
    if let Some((name, job)) = needed {
        return Go::Skip(format!(
            "its input `{name}` comes from step `{job}`, which was skipped"
        ));
    }
    let mut step = step.clone();
    step.given.retain(|name, _| !missing.contains_key(name));
    Go::On(Box::new(step))
}

/// Whether a step can do its work without an input.
fn may_lack(step: &StepPlan, name: &str, missing: &IndexMap<String, String>) -> bool {
    if let Some(port) = step.ports.get(name) {
        return port.may_be_left_out();
    }
    let StepWork::Command(command) = &step.work else {
        return false;
    };
    Template::parse(&command.command).is_ok_and(|template| {
        let value = |reference: &Ref| match reference {
            Ref::Input(input) if missing.contains_key(input) => None,
            _ => Some(String::new()),
        };
        template.render(&value).is_ok()
    })
}

/// The value that an output holds: the text of its file, or of the only file of its folder.
///
/// # Errors
/// Invalid, when it is no short text in one file.
pub(crate) async fn value_in(ctx: &OpContext, workspace: &str, record: &OutputRecord) -> Result<String> {
    let wrong = |why: &str| Error::invalid(format!("`{}` holds no value: {why}", record.uri));
    if let Some(store) = &record.datastore {
        let read = action::DATASTORE_FILE_READ;
        datastore_access::check(ctx, workspace, store, &record.path, read).await?;
    }
    let store = record.datastore.as_deref().unwrap_or(datastore::ARTIFACTS);
    let store = bytes::open(ctx, workspace, store).await?;
    let root = SafePath::parse(&record.path)?;
    let path = match store.head(&root).await {
        Ok(_) => root,
        Err(_) => match store.list(&root).await?.as_slice() {
            [only] => only.path.clone(),
            files => {
                return Err(wrong(&format!(
                    "it has {} files, where one is expected",
                    files.len()
                )));
            }
        },
    };
    let (meta, stream) = store.get(&path, None).await?;
    if meta.size_bytes > LONGEST_VALUE {
        return Err(wrong("it is longer than 64 KiB"));
    }
    let parts: Vec<_> = stream.try_collect().await?;
    let text = String::from_utf8(parts.concat()).map_err(|_| wrong("it is no text"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
