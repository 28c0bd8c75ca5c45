//! `Microsoft.Authorization/roleDefinitions` and `roleAssignments`.

use serde_json::{Map, Value};

use super::workspace::name as workspace_name;
use super::{Fields, made};
use crate::arm::Resource;
use crate::arm::deployment::Flat;
use crate::arm::error::{ArmError, Result};
use crate::arm::functions::kind;
use crate::arm::place::{is_guid, of_id};

/// Azure's built-in roles that have a counterpart: the id that Microsoft documents, and the role here.
const ROLES: &[(&str, &str)] = &[
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    ("f6c7c914-8db3-469d-8ca1-694a8f32e121", "Data Scientist"),
    ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Datastore Writer"),
    ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Datastore Reader"),
];

/// The last part of the id of a role that the template defines, in small letters, and the role's name.
pub(super) fn defined(flat: &Flat) -> Option<(String, String)> {
    let is_one = flat
        .kind
        .eq_ignore_ascii_case("Microsoft.Authorization/roleDefinitions");
    let at = flat.value.pointer("/properties/assignableScopes");
    let is_one = is_one && places(at).ok()?.is_some();
    let name = flat
        .value
        .pointer("/properties/roleName")
        .and_then(Value::as_str)?;
    let id = flat.name.rsplit('/').next()?.to_ascii_lowercase();
    is_one.then(|| (id, name.to_owned()))
}

/// Where a role may be given that says so, and what of it is no place here; none where nothing of it is one: then it is given nowhere,
/// and not everywhere.
fn places(given: Option<&Value>) -> Result<Option<(Vec<Value>, Vec<String>)>> {
    let given = given
        .and_then(Value::as_array)
        .map_or(&[] as &[Value], Vec::as_slice);
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for one in given {
        let text = one
            .as_str()
            .ok_or_else(|| ArmError::new(format!("a scope is a text, and this is {}", kind(one))))?;
        match scope(text) {
            Some(place) => here.push(Value::from(place)),
            None => elsewhere.push(text.to_owned()),
        }
    }
    Ok((given.is_empty() || !here.is_empty()).then_some((here, elsewhere)))
}

pub(super) fn role(fields: &mut Fields<'_>) -> Result<Option<Resource>> {
    let name = fields
        .text("roleName")
        .ok_or_else(|| ArmError::new("a role definition needs properties.roleName"))?;
    let mut spec = Map::new();
    if let Some(text) = fields.text("description") {
        spec.insert("description".into(), text.into());
    }
    let permissions = fields
        .property("permissions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if permissions
        .iter()
        .any(|one| one.get("condition").is_some_and(|said| !said.is_null()))
    {
        return Err(ArmError::new(
            "what a role lets do under a `condition` it would let do without it here: take it out of `permissions`, or make the role by hand",
        )
        .within("properties.permissions"));
    }
    for list in ["actions", "notActions", "dataActions", "notDataActions"] {
        let all = permissions
            .iter()
            .filter_map(|one| one.get(list).and_then(Value::as_array))
            .flatten();
        let all: Vec<Value> = all.cloned().collect();
        if !all.is_empty() {
            spec.insert(list.into(), all.into());
        }
    }
    let Some((scopes, elsewhere)) = places(fields.property("assignableScopes"))? else {
        fields.note(
            "",
            "no scope in its assignableScopes is a place here, so that it could be given nowhere",
        );
        return Ok(None);
    };
    for text in elsewhere {
        fields.note(
            "properties.assignableScopes",
            &format!("`{text}` is no place here"),
        );
    }
    if !scopes.is_empty() {
        spec.insert("assignableScopes".into(), scopes.into());
    }
    fields.rest(
        &[
            "roleName",
            "description",
            "permissions",
            "assignableScopes",
            "type",
        ],
        "there is no such setting here",
    );
    Ok(Some(made("role", None, &name, spec)))
}

pub(super) fn assignment(fields: &mut Fields<'_>) -> Result<Option<Resource>> {
    let definition = fields
        .text("roleDefinitionId")
        .ok_or_else(|| ArmError::new("a role assignment needs properties.roleDefinitionId"))?;
    let id = definition.rsplit('/').next().unwrap_or(&definition).to_owned();
    let known = ROLES
        .iter()
        .find(|(guid, _)| guid.eq_ignore_ascii_case(&id))
        .map(|(_, name)| (*name).to_owned());
    let own = fields.roles.get(&id.to_ascii_lowercase()).cloned();
    let role = match known.or(own) {
        Some(role) => role,
        // A name is that of a role here.
        None if !is_guid(&id) => id,
        None => {
            fields.note("", &format!("the role {id} of Azure has no counterpart here"));
            return Ok(None);
        }
    };
    let who = fields
        .text("principalId")
        .ok_or_else(|| ArmError::new("a role assignment needs properties.principalId"))?;
    if is_guid(&who) {
        fields.note("", &format!(
            "{who} is the id of a principal of Azure, or of the identity of a resource: nobody has it here. Give the name of a principal as \
             its id, such as team:analysts"
        ));
        return Ok(None);
    }
    let principal = match (who.contains(':'), fields.text("principalType").as_deref()) {
        (true, _) => who,
        (false, Some("Group")) => format!("team:{who}"),
        (false, Some("ServicePrincipal")) => format!("service-principal:{who}"),
        (false, _) => format!("user:{who}"),
    };
    let wanted = at(fields);
    let Some(place) = scope(&wanted) else {
        fields.note("", &format!("`{wanted}` is no place here"));
        return Ok(None);
    };
    for field in ["condition", "delegatedManagedIdentityResourceId"] {
        if fields.text(field).is_some() {
            return Err(ArmError::new(format!(
                "a role that is given under `{field}` would be given without it here: take it out, or give the role by hand"
            )));
        }
    }
    fields.rest(
        &[
            "roleDefinitionId",
            "principalId",
            "principalType",
            "scope",
            "condition",
            "conditionVersion",
            "delegatedManagedIdentityResourceId",
        ],
        "there is no such setting here",
    );
    let mut spec = Map::new();
    spec.insert("principal".into(), principal.into());
    spec.insert("role".into(), role.into());
    spec.insert("scope".into(), place.into());
    Ok(Some(made("assignment", None, "", spec)))
}

/// Where an assignment falls: what it extends, its `scope`, or the group.
fn at(fields: &Fields<'_>) -> String {
    let group = format!("/subscriptions/0/resourceGroups/{}", fields.flat.group);
    let of_what = fields.flat.kind.to_ascii_lowercase();
    if let Some(outer) = of_what.strip_suffix("/providers/roleassignments") {
        // `workspace/Microsoft.Authorization/guid` extends a workspace.
        let name = fields
            .flat
            .name
            .split("/Microsoft.Authorization/")
            .next()
            .unwrap_or_default();
        return format!("{group}/providers/{outer}/{name}");
    }
    match fields.top("scope").and_then(Value::as_str) {
        Some(scope) if scope.starts_with('/') => scope.to_owned(),
        Some(scope) => format!("{group}/providers/{scope}"),
        None => group,
    }
}

/// A scope of Azure as a place here; none for what is not here. What is within a workspace stays within it.
fn scope(text: &str) -> Option<String> {
    const WORKSPACES: &str = "microsoft.machinelearningservices/workspaces";
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let folded: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
    match folded.as_slice() {
        [] if !text.is_empty() => Some("/".into()),
        ["subscriptions", _] => Some("/".into()),
        ["groups", group] | ["subscriptions", _, "resourcegroups", group] => {
            Some(format!("/groups/{}", workspace_name(group)))
        }
        ["workspaces", workspace] => Some(format!("/workspaces/{}", workspace_name(workspace))),
        ["workspaces", workspace, _, _, ..] => Some(format!(
            "/workspaces/{}/{}",
            workspace_name(workspace),
            parts[2..].join("/")
        )),
        _ => {
            let (kind, name) = of_id(text)?;
            let kind = kind.to_ascii_lowercase();
            let nouns = kind
                .strip_prefix(WORKSPACES)?
                .split('/')
                .filter(|noun| !noun.is_empty());
            let mut names = name.split('/');
            let mut place = format!("/workspaces/{}", workspace_name(names.next()?));
            for (noun, name) in nouns.zip(names) {
                place.push_str(&format!("/{noun}/{name}"));
            }
            Some(place)
        }
    }
}
