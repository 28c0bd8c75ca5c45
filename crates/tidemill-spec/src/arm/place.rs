//! Where a template is deployed, and the ids that things have there. There are no subscriptions here: one stands for all.

use serde_json::{Value, json};

use super::error::{ArmError, Result};

/// The subscription that stands for this server.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// Where a template is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The group, as Azure's resource group.
    pub group: String,
    /// The region that the group says it is in.
    pub location: String,
    /// The name of the deployment.
    pub deployment: String,
    /// The time of the deployment, in UTC milliseconds: what `utcNow` gives.
    pub now_ms: i64,
}

impl Place {
    /// The id of the group.
    pub(super) fn group_id(&self) -> String {
        id_of_group(&self.group)
    }

    /// The id of a resource of a type in a group, by its names with `/` between them; of one that extends another one, with that one as `scope`.
    ///
    /// # Errors
    /// As [`join`].
    pub(super) fn id(&self, group: &str, scope: Option<&str>, kind: &str, name: &str) -> Result<String> {
        let names: Vec<&str> = name.split('/').collect();
        let outer = match scope {
            Some(scope) if scope.starts_with('/') => scope.trim_end_matches('/').to_owned(),
            Some(scope) => format!("{}/providers/{scope}", id_of_group(group)),
            None => id_of_group(group),
        };
        Ok(format!("{outer}/providers/{}", join(kind, &names)?))
    }

    pub(super) fn resource_group(&self) -> Value {
        json!({
            "id": self.group_id(), "name": self.group, "type": "Microsoft.Resources/resourceGroups", "location": self.location,
            "tags": {}, "properties": {"provisioningState": "Succeeded"},
        })
    }

    /// What a provider of resources says of a type.
    pub(super) fn providers(&self, args: &[Value]) -> Value {
        let one = json!({
            "resourceType": args.get(1).cloned().unwrap_or_default(), "locations": [self.location], "apiVersions": ["2024-04-01"],
        });
        match args.len() {
            0 | 1 => json!({ "namespace": args.first().cloned().unwrap_or_default(), "resourceTypes": [] }),
            _ => one,
        }
    }

    pub(super) fn resource_id(&self, args: &[Value]) -> Result<Value> {
        let (before, kind, names) = split(args)?;
        let (subscription, group) = match before.as_slice() {
            [] => (SUBSCRIPTION, self.group.as_str()),
            [one] if is_guid(one) => (one.as_str(), self.group.as_str()),
            [one] => (SUBSCRIPTION, one.as_str()),
            [subscription, group] => (subscription.as_str(), group.as_str()),
            _ => return Err(ArmError::new("resourceId(): there is too much before the type")),
        };
        let tail = join(&kind, &names)?;
        Ok(Value::String(format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/{tail}"
        )))
    }
}

fn id_of_group(group: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}")
}

/// Zones are the same ones for everybody here: what is asked for, as it is.
pub(super) fn zones(args: &[Value]) -> Result<Value> {
    match args {
        [_, _, asked @ (Value::String(_) | Value::Array(_))] => Ok(asked.clone()),
        _ => Err(ArmError::new(
            "zones are asked for by a subscription, a region, and the zones",
        )),
    }
}

/// There are no groups of subscriptions here: one stands for all.
pub(super) fn management_group() -> Value {
    json!({
        "id": "/providers/Microsoft.Management/managementGroups/tidemill", "name": "tidemill",
        "type": "Microsoft.Management/managementGroups",
        "properties": {"displayName": "tidemill", "tenantId": SUBSCRIPTION, "details": {"parent": {}, "version": 1}},
    })
}

/// The zones of a region: three, as many regions have.
pub(super) fn pick_zones(args: &[Value]) -> Result<Value> {
    let (many, skipped) = (args.get(3), args.get(4));
    let number = |value: Option<&Value>, or: u64| value.map_or(Some(or), Value::as_u64);
    let (Some(many @ 1..=3), Some(skipped @ 0..=2)) = (number(many, 1), number(skipped, 0)) else {
        return Err(ArmError::new("pickZones(): 1 to 3 zones are there to pick"));
    };
    let zones = (1 + skipped..=3).take(usize::try_from(many).unwrap_or_default());
    Ok(Value::Array(
        zones.map(|zone| Value::from(zone.to_string())).collect(),
    ))
}

pub(super) fn subscription_resource_id(args: &[Value]) -> Result<Value> {
    let (before, kind, names) = split(args)?;
    let subscription = before.first().map_or(SUBSCRIPTION, String::as_str);
    Ok(Value::String(format!(
        "/subscriptions/{subscription}/providers/{}",
        join(&kind, &names)?
    )))
}

/// There are no groups of subscriptions here: their names stay what they are.
pub(super) fn management_group_resource_id(args: &[Value]) -> Result<Value> {
    let (before, kind, names) = split(args)?;
    let group = before.first().map_or("tidemill", String::as_str);
    Ok(Value::String(format!(
        "/providers/Microsoft.Management/managementGroups/{group}/providers/{}",
        join(&kind, &names)?
    )))
}

pub(super) fn tenant_resource_id(args: &[Value]) -> Result<Value> {
    let (_, kind, names) = split(args)?;
    Ok(Value::String(format!("/providers/{}", join(&kind, &names)?)))
}

pub(super) fn extension_resource_id(args: &[Value]) -> Result<Value> {
    let base = args.first().and_then(Value::as_str);
    let base =
        base.ok_or_else(|| ArmError::new("extensionResourceId(): the id of what it extends is missing"))?;
    let (_, kind, names) = split(&args[1..])?;
    Ok(Value::String(format!(
        "{}/providers/{}",
        base.trim_end_matches('/'),
        join(&kind, &names)?
    )))
}

/// The texts before the type, the type, and the names behind it.
fn split(args: &[Value]) -> Result<(Vec<String>, String, Vec<&str>)> {
    let texts: Option<Vec<&str>> = args.iter().map(Value::as_str).collect();
    let texts = texts.ok_or_else(|| ArmError::new("an id is made of texts"))?;
    let at = texts.iter().position(|text| text.contains('/'));
    let at =
        at.ok_or_else(|| ArmError::new("an id needs a type such as Microsoft.Storage/storageAccounts"))?;
    let before = texts[..at].iter().map(|text| (*text).to_owned()).collect();
    let names = texts[at + 1..].iter().flat_map(|text| text.split('/')).collect();
    Ok((before, texts[at].to_owned(), names))
}

/// `A.B/c/d` and `[x, y]` as `A.B/c/x/d/y`.
fn join(kind: &str, names: &[&str]) -> Result<String> {
    // Templates often end a type with a slash.
    let mut parts = kind.trim_end_matches('/').split('/');
    let mut id = parts.next().unwrap_or_default().to_owned();
    let parts: Vec<&str> = parts.collect();
    if parts.len() != names.len() {
        return Err(ArmError::new(format!(
            "the type {kind} has {} parts, and there are {} names",
            parts.len(),
            names.len()
        )));
    }
    for (part, name) in parts.iter().zip(names) {
        id.push_str(&format!("/{part}/{name}"));
    }
    Ok(id)
}

/// The type and the name of an id of a resource.
pub fn of_id(id: &str) -> Option<(String, String)> {
    let (_, tail) = id.rsplit_once("/providers/")?;
    let mut parts = tail.split('/');
    let mut kind = parts.next()?.to_owned();
    let mut names = Vec::new();
    while let Some(part) = parts.next() {
        kind.push_str(&format!("/{part}"));
        names.push(parts.next()?);
    }
    (!names.is_empty()).then(|| (kind, names.join("/")))
}

/// Whether a text is a GUID.
pub fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A text of 13 letters and digits that is always the same for the same texts. Azure's own is another one.
pub(super) fn unique_string(args: &[Value]) -> Result<Value> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = hash("uniqueString", args)?;
    let letters = hash
        .iter()
        .take(13)
        .map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    Ok(Value::String(letters.collect()))
}

/// A GUID that is always the same for the same texts. Azure's own is another one.
pub(super) fn guid(args: &[Value]) -> Result<Value> {
    let mut bytes = hash("guid", args)?;
    // Version 8, for a hash of one's own kind, and the usual variant (RFC 9562).
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]];
    Ok(Value::String(parts.join("-")))
}

fn hash(what: &str, args: &[Value]) -> Result<[u8; 32]> {
    if args.is_empty() {
        return Err(ArmError::new(format!("{what}() needs a text")));
    }
    let mut hasher = blake3::Hasher::new_derive_key("tidemill templates v1");
    hasher.update(what.as_bytes());
    for arg in args {
        let text = arg
            .as_str()
            .ok_or_else(|| ArmError::new(format!("{what}() takes texts")))?;
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    Ok(*hasher.finalize().as_bytes())
}

pub(super) fn subscription() -> Value {
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}"), "subscriptionId": SUBSCRIPTION, "tenantId": SUBSCRIPTION,
        "displayName": "tidemill",
    })
}

pub(super) fn environment() -> Value {
    json!({
        "name": "AzureCloud",
        "gallery": "https://gallery.azure.com/",
        "graph": "https://graph.windows.net/",
        "portal": "https://portal.azure.com",
        "graphAudience": "https://graph.windows.net/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "resourceManager": "https://management.azure.com/",
        "vmImageAliasDoc": "",
        "authentication": {
            "loginEndpoint": "https://login.microsoftonline.com/",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common", "identityProvider": "AAD",
        },
        "suffixes": {
            "acrLoginServer": ".azurecr.io", "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDatalakeStoreFileSystem": "azuredatalakestore.net", "keyvaultDns": ".vault.azure.net",
            "sqlServerHostname": ".database.windows.net", "storage": "core.windows.net",
        },
    })
}

/// What a resource would say of itself once it is there, as far as other resources of a template ask for it.
pub(super) fn runtime(kind: &str, name: &str, id: &str) -> Value {
    let last = name.rsplit('/').next().unwrap_or(name);
    let made = |what: &str| guid(&[Value::from(format!("{what} of {id}"))]).unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "microsoft.storage/storageaccounts" => {
            let end = |part: &str| format!("https://{last}.{part}.core.windows.net/");
            json!({ "primaryEndpoints": {
                "blob": end("blob"), "file": end("file"), "queue": end("queue"), "table": end("table"), "dfs": end("dfs"),
                "web": end("web"),
            } })
        }
        "microsoft.keyvault/vaults" => {
            json!({ "vaultUri": format!("https://{last}.vault.azure.net/"), "tenantId": SUBSCRIPTION })
        }
        "microsoft.insights/components" => {
            let key = made("key");
            let text = key.as_str().unwrap_or_default();
            json!({ "InstrumentationKey": key, "AppId": made("app"), "ConnectionString": format!("InstrumentationKey={text}") })
        }
        "microsoft.containerregistry/registries" => json!({ "loginServer": format!("{last}.azurecr.io") }),
        "microsoft.managedidentity/userassignedidentities" => {
            json!({ "principalId": made("principal"), "clientId": made("client"), "tenantId": SUBSCRIPTION })
        }
        "microsoft.machinelearningservices/workspaces" => json!({
            "workspaceId": made("workspace"), "discoveryUrl": "https://api.azureml.ms/discovery", "provisioningState": "Succeeded", "tenantId": SUBSCRIPTION,
        }),
        "microsoft.operationalinsights/workspaces" => json!({ "customerId": made("customer") }),
        "microsoft.network/privateendpoints" => {
            json!({ "networkInterfaces": [{ "id": format!("{id}.nic") }], "customDnsConfigs": [] })
        }
        "microsoft.network/publicipaddresses" => json!({ "ipAddress": "0.0.0.0" }),
        _ => json!({}),
    }
}
