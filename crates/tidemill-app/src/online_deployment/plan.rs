//! What is made of a deployment when it is written: everything resolved, so that instances come up the same for ever.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidemill_api::endpoint::LOCAL_NAME;
use tidemill_api::runner::Source;
use tidemill_env::EnvironmentRequest;
use tidemill_spec::kinds::{
    DeploymentModel, EgressAccess, EnvironmentRef, InlineModel, OnlineDeployment, Probe, ScaleSettings,
};
use tidemill_spec::refs::{AssetRef, ComputeRef, DataPath};

use crate::job::{EnvironmentPlan, PlannedInput};
use crate::{Error, OpContext, Result, compute, content, resolve};

/// The folder of a model whose own name nobody has written down.
const UNNAMED: &str = "model";
/// The most bytes of a model's `conda.yaml`.
const CONDA_BYTES: u64 = 1 << 20;

/// The plan of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentPlan {
    /// What each instance runs.
    pub instance: InstancePlan,
    /// How requests are treated.
    pub requests: RequestPlan,
    /// When an instance counts as dead.
    pub liveness: ProbePlan,
    /// When an instance may be given requests.
    pub readiness: ProbePlan,
    /// How many instances.
    pub scale: ScalePlan,
}

/// What each instance runs. When any of it changes, instances are started anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstancePlan {
    /// Digest of the code tree.
    pub code: Option<String>,
    /// The scoring script in it.
    pub entry_script: Option<String>,
    /// The model.
    pub model: Option<ModelPlan>,
    /// What it runs in.
    pub environment: EnvironmentPlan,
    /// The user's variables.
    pub variables: IndexMap<String, String>,
    /// Processes that score.
    pub workers: u32,
    /// The compute whose isolation holds.
    pub compute: String,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Cores.
    pub cores: Option<u32>,
    /// How long an answer may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// Counts restarts that were asked for.
    #[serde(default)]
    pub restarts: u64,
}

/// The model of an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelPlan {
    /// As an input of its runner.
    pub input: PlannedInput,
    /// `custom`, `mlflow_model`, `triton_model` or `onnx`.
    pub kind: String,
    /// The name of its folder or file.
    pub name: String,
}

impl ModelPlan {
    /// Which model it is, for people: `models/delay/3`, or where its files are.
    pub fn shown(&self) -> &str {
        match &self.input {
            PlannedInput::Data {
                asset: Some(asset), ..
            } => asset,
            _ => &self.name,
        }
    }
}

/// How requests are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPlan {
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u64,
    /// How many requests an instance works on at once.
    pub per_instance: u32,
    /// How long a request may wait for its turn, in milliseconds.
    pub queue_wait_ms: u64,
}

/// How an instance is asked. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbePlan {
    /// The path that is asked for.
    pub path: String,
    /// Time between two questions.
    pub period_s: u64,
    /// Time before the first question counts.
    pub initial_delay_s: u64,
    /// How long an answer may take.
    pub timeout_s: u64,
    /// Good answers in a row that make it good.
    pub successes: u32,
    /// Bad answers in a row that make it bad.
    pub failures: u32,
}

/// How many instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalePlan {
    /// The least.
    pub least: u32,
    /// The most; the same where it does not follow the load.
    pub most: u32,
    /// How busy instances should be, in percent.
    pub target_percent: u32,
    /// Time between two looks, in seconds.
    pub polling_s: u64,
}

impl ScalePlan {
    /// What may stay of a number of instances.
    pub fn clamp(&self, wanted: u32) -> u32 {
        wanted.clamp(self.least, self.most)
    }
}

/// Plans a deployment. `kubernetes` is the compute of an endpoint of that kind.
///
/// # Errors
/// NotFound for what it names and is not there; Invalid where something is missing that an instance needs.
pub(crate) async fn plan(
    ctx: &OpContext,
    workspace: &str,
    spec: &OnlineDeployment,
    on: Option<&ComputeRef>,
    restarts: u64,
) -> Result<DeploymentPlan> {
    let compute = compute::resolve(ctx, workspace, on).await?;
    let confinement = crate::isolation::of_compute(ctx.app(), workspace, &compute.name).await?;
    if confinement.network.is_closed() || spec.egress_public_network_access == Some(EgressAccess::Disabled) {
        return Err(Error::invalid(format!(
            "failed to deploy `{}`: its network would be closed, and instances without a network are not supported yet",
            spec.name
        ))
        .hint("use a compute and a policy with network open, and leave egress_public_network_access out"));
    }
    let limits = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.limits.as_ref());
    let memory_bytes = limits
        .and_then(|limits| limits.memory)
        .map(|memory| memory.bytes());
    let cores = limits.and_then(|limits| limits.cpu).map(|cpu| cpu.cores_up());
    compute.check_room(1, cores, memory_bytes)?;
    let workers = workers(spec)?;
    let model = match &spec.model {
        Some(model) => Some(plan_model(ctx, workspace, model).await?),
        None => None,
    };
    let code = spec.code_configuration.as_ref();
    let entry_script = code.and_then(|code| code.scoring_script.clone());
    let model = model
        .map(|model| of_kind(model, entry_script.is_some()))
        .transpose()?;
    if entry_script.is_none() && model.is_none() {
        return Err(Error::invalid(format!(
            "failed to deploy `{}`: it has neither a scoring script nor a model that is served without one",
            spec.name
        ))
        .hint("write `code_configuration`, or a `model` of type mlflow_model or triton_model"));
    }
    let environment = plan_environment(ctx, workspace, spec, model.as_ref(), entry_script.is_some()).await?;
    let requests = spec.request_settings.unwrap_or_default();
    let timeout_ms = requests.request_timeout_ms.unwrap_or(5000);
    let instance = InstancePlan {
        code: crate::job::submit::code_tree(ctx, code.and_then(|code| code.code.as_ref()))?,
        entry_script,
        model,
        environment,
        variables: spec.environment_variables.clone(),
        workers,
        compute: compute.name,
        memory_bytes,
        cores,
        request_timeout_ms: timeout_ms,
        restarts,
    };
    Ok(DeploymentPlan {
        instance,
        requests: RequestPlan {
            timeout_ms,
            per_instance: requests.max_concurrent_requests_per_instance.unwrap_or(workers),
            queue_wait_ms: requests.max_queue_wait_ms.unwrap_or(500),
        },
        liveness: probe(spec.liveness_probe.as_ref(), route(spec, true)),
        readiness: probe(spec.readiness_probe.as_ref(), route(spec, false)),
        scale: scale(spec),
    })
}

/// As Azure's server: `WORKER_COUNT` processes, 1 where nothing is said.
fn workers(spec: &OnlineDeployment) -> Result<u32> {
    match spec.environment_variables.get("WORKER_COUNT") {
        None => Ok(1),
        Some(text) if text.is_empty() => Ok(1),
        Some(text) => match whole_number(text) {
            Some(count @ 1..=512) => Ok(count),
            _ => Err(Error::invalid(format!(
                "failed to read WORKER_COUNT `{text}`: expected a whole number from 1 to 512"
            ))),
        },
    }
}

/// A number as the scoring server reads it, which takes it as Python does: `2_0` and ` 2.0 ` too.
fn whole_number(text: &str) -> Option<u32> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.split('_').all(is_number).then(|| digits.replace('_', ""));
    digits?.parse().ok()
}

/// Where the environment says that it is asked; `/` is what the scoring server answers.
fn route(spec: &OnlineDeployment, liveness: bool) -> String {
    let said = match &spec.environment {
        Some(EnvironmentRef::Inline(environment)) => environment.inference_config.as_ref(),
        _ => None,
    };
    let path = said.map(|said| match liveness {
        true => &said.liveness_route.path,
        false => &said.readiness_route.path,
    });
    path.filter(|path| path.starts_with('/'))
        .cloned()
        .unwrap_or_else(|| "/".into())
}

/// Azure's defaults: 10 s between questions, 10 s before the first, 2 s to answer, 30 bad answers.
fn probe(given: Option<&Probe>, path: String) -> ProbePlan {
    let given = given.copied().unwrap_or_default();
    ProbePlan {
        path,
        period_s: given.period.unwrap_or(10),
        initial_delay_s: given.initial_delay.unwrap_or(10),
        timeout_s: given.timeout.unwrap_or(2),
        successes: given.success_threshold.unwrap_or(1),
        failures: given.failure_threshold.unwrap_or(30),
    }
}

fn scale(spec: &OnlineDeployment) -> ScalePlan {
    let fixed = spec.instance_count.unwrap_or(1);
    match &spec.scale_settings {
        Some(ScaleSettings::TargetUtilization(scale)) => {
            let least = scale.min_instances.unwrap_or(1);
            ScalePlan {
                least,
                most: scale.max_instances.unwrap_or(least).max(least),
                target_percent: scale.target_utilization_percentage.unwrap_or(70),
                polling_s: scale.polling_interval.unwrap_or(1),
            }
        }
        _ => ScalePlan {
            least: fixed,
            most: fixed,
            target_percent: 70,
            polling_s: 1,
        },
    }
}

async fn plan_model(ctx: &OpContext, workspace: &str, model: &DeploymentModel) -> Result<ModelPlan> {
    match model {
        DeploymentModel::Reference(reference) => registered(ctx, workspace, reference).await,
        DeploymentModel::Inline(inline) => files(ctx, workspace, inline).await,
    }
    .map_err(|mut error| {
        error.message = format!("failed to resolve the model: {}", error.message);
        error
    })
}

/// The plan of a registered model: where its bytes are, and the name that scripts look for.
pub(crate) async fn registered(ctx: &OpContext, workspace: &str, reference: &AssetRef) -> Result<ModelPlan> {
    let path = DataPath::Asset(reference.clone());
    let found = resolve::data(ctx, workspace, &path, Some("custom_model")).await?;
    let kept = match found
        .asset
        .as_deref()
        .map(|asset| asset.split('/').collect::<Vec<_>>())
    {
        Some(parts) => match parts.as_slice() {
            ["models", name, version] => kept_name(ctx, workspace, name, version).await?,
            _ => None,
        },
        None => None,
    };
    named(found, kept)
}

/// The name of the folder or file that a version was uploaded from.
async fn kept_name(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Option<String>> {
    let Ok(number) = version.parse() else {
        return Ok(None);
    };
    let row = tidemill_store::model_version::get(ctx.app().store.read(), workspace, name, number).await?;
    let properties: Option<Value> = row.and_then(|row| serde_json::from_str(&row.properties).ok());
    Ok(properties.as_ref().and_then(local_name).map(str::to_owned))
}

fn local_name(properties: &Value) -> Option<&str> {
    properties.get(LOCAL_NAME).and_then(Value::as_str)
}

async fn files(ctx: &OpContext, workspace: &str, inline: &InlineModel) -> Result<ModelPlan> {
    let path = inline
        .path
        .as_ref()
        .ok_or_else(|| Error::invalid("it has no `path`").hint("give the folder or file of the model"))?;
    let word = inline.model_type.unwrap_or_default().word();
    let found = resolve::data(ctx, workspace, path, Some(word)).await?;
    let content = content::survey(ctx, workspace, &found.source, None, &tidemill_objects::Silent).await?;
    let manifest = content::keep_manifest(ctx.app(), &content.manifest).await?;
    let kept = inline
        .properties
        .get(LOCAL_NAME)
        .and_then(Value::as_str)
        .map(str::to_owned);
    let found = resolve::Resolved {
        r#type: word.to_owned(),
        manifest: Some(manifest),
        ..found
    };
    named(found, kept)
}

fn named(found: resolve::Resolved, kept: Option<String>) -> Result<ModelPlan> {
    let name = kept
        .or_else(|| last_part(&found.source, &found.uri))
        .unwrap_or_else(|| UNNAMED.into());
    if name.contains('/') || name.starts_with('.') {
        return Err(Error::invalid(format!("`{name}` is no name of a folder or file")));
    }
    Ok(ModelPlan {
        kind: found.r#type.clone(),
        name,
        input: PlannedInput::Data {
            r#type: found.r#type,
            mode: "ro_mount".into(),
            source: found.source,
            manifest: found.manifest,
            asset: found.asset,
            uri: found.uri,
        },
    })
}

/// The last part of where a model lies, where that is a name that somebody gave.
fn last_part(source: &Source, uri: &str) -> Option<String> {
    let path = match source {
        Source::Tree { path, .. } | Source::Datastore { path, .. } | Source::Local { path } => path.as_str(),
        Source::Url { .. } => uri,
    };
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let usual = last.is_empty() || last == "artifacts";
    (!usual).then(|| last.to_owned())
}

/// The word by which the scoring server knows the model.
fn of_kind(model: ModelPlan, scripted: bool) -> Result<ModelPlan> {
    let kind = match model.kind.as_str() {
        "mlflow_model" => "mlflow_model",
        "triton_model" => "triton_model",
        _ if scripted => "custom",
        _ if model.name.ends_with(".onnx") => "onnx",
        other => {
            return Err(Error::invalid(format!(
                "failed to deploy model `{}`: a model of type {other} needs a scoring script",
                model.name
            ))
            .hint("write `code_configuration`, or give a model of type mlflow_model or triton_model, or an .onnx file"));
        }
    };
    Ok(ModelPlan {
        kind: kind.to_owned(),
        ..model
    })
}

async fn plan_environment(
    ctx: &OpContext,
    workspace: &str,
    spec: &OnlineDeployment,
    model: Option<&ModelPlan>,
    scripted: bool,
) -> Result<EnvironmentPlan> {
    if let Some(reference) = &spec.environment {
        let policy = ctx.app().environment_policy(None)?;
        return crate::job::submit::plan_environment(ctx, workspace, reference, &policy).await;
    }
    let request = match model {
        Some(model) if model.kind == "mlflow_model" => EnvironmentRequest {
            name: Some(format!("of model {}", model.name)),
            conda: Some(conda_of(ctx, workspace, model).await?),
            ..EnvironmentRequest::default()
        },
        Some(model) if !scripted && model.kind != "custom" => EnvironmentRequest {
            name: Some("onnxruntime".into()),
            pip_requirements: Some("onnxruntime\nnumpy\n".into()),
            ..EnvironmentRequest::default()
        },
        _ => {
            return Err(Error::invalid(format!(
                "failed to deploy `{}`: it has a scoring script and no environment for it",
                spec.name
            ))
            .hint("write `environment: azureml:<name>:<version>`, or a map with `conda_file`"));
        }
    };
    let name = request.name.clone();
    let mut request = serde_json::to_value(&request).map_err(Error::internal)?;
    crate::policy::check_environment(ctx.app(), workspace, name.as_deref(), &request).await?;
    if let Value::Object(map) = &mut request {
        // What the model was made with may not be had here to the letter; each change is written down.
        map.insert("policy".into(), json!("relaxed"));
    }
    Ok(EnvironmentPlan {
        name,
        request,
        build_context: None,
    })
}

/// The conda environment that MLflow wrote beside a model.
pub(crate) async fn conda_of(ctx: &OpContext, workspace: &str, model: &ModelPlan) -> Result<Value> {
    let PlannedInput::Data { source, .. } = &model.input else {
        return Err(Error::internal("a model is data"));
    };
    let content = content::survey(ctx, workspace, source, None, &tidemill_objects::Silent).await?;
    let file = "conda.yaml";
    let found = crate::model::read(ctx, workspace, source, &content, file, None)
        .await
        .map_err(|error| {
            error.hint(
                "MLflow writes conda.yaml beside a model; without it, give the deployment an `environment`",
            )
        })?;
    let text = tidemill_objects::collect(file, found.bytes, found.size_bytes, CONDA_BYTES).await?;
    serde_yaml_ng::from_slice(&text)
        .map_err(|error| Error::invalid(format!("failed to read the model's conda.yaml: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(json: Value) -> OnlineDeployment {
        serde_json::from_value(json).expect("a deployment")
    }

    #[test]
    fn what_is_not_said_is_as_in_azure() {
        let bare = spec(json!({"name": "b", "endpoint_name": "e"}));
        let probed = probe(None, route(&bare, true));
        assert_eq!(
            (probed.period_s, probed.initial_delay_s, probed.timeout_s),
            (10, 10, 2)
        );
        assert_eq!((probed.failures, probed.path.as_str()), (30, "/"));
        assert_eq!((scale(&bare).least, scale(&bare).most), (1, 1));
        assert_eq!(workers(&bare).expect("one"), 1);
    }

    #[test]
    fn a_number_of_workers_is_read_and_nonsense_refused() {
        let with = |count: &str| {
            spec(json!({"name": "b", "endpoint_name": "e", "environment_variables": {"WORKER_COUNT": count}}))
        };
        for (said, count) in [
            ("4", 4),
            (" 4 ", 4),
            ("4.0", 4),
            ("1_0", 10),
            ("+512", 512),
            ("", 1),
        ] {
            assert_eq!(workers(&with(said)).expect(said), count);
        }
        for wrong in ["0", "many", "-1", "1000", "513", "1.5", "1__0", " "] {
            assert!(workers(&with(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_model_keeps_the_name_that_scripts_look_for() {
        let at = |path: &str| Source::Datastore {
            datastore: "d".into(),
            path: path.into(),
        };
        assert_eq!(last_part(&at("azureml/job/model/"), "").as_deref(), Some("model"));
        assert_eq!(last_part(&at("0/run/artifacts"), ""), None);
        let tree = Source::Tree {
            tree: "t".into(),
            path: "m.pkl".into(),
        };
        assert_eq!(last_part(&tree, "").as_deref(), Some("m.pkl"));
    }

    #[test]
    fn a_deployment_that_scales_stays_between_its_bounds() {
        let scaled = scale(&spec(json!({"name": "b", "endpoint_name": "e", "scale_settings":
            {"type": "target_utilization", "min_instances": 2, "max_instances": 4}})));
        assert_eq!((scaled.clamp(1), scaled.clamp(3), scaled.clamp(9)), (2, 3, 4));
    }
}
