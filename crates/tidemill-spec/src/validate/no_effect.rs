//! Fields that are read but cannot have an effect where jobs run on a machine of one's own.

use indexmap::IndexMap;

use crate::error::{FieldPath, Warning};
use crate::kinds::{
    CommandComponent, CommandNode, Component, ComponentRef, Compute, Datastore, EnvironmentRef, Identity,
    Job, Node, OnlineDeployment, OnlineEndpoint, QueueSettings, Resources, Service, ServiceType, Spec,
    Workspace,
};

/// Fields that are set and can have no effect on a local compute, each with the reason.
pub fn no_effect_on_local(spec: &Spec) -> Vec<Warning> {
    let mut found = Found(Vec::new());
    let root = FieldPath::default();
    match spec {
        Spec::Job(Job::Command(job)) => {
            found.resources(job.resources.as_ref(), &root);
            found.identity(job.identity.as_ref(), &root);
            found.queue(job.queue_settings.as_ref(), &root);
            found.services(&job.services, &root);
            found.environment(Some(&job.environment), &root);
        }
        Spec::Job(Job::Pipeline(job)) => {
            found.identity(job.identity.as_ref(), &root);
            found.services(&job.services, &root);
            found.component_ref(job.component.as_ref(), &root);
            found.steps(&job.jobs, &root);
        }
        Spec::Component(component) => found.component(component, &root),
        Spec::Compute(compute) => found.compute(compute),
        Spec::Workspace(workspace) => found.workspace(workspace),
        Spec::Data(data) => found.set(
            data.auto_delete_setting.is_some(),
            root.key("auto_delete_setting"),
            NOT_DELETED,
        ),
        Spec::Environment(environment) => {
            found.set(
                environment.auto_delete_setting.is_some(),
                root.key("auto_delete_setting"),
                NOT_DELETED,
            );
            found.set(
                environment.os_type == Some(crate::kinds::OsType::Windows),
                root.key("os_type"),
                NO_WINDOWS,
            );
        }
        Spec::OnlineEndpoint(endpoint) => found.endpoint(endpoint),
        Spec::OnlineDeployment(deployment) => found.deployment(deployment),
        Spec::Datastore(datastore) => found.datastore(datastore),
        Spec::Model(_)
        | Spec::Policy(_)
        | Spec::Release(_)
        | Spec::Schedule(_)
        | Spec::PublishedPipeline(_) => {}
        Spec::Validation(_) => {}
        Spec::Team(_) | Spec::ServicePrincipal(_) | Spec::IdentityProvider(_) => {}
        Spec::Group(_) | Spec::Role(_) | Spec::Assignment(_) | Spec::User(_) => {}
    }
    found.0
}

/// One sentence about all fields without an effect; `None` where there are none.
pub fn combined_warning(warnings: &[Warning]) -> Option<String> {
    if warnings.is_empty() {
        return None;
    }
    let mut reasons: IndexMap<&str, Vec<String>> = IndexMap::new();
    for warning in warnings {
        reasons
            .entry(&warning.why)
            .or_default()
            .push(format!("`{}`", warning.field));
    }
    let parts: Vec<String> = reasons
        .into_iter()
        .map(|(why, fields)| format!("{} ({why})", fields.join(", ")))
        .collect();
    Some(format!("these fields have no effect here: {}", parts.join("; ")))
}

const NO_CLOUD: &str = "a setting of the cloud";
const NO_CONTAINER: &str = "jobs run as processes, not in containers";
const ONE_OWNER: &str = "jobs run as the user that runs the server";
const NO_QUEUE: &str = "the queue has one tier";
const NO_MOUNT: &str = "instances run as processes; AZUREML_MODEL_DIR names the folder of the model";
const NO_COLLECTOR: &str = "requests and answers are not kept as data yet";
const NO_SERVICE: &str = "interactive services are not started";
const NOT_DELETED: &str = "assets are never deleted by themselves";
const NO_WINDOWS: &str = "jobs run on the operating system of the server";

struct Found(Vec<Warning>);

impl Found {
    fn set(&mut self, given: bool, path: FieldPath, why: &str) {
        if given {
            self.0.push(Warning::new(path, why));
        }
    }

    fn resources(&mut self, resources: Option<&Resources>, at: &FieldPath) {
        let Some(resources) = resources else { return };
        let at = at.key("resources");
        self.set(
            resources.instance_type.is_some(),
            at.key("instance_type"),
            NO_CLOUD,
        );
        self.set(!resources.locations.is_empty(), at.key("locations"), NO_CLOUD);
        self.set(!resources.properties.is_empty(), at.key("properties"), NO_CLOUD);
        self.set(
            resources.max_instance_count.is_some(),
            at.key("max_instance_count"),
            "jobs do not grow",
        );
        self.set(resources.shm_size.is_some(), at.key("shm_size"), NO_CONTAINER);
        let other = resources
            .docker_args
            .as_ref()
            .is_some_and(|args| !args.others().is_empty());
        self.set(other, at.key("docker_args"), NO_CONTAINER);
    }

    fn endpoint(&mut self, endpoint: &OnlineEndpoint) {
        let root = FieldPath::default();
        self.set(endpoint.location.is_some(), root.key("location"), NO_CLOUD);
        self.set(endpoint.identity.is_some(), root.key("identity"), ONE_OWNER);
        let closed = endpoint.public_network_access == Some(crate::kinds::PublicNetworkAccess::Disabled);
        self.set(closed, root.key("public_network_access"), NO_CLOUD);
    }

    fn deployment(&mut self, deployment: &OnlineDeployment) {
        let root = FieldPath::default();
        let given = |field: &str| root.key(field);
        self.set(
            deployment.instance_type.is_some(),
            given("instance_type"),
            NO_CLOUD,
        );
        self.set(
            deployment.app_insights_enabled == Some(true),
            given("app_insights_enabled"),
            NO_CLOUD,
        );
        self.set(
            deployment.private_network_connection == Some(true),
            given("private_network_connection"),
            NO_CLOUD,
        );
        self.set(
            deployment.model_mount_path.is_some(),
            given("model_mount_path"),
            NO_MOUNT,
        );
        self.set(
            deployment.data_collector.is_some(),
            given("data_collector"),
            NO_COLLECTOR,
        );
        self.environment(deployment.environment.as_ref(), &root);
    }

    fn identity(&mut self, identity: Option<&Identity>, at: &FieldPath) {
        let matters = matches!(identity, Some(Identity::Managed(_) | Identity::UserIdentity(_)));
        self.set(matters, at.key("identity"), ONE_OWNER);
    }

    fn queue(&mut self, queue: Option<&QueueSettings>, at: &FieldPath) {
        let at = at.key("queue_settings");
        self.set(
            queue.is_some_and(|queue| queue.job_tier.is_some()),
            at.key("job_tier"),
            NO_QUEUE,
        );
        self.set(
            queue.is_some_and(|queue| queue.priority.is_some()),
            at.key("priority"),
            NO_QUEUE,
        );
    }

    fn services(&mut self, services: &IndexMap<String, Service>, at: &FieldPath) {
        for (name, service) in services {
            let custom = service.service_type == Some(ServiceType::Custom);
            self.set(!custom, at.key("services").key(name), NO_SERVICE);
        }
    }

    fn environment(&mut self, environment: Option<&EnvironmentRef>, at: &FieldPath) {
        if let Some(EnvironmentRef::Inline(environment)) = environment {
            let at = at.key("environment");
            self.set(
                environment.auto_delete_setting.is_some(),
                at.key("auto_delete_setting"),
                NOT_DELETED,
            );
            self.set(
                environment.os_type == Some(crate::kinds::OsType::Windows),
                at.key("os_type"),
                NO_WINDOWS,
            );
        }
    }

    fn steps(&mut self, steps: &IndexMap<String, Node>, at: &FieldPath) {
        for (name, step) in steps {
            let at = at.key("jobs").key(name);
            if let Node::Command(step) = step {
                self.command_step(step, &at);
            }
            self.component_ref(step.component(), &at);
        }
    }

    fn command_step(&mut self, step: &CommandNode, at: &FieldPath) {
        self.resources(step.resources.as_ref(), at);
        self.identity(step.identity.as_ref(), at);
        self.queue(step.queue_settings.as_ref(), at);
        self.services(&step.services, at);
        self.environment(step.environment.as_ref(), at);
    }

    fn component_ref(&mut self, component: Option<&ComponentRef>, at: &FieldPath) {
        if let Some(component) = component.and_then(ComponentRef::inline) {
            self.component(component, &at.key("component"));
        }
    }

    fn component(&mut self, component: &Component, at: &FieldPath) {
        match component {
            Component::Command(component) => self.command_component(component, at),
            Component::Pipeline(component) => {
                self.set(
                    component.auto_delete_setting.is_some(),
                    at.key("auto_delete_setting"),
                    NOT_DELETED,
                );
                self.steps(&component.jobs, at);
            }
        }
    }

    fn command_component(&mut self, component: &CommandComponent, at: &FieldPath) {
        self.set(
            component.auto_delete_setting.is_some(),
            at.key("auto_delete_setting"),
            NOT_DELETED,
        );
        self.resources(component.resources.as_ref(), at);
        self.queue(component.queue_settings.as_ref(), at);
        self.environment(Some(&component.environment), at);
    }

    fn compute(&mut self, compute: &Compute) {
        // What a local compute honours; every other field that is set has no effect.
        const HONOURED: [&str; 11] = [
            "type",
            "name",
            "description",
            "tags",
            "min_instances",
            "max_instances",
            "cores",
            "memory",
            "gpus",
            "isolation",
            "network",
        ];
        const OF_INSTANCES: [&str; 4] = [
            "create_on_behalf_of",
            "schedules",
            "idle_time_before_shutdown",
            "idle_time_before_shutdown_minutes",
        ];
        let honoured: Vec<&str> = match compute {
            Compute::ComputeInstance(_) => HONOURED.into_iter().chain(OF_INSTANCES).collect(),
            _ => HONOURED.to_vec(),
        };
        self.others(serde_json::to_value(compute).ok(), &honoured);
    }

    fn workspace(&mut self, workspace: &Workspace) {
        const HONOURED: [&str; 8] = [
            "name",
            "display_name",
            "description",
            "tags",
            "uri_mirrors",
            "resource_group",
            "stage",
            "allowed_networks",
        ];
        self.others(serde_json::to_value(workspace).ok(), &HONOURED);
    }

    fn datastore(&mut self, datastore: &Datastore) {
        let closed = match datastore {
            Datastore::AzureFile(_) => "a network share is not mounted here, so that nothing is read from it",
            Datastore::AzureDataLakeGen1(_) => {
                "Azure switched it off in 2024, so that nothing is read from it"
            }
            Datastore::OneLake(_) => "it cannot be reached from here, so that nothing is read from it",
            _ => return,
        };
        self.set(true, FieldPath::field("type"), closed);
    }

    fn others(&mut self, value: Option<serde_json::Value>, honoured: &[&str]) {
        let Some(serde_json::Value::Object(fields)) = value else {
            return;
        };
        for field in fields.keys().filter(|field| !honoured.contains(&field.as_str())) {
            self.set(true, FieldPath::field(field), NO_CLOUD);
        }
    }
}
