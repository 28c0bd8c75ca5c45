//! What resources of a template say of each other: what each waits for, and what it asks of others.

use serde_json::{Value, json};

use super::{Deployment, Instance};
use crate::arm::error::{ArmError, Result};
use crate::arm::functions::as_text;
use crate::arm::place;
use crate::error::did_you_mean;

/// What stands before the id of a resource whose key a template asks for.
pub(in crate::arm) const UNKNOWN_KEY: &str = "unknown key of ";

impl Deployment<'_> {
    /// What a resource waits for: ids, names, loops and symbols, as ids.
    pub(super) fn depends(&self, instance: &Instance<'_>, value: &Value) -> Vec<String> {
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

    pub(super) fn reference(&self, args: &[Value]) -> Result<Value> {
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
    pub(super) fn references(&self, args: &[Value]) -> Result<Value> {
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
    pub(super) fn resource_info(&self, args: &[Value]) -> Result<Value> {
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
}

/// An identity has a principal.
fn identify(body: &mut Value, id: &str) {
    if let Some(identity) = body.get_mut("identity").and_then(Value::as_object_mut) {
        let principal = place::guid(&[Value::from(format!("identity of {id}"))]).unwrap_or_default();
        identity.entry("principalId").or_insert(principal);
        identity.entry("tenantId").or_insert(place::SUBSCRIPTION.into());
    }
}

/// Keys of resources that are not here: a text that says so stands for each.
pub(super) fn keys_of(args: &[Value]) -> Value {
    let id = args.first().map(as_text).unwrap_or_default();
    let key = format!("{UNKNOWN_KEY}{id}");
    let one = |name: &str| json!({ "keyName": name, "name": name, "value": key, "permissions": "FULL" });
    json!({
        "keys": [one("key1"), one("key2")], "key1": key, "key2": key, "primaryKey": key, "secondaryKey": key,
        "primarySharedKey": key, "secondarySharedKey": key, "primaryMasterKey": key, "secondaryMasterKey": key, "username": "", "passwords": [one("password"), one("password2")],
        "primaryConnectionString": key, "secondaryConnectionString": key, "accountSasToken": key, "serviceSasToken": key,
    })
}
