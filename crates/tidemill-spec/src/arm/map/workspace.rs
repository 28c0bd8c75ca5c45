//! `Microsoft.MachineLearningServices/workspaces`.

use serde_json::{Map, Value, json};

use super::{Fields, made, tags};
use crate::arm::Resource;
use crate::arm::error::Result;

/// Properties that have a field of the same meaning, and that field.
const SAME: &[(&str, &str)] = &[
    ("friendlyName", "display_name"),
    ("description", "description"),
    ("storageAccount", "storage_account"),
    ("keyVault", "key_vault"),
    ("applicationInsights", "application_insights"),
    ("containerRegistry", "container_registry"),
    ("imageBuildCompute", "image_build_compute"),
    ("primaryUserAssignedIdentity", "primary_user_assigned_identity"),
    ("discoveryUrl", "discovery_url"),
];

/// The name as it is here: small letters, and `-` for `_`.
pub(super) fn name(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

pub(super) fn workspace(fields: &mut Fields<'_>) -> Result<Resource> {
    let given = fields.flat.name.clone();
    let mut spec = Map::new();
    if let Some(location) = fields.top("location").and_then(Value::as_str) {
        spec.insert("location".into(), location.into());
    }
    for (property, field) in SAME {
        if let Some(text) = fields.text(property) {
            spec.insert((*field).into(), text.into());
        }
    }
    if !spec.contains_key("display_name") && name(&given) != given {
        spec.insert("display_name".into(), given.clone().into());
    }
    if let Some(hbi) = fields.property("hbiWorkspace").and_then(Value::as_bool) {
        spec.insert("hbi_workspace".into(), hbi.into());
    }
    let public = fields
        .text("publicNetworkAccess")
        .map(|word| word.to_ascii_lowercase());
    match public.as_deref() {
        Some(word @ ("enabled" | "disabled")) => {
            drop(spec.insert("public_network_access".into(), word.into()))
        }
        Some(word) => fields.note(
            "properties.publicNetworkAccess",
            &format!("`{word}` has no meaning here"),
        ),
        None => {}
    }
    networks(fields, &mut spec);
    if let Some(tags) = tags(fields.top("tags")) {
        spec.insert("tags".into(), tags);
    }
    match fields
        .top("kind")
        .and_then(Value::as_str)
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some(kind @ ("default" | "hub" | "project")) => drop(spec.insert("kind".into(), kind.into())),
        Some(other) => fields.note(
            "kind",
            &format!("a workspace of kind {other} is one like every other"),
        ),
        None => {}
    }
    if fields.property("encryption.status").and_then(Value::as_str) == Some("Enabled") {
        let (vault, key) = (
            fields.text("encryption.keyVaultProperties.keyVaultArmId"),
            fields.text("encryption.keyVaultProperties.keyIdentifier"),
        );
        if let (Some(vault), Some(key)) = (vault, key) {
            spec.insert(
                "customer_managed_key".into(),
                json!({ "key_vault": vault, "key_uri": key }),
            );
        }
        fields.note(
            "properties.encryption",
            "the server's own master key seals secrets; this key is kept as a word",
        );
    }
    if fields.top("identity").is_some() {
        fields.note(
            "identity",
            "a workspace acts as the server does; people and programs have roles of their own",
        );
    }
    let mut known: Vec<&str> = SAME.iter().map(|(property, _)| *property).collect();
    known.extend([
        "hbiWorkspace",
        "publicNetworkAccess",
        "encryption",
        "ipAllowlist",
        "networkAcls",
    ]);
    fields.rest(&known, "there is no such setting here");
    Ok(made("workspace", Some(fields.flat.group.clone()), &given, spec))
}

/// From where it is reached: the addresses of `ipAllowlist`, and those that `networkAcls` lets in where it shuts out all others.
fn networks(fields: &mut Fields<'_>, spec: &mut Map<String, Value>) {
    let texts = |value: Option<&Value>, field: Option<&str>| -> Vec<Value> {
        let all = value.and_then(Value::as_array).into_iter().flatten();
        let text = |one: &Value| match field {
            Some(field) => one.get(field).and_then(Value::as_str).map(str::to_owned),
            None => one.as_str().map(str::to_owned),
        };
        all.filter_map(text).map(Value::from).collect()
    };
    let mut networks = texts(fields.property("ipAllowlist"), None);
    let rules = texts(fields.property("networkAcls.ipRules"), Some("value"));
    let denies = fields
        .text("networkAcls.defaultAction")
        .is_some_and(|word| word.eq_ignore_ascii_case("deny"));
    match (denies, rules.is_empty()) {
        (true, false) => networks.extend(rules),
        (true, true) => fields.note(
            "properties.networkAcls",
            "it lets in nobody but private endpoints, which are not here: say in allowed_networks from where it is reached",
        ),
        (false, false) => fields.note("properties.networkAcls", "its rules let in who is let in anyway"),
        (false, true) => {}
    }
    if !networks.is_empty() {
        spec.insert("allowed_networks".into(), networks.into());
    }
}
