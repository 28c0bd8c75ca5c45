//! Functions of functions: `map`, `filter`, `reduce`, `sort`, `toObject`, `groupBy` and `mapValues`, as Microsoft documents them
//! under “Lambda functions for ARM templates”. A lambda sees what is around it, and its own arguments by `lambdaVariables`.

use serde_json::{Map, Value};

use super::error::{ArmError, Result};
use super::eval::{Copies, World, expression, named};
use super::functions::{MAX_ITEMS, as_text, is_true, kind};
use super::parse::Expr;

/// Their names, in small letters.
const NAMES: &[&str] = &[
    "map",
    "filter",
    "reduce",
    "sort",
    "toobject",
    "groupby",
    "mapvalues",
];

/// Whether a function takes a lambda.
pub(super) fn is_one(name: &str) -> bool {
    NAMES.contains(&name)
}

/// A lambda where it stands: what it sees, what it calls its arguments, and what it says.
struct Lambda<'e> {
    world: &'e dyn World,
    around: &'e Copies,
    names: Vec<String>,
    body: &'e Expr,
}

impl<'e> Lambda<'e> {
    fn read(world: &'e dyn World, expr: &'e Expr, around: &'e Copies) -> Result<Self> {
        let Expr::Call {
            namespace: None,
            name,
            args,
        } = expr
        else {
            return Err(ArmError::new("a lambda is wanted, as in lambda('x', …)"));
        };
        let (Some((body, names)), true) = (args.split_last(), name.eq_ignore_ascii_case("lambda")) else {
            return Err(ArmError::new("a lambda is wanted, as in lambda('x', …)"));
        };
        Ok(Self {
            world,
            around,
            names: names
                .iter()
                .map(|name| named(world, name, around))
                .collect::<Result<_>>()?,
            body,
        })
    }

    /// Calls it. It may ask for fewer values than there are, as one that does not want the place in the list.
    fn call(&self, values: &[Value]) -> Result<Value> {
        if self.names.len() > values.len() {
            return Err(ArmError::new(format!(
                "the lambda takes {} arguments, and {} at most are there",
                self.names.len(),
                values.len()
            )));
        }
        let inner = self
            .around
            .with(self.names.iter().cloned().zip(values.iter().cloned()));
        expression(self.world, self.body, &inner)
    }
}

/// Calls one of them; `name` is in small letters.
pub(super) fn call(world: &dyn World, name: &str, args: &[Expr], copies: &Copies) -> Result<Value> {
    let said = |error: ArmError| ArmError {
        message: format!("failed to call {name}(): {}", error.message),
        ..error
    };
    found(world, name, args, copies).map_err(said)
}

fn found(world: &dyn World, name: &str, args: &[Expr], copies: &Copies) -> Result<Value> {
    let lambda = |expr| Lambda::read(world, expr, copies);
    let list = |expr: &Expr| match expression(world, expr, copies)? {
        Value::Array(items) => Ok(items),
        other => Err(ArmError::new(format!(
            "a list is wanted, and this is {}",
            kind(&other)
        ))),
    };
    match (name, args) {
        ("map", [items, each]) => {
            let each = lambda(each)?;
            let items = list(items)?;
            let made = places(items).map(|(at, item)| each.call(&[item, at]));
            made.collect::<Result<_>>().map(Value::Array)
        }
        ("filter", [items, wanted]) => {
            let wanted = lambda(wanted)?;
            let mut kept = Vec::new();
            for (at, item) in places(list(items)?) {
                if is_true(&wanted.call(&[item.clone(), at])?)? {
                    kept.push(item);
                }
            }
            Ok(Value::Array(kept))
        }
        ("reduce", [items, first, step]) => {
            let step = lambda(step)?;
            let mut so_far = expression(world, first, copies)?;
            for (at, item) in places(list(items)?) {
                so_far = step.call(&[so_far, item, at])?;
            }
            Ok(so_far)
        }
        ("sort", [items, before]) => sorted(list(items)?, &lambda(before)?).map(Value::Array),
        ("toobject", [items, key]) => object(list(items)?, &lambda(key)?, None),
        ("toobject", [items, key, value]) => object(list(items)?, &lambda(key)?, Some(&lambda(value)?)),
        ("groupby", [items, key]) => {
            let key = lambda(key)?;
            let mut groups: Map<String, Value> = Map::new();
            for (at, item) in places(list(items)?) {
                let name = as_text(&key.call(&[item.clone(), at])?);
                let group = groups.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                if let Some(group) = group.as_array_mut() {
                    group.push(item);
                }
            }
            Ok(Value::Object(groups))
        }
        ("mapvalues", [fields, each]) => {
            let each = lambda(each)?;
            match expression(world, fields, copies)? {
                Value::Object(fields) => {
                    let made = fields
                        .into_iter()
                        .map(|(name, value)| Ok((name, each.call(&[value])?)));
                    made.collect::<Result<_>>().map(Value::Object)
                }
                other => Err(ArmError::new(format!(
                    "an object is wanted, and this is {}",
                    kind(&other)
                ))),
            }
        }
        _ => Err(ArmError::new("it takes something to go through, and a lambda")),
    }
}

/// Items with their places from 0.
fn places(items: Vec<Value>) -> impl Iterator<Item = (Value, Value)> {
    items
        .into_iter()
        .enumerate()
        .map(|(at, item)| (Value::from(at), item))
}

fn object(items: Vec<Value>, key: &Lambda<'_>, value: Option<&Lambda<'_>>) -> Result<Value> {
    let mut fields = Map::new();
    for item in items {
        let name = match key.call(std::slice::from_ref(&item))? {
            Value::String(name) => name,
            other => {
                return Err(ArmError::new(format!(
                    "the key of an object is a text, and this is {}",
                    kind(&other)
                )));
            }
        };
        let value = match value {
            Some(value) => value.call(&[item])?,
            None => item,
        };
        fields.insert(name, value);
    }
    Ok(Value::Object(fields))
}

/// Sorts by a lambda that says whether its first argument comes before its second; equal ones stay in their order.
fn sorted(items: Vec<Value>, before: &Lambda<'_>) -> Result<Vec<Value>> {
    if items.len() > MAX_ITEMS {
        return Err(ArmError::new(format!("a list has {MAX_ITEMS} items at most")));
    }
    let mut sorted: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = low.midpoint(high);
            let comes = is_true(&before.call(&[item.clone(), sorted[middle].clone()])?)?;
            if comes {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        sorted.insert(low, item);
    }
    Ok(sorted)
}
