//! The job of a validation: exactly which bytes it scores, on what, in which environment.

use std::time::SystemTime;

use indexmap::IndexMap;
use serde_json::json;
use tidemill_api::runner::Source;
use tidemill_objects::{Silent, TreeBuilder, UploadOptions, upload_tree};
use tidemill_spec::kinds::{
    AssetType, CommandJob, DataInput, Environment, EnvironmentRef, Input, Job, Output, Validation,
};
use tidemill_spec::refs::{AssetRef, CodeRef, DataPath, VersionRef};

use super::named;
use crate::job::{PlannedInput, Submission};
use crate::online_deployment::{self, ModelPlan};
use crate::{Error, OpContext, Result, bytes, content, resolve};

/// The experiment that the jobs of validations belong to.
const EXPERIMENT: &str = "model-validation";
/// The output that the figures are computed from.
pub(crate) const OUTPUT: &str = "said";
/// The program that scores.
const HARNESS: &[(&str, &str)] = &[
    ("validate.py", include_str!("harness/validate.py")),
    ("scorer.py", include_str!("harness/scorer.py")),
    ("tables.py", include_str!("harness/tables.py")),
    ("arrays.py", include_str!("harness/arrays.py")),
    ("behaviour.py", include_str!("harness/behaviour.py")),
];

/// A model, by its bytes.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// Its tree.
    pub(super) tree: Source,
    is_file: bool,
    /// The digest of its files.
    pub(super) digest: String,
    /// The name of its folder or file.
    name: String,
    /// `custom_model`, `mlflow_model` or `triton_model`.
    kind: String,
    /// As people read it: `flights-delay:3`.
    pub(super) shown: String,
}

/// Data, by its version.
#[derive(Debug, Clone)]
pub(super) struct Data {
    reference: AssetRef,
    kind: AssetType,
    /// As people read it: `azureml:flights:7`.
    pub(super) shown: String,
}

/// A version of a model, with its files among the trees: what is scored is what is released.
pub(super) async fn model(ctx: &OpContext, workspace: &str, name: &str, version: i64) -> Result<Model> {
    let reference = AssetRef::Named {
        name: name.to_owned(),
        version: VersionRef::Version(version.to_string()),
    };
    let ModelPlan {
        input,
        kind,
        name: kept,
    } = online_deployment::registered(ctx, workspace, &reference).await?;
    let PlannedInput::Data { source, .. } = &input else {
        return Err(Error::internal("a model is data"));
    };
    of_source(ctx, workspace, source, kept, kind, format!("{name}:{version}")).await
}

/// A model that lies somewhere.
pub(super) async fn of_source(
    ctx: &OpContext,
    workspace: &str,
    source: &Source,
    name: String,
    kind: String,
    shown: String,
) -> Result<Model> {
    let tree = content::copy_to_tree(ctx, workspace, source, &Silent).await?;
    let there = content::survey(ctx, workspace, &tree, None, &Silent).await?;
    Ok(Model {
        digest: there.manifest.digest().to_hex(),
        is_file: there.is_file,
        tree,
        name,
        kind,
        shown,
    })
}

/// A version of data.
pub(super) async fn data(ctx: &OpContext, workspace: &str, text: &str) -> Result<Data> {
    let reference = named(text, "the data")?;
    let found = resolve::data(ctx, workspace, &DataPath::Asset(reference), Some("uri_folder")).await?;
    let asset = found.asset.unwrap_or_default();
    let ["data", name, version] = asset.split('/').collect::<Vec<_>>()[..] else {
        return Err(Error::invalid(format!(
            "failed to use the data `{text}`: it is no data asset"
        )));
    };
    Ok(Data {
        reference: AssetRef::Named {
            name: name.to_owned(),
            version: VersionRef::Version(version.to_owned()),
        },
        kind: match found.r#type.as_str() {
            "uri_file" => AssetType::UriFile,
            "mltable" => AssetType::Mltable,
            _ => AssetType::UriFolder,
        },
        shown: format!("azureml:{name}:{version}"),
    })
}

/// What the model was trained on: what is said, else what its lineage names of the same asset.
pub(super) async fn training(
    ctx: &OpContext,
    workspace: &str,
    model: &str,
    version: i64,
    asked: &Validation,
    scored: &Data,
) -> Result<Option<Data>> {
    if let Some(text) = asked
        .training
        .as_ref()
        .and_then(|training| training.data.as_ref())
    {
        return data(ctx, workspace, text).await.map(Some);
    }
    let AssetRef::Named { name, .. } = &scored.reference else {
        return Ok(None);
    };
    let prefix = format!("data/{name}/");
    let lineage = crate::job::of_model(&ctx.app().system(), workspace, model, &version.to_string()).await?;
    let edges = lineage
        .jobs
        .iter()
        .flat_map(|job| &job.edges)
        .filter(|edge| edge.direction == "in");
    let mut assets = edges.filter_map(|edge| edge.asset.as_ref());
    match assets.find_map(|asset| asset.strip_prefix(&prefix)) {
        Some(version) => data(ctx, workspace, &format!("azureml:{name}:{version}"))
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// The job.
#[expect(clippy::too_many_arguments, reason = "each is a part of what is submitted")]
pub(super) async fn submission(
    ctx: &OpContext,
    workspace: &str,
    id: &str,
    asked: &Validation,
    model: &Model,
    scored: &Data,
    training: Option<&Data>,
    champion: Option<&Model>,
) -> Result<Submission> {
    let mut inputs = IndexMap::new();
    inputs.insert("model".to_owned(), tree(&model.tree, model.is_file)?);
    inputs.insert("data".to_owned(), asset(scored));
    if let Some(training) = training {
        inputs.insert("training".to_owned(), asset(training));
    }
    if let Some(champion) = champion {
        inputs.insert("champion".to_owned(), tree(&champion.tree, champion.is_file)?);
    }
    for (port, code) in codes(asked) {
        if let Some(digest) = crate::job::submit::code_tree(ctx, code)? {
            let source = Source::Tree {
                tree: digest,
                path: String::new(),
            };
            inputs.insert(port.to_owned(), tree(&source, false)?);
        }
    }
    let command = command(&inputs);
    let code = harness(ctx, asked, &model.name, champion).await?;
    let (environment, policy) = environment(ctx, workspace, asked, model).await?;
    let output = Output {
        asset_type: Some(AssetType::UriFolder),
        ..Output::default()
    };
    let job = CommandJob {
        name: None,
        description: None,
        tags: IndexMap::from([
            ("validation".to_owned(), id.to_owned()),
            ("model".to_owned(), model.shown.clone()),
        ]),
        services: IndexMap::new(),
        display_name: Some(format!("Validate {}", model.shown)),
        experiment_name: Some(EXPERIMENT.to_owned()),
        properties: IndexMap::new(),
        compute: asked.compute.clone(),
        identity: None,
        command,
        code: Some(CodeRef::Tree {
            digest: code,
            path: String::new(),
        }),
        environment,
        environment_variables: asked.environment_variables.clone(),
        resources: None,
        distribution: None,
        queue_settings: None,
        limits: None,
        inputs,
        outputs: IndexMap::from([(OUTPUT.to_owned(), output)]),
        parent_job_name: None,
    };
    Ok(Submission {
        spec: Job::Command(Box::new(job)),
        environment_policy: policy,
        properties: IndexMap::new(),
        rerun_from: None,
    })
}

/// The folders of code that a validation names, by the input that brings each.
pub(crate) fn codes(asked: &Validation) -> [(&'static str, Option<&CodeRef>); 3] {
    let prepare = asked.prepare.as_ref().and_then(|prepare| prepare.code.as_ref());
    let scoring = asked.scoring.as_ref().and_then(|scoring| scoring.code.as_ref());
    let tests = asked
        .behaviour
        .as_ref()
        .and_then(|behaviour| behaviour.tests.as_ref());
    [("prepare", prepare), ("scoring", scoring), ("tests", tests)]
}

/// What runs the program with these inputs.
pub(crate) fn command<T>(inputs: &IndexMap<String, T>) -> String {
    let mut command = format!("python validate.py --output \"${{{{outputs.{OUTPUT}}}}}\"");
    for port in inputs.keys() {
        command += &format!(" --{port} \"${{{{inputs.{port}}}}}\"");
    }
    command
}

fn asset(data: &Data) -> Input {
    Input::Data(DataInput {
        asset_type: Some(data.kind),
        path: Some(DataPath::Asset(data.reference.clone())),
        ..DataInput::default()
    })
}

fn tree(source: &Source, is_file: bool) -> Result<Input> {
    let Source::Tree { tree, path } = source else {
        return Err(Error::internal("what is scored lies among the trees"));
    };
    Ok(Input::Data(DataInput {
        asset_type: Some(if is_file {
            AssetType::UriFile
        } else {
            AssetType::UriFolder
        }),
        path: Some(DataPath::Tree {
            digest: tree.clone(),
            path: path.clone(),
        }),
        ..DataInput::default()
    }))
}

/// The tree of the program, with what it is to do.
pub(super) async fn harness(
    ctx: &OpContext,
    asked: &Validation,
    model_name: &str,
    champion: Option<&Model>,
) -> Result<String> {
    let settings =
        json!({ "spec": asked, "model_name": model_name, "champion_name": champion.map(|one| &one.name) });
    let settings = settings.to_string();
    let scratch = content::Scratch::new(ctx)?;
    for (name, text) in HARNESS
        .iter()
        .copied()
        .chain([("settings.json", settings.as_str())])
    {
        std::fs::write(scratch.0.join(name), text).map_err(Error::internal)?;
    }
    let root = scratch.0.clone();
    let builder = content::blocking(move || TreeBuilder::data(&root)).await?;
    let options = UploadOptions {
        base: None,
        known: None,
        now: SystemTime::now(),
    };
    Ok(
        upload_tree(builder, &bytes::tree_store(ctx.app())?, options, &Silent)
            .await?
            .digest
            .to_hex(),
    )
}

/// What is asked for; else what MLflow wrote beside the model, as near as it can be had here.
async fn environment(
    ctx: &OpContext,
    workspace: &str,
    asked: &Validation,
    model: &Model,
) -> Result<(EnvironmentRef, Option<String>)> {
    if let Some(environment) = &asked.environment {
        return Ok((environment.clone(), None));
    }
    if model.kind != "mlflow_model" || model.is_file {
        return Err(Error::invalid(format!(
            "failed to validate {}: it does not say in which environment it runs",
            model.shown
        ))
        .hint("write `environment: azureml:NAME:VERSION` into the validation"));
    }
    let plan = ModelPlan {
        input: PlannedInput::Data {
            r#type: model.kind.clone(),
            mode: "ro_mount".into(),
            source: model.tree.clone(),
            manifest: None,
            asset: None,
            uri: String::new(),
        },
        kind: model.kind.clone(),
        name: model.name.clone(),
    };
    let environment = Environment {
        conda_file: Some(online_deployment::conda_of(ctx, workspace, &plan).await?),
        ..Environment::default()
    };
    Ok((
        EnvironmentRef::Inline(Box::new(environment)),
        Some("relaxed".to_owned()),
    ))
}
