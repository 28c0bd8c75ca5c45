//! Whole numbers of 64 bits; what does not fit is an error.

use serde_json::Value;

use super::{ArmError, Result, arg, count, int_arg, kind};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "add" => two(args, i64::checked_add),
        "sub" => two(args, i64::checked_sub),
        "mul" => two(args, i64::checked_mul),
        "div" => two(args, i64::checked_div),
        "mod" => two(args, i64::checked_rem),
        "int" => count(args, 1, 1).and_then(|()| int(arg(args, 0)?)),
        "float" => count(args, 1, 1).and_then(|()| float(arg(args, 0)?)),
        "min" => extreme(args, i64::min),
        "max" => extreme(args, i64::max),
        _ => return None,
    })
}

fn two(args: &[Value], work: fn(i64, i64) -> Option<i64>) -> Result<Value> {
    count(args, 2, 2)?;
    let (a, b) = (int_arg(args, 0)?, int_arg(args, 1)?);
    let found = work(a, b);
    found
        .map(Value::from)
        .ok_or_else(|| ArmError::new(format!("{a} and {b} give no whole number of 64 bits")))
}

fn int(value: &Value) -> Result<Value> {
    let found = match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64()?.trunc();
            // Exact up to 2^53; what is larger does not come from a fraction.
            (number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    found
        .map(Value::from)
        .ok_or_else(|| ArmError::new(format!("{value} is no whole number")))
}

fn float(value: &Value) -> Result<Value> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = found.and_then(serde_json::Number::from_f64);
    number
        .map(Value::Number)
        .ok_or_else(|| ArmError::new(format!("{value} is no number")))
}

fn extreme(args: &[Value], pick: fn(i64, i64) -> i64) -> Result<Value> {
    let items = match args {
        [Value::Array(items)] => items.as_slice(),
        args => args,
    };
    let numbers: Option<Vec<i64>> = items.iter().map(Value::as_i64).collect();
    let numbers = numbers.ok_or_else(|| {
        let odd = items
            .iter()
            .find(|item| item.as_i64().is_none())
            .map_or("nothing", kind);
        ArmError::new(format!("whole numbers are wanted, and one is {odd}"))
    })?;
    let found = numbers.into_iter().reduce(pick);
    found
        .map(Value::from)
        .ok_or_else(|| ArmError::new("there are no numbers"))
}
