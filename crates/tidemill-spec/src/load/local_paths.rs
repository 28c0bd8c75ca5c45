//! The local files and folders that a spec names, visited so that a client can upload them and name them by URI.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::error::FieldPath;
use crate::kinds::{
    CommandJob, CommandNode, Component, ComponentRef, DeploymentModel, EnvironmentRef, Input, Items, Job,
    Node, OnlineDeployment, PipelineJob, ScheduledJob, Spec, Validation,
};
use crate::refs::{CodeRef, DataPath};

/// What a local path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Code that is laid into a working directory.
    Code,
    /// Data that is given to an input.
    Input,
    /// The folder of a Dockerfile.
    BuildContext,
    /// A data asset.
    Data,
    /// A model.
    Model,
}

/// A local path in a spec.
#[derive(Debug, Clone, Copy)]
pub struct LocalPath<'p> {
    /// The field that names it.
    pub field: &'p FieldPath,
    /// What it is for.
    pub purpose: Purpose,
    /// The path; `None` where only `includes` are given.
    pub path: Option<&'p Path>,
    /// For code: files and folders whose copies lie beside the content of `path`, each under its own last name.
    pub includes: &'p [PathBuf],
}

/// Visits every local path of a spec. What `f` gives, a URI such as `tidemill://trees/{digest}`, takes its place; the
/// includes of a component are cleared, since the URI has them.
///
/// # Errors
/// The first error of `f`, and a text of `f` that is no reference.
pub fn for_each_local_path<E: From<crate::refs::RefError>>(
    spec: &mut Spec,
    mut f: impl FnMut(LocalPath<'_>) -> Result<String, E>,
) -> Result<(), E> {
    let mut visit = Visit {
        f: &mut f,
        failed: std::marker::PhantomData,
    };
    let root = FieldPath::default();
    match spec {
        Spec::Job(Job::Command(job)) => visit.command_job(job, &root),
        Spec::Job(Job::Pipeline(job)) => visit.pipeline_job(job, &root),
        Spec::PublishedPipeline(pipeline) => {
            visit.pipeline_job(&mut pipeline.job, &root.key("job"))?;
            match &mut pipeline.candidate {
                Some(candidate) => visit.deployment(
                    &mut candidate.deployment,
                    &root.key("candidate").key("deployment"),
                ),
                None => Ok(()),
            }
        }
        Spec::Schedule(schedule) => {
            let at = root.key("create_job");
            match &mut schedule.create_job {
                Some(ScheduledJob::Command(job)) => visit.command_job(job, &at),
                Some(ScheduledJob::Pipeline(job)) => visit.pipeline_job(job, &at),
                Some(ScheduledJob::Reference(reference)) => visit.inputs(&mut reference.inputs, &at),
                Some(ScheduledJob::Published(call)) => visit.inputs(&mut call.inputs, &at),
                // What is imported lies in a datastore.
                None => Ok(()),
            }
        }
        Spec::Component(component) => visit.component(component, &root),
        Spec::Environment(environment) => visit.build(environment, &root),
        Spec::Data(data) => visit.data(&mut data.path, Purpose::Data, &root.key("path")),
        Spec::Model(model) => match &mut model.path {
            Some(path) => visit.data(path, Purpose::Model, &root.key("path")),
            None => Ok(()),
        },
        Spec::OnlineDeployment(deployment) => visit.deployment(deployment, &root),
        Spec::Validation(validation) => visit.validation(validation, &root),
        // Their folders belong to the server.
        Spec::Datastore(_) | Spec::Compute(_) | Spec::Workspace(_) | Spec::Policy(_) => Ok(()),
        // These hold no paths.
        Spec::Group(_)
        | Spec::Role(_)
        | Spec::Assignment(_)
        | Spec::User(_)
        | Spec::Team(_)
        | Spec::ServicePrincipal(_)
        | Spec::OnlineEndpoint(_)
        | Spec::Release(_)
        | Spec::IdentityProvider(_) => Ok(()),
    }
}

/// The fields of a spec that name local paths; a server takes none.
pub fn local_fields(spec: &Spec) -> Vec<FieldPath> {
    let mut fields = Vec::new();
    let found = for_each_local_path::<crate::refs::RefError>(&mut spec.clone(), |local| {
        fields.push(local.field.clone());
        Ok("tidemill://trees/0000000000000000".to_owned())
    });
    debug_assert!(found.is_ok(), "a tree is a reference of every kind");
    fields
}

struct Visit<'v, F, E> {
    f: &'v mut F,
    failed: std::marker::PhantomData<E>,
}

impl<F, E> Visit<'_, F, E>
where
    F: FnMut(LocalPath<'_>) -> Result<String, E>,
    E: From<crate::refs::RefError>,
{
    fn command_job(&mut self, job: &mut CommandJob, at: &FieldPath) -> Result<(), E> {
        self.code(&mut job.code, &mut Vec::new(), at)?;
        self.environment(Some(&mut job.environment), &at.key("environment"))?;
        self.inputs(&mut job.inputs, at)
    }

    fn pipeline_job(&mut self, job: &mut PipelineJob, at: &FieldPath) -> Result<(), E> {
        self.inputs(&mut job.inputs, at)?;
        if let Some(settings) = &mut job.settings {
            let at = at.key("settings").key("default_environment");
            self.environment(settings.default_environment.as_mut(), &at)?;
        }
        self.component_ref(job.component.as_mut(), at)?;
        self.steps(&mut job.jobs, at)
    }

    fn steps(&mut self, steps: &mut IndexMap<String, Node>, at: &FieldPath) -> Result<(), E> {
        for (name, step) in steps {
            let at = at.key("jobs").key(name);
            match step {
                Node::Command(step) => self.command_step(step, &at)?,
                Node::Validate(step) => self.inputs(&mut step.inputs, &at)?,
                Node::Transform(step) => self.inputs(&mut step.inputs, &at)?,
                Node::ValidateModel(step) => {
                    self.inputs(&mut step.inputs, &at)?;
                    self.validation(&mut step.validation, &at.key("validation"))?;
                }
                Node::IfElse(_) | Node::DoWhile(_) => {}
                Node::ParallelFor(step) => match &mut step.items {
                    Items::List(items) => {
                        for (index, item) in items.iter_mut().enumerate() {
                            self.given(item, &at.key("items").index(index))?;
                        }
                    }
                    Items::Map(items) => {
                        for (key, item) in items {
                            self.given(item, &at.key("items").key(key))?;
                        }
                    }
                    Items::Text(_) => {}
                },
                Node::Pipeline(step) => {
                    self.inputs(&mut step.inputs, &at)?;
                    self.component_ref(Some(&mut step.component), &at)?;
                }
            }
        }
        Ok(())
    }

    fn deployment(&mut self, deployment: &mut OnlineDeployment, at: &FieldPath) -> Result<(), E> {
        if let Some(code) = &mut deployment.code_configuration {
            self.code(&mut code.code, &mut Vec::new(), &at.key("code_configuration"))?;
        }
        self.environment(deployment.environment.as_mut(), &at.key("environment"))?;
        match &mut deployment.model {
            Some(DeploymentModel::Inline(model)) => match &mut model.path {
                Some(path) => self.data(path, Purpose::Model, &at.key("model").key("path")),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn validation(&mut self, validation: &mut Validation, at: &FieldPath) -> Result<(), E> {
        if let Some(prepare) = &mut validation.prepare {
            self.code(&mut prepare.code, &mut Vec::new(), &at.key("prepare"))?;
        }
        if let Some(scoring) = &mut validation.scoring {
            self.code(&mut scoring.code, &mut Vec::new(), &at.key("scoring"))?;
        }
        if let Some(behaviour) = &mut validation.behaviour {
            self.code(&mut behaviour.tests, &mut Vec::new(), &at.key("behaviour"))?;
        }
        self.environment(validation.environment.as_mut(), &at.key("environment"))
    }

    fn command_step(&mut self, step: &mut CommandNode, at: &FieldPath) -> Result<(), E> {
        self.code(&mut step.code, &mut Vec::new(), at)?;
        self.environment(step.environment.as_mut(), &at.key("environment"))?;
        self.inputs(&mut step.inputs, at)?;
        self.component_ref(step.component.as_mut(), at)
    }

    fn component_ref(&mut self, component: Option<&mut ComponentRef>, at: &FieldPath) -> Result<(), E> {
        match component {
            Some(ComponentRef::Inline(component)) => self.component(component, &at.key("component")),
            _ => Ok(()),
        }
    }

    fn component(&mut self, component: &mut Component, at: &FieldPath) -> Result<(), E> {
        match component {
            Component::Command(component) => {
                self.code(&mut component.code, &mut component.additional_includes, at)?;
                self.environment(Some(&mut component.environment), &at.key("environment"))
            }
            Component::Pipeline(component) => self.steps(&mut component.jobs, at),
        }
    }

    fn environment(&mut self, environment: Option<&mut EnvironmentRef>, at: &FieldPath) -> Result<(), E> {
        match environment {
            Some(EnvironmentRef::Inline(environment)) => self.build(environment, at),
            _ => Ok(()),
        }
    }

    fn build(&mut self, environment: &mut crate::kinds::Environment, at: &FieldPath) -> Result<(), E> {
        let Some(path) = environment.build.as_mut().and_then(|build| build.path.as_mut()) else {
            return Ok(());
        };
        let Some(local) = path.as_local() else {
            return Ok(());
        };
        let field = at.key("build").key("path");
        let found = LocalPath {
            field: &field,
            purpose: Purpose::BuildContext,
            path: Some(local),
            includes: &[],
        };
        let uri = (self.f)(found)?;
        *path = uri.parse()?;
        Ok(())
    }

    fn code(
        &mut self,
        code: &mut Option<CodeRef>,
        includes: &mut Vec<CodeRef>,
        at: &FieldPath,
    ) -> Result<(), E> {
        let local = match code.as_ref() {
            Some(code) => code.as_local().map(Path::to_path_buf),
            None => None,
        };
        let beside: Vec<PathBuf> = includes
            .iter()
            .filter_map(|include| include.as_local())
            .map(Path::to_path_buf)
            .collect();
        if local.is_none() && (beside.is_empty() || code.is_some()) {
            return Ok(());
        }
        let field = at.key("code");
        let found = LocalPath {
            field: &field,
            purpose: Purpose::Code,
            path: local.as_deref(),
            includes: &beside,
        };
        let uri = (self.f)(found)?;
        *code = Some(uri.parse()?);
        includes.clear();
        Ok(())
    }

    fn inputs(&mut self, inputs: &mut IndexMap<String, Input>, at: &FieldPath) -> Result<(), E> {
        self.given(inputs, &at.key("inputs"))
    }

    fn given(&mut self, inputs: &mut IndexMap<String, Input>, at: &FieldPath) -> Result<(), E> {
        for (name, input) in inputs {
            if let Input::Data(data) = input
                && let Some(path) = &mut data.path
            {
                self.data(path, Purpose::Input, &at.key(name).key("path"))?;
            }
        }
        Ok(())
    }

    fn data(&mut self, path: &mut DataPath, purpose: Purpose, field: &FieldPath) -> Result<(), E> {
        let Some(local) = path.as_local() else {
            return Ok(());
        };
        let uri = (self.f)(LocalPath {
            field,
            purpose,
            path: Some(local),
            includes: &[],
        })?;
        *path = uri.parse()?;
        Ok(())
    }
}
