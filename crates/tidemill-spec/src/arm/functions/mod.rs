//! The functions that need nothing but their arguments, as Microsoft documents them under “ARM template functions”.

mod array;
pub(super) mod date;
mod logic;
mod network;
mod number;
mod object;
mod text;

use serde_json::Value;

pub(super) use logic::is_true;
pub(super) use object::get as property;

use super::error::{ArmError, Result};

/// The most items that a function gives.
pub(super) const MAX_ITEMS: usize = 10_000;
/// The most bytes of a text that a function gives.
pub(super) const MAX_TEXT: usize = 1 << 20;

/// Calls a function by its name, in any case; `None` where there is none of this name here.
pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    let name = name.to_ascii_lowercase();
    let found = logic::call(&name, args)
        .or_else(|| number::call(&name, args))
        .or_else(|| text::call(&name, args))
        .or_else(|| array::call(&name, args))
        .or_else(|| object::call(&name, args))
        .or_else(|| date::call(&name, args))
        .or_else(|| network::call(&name, args))?;
    Some(found.map_err(|error| ArmError {
        message: format!("failed to call {name}(): {}", error.message),
        ..error
    }))
}

/// Every name that [`call`] knows, for errors.
pub(super) const NAMES: &[&str] = &[
    "add",
    "and",
    "array",
    "base64",
    "base64ToJson",
    "base64ToString",
    "bool",
    "cidrHost",
    "cidrSubnet",
    "coalesce",
    "concat",
    "contains",
    "copyIndex",
    "createArray",
    "createObject",
    "dataUri",
    "dataUriToString",
    "dateTimeAdd",
    "dateTimeFromEpoch",
    "dateTimeToEpoch",
    "deployer",
    "deployment",
    "div",
    "empty",
    "endsWith",
    "environment",
    "equals",
    "extensionResourceId",
    "fail",
    "false",
    "filter",
    "first",
    "flatten",
    "float",
    "format",
    "greater",
    "greaterOrEquals",
    "groupBy",
    "guid",
    "if",
    "indexFromEnd",
    "indexOf",
    "int",
    "intersection",
    "items",
    "join",
    "json",
    "lambdaVariables",
    "last",
    "lastIndexOf",
    "length",
    "less",
    "lessOrEquals",
    "listKeys",
    "managementGroup",
    "managementGroupResourceId",
    "map",
    "mapValues",
    "max",
    "min",
    "mod",
    "mul",
    "not",
    "null",
    "objectKeys",
    "or",
    "padLeft",
    "parameters",
    "parseCidr",
    "pickZones",
    "providers",
    "range",
    "reduce",
    "reference",
    "references",
    "replace",
    "resourceGroup",
    "resourceId",
    "resourceInfo",
    "shallowMerge",
    "skip",
    "sort",
    "split",
    "startsWith",
    "string",
    "sub",
    "subscription",
    "subscriptionResourceId",
    "substring",
    "take",
    "tenant",
    "tenantResourceId",
    "toLogicalZone",
    "toLogicalZones",
    "toLower",
    "toObject",
    "toPhysicalZone",
    "toPhysicalZones",
    "toUpper",
    "trim",
    "true",
    "tryGet",
    "tryIndexFromEnd",
    "union",
    "uniqueString",
    "uri",
    "uriComponent",
    "uriComponentToString",
    "variables",
    "xor",
];

/// What a value is, for errors.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The argument at a place.
fn arg(args: &[Value], at: usize) -> Result<&Value> {
    args.get(at)
        .ok_or_else(|| ArmError::new(format!("argument {} is missing", at + 1)))
}

/// Checks how many arguments there are.
fn count(args: &[Value], least: usize, most: usize) -> Result<()> {
    match args.len() {
        count if (least..=most).contains(&count) => Ok(()),
        count if least == most => Err(ArmError::new(format!(
            "it takes {least} arguments, and has {count}"
        ))),
        count => Err(ArmError::new(format!(
            "it takes {least} to {most} arguments, and has {count}"
        ))),
    }
}

fn text_arg(args: &[Value], at: usize) -> Result<&str> {
    let value = arg(args, at)?;
    value.as_str().ok_or_else(|| wrong(at, "a text", value))
}

fn int_arg(args: &[Value], at: usize) -> Result<i64> {
    let value = arg(args, at)?;
    value.as_i64().ok_or_else(|| wrong(at, "a whole number", value))
}

/// A place or a number of things: never below nothing.
fn size_arg(args: &[Value], at: usize) -> Result<usize> {
    let value = int_arg(args, at)?;
    usize::try_from(value).map_err(|_| ArmError::new(format!("argument {} is {value}, below 0", at + 1)))
}

fn wrong(at: usize, wanted: &str, found: &Value) -> ArmError {
    ArmError::new(format!(
        "argument {} is {}, and {wanted} is wanted",
        at + 1,
        kind(found)
    ))
}

/// A text as a result, if it is not too long.
fn told(text: String) -> Result<Value> {
    match text.len() <= MAX_TEXT {
        true => Ok(Value::String(text)),
        false => Err(ArmError::new(format!(
            "the result has more than {MAX_TEXT} bytes"
        ))),
    }
}

/// A list as a result, if it is not too long.
fn listed(items: Vec<Value>) -> Result<Value> {
    match items.len() <= MAX_ITEMS {
        true => Ok(Value::Array(items)),
        false => Err(ArmError::new(format!(
            "the result has more than {MAX_ITEMS} items"
        ))),
    }
}

/// A value as string() tells it.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
