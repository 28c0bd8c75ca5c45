//! Evaluating values of a template: texts that are expressions, calls, copies of properties. It takes a bounded number of steps,
//! and never goes round in a circle.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::error::{ArmError, Result};
use super::functions::{self, MAX_ITEMS, NAMES, as_text, is_true, kind, property};
use super::lambda;
use super::parse::{Expr, Text, parse};
use crate::error::did_you_mean;

/// How many steps the evaluation of one template may take.
pub const MAX_STEPS: u32 = 200_000;
/// How deep evaluations may stand within each other: values, calls, variables and resources together.
pub const MAX_NESTED: u32 = 200;
/// How many bytes all texts together may have that are made on the way.
pub const MAX_BYTES: usize = 64 << 20;

/// What is left of the limits.
#[derive(Debug)]
pub(super) struct Fuel {
    steps: Cell<u32>,
    nested: Cell<u32>,
    bytes: Cell<usize>,
}

impl Default for Fuel {
    fn default() -> Self {
        Self {
            steps: Cell::new(MAX_STEPS),
            nested: Cell::new(0),
            bytes: Cell::new(MAX_BYTES),
        }
    }
}

/// Gives the depth back when it goes.
pub(super) struct Deeper<'f>(&'f Fuel);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.nested.set(self.0.nested.get().saturating_sub(1));
    }
}

impl Fuel {
    /// One step, one level deeper.
    pub(super) fn step(&self) -> Result<Deeper<'_>> {
        let steps = self.steps.get();
        if steps == 0 {
            return Err(ArmError::new(format!(
                "the template takes more than {MAX_STEPS} steps to evaluate"
            )));
        }
        self.steps.set(steps - 1);
        if self.nested.get() >= MAX_NESTED {
            return Err(ArmError::new(format!(
                "evaluations stand within each other more than {MAX_NESTED} deep"
            )));
        }
        self.nested.set(self.nested.get() + 1);
        Ok(Deeper(self))
    }

    fn made(&self, value: &Value) -> Result<()> {
        match self.bytes.get().checked_sub(weight(value)) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => Err(ArmError::new(format!(
                "the template makes more than {MAX_BYTES} bytes of texts"
            ))),
        }
    }
}

/// About how many bytes a value takes, with all that is in it.
fn weight(value: &Value) -> usize {
    const NODE: usize = 16;
    match value {
        Value::String(text) => NODE + text.len(),
        Value::Array(items) => NODE + items.iter().map(weight).sum::<usize>(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| NODE + name.len() + weight(value);
            NODE + fields.iter().map(field).sum::<usize>()
        }
        _ => NODE,
    }
}

/// What an expression may ask of the deployment that it stands in.
pub(super) trait World {
    /// The limits.
    fn fuel(&self) -> &Fuel;
    /// The value of a parameter.
    fn parameter(&self, name: &str) -> Result<Value>;
    /// The value of a variable.
    fn variable(&self, name: &str) -> Result<Value>;
    /// A function of the template's own.
    fn own(&self, namespace: &str, name: &str, args: &[Value]) -> Result<Value>;
    /// Functions that know the deployment; `None` where there is none of this name.
    fn known(&self, name: &str, args: &[Value], copies: &Copies) -> Option<Result<Value>>;
}

/// What a value stands in: loops, innermost last, each a name and the place from 0, and the arguments of lambdas.
#[derive(Debug, Clone, Default)]
pub(super) struct Copies {
    loops: Vec<(String, i64)>,
    lambdas: Vec<(String, Value)>,
}

impl Copies {
    /// Within one loop more.
    pub(super) fn inner(&self, name: &str, at: i64) -> Self {
        let mut copies = self.clone();
        copies.loops.push((name.to_owned(), at));
        copies
    }

    /// Within a lambda, with its arguments.
    pub(super) fn with(&self, arguments: impl Iterator<Item = (String, Value)>) -> Self {
        let mut copies = self.clone();
        copies.lambdas.extend(arguments);
        copies
    }

    /// The place in the innermost loop.
    pub(super) fn at(&self) -> Option<i64> {
        self.loops.last().map(|(_, at)| *at)
    }

    fn argument(&self, name: &str) -> Result<Value> {
        let found = self
            .lambdas
            .iter()
            .rev()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone()).ok_or_else(|| {
            ArmError::new(format!(
                "lambdaVariables(): there is no lambda with `{name}` around it"
            ))
        })
    }

    fn index(&self, args: &[Value]) -> Result<Value> {
        let (name, offset) = match args {
            [] => (None, 0),
            [Value::Number(offset)] => (None, offset.as_i64().unwrap_or(0)),
            [Value::String(name)] => (Some(name.as_str()), 0),
            [Value::String(name), Value::Number(offset)] => {
                (Some(name.as_str()), offset.as_i64().unwrap_or(0))
            }
            _ => return Err(ArmError::new("copyIndex() takes the name of a loop and a number")),
        };
        let found = self
            .loops
            .iter()
            .rev()
            .find(|(own, _)| name.is_none_or(|name| own.eq_ignore_ascii_case(name)));
        let at = found.ok_or_else(|| match name {
            Some(name) => ArmError::new(format!("copyIndex(): there is no loop `{name}` around it")),
            None => ArmError::new("copyIndex(): there is no loop around it"),
        })?;
        at.1.checked_add(offset)
            .map(Value::from)
            .ok_or_else(|| ArmError::new("copyIndex() is too large"))
    }
}

/// Evaluates a value with all that is in it.
pub(super) fn value(world: &dyn World, raw: &Value, copies: &Copies) -> Result<Value> {
    let _deeper = world.fuel().step()?;
    match raw {
        Value::String(text) => self::text(world, text, copies),
        Value::Array(items) => {
            let mut all = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                all.push(value(world, item, copies).map_err(|error| error.within(&format!("[{at}]")))?);
            }
            Ok(Value::Array(all))
        }
        Value::Object(fields) => object(world, fields, copies).map(Value::Object),
        plain => Ok(plain.clone()),
    }
}

fn object(world: &dyn World, fields: &Map<String, Value>, copies: &Copies) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (key, raw) in fields {
        if let (true, Value::Array(loops)) = (key == "copy", raw)
            && loops.iter().all(|one| {
                one.get("name").is_some() && one.get("count").is_some() && one.get("input").is_some()
            })
        {
            for (at, one) in loops.iter().enumerate() {
                let (name, items) =
                    looped(world, one, copies).map_err(|error| error.within(&format!("copy[{at}]")))?;
                all.insert(name, items);
            }
            continue;
        }
        let name = match text(world, key, copies)? {
            Value::String(name) => name,
            other => as_text(&other),
        };
        all.insert(
            name,
            value(world, raw, copies).map_err(|error| error.within(key))?,
        );
    }
    Ok(all)
}

/// `{name, count, input}` as a name and a list.
pub(super) fn looped(world: &dyn World, one: &Value, copies: &Copies) -> Result<(String, Value)> {
    let name = value(world, &one["name"], copies)?;
    let name = name
        .as_str()
        .ok_or_else(|| ArmError::new("the name of a loop is a text"))?
        .to_owned();
    let count = count(world, &one["count"], copies)?;
    let mut items = Vec::new();
    for at in 0..count {
        items.push(value(world, &one["input"], &copies.inner(&name, at))?);
    }
    Ok((name, Value::Array(items)))
}

/// How often a loop goes round.
pub(super) fn count(world: &dyn World, raw: &Value, copies: &Copies) -> Result<i64> {
    let found = value(world, raw, copies)?;
    let most = i64::try_from(MAX_ITEMS).unwrap_or(i64::MAX);
    match found.as_i64() {
        Some(count) if (0..=most).contains(&count) => Ok(count),
        Some(count) => Err(ArmError::new(format!(
            "a loop goes round 0 to {most} times, and this one {count}"
        ))),
        None => Err(ArmError::new(format!(
            "the count of a loop is a number, and this is {}",
            kind(&found)
        ))),
    }
}

fn text(world: &dyn World, text: &str, copies: &Copies) -> Result<Value> {
    match parse(text)? {
        Text::Plain(text) => Ok(Value::String(text)),
        Text::Expr(expr) => expression(world, &expr, copies),
    }
}

pub(super) fn expression(world: &dyn World, expr: &Expr, copies: &Copies) -> Result<Value> {
    let _deeper = world.fuel().step()?;
    match expr {
        Expr::Text(text) => Ok(Value::String(text.clone())),
        Expr::Int(number) => Ok(Value::from(*number)),
        Expr::Property { of, name, optional } => {
            let of = expression(world, of, copies)?;
            match property(&of, &Value::from(name.as_str())) {
                Some(found) => Ok(found.clone()),
                None if *optional => Ok(Value::Null),
                None => Err(missing(&of, name)),
            }
        }
        Expr::Index { of, index } => {
            let of = expression(world, of, copies)?;
            let index = expression(world, index, copies)?;
            property(&of, &index)
                .cloned()
                .ok_or_else(|| missing(&of, &as_text(&index)))
        }
        Expr::Call {
            namespace,
            name,
            args,
        } => {
            let found = call(world, namespace.as_deref(), name, args, copies)?;
            world.fuel().made(&found)?;
            Ok(found)
        }
    }
}

fn missing(of: &Value, name: &str) -> ArmError {
    match of {
        Value::Object(fields) => {
            let hint = did_you_mean(name, fields.keys().map(String::as_str), "the properties");
            ArmError::new(format!(
                "there is no property `{name}`{}",
                hint.map(|hint| format!("; {hint}")).unwrap_or_default()
            ))
        }
        Value::Array(items) => ArmError::new(format!("a list of {} items has none at `{name}`", items.len())),
        other => ArmError::new(format!("`{name}` is asked of {}", kind(other))),
    }
}

fn call(
    world: &dyn World,
    namespace: Option<&str>,
    name: &str,
    args: &[Expr],
    copies: &Copies,
) -> Result<Value> {
    let all = |args: &[Expr]| {
        args.iter()
            .map(|arg| expression(world, arg, copies))
            .collect::<Result<Vec<Value>>>()
    };
    // Azure's own functions stand in `sys` and `az`, which may be said.
    if let Some(namespace) =
        namespace.filter(|name| !["sys", "az"].iter().any(|own| name.eq_ignore_ascii_case(own)))
    {
        return world.own(namespace, name, &all(args)?);
    }
    let lower = name.to_ascii_lowercase();
    match (lower.as_str(), args) {
        // These look at no more than they need.
        ("if", [condition, yes, no]) => match is_true(&expression(world, condition, copies)?)? {
            true => expression(world, yes, copies),
            false => expression(world, no, copies),
        },
        ("and" | "or", args) if args.len() > 1 => {
            for arg in args {
                if is_true(&expression(world, arg, copies)?)? == (lower == "or") {
                    return Ok(Value::Bool(lower == "or"));
                }
            }
            Ok(Value::Bool(lower == "and"))
        }
        ("coalesce", args) => {
            for arg in args {
                let found = expression(world, arg, copies)?;
                if !found.is_null() {
                    return Ok(found);
                }
            }
            Ok(Value::Null)
        }
        ("parameters", [name]) => named(world, name, copies).and_then(|name| world.parameter(&name)),
        ("variables", [name]) => named(world, name, copies).and_then(|name| world.variable(&name)),
        ("copyindex", args) => copies.index(&all(args)?),
        ("lambdavariables", [name]) => named(world, name, copies).and_then(|name| copies.argument(&name)),
        (name, args) if lambda::is_one(name) => lambda::call(world, name, args, copies),
        _ => {
            let args = all(args)?;
            world
                .known(&lower, &args, copies)
                .or_else(|| functions::call(name, &args))
                .unwrap_or_else(|| Err(unknown(name)))
        }
    }
}

pub(super) fn named(world: &dyn World, name: &Expr, copies: &Copies) -> Result<String> {
    match expression(world, name, copies)? {
        Value::String(name) => Ok(name),
        other => Err(ArmError::new(format!(
            "a name is a text, and this is {}",
            kind(&other)
        ))),
    }
}

fn unknown(name: &str) -> ArmError {
    let why = match name.to_ascii_lowercase().as_str() {
        "utcnow" | "newguid" => {
            "it gives another value each time, and stands in the default value of a parameter alone"
                .to_owned()
        }
        "lambda" => {
            "it stands in map(), filter(), reduce(), sort(), toObject(), groupBy() and mapValues() alone"
                .to_owned()
        }
        _ => did_you_mean(name, NAMES.iter().copied(), "the functions").unwrap_or_default(),
    };
    ArmError::new(format!(
        "there is no function `{name}`{}",
        if why.is_empty() { why } else { format!("; {why}") }
    ))
}

/// Values that are made when they are asked for, each once; one that asks for itself on the way is an error.
#[derive(Debug, Default)]
pub(super) struct Lazy(RefCell<HashMap<String, Option<Value>>>);

impl Lazy {
    /// The value of a name, made by `make` the first time.
    pub(super) fn get(&self, what: &str, name: &str, make: impl FnOnce() -> Result<Value>) -> Result<Value> {
        let key = name.to_ascii_lowercase();
        let known = self.0.borrow().get(&key).cloned();
        match known {
            Some(Some(value)) => return Ok(value),
            Some(None) => {
                return Err(ArmError::new(format!(
                    "{what} `{name}` refers to itself, straight or by others"
                )));
            }
            None => {}
        }
        self.0.borrow_mut().insert(key.clone(), None);
        let made = make();
        match &made {
            Ok(value) => drop(self.0.borrow_mut().insert(key, Some(value.clone()))),
            Err(_) => drop(self.0.borrow_mut().remove(&key)),
        }
        made
    }
}
