//! A step whose turn has come: its bindings become inputs, its outputs get their places, and its work gets a name.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use tidemill_api::runner::Source;
use tidemill_plan::{CacheKey, InputKey, StepKey};
use tidemill_spec::expr::{Ref, Template};
use tidemill_spec::kinds::{ComponentInput, Input, PortMode};

use super::control_flow::{Turn, value_in};
use super::inputs::{in_field, word};
use super::output::planned_output;
use super::{
    CommandPlan, OutputRecord, PipelinePlan, PlannedInput, PlannedOutput, StepPlan, StepWork, planned_input,
};
use crate::{Error, OpContext, Result};

/// What the steps of a pipeline know of each other while it runs.
pub(crate) struct Surroundings<'a> {
    /// The pipeline.
    pub plan: &'a PipelinePlan,
    /// Outputs of the steps that have ended, by step.
    pub outputs: &'a IndexMap<String, IndexMap<String, OutputRecord>>,
}

/// A step with its inputs and outputs.
pub(crate) struct ResolvedStep {
    /// Its inputs.
    pub inputs: IndexMap<String, PlannedInput>,
    /// Its outputs.
    pub outputs: IndexMap<String, PlannedOutput>,
}

/// Fills in the bindings of a step.
///
/// # Errors
/// Invalid, naming the step's input, when a binding has no value where one is needed.
pub(crate) async fn resolve_step(
    ctx: &OpContext,
    workspace: &str,
    step: &StepPlan,
    around: &Surroundings<'_>,
) -> Result<ResolvedStep> {
    let mut inputs = IndexMap::new();
    for (name, given) in &step.given {
        let port = step.ports.get(name);
        let is_value = |turn: &Turn| turn.values.contains(name);
        let port_type = match port {
            Some(port) => Some(port.port_type.word()),
            None => step.turn.as_ref().is_some_and(is_value).then_some(VALUE),
        };
        if let Some(input) = bound_input(ctx, workspace, name, given, port_type, around).await? {
            inputs.insert(name.clone(), as_declared(input, given, port));
        }
    }
    for (name, port) in &step.ports {
        if let (false, Some(default)) = (inputs.contains_key(name), &port.default) {
            inputs.insert(
                name.clone(),
                PlannedInput::Literal {
                    value: default.to_string(),
                },
            );
        }
    }
    let mut outputs = IndexMap::new();
    for (name, output) in &step.outputs {
        let bound = output
            .parent
            .as_ref()
            .and_then(|parent| around.plan.outputs.get(parent));
        let planned = match bound {
            // The next turn reads what this one wrote, so each has a place of its own.
            Some(bound) if !step.turn.as_ref().is_some_and(|turn| turn.hands_on) => PlannedOutput {
                r#type: output.r#type.clone(),
                mode: bound.mode.clone(),
                name: output.name.clone().or_else(|| bound.name.clone()),
                version: output.version.clone().or_else(|| bound.version.clone()),
                ..bound.clone()
            },
            _ => planned_output(
                &step.job,
                name,
                &around.plan.default_datastore,
                &output.r#type,
                &output.mode,
                output.path.as_ref(),
                (output.name.as_deref(), output.version.as_deref()),
            )?,
        };
        outputs.insert(name.clone(), planned);
    }
    Ok(ResolvedStep { inputs, outputs })
}

/// What an input of a turn takes that is a value in the first one.
const VALUE: &str = "value";

/// Whether a port takes the value that an output holds, and not its place.
fn takes_value(port: &str, output: &str) -> bool {
    let is_value = |word: &str| matches!(word, "boolean" | "integer" | "number" | "string");
    match port {
        VALUE | "boolean" | "integer" | "number" => true,
        port => is_value(port) && is_value(output),
    }
}

async fn bound_input(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    given: &Input,
    port: Option<&str>,
    around: &Surroundings<'_>,
) -> Result<Option<PlannedInput>> {
    let Some(expression) = given.expression() else {
        return planned_input(ctx, workspace, name, given, port).await.map(Some);
    };
    let template = Template::parse(expression).map_err(|error| Error::invalid(error.to_string()))?;
    if let Some(reference) = template.singular() {
        let value = look_up(reference, around).map_err(|error| in_field(error, "input", name))?;
        // A parameter takes what the output holds.
        if let (Some(port), Ref::JobOutput { job, output }) = (port, reference)
            && let Some(record) = around.outputs.get(job).and_then(|outputs| outputs.get(output))
            && takes_value(port, &record.r#type)
        {
            let value = value_in(ctx, workspace, record).await;
            let value = value.map_err(|error| in_field(error, "input", name))?;
            return Ok(Some(PlannedInput::Literal { value }));
        }
        return Ok(value.map(|value| retyped(value, given, port)));
    }
    let text = template.render(&|reference| match look_up(reference, around) {
        Ok(Some(PlannedInput::Literal { value })) => Some(value),
        Ok(Some(PlannedInput::Data { uri, .. })) => Some(uri),
        _ => None,
    });
    let value = text.map_err(|error| in_field(Error::invalid(error.to_string()), "input", name))?;
    Ok(Some(PlannedInput::Literal { value }))
}

/// The value of a binding; `None` for an optional input of the pipeline that was not given.
fn look_up(reference: &Ref, around: &Surroundings<'_>) -> Result<Option<PlannedInput>> {
    match reference {
        Ref::ParentInput(name) => Ok(around.plan.inputs.get(name).cloned()),
        Ref::JobOutput { job, output } => {
            let record = around
                .outputs
                .get(job)
                .and_then(|outputs| outputs.get(output))
                .ok_or_else(|| Error::invalid(format!("step `{job}` has written no output `{output}`")))?;
            let (datastore, path) = match &record.datastore {
                Some(datastore) => (datastore.clone(), record.path.clone()),
                None => (crate::datastore::ARTIFACTS.to_owned(), record.path.clone()),
            };
            Ok(Some(PlannedInput::Data {
                r#type: record.r#type.clone(),
                mode: "ro_mount".into(),
                source: Source::Datastore { datastore, path },
                manifest: record.digest.clone(),
                asset: record.asset.clone(),
                uri: record.uri.clone(),
            }))
        }
        Ref::JobInput { job, input } => {
            let step = around
                .plan
                .steps
                .get(job)
                .ok_or_else(|| Error::invalid(format!("there is no step `{job}`")))?;
            match step.given.get(input) {
                Some(Input::Literal(literal)) if given_is_plain(&step.given[input]) => {
                    Ok(Some(PlannedInput::Literal {
                        value: literal.to_string(),
                    }))
                }
                Some(given) => {
                    let text = given.expression().unwrap_or_default();
                    let template =
                        Template::parse(text).map_err(|error| Error::invalid(error.to_string()))?;
                    match template.singular() {
                        Some(next) if next != reference => look_up(next, around),
                        _ => Err(Error::invalid(format!(
                            "input `{input}` of step `{job}` is no plain value"
                        ))),
                    }
                }
                None => Ok(None),
            }
        }
        other => Err(Error::invalid(format!(
            "`{other:?}` has no value in a step's inputs"
        ))),
    }
}

fn given_is_plain(given: &Input) -> bool {
    given.expression().is_none()
}

/// Where a step does not say how data is brought to it, its component does.
fn as_declared(mut input: PlannedInput, given: &Input, port: Option<&ComponentInput>) -> PlannedInput {
    let said = matches!(given, Input::Data(data) if data.mode.is_some());
    if let (false, PlannedInput::Data { mode, .. }, Some(declared)) =
        (said, &mut input, port.and_then(|port| port.mode))
    {
        *mode = match declared {
            PortMode::Mount | PortMode::Link => word(&PortMode::RoMount),
            other => word(&other),
        };
    }
    input
}

/// An edge may say another type or mode than what flows along it.
fn retyped(value: PlannedInput, given: &Input, port: Option<&str>) -> PlannedInput {
    let PlannedInput::Data {
        r#type,
        mode,
        source,
        manifest,
        asset,
        uri,
    } = value
    else {
        return value;
    };
    let (said_type, said_mode) = match given {
        Input::Data(data) => (
            data.asset_type.map(|t| t.word()),
            data.mode.map(|mode| word(&mode)),
        ),
        Input::Literal(_) => (None, None),
    };
    // A file handed to a port for folders stays a file, as in Azure.
    let declared = said_type
        .or(port)
        .filter(|_| r#type != "uri_file")
        .map(str::to_owned);
    PlannedInput::Data {
        r#type: declared.unwrap_or(r#type),
        mode: said_mode.unwrap_or(mode),
        source,
        manifest,
        asset,
        uri,
    }
}

/// The name of the work of a command: equal for equal work on equal bytes. `None` when it may not stand for another.
pub(crate) fn cache_key(plan: &CommandPlan) -> Option<CacheKey> {
    if !plan.deterministic {
        return None;
    }
    let mut inputs = BTreeMap::new();
    for (name, input) in &plan.inputs {
        let key = match input {
            PlannedInput::Literal { value } => InputKey::Literal(value.clone()),
            PlannedInput::Data {
                r#type,
                manifest: Some(digest),
                source,
                mode,
                ..
            } => InputKey::Bytes {
                digest: digest.clone(),
                path: match source {
                    Source::Tree { path, .. } => path.clone(),
                    // With `direct` the command is told the place itself.
                    _ if mode == "direct" => format!("{source:?}"),
                    _ => String::new(),
                },
                r#type: r#type.clone(),
            },
            // What lies in a tree is named by the tree.
            PlannedInput::Data {
                r#type,
                manifest: None,
                source: Source::Tree { tree, path },
                ..
            } => InputKey::Bytes {
                digest: tree.clone(),
                path: path.clone(),
                r#type: r#type.clone(),
            },
            // Bytes that nothing names may be others tomorrow.
            PlannedInput::Data { manifest: None, .. } => return None,
        };
        inputs.insert(name.clone(), key);
    }
    let step = StepKey {
        command: plan.command.clone(),
        code: plan.code.clone(),
        environment: format!("{}{:?}", plan.environment.request, plan.environment.build_context),
        variables: plan.variables.clone().into_iter().collect(),
        inputs,
        outputs: plan
            .outputs
            .iter()
            .map(|(name, output)| (name.clone(), output.r#type.clone()))
            .collect(),
        distribution: format!("{:?} × {}", plan.distribution, plan.instance_count),
    };
    Some(step.key())
}

/// The work of a step as a command plan, if it is one.
pub(crate) fn command_of(step: &StepPlan, resolved: ResolvedStep) -> Option<CommandPlan> {
    match &step.work {
        StepWork::Command(command) => Some(CommandPlan {
            inputs: resolved.inputs,
            outputs: resolved.outputs,
            ..(**command).clone()
        }),
        StepWork::Pipeline { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_says_how_its_data_is_brought_unless_the_step_does() {
        let flows = |given: &str, port: &str| {
            let value = PlannedInput::Data {
                r#type: "uri_folder".into(),
                mode: "ro_mount".into(),
                source: Source::Datastore {
                    datastore: "d".into(),
                    path: "p".into(),
                },
                manifest: None,
                asset: None,
                uri: "u".into(),
            };
            let given: Input = serde_json::from_str(given).expect("an input");
            let port: ComponentInput = serde_json::from_str(port).expect("a port");
            match as_declared(retyped(value, &given, None), &given, Some(&port)) {
                PlannedInput::Data { mode, .. } => mode,
                PlannedInput::Literal { .. } => unreachable!("it is data"),
            }
        };
        let bare = r#""${{parent.inputs.x}}""#;
        let said = r#"{"type": "uri_folder", "path": "${{parent.inputs.x}}", "mode": "direct"}"#;
        let port = r#"{"type": "uri_folder", "mode": "download"}"#;
        assert_eq!(flows(bare, port), "download");
        assert_eq!(flows(said, port), "direct");
        assert_eq!(flows(bare, r#"{"type": "uri_folder"}"#), "ro_mount");
        assert_eq!(
            flows(bare, r#"{"type": "uri_folder", "mode": "mount"}"#),
            "ro_mount"
        );
    }
}
