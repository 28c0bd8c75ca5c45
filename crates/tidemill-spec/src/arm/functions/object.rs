//! Objects.

use serde_json::{Map, Value, json};

use super::text::json as read;
use super::{ArmError, Result, arg, count, kind, listed, text_arg, wrong};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "null" => count(args, 0, 0).map(|()| Value::Null),
        "json" => count(args, 1, 1).and_then(|()| read(text_arg(args, 0)?)),
        "createobject" => create(args),
        "items" => count(args, 1, 1).and_then(|()| items(&args[0])),
        "objectkeys" => count(args, 1, 1).and_then(|()| keys(&args[0])),
        "shallowmerge" => count(args, 1, 1).and_then(|()| shallow(&args[0])),
        "tryget" => count(args, 2, usize::MAX).map(|()| try_get(arg(args, 0).ok(), &args[1..])),
        "indexfromend" => count(args, 2, 2).and_then(|()| {
            let found = from_end(&args[0], &args[1]);
            found.cloned().ok_or_else(|| {
                ArmError::new(format!(
                    "there is no item {} from the end of {}",
                    args[1],
                    kind(&args[0])
                ))
            })
        }),
        "tryindexfromend" => {
            count(args, 2, usize::MAX).map(|()| try_get(from_end(&args[0], &args[1]), &args[2..]))
        }
        _ => return None,
    })
}

fn create(args: &[Value]) -> Result<Value> {
    if !args.len().is_multiple_of(2) {
        return Err(ArmError::new("a name has no value"));
    }
    let mut fields = Map::new();
    for (at, pair) in args.chunks(2).enumerate() {
        fields.insert(text_arg(args, 2 * at)?.to_owned(), pair[1].clone());
    }
    Ok(Value::Object(fields))
}

/// Sorted by key, as Azure has it.
fn items(value: &Value) -> Result<Value> {
    let fields = value.as_object().ok_or_else(|| wrong(0, "an object", value))?;
    let mut pairs: Vec<_> = fields.iter().collect();
    pairs.sort_by_key(|(key, _)| key.to_lowercase());
    listed(
        pairs
            .into_iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect(),
    )
}

fn keys(value: &Value) -> Result<Value> {
    let fields = value.as_object().ok_or_else(|| wrong(0, "an object", value))?;
    let mut keys: Vec<&String> = fields.keys().collect();
    keys.sort_by_key(|key| key.to_lowercase());
    listed(keys.into_iter().map(|key| Value::from(key.as_str())).collect())
}

fn shallow(value: &Value) -> Result<Value> {
    let all = value
        .as_array()
        .ok_or_else(|| wrong(0, "a list of objects", value))?;
    let mut whole = Map::new();
    for one in all {
        let fields = one
            .as_object()
            .ok_or_else(|| wrong(0, "a list of objects", one))?;
        whole.extend(fields.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Value::Object(whole))
}

/// What lies at the end of some steps; null where there is nothing.
fn try_get(first: Option<&Value>, steps: &[Value]) -> Value {
    let mut value = first;
    for step in steps {
        value = value.and_then(|value| match step {
            // `[^2]` among the steps.
            Value::Object(way) => match (way.get("value"), way.get("fromEnd")) {
                (Some(at), Some(Value::Bool(true))) => from_end(value, at),
                (Some(at), _) => get(value, at),
                _ => None,
            },
            step => get(value, step),
        });
    }
    value.cloned().unwrap_or_default()
}

/// The item at a place from the end; the last one is 1.
fn from_end<'v>(value: &'v Value, at: &Value) -> Option<&'v Value> {
    let (items, at) = (value.as_array()?, usize::try_from(at.as_i64()?).ok()?);
    items.get(items.len().checked_sub(at)?)
}

/// A property by its name, in any case, or an item by its place.
pub(in crate::arm) fn get<'v>(value: &'v Value, step: &Value) -> Option<&'v Value> {
    match (value, step) {
        (Value::Object(fields), Value::String(name)) => fields.get(name).or_else(|| {
            fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        }),
        (Value::Array(items), Value::Number(at)) => items.get(usize::try_from(at.as_i64()?).ok()?),
        _ => None,
    }
}
