//! Objects.

use serde_json::{Map, Value, json};

use super::text::json as read;
use super::{ArmError, Result, arg, count, listed, text_arg, wrong};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "null" => count(args, 0, 0).map(|()| Value::Null),
        "json" => count(args, 1, 1).and_then(|()| read(text_arg(args, 0)?)),
        "createobject" => create(args),
        "items" => count(args, 1, 1).and_then(|()| items(&args[0])),
        "objectkeys" => count(args, 1, 1).and_then(|()| keys(&args[0])),
        "shallowmerge" => count(args, 1, 1).and_then(|()| shallow(&args[0])),
        "tryget" => count(args, 2, usize::MAX).map(|()| try_get(args)),
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

fn try_get(args: &[Value]) -> Value {
    let mut value = arg(args, 0).ok();
    for step in &args[1..] {
        value = value.and_then(|value| get(value, step));
    }
    value.cloned().unwrap_or_default()
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
