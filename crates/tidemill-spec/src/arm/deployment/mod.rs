//! A template with its parameters: which resources it comes to, loops and nested deployments unrolled, and what it gives back.

mod collect;
mod nested;
mod refer;
mod world;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::error::{ArmError, Result};
use super::eval::{self, Copies, Fuel, Lazy, World};
use super::functions::{self, kind, property};
use super::link::{Links, Read};
use super::place::{self, Place};
use crate::error::did_you_mean;

pub(in crate::arm) use nested::given;
pub(in crate::arm) use refer::UNKNOWN_KEY;

/// The type of deployments within a deployment.
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
/// How many resources a template may come to, as Azure has it.
const MAX_RESOURCES: usize = 800;

/// A resource of a template, evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Flat {
    pub(super) id: String,
    /// The type, such as `Microsoft.Storage/storageAccounts`.
    pub(super) kind: String,
    /// Its names, with `/` between them.
    pub(super) name: String,
    /// The group that it is deployed to.
    pub(super) group: String,
    /// All of it, evaluated.
    pub(super) value: Value,
    /// Where it stands in the template.
    pub(super) path: String,
    /// The ids that it depends on.
    pub(super) depends: Vec<String>,
}

/// What a template comes to.
#[derive(Debug, Default)]
pub(super) struct Evaluated {
    pub(super) resources: Vec<Flat>,
    pub(super) outputs: Map<String, Value>,
    /// Resources whose condition is false, by name.
    pub(super) skipped: Vec<(String, String)>,
}

/// What all deployments of a template share.
#[derive(Debug)]
pub(super) struct Shared<'r> {
    fuel: Fuel,
    links: Links<'r>,
    /// How many GUIDs were made anew.
    guids: Cell<u32>,
    /// Texts that came in as secrets.
    pub(super) secrets: RefCell<Vec<String>>,
}

impl<'r> Shared<'r> {
    /// Nothing is evaluated yet.
    pub(super) fn new(files: Read<'r>) -> Self {
        Self {
            fuel: Fuel::default(),
            links: Links::new(files),
            guids: Cell::default(),
            secrets: RefCell::default(),
        }
    }
}

/// A resource, before it is evaluated.
#[derive(Debug)]
struct Instance<'t> {
    raw: &'t Map<String, Value>,
    id: String,
    kind: String,
    name: String,
    /// The group that it is in, or that a deployment is for.
    group: String,
    symbol: Option<String>,
    copy: Option<String>,
    copies: Copies,
    path: String,
    existing: bool,
}

impl Instance<'_> {
    /// Whether this is its symbol, or, for one of a loop, the symbol with its place, such as `clusters[1]`.
    fn is_called(&self, text: &str) -> bool {
        let Some(symbol) = &self.symbol else { return false };
        let place = || Some(format!("{symbol}[{}]", self.copies.at()?));
        symbol.eq_ignore_ascii_case(text) || place().is_some_and(|place| place.eq_ignore_ascii_case(text))
    }

    /// Whether this is its id, also one that names no group, as templates for a subscription write it.
    fn has_id(&self, text: &str) -> bool {
        let no_group = || {
            let is_group = text.to_ascii_lowercase().contains("/resourcegroups/");
            let Some((kind, name)) = place::of_id(text).filter(|_| !is_group) else {
                return false;
            };
            kind.eq_ignore_ascii_case(&self.kind) && name.eq_ignore_ascii_case(&self.name)
        };
        self.id.eq_ignore_ascii_case(text) || no_group()
    }
}

/// A template that is being evaluated.
pub(super) struct Deployment<'t> {
    place: Place,
    template: &'t Value,
    given: Map<String, Value>,
    shared: &'t Shared<'t>,
    /// Where it lies, from the folder of the main template.
    file: String,
    /// For a nested one: where it stands.
    around: Option<&'t Deployment<'t>>,
    /// Whether its parameters and variables are those of the one around it.
    outer: bool,
    depth: usize,
    parameters: Lazy,
    variables: Lazy,
    bodies: Lazy,
    instances: Vec<Instance<'t>>,
    skipped: Vec<(String, String)>,
    nested: RefCell<HashMap<String, Evaluated>>,
}

/// Evaluates a template.
pub(super) fn evaluate<'t>(
    template: &'t Value,
    given: Map<String, Value>,
    place: Place,
    shared: &'t Shared<'t>,
) -> Result<Evaluated> {
    let mut deployment = Deployment::new(template, given, place, shared)?;
    deployment.check_given()?;
    deployment.collect()?;
    deployment.run()
}

impl<'t> Deployment<'t> {
    fn new(
        template: &'t Value,
        given: Map<String, Value>,
        place: Place,
        shared: &'t Shared<'t>,
    ) -> Result<Self> {
        if !template.is_object() {
            return Err(ArmError::new(format!(
                "a template is an object, and this is {}",
                kind(template)
            )));
        }
        Ok(Self {
            place,
            template,
            given,
            shared,
            file: "template.json".to_owned(),
            around: None,
            outer: false,
            depth: 0,
            parameters: Lazy::default(),
            variables: Lazy::default(),
            bodies: Lazy::default(),
            instances: Vec::new(),
            skipped: Vec::new(),
            nested: RefCell::default(),
        })
    }

    fn section(&self, name: &str) -> Option<&'t Value> {
        property(self.template, &Value::from(name))
    }

    /// Nothing is given that the template does not ask for, and nothing that it asks for is missing.
    fn check_given(&self) -> Result<()> {
        let declared = self.section("parameters").and_then(Value::as_object);
        let names: Vec<&str> = declared
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        for name in self.given.keys() {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let hint = did_you_mean(name, names.iter().copied(), "the parameters")
                    .map(|hint| format!("; {hint}"));
                return Err(ArmError::new(format!(
                    "parameter `{name}` is given, and the template has none of this name{}",
                    hint.unwrap_or_default()
                )));
            }
        }
        for name in names {
            self.parameter(name).map_err(|error| {
                if error.path.is_empty() {
                    error.within(&format!("parameters.{name}"))
                } else {
                    error
                }
            })?;
        }
        Ok(())
    }

    /// Evaluates every resource, then the outputs.
    fn run(&self) -> Result<Evaluated> {
        let mut all = Evaluated {
            skipped: self.skipped.clone(),
            ..Evaluated::default()
        };
        for (place, instance) in self
            .instances
            .iter()
            .enumerate()
            .filter(|(_, instance)| !instance.existing)
        {
            let value = self.body(place)?;
            let depends = self.depends(instance, &value);
            if let Some(nested) = self.nested.borrow_mut().remove(&instance.id.to_ascii_lowercase()) {
                for mut inner in nested.resources {
                    inner.path = format!("{}.properties.template.{}", instance.path, inner.path);
                    inner.depends.extend(depends.iter().cloned());
                    all.resources.push(inner);
                }
                all.skipped.extend(nested.skipped);
                continue;
            }
            all.resources.push(Flat {
                id: instance.id.clone(),
                kind: instance.kind.clone(),
                name: instance.name.clone(),
                group: instance.group.clone(),
                path: instance.path.clone(),
                value,
                depends,
            });
            if all.resources.len() > MAX_RESOURCES {
                return Err(ArmError::new(format!(
                    "a template has {MAX_RESOURCES} resources at most"
                )));
            }
        }
        all.outputs = self.outputs()?;
        Ok(all)
    }

    fn outputs(&self) -> Result<Map<String, Value>> {
        let mut outputs = Map::new();
        let declared = self.section("outputs").and_then(Value::as_object);
        for (name, output) in declared.into_iter().flatten() {
            let path = format!("outputs.{name}");
            let holds = match output.get("condition") {
                Some(condition) => eval::value(self, condition, &Copies::default())
                    .and_then(|value| functions::is_true(&value)),
                None => Ok(true),
            };
            if !holds.map_err(|error| error.within(&path))? {
                continue;
            }
            let found = match (output.get("value"), output.get("copy")) {
                (Some(raw), _) => eval::value(self, raw, &Copies::default()),
                (None, Some(copy)) => {
                    let mut copy = copy.clone();
                    copy["name"] = name.as_str().into();
                    eval::looped(self, &copy, &Copies::default()).map(|(_, items)| items)
                }
                (None, None) => Err(ArmError::new("an output needs `value`")),
            };
            let word = output
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_ascii_lowercase();
            outputs.insert(
                name.clone(),
                json!({ "type": word, "value": found.map_err(|error| error.within(&path))? }),
            );
        }
        Ok(outputs)
    }

    /// One resource, evaluated once.
    fn body(&self, place: usize) -> Result<Value> {
        let instance = &self.instances[place];
        self.bodies
            .get("resource", &format!("{}#{place}", instance.id), || {
                let _deeper = self.fuel().step()?;
                let nested = instance.kind.eq_ignore_ascii_case(DEPLOYMENTS);
                let mut fields = instance.raw.clone();
                for field in ["resources", "copy", "condition"] {
                    fields.shift_remove(field);
                }
                if nested
                    && let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut)
                {
                    properties.shift_remove("template");
                }
                let raw = Value::Object(fields);
                let mut value = eval::value(self, &raw, &instance.copies)
                    .map_err(|error| error.within(&instance.path))?;
                value["name"] = instance.name.clone().into();
                value["type"] = instance.kind.clone().into();
                if nested && !instance.existing {
                    let inner = self.deploy(instance, &value)?;
                    value["properties"]["outputs"] = Value::Object(inner.outputs.clone());
                    value["properties"]["provisioningState"] = "Succeeded".into();
                    self.nested
                        .borrow_mut()
                        .insert(instance.id.to_ascii_lowercase(), inner);
                }
                Ok(value)
            })
    }

    /// The world of a nested deployment whose expressions are those of the one around it.
    fn names(&self) -> Option<&Deployment<'t>> {
        self.around.filter(|_| self.outer)
    }
}
