//! `Microsoft.MachineLearningServices/workspaces/datastores`.

use serde_json::{Map, Value};

use super::{Fields, last, made, outer, tags};
use crate::arm::Resource;
use crate::arm::deployment::UNKNOWN_KEY;
use crate::arm::error::{ArmError, Result};

pub(super) fn datastore(fields: &mut Fields<'_>) -> Result<Option<Resource>> {
    let (workspace, name) = (
        outer(&fields.flat.name)?.to_owned(),
        last(&fields.flat.name).to_owned(),
    );
    if let Some(word) = fields.text("DataStoreType") {
        return classic(fields, &workspace, &name, &word);
    }
    let word = fields
        .text("datastoreType")
        .ok_or_else(|| ArmError::new(format!("datastore `{name}` has no datastoreType")))?;
    let (kind, names): (&str, &[(&str, &str)]) = match word.to_ascii_lowercase().as_str() {
        "azureblob" => (
            "azure_blob",
            &[
                ("accountName", "account_name"),
                ("containerName", "container_name"),
                ("endpoint", "endpoint"),
                ("protocol", "protocol"),
            ],
        ),
        "azurefile" => (
            "azure_file",
            &[
                ("accountName", "account_name"),
                ("fileShareName", "file_share_name"),
                ("endpoint", "endpoint"),
                ("protocol", "protocol"),
            ],
        ),
        "azuredatalakegen1" => ("azure_data_lake_gen1", &[("storeName", "store_name")]),
        "azuredatalakegen2" => (
            "azure_data_lake_gen2",
            &[
                ("accountName", "account_name"),
                ("filesystem", "filesystem"),
                ("endpoint", "endpoint"),
                ("protocol", "protocol"),
            ],
        ),
        _ => {
            fields.note(
                "",
                &format!("nothing is read from a datastore of type {word} here"),
            );
            return Ok(None);
        }
    };
    let mut spec = Map::new();
    spec.insert("type".into(), kind.into());
    let mut known = vec!["datastoreType", "credentials", "description", "tags"];
    for (property, field) in names.iter().chain(&[("description", "description")]) {
        known.push(property);
        if let Some(text) = fields.text(property) {
            spec.insert((*field).into(), text.into());
        }
    }
    if let Some(tags) = tags(fields.property("tags")) {
        spec.insert("tags".into(), tags);
    }
    if let Some(credentials) = credentials(fields)? {
        spec.insert("credentials".into(), credentials);
    }
    fields.rest(&known, "there is no such setting here");
    Ok(Some(made("datastore", Some(workspace), &name, spec)))
}

fn credentials(fields: &mut Fields<'_>) -> Result<Option<Value>> {
    let text = |path: &str| fields.text(&format!("credentials.{path}"));
    let Some(word) = text("credentialsType") else {
        return Ok(None);
    };
    let names: &[(&str, &str)] = match word.to_ascii_lowercase().as_str() {
        "none" => return Ok(None),
        "accountkey" => &[("secrets.key", "account_key")],
        "sas" => &[("secrets.sasToken", "sas_token")],
        "serviceprincipal" => &[
            ("authorityUrl", "authority_url"),
            ("resourceUrl", "resource_url"),
            ("tenantId", "tenant_id"),
            ("clientId", "client_id"),
            ("secrets.clientSecret", "client_secret"),
        ],
        "certificate" => &[
            ("authorityUrl", "authority_url"),
            ("resourceUrl", "resource_url"),
            ("tenantId", "tenant_id"),
            ("clientId", "client_id"),
            ("secrets.certificate", "certificate"),
            ("thumbprint", "thumbprint"),
        ],
        _ => {
            return Err(ArmError::new(format!("credentials of type {word} are not known"))
                .within("properties.credentials"));
        }
    };
    let mut found = Map::new();
    for (property, field) in names {
        if let Some(text) = text(property) {
            found.insert((*field).into(), text.into());
        }
    }
    Ok(here(fields, found, "properties.credentials"))
}

/// As `2020-05-01-preview` of Azure's API has it: credentials stand beside the rest, and names begin large.
fn classic(fields: &mut Fields<'_>, workspace: &str, name: &str, word: &str) -> Result<Option<Resource>> {
    const ACCOUNT: &[(&str, &str)] = &[
        ("AccountName", "account_name"),
        ("Endpoint", "endpoint"),
        ("Protocol", "protocol"),
    ];
    const KEYS: &[(&str, &str)] = &[("AccountKey", "account_key"), ("SasToken", "sas_token")];
    const PRINCIPAL: &[(&str, &str)] = &[
        ("AuthorityUrl", "authority_url"),
        ("ResourceUrl", "resource_url"),
        ("TenantId", "tenant_id"),
        ("ClientId", "client_id"),
        ("ClientSecret", "client_secret"),
    ];
    type Names = &'static [(&'static str, &'static str)];
    let (kind, own, around, secrets): (&str, Names, Names, Names) = match word.to_ascii_lowercase().as_str() {
        "blob" => (
            "azure_blob",
            &[("ContainerName", "container_name")],
            ACCOUNT,
            KEYS,
        ),
        "file" => ("azure_file", &[("ShareName", "file_share_name")], ACCOUNT, KEYS),
        "adls" => (
            "azure_data_lake_gen1",
            &[("StoreName", "store_name"), ("AdlsStoreName", "store_name")],
            &[],
            PRINCIPAL,
        ),
        "adls-gen2" => (
            "azure_data_lake_gen2",
            &[("FileSystem", "filesystem"), ("Filesystem", "filesystem")],
            ACCOUNT,
            PRINCIPAL,
        ),
        _ => {
            fields.note(
                "",
                &format!("nothing is read from a datastore of type {word} here"),
            );
            return Ok(None);
        }
    };
    let mut spec = Map::new();
    spec.insert("type".into(), kind.into());
    let mut known = vec![
        "DataStoreType",
        "SkipValidation",
        "IncludeSecret",
        "CreateIfNotExists",
    ];
    for (property, field) in own.iter().chain(around) {
        known.push(property);
        if let Some(text) = fields.text(property) {
            spec.insert((*field).into(), text.into());
        }
    }
    let mut found = Map::new();
    for (property, field) in secrets {
        known.push(property);
        // One key is enough, and an empty one is none.
        if let Some(text) = fields
            .text(property)
            .filter(|_| secrets != KEYS || found.is_empty())
        {
            found.insert((*field).into(), text.into());
        }
    }
    // A whole principal, or none.
    let is_whole = secrets == KEYS || found.contains_key("client_secret");
    if let Some(credentials) = is_whole.then(|| here(fields, found, "properties")).flatten() {
        spec.insert("credentials".into(), credentials);
    }
    fields.rest(&known, "there is no such setting here");
    Ok(Some(made("datastore", Some(workspace.to_owned()), name, spec)))
}

/// Credentials, if they are known here: the key of an account that is made by the same template is not.
fn here(fields: &mut Fields<'_>, found: Map<String, Value>, place: &str) -> Option<Value> {
    let unknown = found
        .values()
        .any(|value| value.as_str().is_some_and(|text| text.contains(UNKNOWN_KEY)));
    if unknown {
        fields.note(place, "listKeys() asks for the key of an account that is not here: give the key as a parameter, or name a secret of the vault");
        return None;
    }
    (!found.is_empty()).then_some(Value::Object(found))
}
