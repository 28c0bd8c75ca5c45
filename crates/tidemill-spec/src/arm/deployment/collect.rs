//! Finding the resources of a template, with their names: loops unrolled, conditions asked, and what lies within others.

use serde_json::{Map, Value};

use super::{DEPLOYMENTS, Deployment, Instance, MAX_RESOURCES};
use crate::arm::error::{ArmError, Result};
use crate::arm::eval::{self, Copies};
use crate::arm::functions::{self, kind};

impl<'t> Deployment<'t> {
    /// Finds every resource, with its name.
    pub(super) fn collect(&mut self) -> Result<()> {
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
}

/// Resources within a resource, as a list or by their symbols: where each stands, and its symbol.
fn children(resources: &Value) -> impl Iterator<Item = (String, Option<&str>, &Value)> {
    let listed = resources.as_array().into_iter().flatten().enumerate();
    let named = resources.as_object().into_iter().flatten();
    listed
        .map(|(at, child)| (format!("[{at}]"), None, child))
        .chain(named.map(|(symbol, child)| (format!(".{symbol}"), Some(symbol.as_str()), child)))
}
