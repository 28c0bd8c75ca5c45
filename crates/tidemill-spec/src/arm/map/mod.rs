//! Resources of a template in the kinds that there are here. What has no counterpart is told, field by field.

mod access;
mod compute;
mod datastore;
mod workspace;

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::deployment::{Evaluated, Flat, UNKNOWN_KEY};
use super::error::{ArmError, Result};
use super::functions::kind;
use super::{Note, Resource, Translated};

/// What stands for a secret in what is shown.
const HIDDEN: &str = "***";
/// Shorter texts are not looked for: they would be found everywhere.
const LEAST_SECRET: usize = 4;

/// One resource on its way, with what could not be kept.
pub(super) struct Fields<'f> {
    what: String,
    flat: &'f Flat,
    notes: &'f mut Vec<Note>,
    /// The names of the roles that the template defines, by the last part of their ids.
    roles: &'f HashMap<String, String>,
}

impl Fields<'_> {
    /// A property of the resource.
    fn property(&self, path: &str) -> Option<&Value> {
        let pointer = format!("/properties/{}", path.replace('.', "/"));
        self.flat.value.pointer(&pointer).filter(|value| !value.is_null())
    }

    /// A text; an empty one says nothing.
    fn text(&self, path: &str) -> Option<String> {
        self.property(path)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// A field outside of the properties.
    fn top(&self, name: &str) -> Option<&Value> {
        self.flat.value.get(name).filter(|value| !value.is_null())
    }

    /// Says that something has no meaning here.
    fn note(&mut self, path: &str, why: &str) {
        let what = match path {
            "" => self.what.clone(),
            path => format!("{}: {path}", self.what),
        };
        self.notes.push(Note {
            what,
            why: why.to_owned(),
        });
    }

    /// Whether tags beside the properties have a place here.
    fn keeps_tags(&self) -> bool {
        let kind = self.flat.kind.to_ascii_lowercase();
        [
            "microsoft.machinelearningservices/workspaces",
            "microsoft.machinelearningservices/workspaces/computes",
            "microsoft.resources/resourcegroups",
        ]
        .contains(&kind.as_str())
    }

    /// Notes every property that is given and not in `known`.
    fn rest(&mut self, known: &[&str], why: &str) {
        let given = self.flat.value.get("properties").and_then(Value::as_object);
        let unknown: Vec<String> = given
            .into_iter()
            .flatten()
            .filter(|(name, value)| !value.is_null() && !known.contains(&name.as_str()))
            .map(|(name, _)| name.clone())
            .collect();
        for name in unknown {
            self.note(&format!("properties.{name}"), why);
        }
        let tags = if self.keeps_tags() {
            &["tags"] as &[&str]
        } else {
            &[]
        };
        let given = self.flat.value.as_object();
        let unknown: Vec<String> = given
            .into_iter()
            .flatten()
            .filter(|(name, value)| {
                says_something(value) && !SAID.contains(&name.as_str()) && !tags.contains(&name.as_str())
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in unknown {
            self.note(&name, "there is no such choice here");
        }
    }
}

/// What stands beside the properties and is read, or is the template's own affair.
const SAID: &[&str] = &[
    "type",
    "name",
    "apiVersion",
    "location",
    "kind",
    "identity",
    "properties",
    "dependsOn",
    "scope",
    "comments",
    "metadata",
    "resourceGroup",
    "subscriptionId",
    "import",
    "extension",
    "existing",
];

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Puts all of them into kinds. With each resource comes the path at which it stands in the template.
pub(super) fn map(evaluated: Evaluated, secrets: &[String]) -> Result<(Translated, Vec<String>)> {
    let mut notes: Vec<Note> = evaluated
        .skipped
        .iter()
        .map(|(what, why)| Note {
            what: what.clone(),
            why: why.clone(),
        })
        .collect();
    let mut resources = Vec::new();
    let mut paths = Vec::new();
    let mut here: HashMap<String, String> = HashMap::new();
    let mut waits = Vec::new();
    let roles: HashMap<String, String> = evaluated.resources.iter().filter_map(access::defined).collect();
    for flat in &evaluated.resources {
        let what = format!("{} {}", flat.kind, flat.name);
        let mut fields = Fields {
            what,
            flat,
            notes: &mut notes,
            roles: &roles,
        };
        let made = one(&mut fields).map_err(|error| error.within(&flat.path))?;
        for resource in made {
            here.insert(flat.id.to_ascii_lowercase(), address(&resource));
            resources.push(resource);
            paths.push(flat.path.clone());
            waits.push(flat.depends.clone());
        }
    }
    for (resource, depends) in resources.iter_mut().zip(waits) {
        let own = address(resource);
        let needs = depends.iter().filter_map(|id| here.get(&id.to_ascii_lowercase()));
        // What is in a group needs the group, whatever it says.
        let around = resource.place.as_ref().map(|place| format!("group {place}"));
        let around = around.filter(|_| matches!(resource.kind.as_str(), "workspace" | "secret"));
        let around = around
            .as_ref()
            .filter(|group| here.values().any(|own| own == *group));
        for need in needs.chain(around).filter(|need| **need != own) {
            if !resource.needs.contains(need) {
                resource.needs.push(need.clone());
            }
        }
        shown(resource, secrets)?;
    }
    let mut outputs = evaluated.outputs;
    for (_, output) in &mut outputs {
        // What says of itself that it is a secret is one, wherever it comes from.
        let is_secret = output["type"]
            .as_str()
            .is_some_and(|word| word.starts_with("secure"));
        match is_secret {
            true => output["value"] = HIDDEN.into(),
            false => mask(output, secrets),
        }
    }
    notes.dedup();
    Ok((
        Translated {
            resources,
            notes,
            outputs,
        },
        paths,
    ))
}

fn one(fields: &mut Fields<'_>) -> Result<Vec<Resource>> {
    let kind = fields.flat.kind.to_ascii_lowercase();
    match kind.as_str() {
        "microsoft.machinelearningservices/workspaces" => workspace::workspace(fields).map(|one| vec![one]),
        "microsoft.machinelearningservices/workspaces/computes" => {
            Ok(compute::compute(fields)?.into_iter().collect())
        }
        "microsoft.machinelearningservices/workspaces/datastores" => {
            Ok(datastore::datastore(fields)?.into_iter().collect())
        }
        "microsoft.resources/resourcegroups" => Ok(vec![group(fields)]),
        "microsoft.keyvault/vaults/secrets" => Ok(secret(fields)?.into_iter().collect()),
        "microsoft.authorization/roledefinitions" => Ok(access::role(fields)?.into_iter().collect()),
        "microsoft.authorization/roleassignments" => Ok(access::assignment(fields)?.into_iter().collect()),
        other if other.ends_with("/providers/roleassignments") => {
            Ok(access::assignment(fields)?.into_iter().collect())
        }
        other => {
            let why = without(other, fields);
            fields.note("", &why);
            Ok(Vec::new())
        }
    }
}

/// Why a type has no counterpart, and what stands for it.
fn without(kind: &str, fields: &Fields<'_>) -> String {
    let group = &fields.flat.group;
    match kind {
        "microsoft.keyvault/vaults" => format!("group `{group}` has a vault already, which keeps its secrets; who may read them is in roles"),
        "microsoft.keyvault/vaults/accesspolicies" => "who may read secrets is in roles".to_owned(),
        "microsoft.storage/storageaccounts" => {
            "a workspace keeps its files in the server's data folder or object store; an account is reached by a datastore".to_owned()
        }
        other if other.starts_with("microsoft.storage/") => "an account is reached by a datastore; it is not made from here".to_owned(),
        "microsoft.containerregistry/registries" => {
            "environments are built from their conda or pip files on the server; images of a registry are named as they are".to_owned()
        }
        "microsoft.insights/components" => "logs, metrics and events are kept by the server itself".to_owned(),
        other if other.starts_with("microsoft.insights/") || other.starts_with("microsoft.operationalinsights/") => {
            "logs, metrics and events are kept by the server itself".to_owned()
        }
        other if other.starts_with("microsoft.network/") => {
            "networks are the machine's; who may reach a workspace is in its allowed_networks".to_owned()
        }
        other if other.starts_with("microsoft.managedidentity/") => {
            "what the server does, it does as itself; programs sign in as service principals".to_owned()
        }
        other if other.starts_with("microsoft.machinelearningservices/workspaces/") => {
            "it is made from a YAML of its own kind here (`tidemill data|model|environment|component|schedule|online-endpoint create -f`), not by a template"
                .to_owned()
        }
        _ => "there is nothing like it here".to_owned(),
    }
}

/// `Microsoft.Resources/resourceGroups`, of templates for a subscription.
fn group(fields: &mut Fields<'_>) -> Resource {
    let mut spec = Map::new();
    if let Some(location) = fields.top("location").and_then(Value::as_str) {
        spec.insert("location".into(), location.into());
    }
    if let Some(tags) = tags(fields.top("tags")) {
        spec.insert("tags".into(), tags);
    }
    fields.rest(&[], "there is no such setting here");
    let name = fields.flat.name.clone();
    made("group", None, &name, spec)
}

/// `Microsoft.KeyVault/vaults/secrets`.
fn secret(fields: &mut Fields<'_>) -> Result<Option<Resource>> {
    let name = last(&fields.flat.name).to_owned();
    let value = fields
        .text("value")
        .ok_or_else(|| ArmError::new(format!("secret `{name}` has no value")))?;
    fields.rest(
        &["value", "contentType"],
        "a secret has no such setting here; its versions are kept",
    );
    if value.contains(UNKNOWN_KEY) {
        fields.note(
            "properties.value",
            "it holds the key of an account that is not here, so it is not made: give the key as a parameter, or `tidemill secret set`",
        );
        return Ok(None);
    }
    let mut spec = Map::new();
    spec.insert("value".into(), value.into());
    if let Some(text) = fields.text("contentType") {
        spec.insert("description".into(), text.into());
    }
    Ok(Some(made("secret", Some(fields.flat.group.clone()), &name, spec)))
}

fn made(kind: &str, place: Option<String>, name: &str, spec: Map<String, Value>) -> Resource {
    Resource {
        kind: kind.to_owned(),
        place,
        name: name.to_owned(),
        spec: Value::Object(spec),
        line: None,
        needs: Vec::new(),
    }
}

/// As plans call it.
fn address(resource: &Resource) -> String {
    let Resource {
        kind,
        place,
        name,
        spec,
        ..
    } = resource;
    let place = place.as_deref().unwrap_or_default();
    match kind.as_str() {
        "workspace" => format!("workspace {}", workspace::name(name)),
        "datastore" | "compute" | "secret" => format!("{kind} {}/{name}", workspace::name(place)),
        "assignment" => {
            let scope = spec["scope"].as_str().unwrap_or_default();
            let said = format!(
                "{} as {}",
                spec["principal"].as_str().unwrap_or_default(),
                spec["role"].as_str().unwrap_or_default()
            );
            match scope.rsplit('/').next() {
                None | Some("") => format!("assignment {said}"),
                Some(place) => format!("assignment {place}/{said}"),
            }
        }
        kind => format!("{kind} {name}"),
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The name of what a resource lies in.
fn outer(name: &str) -> Result<&str> {
    name.rsplit_once('/')
        .map(|(outer, _)| outer.split('/').next().unwrap_or(outer))
        .ok_or_else(|| ArmError::new(format!("`{name}` does not say in what it is: write outer/inner")))
}

/// Fields that keep secrets.
const KEEPS: &[&str] = &[
    "value",
    "account_key",
    "sas_token",
    "client_secret",
    "certificate",
];

/// Refuses a secret where everybody who may read the resource would see it.
fn shown(resource: &Resource, secrets: &[String]) -> Result<()> {
    fn look(value: &Value, key: &str, secrets: &[String]) -> Option<String> {
        match value {
            Value::String(text) if !KEEPS.contains(&key) => {
                let found = secrets.iter().any(|secret| {
                    secret.len() >= LEAST_SECRET
                        && !secret.starts_with("${{secrets.")
                        && text.contains(secret.as_str())
                });
                found.then(|| key.to_owned())
            }
            Value::Array(items) => items.iter().find_map(|item| look(item, key, secrets)),
            Value::Object(fields) => fields.iter().find_map(|(key, value)| look(value, key, secrets)),
            _ => None,
        }
    }
    match look(&resource.spec, "", secrets) {
        None => Ok(()),
        // A user's name or a public key is often given as a secret, and is none.
        Some(field) if ["admin_username", "ssh_key_value"].contains(&field.as_str()) => Ok(()),
        Some(field) => Err(ArmError::new(format!(
            "`{field}` of {} holds the value of a parameter that is a secret, and is shown to whoever may read it",
            address(resource)
        ))),
    }
}

fn mask(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => {
            for secret in secrets.iter().filter(|secret| secret.len() >= LEAST_SECRET) {
                *text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|field| mask(field, secrets)),
        _ => {}
    }
}

/// Tags as texts.
fn tags(value: Option<&Value>) -> Option<Value> {
    let fields = value?.as_object().filter(|fields| !fields.is_empty())?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(Value::Object(
        fields
            .iter()
            .map(|(key, value)| (key.clone(), text(value).into()))
            .collect(),
    ))
}

/// A whole number, also one that is written as a text.
fn number(value: &Value) -> Result<u64> {
    let found = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    found.ok_or_else(|| ArmError::new(format!("a whole number is wanted, and this is {}", kind(value))))
}
