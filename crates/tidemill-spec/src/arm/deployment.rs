//! A template with its parameters: which resources it comes to, loops and nested deployments unrolled, and what it gives back.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::error::{ArmError, Result};
use super::eval::{self, Copies, Fuel, Lazy, World};
use super::functions::{self, as_text, kind, property};
use super::link::{self, Links, Read};
use super::parameter;
use super::place::{self, Place};
use crate::error::did_you_mean;

/// The type of deployments within a deployment.
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
/// How deep deployments may nest.
const MAX_DEPLOYMENTS: usize = 8;
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

    /// Finds every resource, with its name.
    fn collect(&mut self) -> Result<()> {
        let resources = self.section("resources");
        let mut found = Vec::new();
        let mut skipped = Vec::new();
        match resources {
            None => {}
            Some(Value::Array(items)) => {
                for (at, raw) in items.iter().enumerate() {
                    let path = format!("resources[{at}]");
                    self.one(
                        raw,
                        None,
                        None,
                        &Copies::default(),
                        &path,
                        &mut found,
                        &mut skipped,
                    )?;
                }
            }
            // Templates of language version 2.0 name their resources.
            Some(Value::Object(fields)) => {
                for (symbol, raw) in fields {
                    let path = format!("resources.{symbol}");
                    self.one(
                        raw,
                        Some(symbol),
                        None,
                        &Copies::default(),
                        &path,
                        &mut found,
                        &mut skipped,
                    )?;
                }
            }
            Some(other) => {
                return Err(ArmError::new(format!(
                    "a list of resources is wanted, and this is {}",
                    kind(other)
                ))
                .within("resources"));
            }
        }
        self.instances = found;
        self.skipped = skipped;
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a walk carries where it is")]
    fn one(
        &self,
        raw: &'t Value,
        symbol: Option<&str>,
        parent: Option<(&str, &str)>,
        copies: &Copies,
        path: &str,
        found: &mut Vec<Instance<'t>>,
        skipped: &mut Vec<(String, String)>,
    ) -> Result<()> {
        let fields = raw
            .as_object()
            .ok_or_else(|| ArmError::new("a resource is an object").within(path))?;
        let Some(copy) = fields.get("copy").filter(|copy| copy.is_object()) else {
            return self.instance(fields, symbol, None, parent, copies, path, found, skipped);
        };
        let name = eval::value(self, &copy["name"], copies).map_err(|error| error.within(path))?;
        let name = name
            .as_str()
            .ok_or_else(|| ArmError::new("a loop needs a name").within(path))?
            .to_owned();
        let count = eval::count(self, &copy["count"], copies).map_err(|error| error.within(path))?;
        for at in 0..count {
            let copies = copies.inner(&name, at);
            self.instance(fields, symbol, Some(&name), parent, &copies, path, found, skipped)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a walk carries where it is")]
    fn instance(
        &self,
        fields: &'t Map<String, Value>,
        symbol: Option<&str>,
        copy: Option<&str>,
        parent: Option<(&str, &str)>,
        copies: &Copies,
        path: &str,
        found: &mut Vec<Instance<'t>>,
        skipped: &mut Vec<(String, String)>,
    ) -> Result<()> {
        let at = |error: ArmError| error.within(path);
        let text = |field: &str| -> Result<String> {
            let raw = fields
                .get(field)
                .ok_or_else(|| ArmError::new(format!("a resource needs `{field}`")).within(path))?;
            match eval::value(self, raw, copies).map_err(|error| at(error.within(field)))? {
                Value::String(text) => Ok(text),
                other => Err(
                    ArmError::new(format!("a text is wanted, and this is {}", kind(&other)))
                        .within(field)
                        .within(path),
                ),
            }
        };
        // What another provider than Azure's own makes is told by its symbol alone.
        let is_foreign = ["import", "extension"]
            .iter()
            .any(|field| fields.contains_key(*field));
        let (mut kind, mut name) = match (is_foreign && !fields.contains_key("name"), symbol) {
            (true, Some(symbol)) => (text("type")?, symbol.to_owned()),
            _ => (text("type")?, text("name")?),
        };
        if let Some((outer_kind, outer_name)) = parent {
            if !kind.contains('.') {
                kind = format!("{outer_kind}/{kind}");
            }
            if name.split('/').count() + 1 < kind.split('/').count() {
                name = format!("{outer_name}/{name}");
            }
        }
        if let Some(condition) = fields.get("condition") {
            let holds = eval::value(self, condition, copies).and_then(|value| functions::is_true(&value));
            if !holds.map_err(|error| at(error.within("condition")))? {
                skipped.push((format!("{kind} {name}"), "its condition is false".into()));
                if let Some(inner) = fields
                    .get("resources")
                    .filter(|inner| children(inner).next().is_some())
                {
                    let many = children(inner).count();
                    let what = format!("{kind} {name}: resources");
                    skipped.push((what, format!("{many} in it are not made, as it is not")));
                }
                return Ok(());
            }
        }
        let group = match fields.get("resourceGroup") {
            Some(_) => text("resourceGroup")?,
            None => self.place.group.clone(),
        };
        let scope = match fields.get("scope") {
            Some(Value::String(_)) if !kind.eq_ignore_ascii_case(DEPLOYMENTS) => Some(text("scope")?),
            _ => None,
        };
        let id = self
            .place
            .id(&group, scope.as_deref(), &kind, &name)
            .map_err(at)?;
        if found.len() >= MAX_RESOURCES {
            return Err(ArmError::new(format!(
                "a template has {MAX_RESOURCES} resources at most"
            )));
        }
        found.push(Instance {
            raw: fields,
            id,
            kind: kind.clone(),
            name: name.clone(),
            group,
            symbol: symbol.map(str::to_owned),
            copy: copy.map(str::to_owned),
            copies: copies.clone(),
            path: path.to_owned(),
            existing: fields.get("existing").and_then(Value::as_bool).unwrap_or(false),
        });
        for (place, symbol, child) in fields.get("resources").into_iter().flat_map(children) {
            let path = format!("{path}.resources{place}");
            self.one(child, symbol, Some((&kind, &name)), copies, &path, found, skipped)?;
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

    /// A deployment within this one.
    fn deploy(&self, instance: &Instance<'t>, value: &Value) -> Result<Evaluated> {
        let properties = instance.raw.get("properties");
        let link = value
            .pointer("/properties/templateLink")
            .filter(|link| !link.is_null());
        let (file, linked) = match link {
            Some(link) => {
                let at = |error: ArmError| error.within("properties.templateLink").within(&instance.path);
                let path = link::path_of(link, &self.file).map_err(at)?;
                let read = self.shared.links.get(&path).map_err(at)?;
                (path, Some(read))
            }
            None => (self.file.clone(), None),
        };
        let at = |error: ArmError| match linked.is_some() {
            // Places in another file are told in words.
            true => ArmError::new(format!("in {file}: {error}"))
                .within("properties.templateLink")
                .within(&instance.path),
            false => error.within("properties.template").within(&instance.path),
        };
        let template = linked
            .as_deref()
            .or_else(|| properties.and_then(|properties| properties.get("template")));
        let template = template.ok_or_else(|| {
            ArmError::new("a nested deployment needs `template` or `templateLink`")
                .within("properties")
                .within(&instance.path)
        })?;
        if self.depth >= MAX_DEPLOYMENTS {
            return Err(at(ArmError::new(format!(
                "deployments nest deeper than {MAX_DEPLOYMENTS}"
            ))));
        }
        let scope = value
            .pointer("/properties/expressionEvaluationOptions/scope")
            .and_then(Value::as_str);
        // A template of its own file sees its own parameters and variables alone.
        let inner = linked.is_some() || scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
        let given = self.given_to(instance, value)?;
        let place = Place {
            group: instance.group.clone(),
            deployment: instance.name.clone(),
            ..self.place.clone()
        };
        let mut child = Deployment::new(template, given, place, self.shared).map_err(at)?;
        child.around = Some(self);
        child.file.clone_from(&file);
        child.outer = !inner;
        child.depth = self.depth + 1;
        if inner {
            child.check_given().map_err(at)?;
        }
        child.collect().map_err(at)?;
        child.run().map_err(at)
    }

    /// The parameters of a deployment within this one: written out, or in a file that it names.
    fn given_to(&self, instance: &Instance<'_>, value: &Value) -> Result<Map<String, Value>> {
        let at =
            |field: &str, error: ArmError| error.within(field).within("properties").within(&instance.path);
        let link = value
            .pointer("/properties/parametersLink")
            .filter(|link| !link.is_null());
        let Some(link) = link else {
            let parameters = value.pointer("/properties/parameters").unwrap_or(&Value::Null);
            return given(parameters).map_err(|error| at("parameters", error));
        };
        let read = link::path_of(link, &self.file).and_then(|path| self.shared.links.get(&path));
        read.and_then(|file| given(&file))
            .map_err(|error| at("parametersLink", error))
    }

    /// What a resource waits for: ids, names, loops and symbols, as ids.
    fn depends(&self, instance: &Instance<'_>, value: &Value) -> Vec<String> {
        let mut ids = Vec::new();
        for text in value
            .get("dependsOn")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let fits = |other: &&Instance<'_>| {
                let is = |name: &str| name.eq_ignore_ascii_case(text);
                other.has_id(text)
                    || is(&other.name)
                    || other.is_called(text)
                    || other.copy.as_deref().is_some_and(is)
                    || text
                        .trim_start_matches('/')
                        .eq_ignore_ascii_case(&format!("{}/{}", other.kind, other.name))
            };
            let found: Vec<String> = self
                .instances
                .iter()
                .filter(fits)
                .map(|other| other.id.clone())
                .collect();
            match found.is_empty() {
                true => ids.push(text.to_owned()),
                false => ids.extend(found),
            }
        }
        // What is within another resource needs that, whatever it says.
        if let (Some((outer, _)), Some((kind, _))) =
            (instance.name.rsplit_once('/'), instance.kind.rsplit_once('/'))
            && let Ok(id) = self.place.id(&instance.group, None, kind, outer)
        {
            ids.push(id);
        }
        ids
    }

    fn reference(&self, args: &[Value]) -> Result<Value> {
        let what = args.first().and_then(Value::as_str);
        let what = what.ok_or_else(|| ArmError::new("reference() takes a name or an id"))?;
        let full = args
            .get(2)
            .and_then(Value::as_str)
            .is_some_and(|word| word.eq_ignore_ascii_case("full"));
        let fits = |one: &Instance<'_>| {
            one.id.eq_ignore_ascii_case(what) || one.name.eq_ignore_ascii_case(what) || one.is_called(what)
        };
        let exact = self.instances.iter().position(fits);
        let found = exact.or_else(|| self.instances.iter().position(|one| one.has_id(what)));
        if let Some(place) = found {
            let instance = &self.instances[place];
            let mut body = self.body(place)?;
            let mut known = place::runtime(&instance.kind, &instance.name, &instance.id);
            if let (Some(known), Some(said)) = (known.as_object_mut(), body["properties"].as_object()) {
                known.extend(said.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            if !full {
                return Ok(known);
            }
            body["properties"] = known;
            body["id"] = instance.id.clone().into();
            identify(&mut body, &instance.id);
            return Ok(body);
        }
        if let Some(around) = self.around {
            return around.reference(args);
        }
        let Some((kind, name)) = place::of_id(what) else {
            let names: Vec<&str> = self.instances.iter().map(|one| one.name.as_str()).collect();
            let hint = did_you_mean(what, names, "the resources").map(|hint| format!("; {hint}"));
            return Err(ArmError::new(format!(
                "reference(): there is no resource `{what}` in the template{}",
                hint.unwrap_or_default()
            )));
        };
        let known = place::runtime(&kind, &name, what);
        if !full {
            return Ok(known);
        }
        let mut body = json!({ "id": what, "name": name, "type": kind, "location": self.place.location, "properties": known, "identity": {} });
        identify(&mut body, what);
        Ok(body)
    }

    /// What each resource of a loop says of itself.
    fn references(&self, args: &[Value]) -> Result<Value> {
        let name = args.first().and_then(Value::as_str);
        let name = name.ok_or_else(|| ArmError::new("references() takes the name of a loop"))?;
        let is = |own: &Option<String>| own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let found: Vec<&Instance<'_>> = self
            .instances
            .iter()
            .filter(|one| is(&one.symbol) || is(&one.copy))
            .collect();
        let asked = |one: &&Instance<'_>| {
            let mut all = vec![Value::from(one.id.as_str()), Value::from("")];
            all.extend(args.get(1..).unwrap_or_default().last().cloned());
            self.reference(&all)
        };
        found.iter().map(asked).collect::<Result<_>>().map(Value::Array)
    }

    /// What a template says of one of its resources.
    fn resource_info(&self, args: &[Value]) -> Result<Value> {
        let symbol = args.first().and_then(Value::as_str).unwrap_or_default();
        let found = self
            .instances
            .iter()
            .find(|one| one.is_called(symbol))
            .ok_or_else(|| {
                ArmError::new(format!(
                    "resourceInfo(): there is no resource `{symbol}` in the template"
                ))
            })?;
        Ok(json!({
            "id": found.id, "name": found.name, "type": found.kind,
            "apiVersion": found.raw.get("apiVersion").cloned().unwrap_or_default(),
        }))
    }

    /// The world of a nested deployment whose expressions are those of the one around it.
    fn names(&self) -> Option<&Deployment<'t>> {
        self.around.filter(|_| self.outer)
    }
}

/// Resources within a resource, as a list or by their symbols: where each stands, and its symbol.
fn children(resources: &Value) -> impl Iterator<Item = (String, Option<&str>, &Value)> {
    let listed = resources.as_array().into_iter().flatten().enumerate();
    let named = resources.as_object().into_iter().flatten();
    listed
        .map(|(at, child)| (format!("[{at}]"), None, child))
        .chain(named.map(|(symbol, child)| (format!(".{symbol}"), Some(symbol.as_str()), child)))
}

/// An identity has a principal.
fn identify(body: &mut Value, id: &str) {
    if let Some(identity) = body.get_mut("identity").and_then(Value::as_object_mut) {
        let principal = place::guid(&[Value::from(format!("identity of {id}"))]).unwrap_or_default();
        identity.entry("principalId").or_insert(principal);
        identity.entry("tenantId").or_insert(place::SUBSCRIPTION.into());
    }
}

impl World for Deployment<'_> {
    fn fuel(&self) -> &Fuel {
        &self.shared.fuel
    }

    fn parameter(&self, name: &str) -> Result<Value> {
        if let Some(around) = self.names() {
            return around.parameter(name);
        }
        let _deeper = self.fuel().step()?;
        let declared = self.section("parameters").and_then(Value::as_object);
        let found = declared
            .into_iter()
            .flatten()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        let Some((key, declared)) = found else {
            let names: Vec<&str> = declared
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str())
                .collect();
            let hint = did_you_mean(name, names, "the parameters").map(|hint| format!("; {hint}"));
            return Err(ArmError::new(format!(
                "there is no parameter `{name}`{}",
                hint.unwrap_or_default()
            )));
        };
        self.parameters.get("parameter", key, || {
            let given = self
                .given
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(key))
                .map(|(_, value)| value.clone());
            let declared = parameter::resolved(self.template, declared)
                .map_err(|error| error.within(&format!("parameters.{key}")))?;
            let value = match (given, declared.get("defaultValue")) {
                (Some(value), _) => value,
                (None, Some(raw)) => eval::value(&Defaults(self), raw, &Copies::default())
                    .map_err(|error| error.within(&format!("parameters.{key}.defaultValue")))?,
                (None, None) if declared.get("nullable").and_then(Value::as_bool) == Some(true) => {
                    Value::Null
                }
                (None, None) => {
                    return Err(ArmError::new(format!(
                        "parameter `{key}` has no value: give it in the file of --parameters"
                    ))
                    .within(&format!("parameters.{key}")));
                }
            };
            let mut secrets = self.shared.secrets.borrow_mut();
            parameter::check(self.template, key, &declared, &value, &mut secrets)
                .map_err(|error| error.within(&format!("parameters.{key}")))?;
            Ok(value)
        })
    }

    fn variable(&self, name: &str) -> Result<Value> {
        if let Some(around) = self.names() {
            return around.variable(name);
        }
        let declared = self.section("variables").and_then(Value::as_object);
        let all = || declared.into_iter().flatten().filter(|(key, _)| *key != "copy");
        if let Some((key, raw)) = all().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            return self.variables.get("variable", key, || {
                eval::value(self, raw, &Copies::default())
                    .map_err(|error| error.within(&format!("variables.{key}")))
            });
        }
        let loops = declared
            .and_then(|fields| fields.get("copy"))
            .and_then(Value::as_array);
        let same = |one: &&Value| {
            one["name"]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        if let Some(one) = loops.into_iter().flatten().find(same) {
            return self.variables.get("variable", name, || {
                let found = eval::looped(self, one, &Copies::default());
                found
                    .map(|(_, items)| items)
                    .map_err(|error| error.within("variables.copy"))
            });
        }
        let names: Vec<&str> = all().map(|(key, _)| key.as_str()).collect();
        let hint = did_you_mean(name, names, "the variables").map(|hint| format!("; {hint}"));
        Err(ArmError::new(format!(
            "there is no variable `{name}`{}",
            hint.unwrap_or_default()
        )))
    }

    fn own(&self, namespace: &str, name: &str, args: &[Value]) -> Result<Value> {
        if let Some(around) = self.names() {
            return around.own(namespace, name, args);
        }
        let spaces = self.section("functions").and_then(Value::as_array);
        let same = |one: &&Value| {
            one["namespace"]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(namespace))
        };
        let members = spaces
            .into_iter()
            .flatten()
            .find(same)
            .and_then(|one| one["members"].as_object());
        let member = members
            .into_iter()
            .flatten()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        let (_, member) =
            member.ok_or_else(|| ArmError::new(format!("there is no function `{namespace}.{name}`")))?;
        let declared: Vec<&str> = member["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["name"].as_str())
            .collect();
        if declared.len() != args.len() {
            return Err(ArmError::new(format!(
                "{namespace}.{name}() takes {} arguments, and has {}",
                declared.len(),
                args.len()
            )));
        }
        let parameters = declared
            .into_iter()
            .zip(args)
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        // One of its own functions may call another one; one that calls itself is stopped.
        let _deeper = self.fuel().step()?;
        let inner = Own {
            parameters: parameters.collect(),
            around: self,
        };
        eval::value(&inner, &member["output"]["value"], &Copies::default()).map_err(|error| ArmError {
            message: format!("{namespace}.{name}(): {}", error.message),
            ..error
        })
    }

    fn known(&self, name: &str, args: &[Value], _: &Copies) -> Option<Result<Value>> {
        Some(match name {
            "resourcegroup" => Ok(self.place.resource_group()),
            "subscription" => Ok(place::subscription()),
            "tenant" => Ok(json!({ "tenantId": place::SUBSCRIPTION, "displayName": "tidemill" })),
            "environment" => Ok(place::environment()),
            "deployment" => Ok(json!({
                "name": self.place.deployment,
                "location": self.place.location,
                "properties": {
                    "mode": "Incremental", "provisioningState": "Accepted", "parameters": {},
                    "template": {"contentVersion": self.section("contentVersion").cloned().unwrap_or_default()},
                    "templateLink": {"uri": link::uri_of(&self.file)},
                },
            })),
            "resourceid" => self.place.resource_id(args),
            "subscriptionresourceid" => place::subscription_resource_id(args),
            "managementgroupresourceid" => place::management_group_resource_id(args),
            // Nobody of Azure deploys here; the id is nobody's.
            "deployer" => place::guid(&[Value::from("deployer")])
                .map(|id| json!({ "objectId": id, "tenantId": place::SUBSCRIPTION, "userPrincipalName": "tidemill" })),
            "managementgroup" => Ok(place::management_group()),
            "tenantresourceid" => place::tenant_resource_id(args),
            "extensionresourceid" => place::extension_resource_id(args),
            "uniquestring" => place::unique_string(args),
            "guid" => place::guid(args),
            "reference" => self.reference(args),
            "references" => self.references(args),
            "resourceinfo" => self.resource_info(args),
            "pickzones" => place::pick_zones(args),
            "tologicalzone" | "tologicalzones" | "tophysicalzone" | "tophysicalzones" => place::zones(args),
            "providers" => Ok(self.place.providers(args)),
            list if list.starts_with("list") => Ok(keys_of(args)),
            _ => return None,
        })
    }
}

/// The world of the default value of a parameter: what gives another value each time stands there alone.
struct Defaults<'d, 't>(&'d Deployment<'t>);

impl World for Defaults<'_, '_> {
    fn fuel(&self) -> &Fuel {
        self.0.fuel()
    }

    fn parameter(&self, name: &str) -> Result<Value> {
        self.0.parameter(name)
    }

    fn variable(&self, name: &str) -> Result<Value> {
        self.0.variable(name)
    }

    fn own(&self, namespace: &str, name: &str, args: &[Value]) -> Result<Value> {
        self.0.own(namespace, name, args)
    }

    fn known(&self, name: &str, args: &[Value], copies: &Copies) -> Option<Result<Value>> {
        let now_ms = self.0.place.now_ms;
        match name {
            "utcnow" => Some(functions::date::utc_now(now_ms, args)),
            "newguid" => {
                let made = self.0.shared.guids.get();
                self.0.shared.guids.set(made + 1);
                Some(place::guid(&[Value::from(format!("new {now_ms} {made}"))]))
            }
            _ => self.0.known(name, args, copies),
        }
    }
}

/// Keys of resources that are not here: a text that says so stands for each.
fn keys_of(args: &[Value]) -> Value {
    let id = args.first().map(as_text).unwrap_or_default();
    let key = format!("{UNKNOWN_KEY}{id}");
    let one = |name: &str| json!({ "keyName": name, "name": name, "value": key, "permissions": "FULL" });
    json!({
        "keys": [one("key1"), one("key2")], "key1": key, "key2": key, "primaryKey": key, "secondaryKey": key,
        "primarySharedKey": key, "secondarySharedKey": key, "primaryMasterKey": key, "secondaryMasterKey": key, "username": "", "passwords": [one("password"), one("password2")],
        "primaryConnectionString": key, "secondaryConnectionString": key, "accountSasToken": key, "serviceSasToken": key,
    })
}

/// What stands before the id of a resource whose key a template asks for.
pub(super) const UNKNOWN_KEY: &str = "unknown key of ";

/// A function of a template's own: it sees its arguments alone.
struct Own<'f, 't> {
    parameters: HashMap<String, Value>,
    around: &'f Deployment<'t>,
}

impl World for Own<'_, '_> {
    fn fuel(&self) -> &Fuel {
        self.around.fuel()
    }

    fn parameter(&self, name: &str) -> Result<Value> {
        let found = self.parameters.get(&name.to_ascii_lowercase()).cloned();
        found.ok_or_else(|| ArmError::new(format!("there is no argument `{name}`")))
    }

    fn variable(&self, name: &str) -> Result<Value> {
        Err(ArmError::new(format!(
            "a function of the template's own sees no variable, such as `{name}`"
        )))
    }

    fn own(&self, namespace: &str, name: &str, args: &[Value]) -> Result<Value> {
        self.around.own(namespace, name, args)
    }

    fn known(&self, name: &str, args: &[Value], copies: &Copies) -> Option<Result<Value>> {
        // What resources say once they are there is nothing that a function knows.
        if name.starts_with("reference") || name.starts_with("list") {
            let message =
                format!("a function of the template's own sees no resources, and so calls no {name}()");
            return Some(Err(ArmError::new(message)));
        }
        self.around.known(name, args, copies)
    }
}

/// The values of a parameters file, or of a nested deployment.
pub(super) fn given(file: &Value) -> Result<Map<String, Value>> {
    let fields = match file {
        Value::Null => return Ok(Map::new()),
        Value::Object(fields) => fields,
        other => {
            return Err(ArmError::new(format!(
                "parameters are an object, and this is {}",
                kind(other)
            )));
        }
    };
    // The whole file, or what is in it.
    let fields = match fields.get("parameters").and_then(Value::as_object) {
        Some(inner) => inner,
        None => fields,
    };
    let mut values = Map::new();
    for (name, one) in fields
        .iter()
        .filter(|(name, _)| !["$schema", "contentVersion"].contains(&name.as_str()))
    {
        let value = match one {
            Value::Object(inner) if inner.contains_key("value") => inner["value"].clone(),
            // A secret of a vault stays where it is, and is named.
            Value::Object(inner) if inner.contains_key("reference") => {
                let secret = inner["reference"]["secretName"].as_str();
                let secret =
                    secret.ok_or_else(|| ArmError::new(format!("parameter `{name}` names no secret")))?;
                Value::String(format!("${{{{secrets.{secret}}}}}"))
            }
            _ => {
                return Err(ArmError::new(format!(
                    "parameter `{name}` needs `value`, as in {{\"value\": 1}}"
                )));
            }
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}
