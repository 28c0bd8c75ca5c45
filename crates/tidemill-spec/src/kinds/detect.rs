//! Which kind a document is: by what the caller expects, `$schema`, `type`, its shape, and the file's name.

use crate::de::folded;
use crate::error::{FieldPath, Problem, list_words};
use crate::yaml::{Node, Span};

use super::refused::{self, refusal};

/// A kind that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A command job.
    CommandJob,
    /// A pipeline job.
    PipelineJob,
    /// A command component.
    CommandComponent,
    /// A pipeline component.
    PipelineComponent,
    /// An environment.
    Environment,
    /// A data asset.
    Data,
    /// A model.
    Model,
    /// A datastore.
    Datastore,
    /// A compute.
    Compute,
    /// A workspace.
    Workspace,
    /// The policy of a workspace.
    Policy,
    /// A group.
    Group,
    /// A role.
    Role,
    /// An assignment.
    Assignment,
    /// A user.
    User,
    /// A team.
    Team,
    /// A service principal.
    ServicePrincipal,
    /// An online endpoint.
    OnlineEndpoint,
    /// An online deployment.
    OnlineDeployment,
    /// A release.
    Release,
    /// A provider of identities.
    IdentityProvider,
    /// A schedule.
    Schedule,
    /// A published pipeline.
    PublishedPipeline,
    /// The validation of a model.
    Validation,
}

/// What a verb works on, as in `job create -f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `job`
    Job,
    /// `component`
    Component,
    /// `environment`
    Environment,
    /// `data`
    Data,
    /// `model`
    Model,
    /// `datastore`
    Datastore,
    /// `compute`
    Compute,
    /// `workspace`
    Workspace,
    /// `policy`
    Policy,
    /// `group`
    Group,
    /// `role`
    Role,
    /// `assignment`
    Assignment,
    /// `user`
    User,
    /// `team`
    Team,
    /// `service-principal`
    ServicePrincipal,
    /// `online-endpoint`
    OnlineEndpoint,
    /// `online-deployment`
    OnlineDeployment,
    /// `release`
    Release,
    /// `identity-provider`
    IdentityProvider,
    /// `schedule`
    Schedule,
    /// `pipeline`
    PublishedPipeline,
    /// `validation`
    Validation,
}

impl Kind {
    /// The family that the kind belongs to.
    pub fn family(self) -> Family {
        match self {
            Self::CommandJob | Self::PipelineJob => Family::Job,
            Self::CommandComponent | Self::PipelineComponent => Family::Component,
            Self::Environment => Family::Environment,
            Self::Data => Family::Data,
            Self::Model => Family::Model,
            Self::Datastore => Family::Datastore,
            Self::Compute => Family::Compute,
            Self::Workspace => Family::Workspace,
            Self::Policy => Family::Policy,
            Self::Group => Family::Group,
            Self::Role => Family::Role,
            Self::Assignment => Family::Assignment,
            Self::User => Family::User,
            Self::Team => Family::Team,
            Self::ServicePrincipal => Family::ServicePrincipal,
            Self::OnlineEndpoint => Family::OnlineEndpoint,
            Self::OnlineDeployment => Family::OnlineDeployment,
            Self::Release => Family::Release,
            Self::IdentityProvider => Family::IdentityProvider,
            Self::Schedule => Family::Schedule,
            Self::PublishedPipeline => Family::PublishedPipeline,
            Self::Validation => Family::Validation,
        }
    }

    /// What it is, with its article.
    pub fn spoken(self) -> &'static str {
        match self {
            Self::CommandJob => "a command job",
            Self::PipelineJob => "a pipeline job",
            Self::CommandComponent => "a command component",
            Self::PipelineComponent => "a pipeline component",
            Self::Environment => "an environment",
            Self::Data => "a data asset",
            Self::Model => "a model",
            Self::Datastore => "a datastore",
            Self::Compute => "a compute",
            Self::Workspace => "a workspace",
            Self::Policy => "a policy",
            Self::Group => "a group",
            Self::Role => "a role",
            Self::Assignment => "an assignment",
            Self::User => "a user",
            Self::Team => "a team",
            Self::ServicePrincipal => "a service principal",
            Self::OnlineEndpoint => "an online endpoint",
            Self::OnlineDeployment => "an online deployment",
            Self::Release => "a release",
            Self::IdentityProvider => "an identity provider",
            Self::Schedule => "a schedule",
            Self::PublishedPipeline => "a published pipeline",
            Self::Validation => "the validation of a model",
        }
    }
}

impl Family {
    /// The family of a noun of the command line.
    pub fn of_noun(noun: &str) -> Option<Self> {
        let all = [
            Self::Job,
            Self::Component,
            Self::Environment,
            Self::Data,
            Self::Model,
            Self::Datastore,
            Self::Compute,
            Self::Workspace,
            Self::Policy,
            Self::Group,
            Self::Role,
            Self::Assignment,
            Self::User,
            Self::Team,
            Self::ServicePrincipal,
        ];
        all.into_iter().find(|family| family.noun() == noun)
    }

    /// The noun of the command line.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Component => "component",
            Self::Environment => "environment",
            Self::Data => "data",
            Self::Model => "model",
            Self::Datastore => "datastore",
            Self::Compute => "compute",
            Self::Workspace => "workspace",
            Self::Policy => "policy",
            Self::Group => "group",
            Self::Role => "role",
            Self::Assignment => "assignment",
            Self::User => "user",
            Self::Team => "team",
            Self::ServicePrincipal => "service-principal",
            Self::OnlineEndpoint => "online-endpoint",
            Self::OnlineDeployment => "online-deployment",
            Self::Release => "release",
            Self::IdentityProvider => "identity-provider",
            Self::Schedule => "schedule",
            Self::PublishedPipeline => "pipeline",
            Self::Validation => "validation",
        }
    }
}

/// What detection has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detected {
    /// A kind that can be read.
    Kind(Kind),
    /// A kind that is known and refused, with the reason.
    Refused(String),
}

/// Finds the kind of a document. `file_name` helps where the document says little; `expected` narrows the choice.
///
/// # Errors
/// The document is no map, is of another family than expected, or fits no kind.
pub fn detect_kind(
    node: &Node,
    file_name: &str,
    expected: Option<Family>,
) -> Result<Detected, Box<(Problem, Span)>> {
    if node.as_map().is_none() {
        let problem = Problem::new(format!("expected a map of fields, found {}", node.describe()));
        return Err(Box::new((problem, node.span)));
    }
    let by_schema = node.get("$schema").and_then(Node::as_text).and_then(schema_word);
    let detected = match by_schema.as_deref().and_then(from_schema) {
        Some(Detected::Kind(kind)) => Some(Detected::Kind(narrow(kind, node, expected))),
        Some(refused) => Some(refused),
        None => from_type(node, file_name, expected).or_else(|| from_shape(node, file_name, expected)),
    };
    match (detected, expected) {
        (Some(Detected::Kind(kind)), Some(family)) if kind.family() != family => {
            let place = node.entry("$schema").or(node.entry("type"));
            let span = place.map_or(node.span, |(_, value)| value.span);
            let path = place.map_or_else(FieldPath::default, |(key, _)| FieldPath::field(&key.text));
            let problem = Problem::new(format!(
                "this is {}, but {} was expected",
                kind.spoken(),
                with_article(family)
            ))
            .at(path)
            .hint(format!(
                "use `tidemill {} create -f {file_name}`",
                kind.family().noun()
            ));
            Err(Box::new((problem, span)))
        }
        (Some(detected), _) => Ok(detected),
        (None, _) => Err(Box::new(unknown(node))),
    }
}

fn with_article(family: Family) -> String {
    match family {
        Family::Environment => "an environment".to_owned(),
        Family::Data => "a data asset".to_owned(),
        Family::Assignment => "an assignment".to_owned(),
        Family::OnlineEndpoint => "an online endpoint".to_owned(),
        Family::OnlineDeployment => "an online deployment".to_owned(),
        Family::IdentityProvider => "an identity provider".to_owned(),
        family => format!("a {}", family.noun()),
    }
}

fn unknown(node: &Node) -> (Problem, Span) {
    let (path, span, word) = match node.entry("type") {
        Some((_, value)) => (
            FieldPath::field("type"),
            value.span,
            value.as_text().unwrap_or_default(),
        ),
        None => (FieldPath::default(), node.span, ""),
    };
    let message = match word {
        "" => "it does not show what this describes".to_owned(),
        word => format!("unknown type `{word}`"),
    };
    let known = list_words([
        "command",
        "pipeline",
        "uri_file",
        "uri_folder",
        "mltable",
        "custom_model",
        "mlflow_model",
        "azure_blob",
        "local_folder",
        "s3",
        "gcs",
        "http",
        "amlcompute",
        "local",
        "kubernetes",
    ]);
    (
        Problem::new(message)
            .at(path)
            .hint(format!("give `$schema`, or a `type` such as {known}")),
        span,
    )
}

/// The last part of a schema's URL without `.schema.json`.
fn schema_word(url: &str) -> Option<String> {
    let last = url.trim().trim_end_matches('#').rsplit('/').next()?;
    let word = folded(last.split('.').next()?);
    (!word.is_empty()).then_some(word)
}

fn from_schema(word: &str) -> Option<Detected> {
    let kind = match word {
        "commandjob" => Kind::CommandJob,
        "pipelinejob" => Kind::PipelineJob,
        "commandcomponent" => Kind::CommandComponent,
        "pipelinecomponent" => Kind::PipelineComponent,
        "environment" | "environmentasset" => Kind::Environment,
        "data" | "dataasset" | "dataset" | "asset" => Kind::Data,
        "model" => Kind::Model,
        "azureblob" | "azurefile" | "azuredatalakegen1" | "azuredatalakegen2" | "onelake" | "datastore" => {
            Kind::Datastore
        }
        "amlcompute"
        | "computeinstance"
        | "kubernetescompute"
        | "vmcompute"
        | "virtualmachinecompute"
        | "synapsesparkcompute"
        | "compute" => Kind::Compute,
        "workspace" | "hub" | "project" => Kind::Workspace,
        "policy" => Kind::Policy,
        "group" => Kind::Group,
        "role" => Kind::Role,
        "assignment" => Kind::Assignment,
        "user" => Kind::User,
        "team" => Kind::Team,
        "serviceprincipal" => Kind::ServicePrincipal,
        "managedonlineendpoint" | "kubernetesonlineendpoint" | "onlineendpoint" => Kind::OnlineEndpoint,
        "managedonlinedeployment" | "kubernetesonlinedeployment" | "onlinedeployment" => {
            Kind::OnlineDeployment
        }
        "release" => Kind::Release,
        "identityprovider" => Kind::IdentityProvider,
        "schedule" | "jobschedule" | "importschedule" | "importdataschedule" | "monitorschedule" => {
            Kind::Schedule
        }
        "publishedpipeline" => Kind::PublishedPipeline,
        "validation" => Kind::Validation,
        _ => return refusal(word).map(Detected::Refused),
    };
    Some(Detected::Kind(kind))
}

/// A schema may be a poor witness between siblings: `type` and the shape decide between command and pipeline.
fn narrow(kind: Kind, node: &Node, expected: Option<Family>) -> Kind {
    if expected.is_some_and(|family| family != kind.family()) {
        return kind;
    }
    let word = node.get("type").and_then(Node::as_text).map(folded);
    match (kind.family(), word.as_deref()) {
        (Family::Job, Some("pipeline")) => Kind::PipelineJob,
        (Family::Job, Some("command")) => Kind::CommandJob,
        (Family::Component, Some("pipeline")) => Kind::PipelineComponent,
        (Family::Component, Some("command")) => Kind::CommandComponent,
        _ => kind,
    }
}

fn from_type(node: &Node, file_name: &str, expected: Option<Family>) -> Option<Detected> {
    let word = node.get("type").and_then(Node::as_text)?;
    let kind = match folded(word).as_str() {
        "command" if is_component(node, file_name, expected) => Kind::CommandComponent,
        "command" => Kind::CommandJob,
        "pipeline" if is_component(node, file_name, expected) => Kind::PipelineComponent,
        "pipeline" => Kind::PipelineJob,
        "urifile" | "urifolder" | "mltable" => Kind::Data,
        "custommodel" | "mlflowmodel" | "tritonmodel" => Kind::Model,
        "azureblob" | "azurefile" | "azuredatalakegen1" | "azuredatalakegen2" | "onelake" | "localfolder"
        | "s3" | "gcs" | "http"
            if expected.is_some() || node.get("target").is_none() =>
        {
            Kind::Datastore
        }
        "kubernetes" if is_deployment(node, expected) => Kind::OnlineDeployment,
        "amlcompute" | "computeinstance" | "kubernetes" | "virtualmachine" | "synapsespark" | "local" => {
            Kind::Compute
        }
        "policy" => Kind::Policy,
        "identityprovider" => Kind::IdentityProvider,
        "publishedpipeline" => Kind::PublishedPipeline,
        "validation" => Kind::Validation,
        _ if expected == Some(Family::Component) => return refused::component(word).map(Detected::Refused),
        "managed" => Kind::OnlineDeployment,
        "git"
        | "containerregistry"
        | "pythonfeed"
        | "snowflake"
        | "azuresqldb"
        | "azuresynapseanalytics"
        | "azuremysqldb"
        | "azurepostgresdb"
        | "custom"
        | "s3" => {
            return refusal("connection").map(Detected::Refused);
        }
        _ => return refused::job(word).map(Detected::Refused),
    };
    Some(Detected::Kind(kind))
}

/// Tells a deployment on Kubernetes from a cluster.
fn is_deployment(node: &Node, expected: Option<Family>) -> bool {
    match expected {
        Some(family) => family == Family::OnlineDeployment,
        None => node.get("endpoint_name").is_some() || node.get("code_configuration").is_some(),
    }
}

/// Tells components from jobs: by what is expected, else by fields that only one of them has.
fn is_component(node: &Node, file_name: &str, expected: Option<Family>) -> bool {
    match expected {
        Some(Family::Component) => return true,
        Some(Family::Job) => return false,
        _ => {}
    }
    let has = |field: &str| node.get(field).is_some();
    if has("compute") || has("experiment_name") || has("settings") || has("limits") || has("services") {
        return false;
    }
    if has("is_deterministic") || has("version") || has("additional_includes") {
        return true;
    }
    let declares = |input: &Node| {
        let word = input
            .get("type")
            .and_then(Node::as_text)
            .map(folded)
            .unwrap_or_default();
        input.get("default").is_some()
            || input.get("optional").is_some()
            || matches!(
                word.as_str(),
                "string" | "number" | "integer" | "boolean" | "path"
            )
    };
    let inputs = node.get("inputs").and_then(Node::as_map).unwrap_or_default();
    inputs.iter().any(|(_, input)| declares(input)) || file_name.to_lowercase().contains("component")
}

fn from_shape(node: &Node, file_name: &str, expected: Option<Family>) -> Option<Detected> {
    let has = |field: &str| node.get(field).is_some();
    let kind = match expected {
        Some(Family::Job) if has("jobs") || (has("component") && !has("command")) => Kind::PipelineJob,
        Some(Family::Job) if has("trial") => return refusal("sweepJob").map(Detected::Refused),
        Some(Family::Job) => Kind::CommandJob,
        Some(Family::Component) if has("jobs") => Kind::PipelineComponent,
        Some(Family::Component) => Kind::CommandComponent,
        Some(Family::Environment) => Kind::Environment,
        Some(Family::Data) => Kind::Data,
        Some(Family::Model) => Kind::Model,
        Some(Family::Datastore) => Kind::Datastore,
        Some(Family::Compute) => Kind::Compute,
        Some(Family::Workspace) => Kind::Workspace,
        Some(Family::Policy) => Kind::Policy,
        Some(Family::Group) => Kind::Group,
        Some(Family::Role) => Kind::Role,
        Some(Family::Assignment) => Kind::Assignment,
        Some(Family::User) => Kind::User,
        Some(Family::Team) => Kind::Team,
        Some(Family::ServicePrincipal) => Kind::ServicePrincipal,
        Some(Family::OnlineEndpoint) => Kind::OnlineEndpoint,
        Some(Family::OnlineDeployment) => Kind::OnlineDeployment,
        Some(Family::Release) => Kind::Release,
        Some(Family::IdentityProvider) => Kind::IdentityProvider,
        Some(Family::Schedule) => Kind::Schedule,
        Some(Family::PublishedPipeline) => Kind::PublishedPipeline,
        Some(Family::Validation) => Kind::Validation,
        None => return guess(node, file_name),
    };
    Some(Detected::Kind(kind))
}

fn guess(node: &Node, file_name: &str) -> Option<Detected> {
    let has = |field: &str| node.get(field).is_some();
    let file = file_name.to_lowercase();
    if has("type") {
        return None;
    }
    let refused = |what: &str| refusal(what).map(Detected::Refused);
    let kind = if has("principal") && has("role") {
        Kind::Assignment
    } else if has("assignableScopes") || has("AssignableScopes") || has("assignable_scopes") {
        Kind::Role
    } else if has("members") && has("name") {
        Kind::Team
    } else if has("federated") {
        Kind::ServicePrincipal
    } else if has("stages") && has("name") {
        Kind::Group
    } else if has("jobs") {
        if is_component(node, file_name, None) {
            Kind::PipelineComponent
        } else {
            Kind::PipelineJob
        }
    } else if has("command") {
        if is_component(node, file_name, None) {
            Kind::CommandComponent
        } else {
            Kind::CommandJob
        }
    } else if has("trigger") {
        Kind::Schedule
    } else if has("trial") {
        return refused("sweepJob");
    } else if has("endpoint_name") || has("scale_settings") || has("code_configuration") {
        if has("mini_batch_size") || has("settings") {
            return refused("batchDeployment");
        }
        Kind::OnlineDeployment
    } else if has("auth_mode") {
        if file.contains("batch") {
            return refused("batchEndpoint");
        }
        Kind::OnlineEndpoint
    } else if has("transformations") || has("paths") {
        return refused("mltable");
    } else if has("replication_locations") {
        return refused("registry");
    } else if has("image") || has("build") || has("conda_file") || has("requirements_file") {
        Kind::Environment
    } else if has("component") {
        Kind::PipelineJob
    } else if has("path") {
        if has("stage") || has("flavors") || file.contains("model") {
            Kind::Model
        } else {
            Kind::Data
        }
    } else if has("resource_group")
        || has("managed_network")
        || has("storage_account")
        || has("uri_mirrors")
        || (has("name") && (has("location") || file.contains("workspace")))
    {
        Kind::Workspace
    } else {
        return None;
    };
    Some(Detected::Kind(kind))
}
