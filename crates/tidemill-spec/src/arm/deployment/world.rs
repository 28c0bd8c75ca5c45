//! What expressions may ask of the deployment that they stand in: its parameters, variables and functions, and where it is.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Deployment;
use super::refer::keys_of;
use crate::arm::error::{ArmError, Result};
use crate::arm::eval::{self, Copies, Fuel, World};
use crate::arm::{functions, link, parameter, place};
use crate::error::did_you_mean;

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
