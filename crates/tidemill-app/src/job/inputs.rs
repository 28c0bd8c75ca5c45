//! Inputs of a job: literals stay, data becomes exact bytes.

use serde::Serialize;
use tidemill_spec::kinds::{DataInput, Input};

use super::PlannedInput;
use crate::{Error, OpContext, Result, resolve};

/// The mode of an input that says none.
const DEFAULT_MODE: &str = "ro_mount";

/// Resolves one input that is no binding. `port_type` is what the component declares, when there is one.
pub(crate) async fn planned_input(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    input: &Input,
    port_type: Option<&str>,
) -> Result<PlannedInput> {
    match input {
        Input::Literal(literal) => Ok(PlannedInput::Literal {
            value: literal.to_string(),
        }),
        Input::Data(data) => data_input(ctx, workspace, data, port_type)
            .await
            .map_err(|error| in_field(error, "input", name)),
    }
}

async fn data_input(
    ctx: &OpContext,
    workspace: &str,
    input: &DataInput,
    port_type: Option<&str>,
) -> Result<PlannedInput> {
    let path = input.path.as_ref().ok_or_else(|| {
        Error::invalid("it has no `path`").hint("give a path, `azureml:<name>:<version>` or a value")
    })?;
    let own_type = input.asset_type.map(|asset_type| asset_type.word());
    let resolved = resolve::data(ctx, workspace, path, own_type.or(port_type)).await?;
    Ok(PlannedInput::Data {
        r#type: own_type.or(port_type).map_or(resolved.r#type, str::to_owned),
        mode: input
            .mode
            .map_or_else(|| DEFAULT_MODE.to_owned(), |mode| word(&mode)),
        source: resolved.source,
        manifest: resolved.manifest,
        asset: resolved.asset,
        uri: resolved.uri,
    })
}

/// Says in which field an error arose.
pub(crate) fn in_field(mut error: Error, what: &str, name: &str) -> Error {
    error.message = format!("failed to resolve {what} `{name}`: {}", error.message);
    error
}

/// The word of a unit variant in YAML.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
