//! Deployments within a deployment: written out, or in files that it names.

use serde_json::{Map, Value};

use super::{Deployment, Evaluated, Instance};
use crate::arm::error::{ArmError, Result};
use crate::arm::functions::kind;
use crate::arm::link;
use crate::arm::place::Place;

/// How deep deployments may nest.
const MAX_DEPLOYMENTS: usize = 8;

impl<'t> Deployment<'t> {
    /// A deployment within this one.
    pub(super) fn deploy(&self, instance: &Instance<'t>, value: &Value) -> Result<Evaluated> {
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
}

/// The values of a parameters file, or of a nested deployment.
pub(in crate::arm) fn given(file: &Value) -> Result<Map<String, Value>> {
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
