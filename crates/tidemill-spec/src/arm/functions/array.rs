//! Lists, and what works on lists, texts and objects alike.

use serde_json::{Map, Value};

use super::text::{cut, index_of};
use super::{
    ArmError, MAX_ITEMS, Result, as_text, count, int_arg, kind, listed, size_arg, text_arg, told, wrong,
};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "array" => count(args, 1, 1).map(|()| match &args[0] {
            Value::Array(items) => Value::Array(items.clone()),
            value => Value::Array(vec![value.clone()]),
        }),
        "createarray" => listed(args.to_vec()),
        "concat" => concat(args),
        "contains" => contains(args),
        "empty" => count(args, 1, 1).and_then(|()| empty(&args[0])),
        "length" => count(args, 1, 1).and_then(|()| length(&args[0])),
        "first" => count(args, 1, 1).and_then(|()| end(&args[0], true)),
        "last" => count(args, 1, 1).and_then(|()| end(&args[0], false)),
        "indexof" => index(args, false),
        "lastindexof" => index(args, true),
        "take" => part(args, true),
        "skip" => part(args, false),
        "range" => range(args),
        "flatten" => count(args, 1, 1).and_then(|()| flatten(&args[0])),
        "union" => union(args),
        "intersection" => intersection(args),
        _ => return None,
    })
}

fn concat(args: &[Value]) -> Result<Value> {
    if args.iter().any(Value::is_array) {
        let mut items = Vec::new();
        for (at, value) in args.iter().enumerate() {
            items.extend_from_slice(
                value
                    .as_array()
                    .ok_or_else(|| wrong(at, "a list, as the others are,", value))?,
            );
        }
        return listed(items);
    }
    let mut text = String::new();
    for (at, value) in args.iter().enumerate() {
        match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => text.push_str(&as_text(value)),
            other => return Err(wrong(at, "a text", other)),
        }
    }
    told(text)
}

fn contains(args: &[Value]) -> Result<Value> {
    count(args, 2, 2)?;
    Ok(Value::Bool(match &args[0] {
        Value::Array(items) => items.contains(&args[1]),
        Value::Object(fields) => {
            let key = text_arg(args, 1)?;
            fields.keys().any(|name| name.eq_ignore_ascii_case(key))
        }
        Value::String(text) => text.contains(&as_text(&args[1])),
        other => return Err(wrong(0, "a list, an object or a text", other)),
    }))
}

fn empty(value: &Value) -> Result<Value> {
    Ok(Value::Bool(match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        other => return Err(wrong(0, "a list, an object or a text", other)),
    }))
}

fn length(value: &Value) -> Result<Value> {
    Ok(Value::from(match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::String(text) => text.chars().count(),
        other => return Err(wrong(0, "a list, an object or a text", other)),
    }))
}

fn end(value: &Value, first: bool) -> Result<Value> {
    match value {
        Value::Array(items) => Ok(if first { items.first() } else { items.last() }
            .cloned()
            .unwrap_or_default()),
        Value::String(text) => {
            let sign = if first {
                text.chars().next()
            } else {
                text.chars().next_back()
            };
            told(sign.map(String::from).unwrap_or_default())
        }
        other => Err(wrong(0, "a list or a text", other)),
    }
}

fn index(args: &[Value], last: bool) -> Result<Value> {
    count(args, 2, 2)?;
    Ok(Value::from(match &args[0] {
        Value::String(text) => index_of(text, text_arg(args, 1)?, last),
        Value::Array(items) => {
            let found = match last {
                true => items.iter().rposition(|item| *item == args[1]),
                false => items.iter().position(|item| *item == args[1]),
            };
            found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
        }
        other => return Err(wrong(0, "a list or a text", other)),
    }))
}

fn part(args: &[Value], take: bool) -> Result<Value> {
    count(args, 2, 2)?;
    match &args[0] {
        Value::String(text) => cut(args, text, take),
        Value::Array(items) => {
            let many = usize::try_from(int_arg(args, 1)?.max(0))
                .unwrap_or(usize::MAX)
                .min(items.len());
            let (head, tail) = items.split_at(many);
            listed(if take { head } else { tail }.to_vec())
        }
        other => Err(wrong(0, "a list or a text", other)),
    }
}

fn range(args: &[Value]) -> Result<Value> {
    count(args, 2, 2)?;
    let (start, many) = (int_arg(args, 0)?, size_arg(args, 1)?);
    if many > MAX_ITEMS {
        return Err(ArmError::new(format!("a range has {MAX_ITEMS} numbers at most")));
    }
    let end = i64::try_from(many).ok().and_then(|many| start.checked_add(many));
    let end = end.ok_or_else(|| ArmError::new("a range ends beyond 64 bits"))?;
    listed((start..end).map(Value::from).collect())
}

fn flatten(value: &Value) -> Result<Value> {
    let items = value
        .as_array()
        .ok_or_else(|| wrong(0, "a list of lists", value))?;
    let mut flat = Vec::new();
    for item in items {
        match item {
            Value::Array(inner) => flat.extend_from_slice(inner),
            other => flat.push(other.clone()),
        }
        if flat.len() > MAX_ITEMS {
            break;
        }
    }
    listed(flat)
}

fn union(args: &[Value]) -> Result<Value> {
    if args.is_empty() {
        return Err(ArmError::new("there is nothing to put together"));
    }
    if args.iter().all(Value::is_array) {
        let mut items: Vec<Value> = Vec::new();
        for item in args.iter().filter_map(Value::as_array).flatten() {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
        return listed(items);
    }
    let mut whole = Map::new();
    for (at, value) in args.iter().enumerate() {
        let fields = value
            .as_object()
            .ok_or_else(|| wrong(at, "an object, as the others are,", value))?;
        merge(&mut whole, fields);
    }
    Ok(Value::Object(whole))
}

/// Objects within objects are put together, too; for the rest, the later one counts.
fn merge(whole: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (key, value) in more {
        match (whole.get_mut(key), value) {
            (Some(Value::Object(there)), Value::Object(new)) => merge(there, new),
            _ => drop(whole.insert(key.clone(), value.clone())),
        }
    }
}

fn intersection(args: &[Value]) -> Result<Value> {
    let Some((first, rest)) = args.split_first() else {
        return Err(ArmError::new("there is nothing to compare"));
    };
    match first {
        Value::Array(items) => {
            let all: Option<Vec<&Vec<Value>>> = rest.iter().map(Value::as_array).collect();
            let all = all.ok_or_else(|| ArmError::new("all have to be lists"))?;
            let common = items
                .iter()
                .filter(|item| all.iter().all(|other| other.contains(item)));
            listed(common.cloned().collect())
        }
        Value::Object(fields) => {
            let all: Option<Vec<_>> = rest.iter().map(Value::as_object).collect();
            let all = all.ok_or_else(|| ArmError::new("all have to be objects"))?;
            let common = fields
                .iter()
                .filter(|(key, value)| all.iter().all(|other| other.get(*key) == Some(*value)));
            Ok(Value::Object(
                common.map(|(key, value)| (key.clone(), value.clone())).collect(),
            ))
        }
        other => Err(ArmError::new(format!(
            "lists or objects are wanted, and this is {}",
            kind(other)
        ))),
    }
}
