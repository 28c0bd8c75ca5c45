//! What a runner is told about its job, and the variables that scripts written for Azure ML and MLflow look at.

use indexmap::IndexMap;
use serde_json::json;
use tidemill_api::runner::{Assignment, CodeTree, EnvironmentAssignment, Input, Limits, Output, Source};

use super::{CommandPlan, GRACE_S, Job, Plan, PlannedInput, artifact_root};
use crate::{Error, OpContext, Result, bytes, workspace};

/// Azure's variables name a subscription; here there is none.
const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The assignment of a job in its present attempt. `token` is that of its script.
pub(crate) async fn assignment(ctx: &OpContext, row: &Job, token: &str) -> Result<Assignment> {
    let Ok(Plan::Command(plan)) = serde_json::from_str(&row.plan) else {
        return Err(Error::internal(format!("job {} has no command plan", row.name)));
    };
    let mut plan: CommandPlan = *plan;
    let masked = super::secrets::fill_in(ctx, row, &mut plan).await?;
    let ctx = &ctx.app().system();
    let group = workspace::get(ctx, &row.workspace).await?.group_name;
    let mut variables = platform(ctx, row, token, &group)?;
    variables.extend(plan.variables.clone());
    let mut datastores = IndexMap::new();
    let named = plan.inputs.values().filter_map(|input| match input {
        PlannedInput::Data {
            source: Source::Datastore { datastore, .. },
            ..
        } => Some(datastore),
        _ => None,
    });
    for name in named.chain(
        plan.outputs
            .values()
            .filter_map(|output| output.datastore.as_ref()),
    ) {
        if !datastores.contains_key(name) {
            let config = bytes::config(ctx, &row.workspace, name).await?;
            datastores.insert(
                name.clone(),
                serde_json::to_value(config).map_err(Error::internal)?,
            );
        }
    }
    let artifacts = ctx.app().dir.artifacts(&row.workspace).join(artifact_root(row));
    let app = ctx.app();
    Ok(Assignment {
        workspace: row.workspace.clone(),
        job: row.name.clone(),
        attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
        command: plan.command,
        code: plan.code.map(|tree| CodeTree { tree }),
        inputs: plan
            .inputs
            .into_iter()
            .map(|(name, input)| (name, wire(input)))
            .collect(),
        outputs: plan
            .outputs
            .into_iter()
            .map(|(name, output)| {
                let wire = Output {
                    r#type: output.r#type,
                    mode: output.mode,
                    datastore: output.datastore,
                    path: output.path,
                    manifest: true,
                };
                (name, wire)
            })
            .collect(),
        environment: EnvironmentAssignment {
            name: plan.environment.name,
            request: plan.environment.request,
            build_context: plan.environment.build_context,
        },
        environment_variables: variables,
        distribution: plan.distribution,
        instance_count: plan.instance_count,
        limits: Limits {
            timeout_s: plan.timeout_s,
            memory_bytes: plan.memory_bytes,
            cores: plan.cores,
            grace_s: GRACE_S,
        },
        trees: json!({ "type": "local_folder", "path": app.dir.trees() }),
        datastores,
        artifacts: json!({ "type": "local_folder", "path": artifacts }),
        gpus: app.scheduler.gpus_of(&row.workspace, &row.name),
        masked,
    })
}

fn wire(input: PlannedInput) -> Input {
    match input {
        PlannedInput::Literal { value } => Input::Literal { value },
        PlannedInput::Data {
            r#type,
            mode,
            source,
            manifest,
            asset: _,
            uri: _,
        } => Input::Data {
            r#type,
            mode,
            source,
            manifest,
        },
    }
}

fn platform(ctx: &OpContext, row: &Job, token: &str, group: &str) -> Result<IndexMap<String, String>> {
    let address = ctx.app().address()?;
    let tracking = if row.workspace == workspace::DEFAULT {
        address.clone()
    } else {
        format!("{address}/workspaces/{}", row.workspace)
    };
    let pairs: [(&str, &str); 20] = [
        ("AZUREML_RUN_ID", &row.name),
        ("AZUREML_ROOT_RUN_ID", &row.root),
        ("AZUREML_RUN_TOKEN", token),
        ("AZUREML_EXPERIMENT_NAME", &row.experiment_name),
        ("AZUREML_EXPERIMENT_ID", &row.experiment_id),
        ("AZUREML_ARM_SUBSCRIPTION", NO_SUBSCRIPTION),
        ("AZUREML_ARM_RESOURCEGROUP", group),
        ("AZUREML_ARM_WORKSPACE_NAME", &row.workspace),
        ("AZUREML_ARM_PROJECT_NAME", &row.experiment_name),
        (
            "AZUREML_JOB_NAME",
            row.display_name.as_deref().unwrap_or(&row.name),
        ),
        ("MLFLOW_TRACKING_URI", &tracking),
        ("MLFLOW_REGISTRY_URI", &tracking),
        ("MLFLOW_TRACKING_TOKEN", token),
        ("MLFLOW_RUN_ID", &row.name),
        ("MLFLOW_EXPERIMENT_ID", &row.experiment_id),
        ("MLFLOW_EXPERIMENT_NAME", &row.experiment_name),
        // What runs here is told to nobody else; a job that wants to tell sets it itself.
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        ("TIDEMILL_URL", &address),
        ("TIDEMILL_WORKSPACE", &row.workspace),
        ("TIDEMILL_TOKEN", token),
    ];
    Ok(pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}
