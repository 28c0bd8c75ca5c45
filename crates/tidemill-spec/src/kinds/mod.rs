//! The kinds that people write, one file each, and the objects they share.

mod assignment;
mod command_component;
mod command_job;
mod component;
mod compute;
mod compute_settings;
mod confinement;
mod control_flow;
mod credentials;
mod data;
mod data_import;
mod datastore;
mod deployment_settings;
mod detect;
mod distribution;
mod environment;
mod group;
mod identity;
mod identity_provider;
mod input;
mod job;
mod model;
mod monitor;
mod network;
mod node;
mod online_deployment;
mod online_endpoint;
mod output;
mod pipeline_component;
mod pipeline_job;
mod policy;
mod port;
mod published_pipeline;
mod refused;
mod release;
mod resources;
mod role;
mod rollout;
mod schedule;
mod service;
mod service_principal;
mod tag_policy;
mod team;
mod user;
mod validation;
mod workspace;

pub use assignment::Assignment;
pub use command_component::CommandComponent;
pub use command_job::CommandJob;
pub use component::{AutoDeleteCondition, AutoDeleteSetting, Component, ComponentRef};
pub use compute::{
    AmlCompute, Compute, ComputeInstance, ComputeTier, KubernetesCompute, LocalCompute, SynapseSpark,
    VirtualMachine,
};
pub use compute_settings::{
    AutoPauseSettings, AutoScaleSettings, BindMount, ComputeSchedules, ComputeSshSettings, ComputeStartStop,
    CreateOnBehalfOf, CronTrigger, CustomApplication, CustomApplicationEndpoint, CustomApplicationImage,
    CustomApplicationType, DataTrigger, InstanceSshSettings, MachineSshSettings, NetworkSettings, OneOrMany,
    RecurrenceFrequency, RecurrencePattern, RecurrenceTrigger, ScheduleState, ScriptReference, SetupScripts,
    StartStop, Trigger, WeekDay,
};
pub use confinement::{JobIsolation, JobNetwork};
pub use control_flow::{DoWhileLimits, DoWhileNode, IfElseNode, Item, Items, ParallelForNode, step_of};
pub use credentials::Credentials;
pub use data::{Data, DataType};
pub use data_import::{DataImport, ImportSource};
pub use datastore::{
    AzureBlob, AzureDataLakeGen1, AzureDataLakeGen2, AzureFile, Datastore, Gcs, Http, LocalFolder, OneLake,
    OneLakeArtifact, OneLakeArtifactType, S3,
};
pub use deployment_settings::{
    CollectedAsset, CollectedData, DataCollector, DefaultScale, DeploymentCollection, EgressAccess, Probe,
    RequestLogging, RequestSettings, ResourceRequirements, ResourceSettings, RollingRate, ScaleSettings,
    TargetUtilization,
};
pub use detect::{Detected, Family, Kind, detect_kind};
pub use distribution::{
    Distribution, MpiDistribution, PyTorchDistribution, RayDistribution, TensorFlowDistribution,
};
pub use environment::{BuildContext, Environment, EnvironmentRef, InferenceConfig, OsType, Route};
pub use group::Group;
pub use identity::{
    AmlTokenIdentity, Identity, ManagedIdentity, ResourceIdentity, ResourceIdentityType,
    UserAssignedIdentity, UserIdentity,
};
pub use identity_provider::{IdentityProvider, IdentityProviderType, TeamOfClaim};
pub use input::{DataInput, Input, InputMode};
pub use job::{Job, JobTier, Limits, Priority, QueueSettings};
pub use model::{DeploymentTemplateReference, Model, ModelType};
pub use monitor::{
    CategoricalDrift, DriftSignal, DriftThresholds, Features, Monitor, MonitorSignal, MonitoredData,
    NumericalDrift, QualityRates, QualitySignal, QualityThresholds, TopFeatures,
};
pub use network::{
    CustomerManagedKey, FirewallSku, FqdnRule, IpRule, IsolationMode, ManagedNetwork, NetworkAcls,
    OutboundRule, PrivateEndpointDestination, PrivateEndpointRule, PublicNetworkAccess,
    ServerlessComputeSettings, ServiceTagDestination, ServiceTagRule,
};
pub use node::{CommandNode, Node, PipelineNode, TransformNode, ValidateModelNode, ValidateNode};
pub use online_deployment::{
    CodeConfiguration, DeploymentModel, InlineModel, OnlineDeployment, OnlineDeploymentType,
};
pub use online_endpoint::{EndpointAuthMode, OnlineEndpoint};
pub use output::{AssetType, Output, OutputMode};
pub use pipeline_component::PipelineComponent;
pub use pipeline_job::{PipelineJob, PipelineSettings};
pub use policy::{BudgetPolicy, ComputePolicy, Policy, PolicyType, QuotaPolicy};
pub use port::{ComponentInput, ComponentOutput, PortMode, PortType};
pub use published_pipeline::{Candidate, PublishedPipeline, PublishedPipelineType};
pub use refused::refusal;
pub use release::{
    ApprovalGate, CapacityGate, Expected, Freeze, Gates, LoadGate, Release, ReleaseType, Rollout, SystemTest,
    ValidationGate,
};
pub use resources::{DockerArgs, Resources};
pub use role::Role;
pub use rollout::{RolloutGates, RolloutProbe, RolloutTest};
pub use schedule::{JobReference, PublishedCall, Schedule, ScheduledJob};
pub use service::{Service, ServiceType};
pub use service_principal::{Federated, ServicePrincipal};
pub use tag_policy::{TagEffect, TagMoment, TagPolicy, TagRule, TagSubject};
pub use team::{Claim, Team};
pub use user::User;
pub use validation::{
    Bandwidth, BehaviourTests, CrossValidation, Importance, NewerThanTraining, SliceRule, TrainingData,
    Validation, ValidationLimits, ValidationPrepare, ValidationScoring, ValidationTask, ValidationType,
};
pub use workspace::{Workspace, WorkspaceKind};

use serde::{Deserialize, Serialize};

/// Anything that can be written in a file of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one is read a command; none are kept")]
pub enum Spec {
    /// A job.
    Job(Job),
    /// A component.
    Component(Component),
    /// An environment.
    Environment(Environment),
    /// A data asset.
    Data(Data),
    /// A model.
    Model(Model),
    /// A datastore.
    Datastore(Datastore),
    /// A compute.
    Compute(Compute),
    /// A workspace.
    Workspace(Workspace),
    /// The policy of a workspace.
    Policy(Box<Policy>),
    /// A group.
    Group(Group),
    /// A role.
    Role(Role),
    /// An assignment.
    Assignment(Assignment),
    /// A user.
    User(User),
    /// A team.
    Team(Team),
    /// A service principal.
    ServicePrincipal(ServicePrincipal),
    /// An online endpoint.
    OnlineEndpoint(Box<OnlineEndpoint>),
    /// An online deployment.
    OnlineDeployment(Box<OnlineDeployment>),
    /// A release.
    Release(Box<Release>),
    /// A provider of identities.
    IdentityProvider(Box<IdentityProvider>),
    /// A schedule.
    Schedule(Box<Schedule>),
    /// A published pipeline.
    PublishedPipeline(Box<PublishedPipeline>),
    /// The validation of a model.
    Validation(Box<Validation>),
}

impl Spec {
    /// The name that is given, if any.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Job(job) => job.name(),
            Self::Component(component) => component.name(),
            Self::Environment(environment) => environment.name.as_deref(),
            Self::Data(data) => data.name.as_deref(),
            Self::Model(model) => Some(&model.name),
            Self::Datastore(datastore) => Some(datastore.name()),
            Self::Compute(compute) => Some(compute.name()),
            Self::Workspace(workspace) => Some(&workspace.name),
            Self::Policy(_) => None,
            Self::Group(group) => Some(&group.name),
            Self::Role(role) => Some(&role.name),
            Self::Assignment(assignment) => assignment.name.as_deref(),
            Self::User(user) => Some(&user.name),
            Self::Team(team) => Some(&team.name),
            Self::ServicePrincipal(service_principal) => Some(&service_principal.name),
            Self::OnlineEndpoint(endpoint) => Some(&endpoint.name),
            Self::OnlineDeployment(deployment) => Some(&deployment.name),
            Self::Release(release) => Some(&release.name),
            Self::IdentityProvider(provider) => Some(&provider.name),
            Self::Schedule(schedule) => Some(&schedule.name),
            Self::PublishedPipeline(pipeline) => Some(&pipeline.name),
            Self::Validation(validation) => validation.name.as_deref(),
        }
    }
}
