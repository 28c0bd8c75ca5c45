//! Resources as they are asked for, read into their kinds: their addresses, what they need, and what they come to.

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tidemill_api::infra::InfraResource;
use tidemill_plan::infra::{Address, Desired};
use tidemill_policy::{Place, RoleDefinition, Subject, builtin};
use tidemill_spec::kinds::{self, Spec};

use super::kind::{self, Kind};
use super::mask;
use crate::{App, Error, Result, asset, name};

/// A resource that is wanted, with its secrets. It is kept sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// Which.
    pub(super) address: Address,
    /// The fields of its YAML.
    pub(super) spec: Value,
    /// What has to be there first.
    pub(super) needs: Vec<Address>,
    /// The file that says so, and the line there.
    pub(super) source: Option<(String, u32)>,
}

/// The groups of the workspaces that are wanted.
pub(super) type Groups = IndexMap<String, String>;

/// Reads resources.
///
/// # Errors
/// Invalid, naming file and line.
pub(super) fn read(resources: Vec<InfraResource>) -> Result<Vec<Wanted>> {
    let mut groups = Groups::new();
    for one in resources
        .iter()
        .filter(|one| one.kind == Kind::Workspace.as_str())
    {
        let group = one.place.as_deref().unwrap_or(crate::workspace::DEFAULT);
        groups.insert(
            placed(one, name::workspace(&one.name))?,
            placed(one, name::workspace(group))?,
        );
    }
    let mut extra = Vec::new();
    let mut all = Vec::new();
    for one in resources {
        extra.push(one.needs.clone());
        all.push(read_one(one, &groups)?);
    }
    // What is named as needed by a template is one of its own resources.
    let known: Vec<(String, Address)> = all
        .iter()
        .map(|one| (one.address.to_string(), one.address.clone()))
        .collect();
    for (one, extra) in all.iter_mut().zip(extra) {
        let found = known.iter().filter(|(text, _)| extra.contains(text));
        one.needs.extend(found.map(|(_, address)| address.clone()));
        one.needs.retain(|need| *need != one.address);
        let mut seen = Vec::new();
        one.needs.retain(|need| {
            let new = !seen.contains(need);
            seen.push(need.clone());
            new
        });
    }
    // Kinds come in their order, so that a plan reads from wide to narrow.
    all.sort_by_key(|one| Kind::parse(&one.address.kind));
    Ok(all)
}

fn read_one(one: InfraResource, groups: &Groups) -> Result<Wanted> {
    let source = one.file.clone().map(|file| (file, one.line.unwrap_or_default()));
    let said = placed(&one, kind_of(&one).and_then(|kind| told(kind, &one, groups)));
    let (address, spec, needs) = said?;
    Ok(Wanted {
        address,
        spec,
        needs,
        source,
    })
}

fn kind_of(one: &InfraResource) -> Result<Kind> {
    Kind::parse(&one.kind).ok_or_else(|| {
        Error::invalid(format!("failed to plan a resource of kind `{}`", one.kind))
            .hint(format!("there are: {}", Kind::names()))
    })
}

/// Adds file and line to an error.
fn placed<T>(one: &InfraResource, found: Result<T>) -> Result<T> {
    found.map_err(|error| match (&one.file, one.line) {
        (Some(file), Some(line)) => Error {
            message: format!("{} ({file}:{line})", error.message),
            ..error
        },
        (Some(file), None) => Error {
            message: format!("{} ({file})", error.message),
            ..error
        },
        _ => error,
    })
}

type Told = (Address, Value, Vec<Address>);

fn told(kind: Kind, one: &InfraResource, groups: &Groups) -> Result<Told> {
    match kind {
        Kind::Group => {
            let name = name::workspace(&one.name)?;
            let spec: kinds::Group = named(kind, one)?;
            plain(kind::on_server(kind, &name), &spec, Vec::new())
        }
        Kind::Secret => {
            let group = name::workspace(place(kind, one)?)?;
            let value = one.spec.get("value").and_then(Value::as_str);
            if value.is_none_or(str::is_empty) {
                return Err(Error::invalid(format!(
                    "failed to plan secret `{}`: it has no value",
                    one.name
                )));
            }
            let needs = vec![kind::on_server(Kind::Group, &group)];
            Ok((kind::in_group(kind, &group, &one.name), one.spec.clone(), needs))
        }
        Kind::User => plain(
            kind::on_server(kind, &one.name),
            &named::<kinds::User>(kind, one)?,
            Vec::new(),
        ),
        Kind::ServicePrincipal => {
            let spec: kinds::ServicePrincipal = named(kind, one)?;
            plain(kind::on_server(kind, &one.name), &spec, Vec::new())
        }
        Kind::Team => {
            let spec: kinds::Team = named(kind, one)?;
            let needs = spec.members.iter().map(|member| principal(member));
            let needs = needs.collect::<Result<_>>()?;
            plain(kind::on_server(kind, &one.name), &spec, needs)
        }
        Kind::Role => {
            let spec: RoleDefinition = named(kind, one)?;
            spec.read().map_err(|error| Error::invalid(error.to_string()))?;
            plain(kind::on_server(kind, &spec.name.clone()), &spec, Vec::new())
        }
        Kind::Workspace => workspace(one),
        Kind::Policy => {
            let workspace = name::workspace(place(kind, one)?)?;
            let spec: kinds::Policy = typed(kind, one, one.spec.clone())?;
            crate::spec::check(&Spec::Policy(Box::new(spec.clone())))?;
            plain(
                kind::in_workspace(kind, &workspace, "policy"),
                &spec,
                within(&workspace),
            )
        }
        Kind::Datastore => datastore(one, groups),
        Kind::Compute => {
            let workspace = name::workspace(place(kind, one)?)?;
            name::check("compute", &one.name)?;
            let spec: kinds::Compute = named(kind, one)?;
            let mut needs = within(&workspace);
            needs.push(kind::in_workspace(Kind::Policy, &workspace, "policy"));
            plain(kind::in_workspace(kind, &workspace, &one.name), &spec, needs)
        }
        Kind::Environment => environment(one),
        Kind::Assignment => assignment(one),
    }
}

fn workspace(one: &InfraResource) -> Result<Told> {
    let kind = Kind::Workspace;
    let name = name::workspace(&one.name)?;
    let group = name::workspace(one.place.as_deref().unwrap_or(crate::workspace::DEFAULT))?;
    let mut spec: kinds::Workspace = named(kind, one)?;
    spec.resource_group = Some(group.clone());
    let needs = vec![kind::on_server(Kind::Group, &group)];
    plain(kind::on_server(kind, &name), &spec, needs)
}

fn datastore(one: &InfraResource, groups: &Groups) -> Result<Told> {
    let kind = Kind::Datastore;
    let workspace = name::workspace(place(kind, one)?)?;
    name::check("datastore", &one.name)?;
    if [crate::datastore::BLOB, crate::datastore::ARTIFACTS].contains(&one.name.as_str()) {
        return Err(Error::invalid(format!(
            "failed to plan datastore `{}`: every workspace has it of its own",
            one.name
        ))
        .hint("choose another name"));
    }
    let spec: kinds::Datastore = named(kind, one)?;
    crate::spec::check(&Spec::Datastore(spec.clone()))?;
    let mut needs = within(&workspace);
    if let Some(group) = groups.get(&workspace) {
        let text = one.spec.to_string();
        let secrets = tidemill_spec::expr::secrets(&text).into_iter();
        needs.extend(secrets.map(|secret| kind::in_group(Kind::Secret, group, &secret)));
    }
    plain(kind::in_workspace(kind, &workspace, &one.name), &spec, needs)
}

fn environment(one: &InfraResource) -> Result<Told> {
    let kind = Kind::Environment;
    let workspace = name::workspace(place(kind, one)?)?;
    name::check("environment", &one.name)?;
    let spec: kinds::Environment = named(kind, one)?;
    crate::spec::check(&Spec::Environment(spec.clone()))?;
    let name = match &spec.version {
        Some(version) => format!("{}:{version}", one.name),
        None => one.name.clone(),
    };
    plain(
        kind::in_workspace(kind, &workspace, &name),
        &spec,
        within(&workspace),
    )
}

fn assignment(one: &InfraResource) -> Result<Told> {
    let kind = Kind::Assignment;
    let mut body = one.spec.clone();
    if body.get("name").is_none_or(Value::is_null)
        && let Some(fields) = body.as_object_mut()
    {
        fields.shift_remove("name");
    }
    let spec: kinds::Assignment = typed(kind, one, body)?;
    let place = crate::role::read_place(&spec.scope)?;
    let subject = Subject::parse(&spec.principal).ok_or_else(|| {
        Error::invalid(format!("failed to read the principal `{}`", spec.principal))
            .hint("write user:NAME, team:NAME or service-principal:NAME")
    })?;
    // The built-in roles may be written in any case; one's own are written as they are called.
    let builtin = builtin::definitions().find(|role| role.name.eq_ignore_ascii_case(&spec.role));
    let role = builtin.map_or(spec.role, |role| role.name);
    let mut needs = vec![principal(&spec.principal)?, kind::on_server(Kind::Role, &role)];
    match &place {
        Place::Server => {}
        Place::Group(group) => needs.push(kind::on_server(Kind::Group, group)),
        Place::Workspace(workspace) => needs.extend(within(workspace)),
        Place::Resource { workspace, resource } => {
            needs.extend(within(workspace));
            let mut parts = resource.split('/');
            let known = [("datastores", Kind::Datastore), ("computes", Kind::Compute)];
            if let (Some(noun), Some(name)) = (parts.next(), parts.next())
                && let Some((_, inner)) = known.iter().find(|(word, _)| *word == noun)
            {
                needs.push(kind::in_workspace(*inner, workspace, name));
            }
        }
    }
    let said = json!({ "principal": subject.to_string(), "role": role, "scope": place.to_string() });
    let name = format!("{subject} as {role}");
    Ok((
        Address::new(kind.as_str(), &place.to_string(), &name),
        said,
        needs,
    ))
}

/// The address of a principal.
fn principal(text: &str) -> Result<Address> {
    let subject = Subject::parse(text).ok_or_else(|| {
        Error::invalid(format!("failed to read the principal `{text}`"))
            .hint("write user:NAME, team:NAME or service-principal:NAME")
    })?;
    Ok(Address::new(subject.kind.as_str(), "/", &subject.name))
}

fn within(workspace: &str) -> Vec<Address> {
    vec![kind::on_server(Kind::Workspace, workspace)]
}

fn place(kind: Kind, one: &InfraResource) -> Result<&str> {
    one.place.as_deref().ok_or_else(|| {
        Error::invalid(format!(
            "failed to plan {} `{}`: it does not say where it is",
            kind.as_str(),
            one.name
        ))
    })
}

/// Reads the fields, with the name among them.
fn named<T: DeserializeOwned>(kind: Kind, one: &InfraResource) -> Result<T> {
    if one.name.is_empty() {
        return Err(Error::invalid(format!(
            "failed to plan a {}: it has no name",
            kind.as_str()
        )));
    }
    let mut spec = one.spec.clone();
    let fields = spec.as_object_mut().ok_or_else(|| {
        Error::invalid(format!(
            "failed to plan {} `{}`: it is no map",
            kind.as_str(),
            one.name
        ))
    })?;
    for spelling in ["Name", "roleName", "RoleName"] {
        fields.shift_remove(spelling);
    }
    fields.insert("name".into(), one.name.clone().into());
    typed(kind, one, spec)
}

fn typed<T: DeserializeOwned>(kind: Kind, one: &InfraResource, spec: Value) -> Result<T> {
    serde_path_to_error(spec).map_err(|(path, error)| {
        Error::invalid(match path.as_str() {
            "." | "" => format!("failed to plan {} `{}`: {error}", kind.as_str(), one.name),
            path => format!(
                "failed to plan {} `{}` at `{path}`: {error}",
                kind.as_str(),
                one.name
            ),
        })
    })
}

fn serde_path_to_error<T: DeserializeOwned>(spec: Value) -> Result<T, (String, String)> {
    serde_json::from_value(spec).map_err(|error| (String::new(), error.to_string()))
}

fn plain(address: Address, spec: &impl Serialize, needs: Vec<Address>) -> Result<Told> {
    Ok((
        address,
        serde_json::to_value(spec).map_err(Error::internal)?,
        needs,
    ))
}

impl Wanted {
    /// What kind it is.
    pub(super) fn kind(&self) -> Result<Kind> {
        Kind::parse(&self.address.kind)
            .ok_or_else(|| Error::internal("a plan holds a kind that is not known"))
    }

    /// In the form in which what is there is told.
    pub(super) fn desired(&self, app: &App) -> Desired {
        let immutable: &[&str] = match Kind::parse(&self.address.kind) {
            Some(Kind::Datastore | Kind::Compute) => &["type"],
            _ => &[],
        };
        Desired {
            address: self.address.clone(),
            spec: shown(app, &self.address, self.spec.clone()),
            needs: self.needs.clone(),
            immutable: immutable.iter().map(|field| (*field).to_owned()).collect(),
        }
    }
}

/// A specification as plans tell it: without what its address says, without what says nothing, secrets masked.
pub(super) fn shown(app: &App, address: &Address, mut spec: Value) -> Value {
    match Kind::parse(&address.kind) {
        Some(Kind::Secret) => {
            if let Some(value) = spec.get_mut("value")
                && let Some(text) = value.as_str()
            {
                *value = Value::from(mask::mark(app, text));
            }
        }
        Some(Kind::Datastore | Kind::Compute) => mask::hide(app, &mut spec),
        Some(Kind::Environment) => spec = asset::stored_spec(&spec).unwrap_or_default(),
        _ => {}
    }
    if let Value::Object(fields) = &mut spec {
        fields.shift_remove("name");
        said(fields);
    }
    spec
}

/// Takes away fields without a value.
fn said(fields: &mut Map<String, Value>) {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    fields.retain(|_, value| says(value));
}
