//! Comparing and deciding. `if`, `and`, `or` and `coalesce` look at no more than they need, and are called by the evaluator.

use serde_json::Value;

use super::{ArmError, Result, arg, count, kind};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "true" => count(args, 0, 0).map(|()| Value::Bool(true)),
        "false" => count(args, 0, 0).map(|()| Value::Bool(false)),
        "bool" => count(args, 1, 1).and_then(|()| bool(arg(args, 0)?)),
        "not" => count(args, 1, 1).and_then(|()| Ok(Value::Bool(!is_true(arg(args, 0)?)?))),
        "xor" => count(args, 2, 2)
            .and_then(|()| Ok(Value::Bool(is_true(arg(args, 0)?)? != is_true(arg(args, 1)?)?))),
        "equals" => count(args, 2, 2).map(|()| Value::Bool(args[0] == args[1])),
        "greater" => compare(args, |order| order.is_gt()),
        "greaterorequals" => compare(args, |order| order.is_ge()),
        "less" => compare(args, |order| order.is_lt()),
        "lessorequals" => compare(args, |order| order.is_le()),
        "fail" => count(args, 1, 1).and_then(|()| {
            let message = args[0].as_str().unwrap_or("the template says so");
            Err(ArmError::new(message))
        }),
        _ => return None,
    })
}

/// A boolean.
///
/// # Errors
/// For every other value.
pub(in crate::arm) fn is_true(value: &Value) -> Result<bool> {
    value
        .as_bool()
        .ok_or_else(|| ArmError::new(format!("a boolean is wanted, and this is {}", kind(value))))
}

fn bool(value: &Value) -> Result<Value> {
    let found = match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    found
        .map(Value::Bool)
        .ok_or_else(|| ArmError::new(format!("{value} is no boolean")))
}

fn compare(args: &[Value], fits: fn(std::cmp::Ordering) -> bool) -> Result<Value> {
    count(args, 2, 2)?;
    let order = match (&args[0], &args[1]) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let order = order.ok_or_else(|| {
        ArmError::new(format!(
            "{} and {} are not compared",
            kind(&args[0]),
            kind(&args[1])
        ))
    })?;
    Ok(Value::Bool(fits(order)))
}
