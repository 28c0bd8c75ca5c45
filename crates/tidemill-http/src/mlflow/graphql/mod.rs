//! `POST /graphql`: what MLflow's web page asks in GraphQL, answered by the same use cases as the REST surface.

mod execute;
mod parse;
mod schema;

use axum::Router;
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tidemill_api::mlflow::model_version::SearchModelVersions;
use tidemill_api::mlflow::{Request, Schema, read_json};
use tidemill_app::{OpContext, artifact, experiment, metric, model_version, run, run_input};

use self::parse::{Document, Field};
use super::answer::{Answer, Result};
use super::call::Call;
use super::error::MlflowError;
use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new().route("/graphql", post(graphql))
}

/// What is asked.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct GraphQl {
    query: String,
    variables: Map<String, Value>,
    operation_name: Option<String>,
}

impl Request for GraphQl {
    const SCHEMA: Schema = &[("query", &[tidemill_api::mlflow::Check::Required])];
}

async fn graphql(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GraphQl>,
) -> Result<Value> {
    let document = parse::parse(&request.query).map_err(MlflowError::invalid)?;
    Ok(Answer(
        match answer(&ctx, &workspace, &document, &request).await {
            Ok((data, errors)) => {
                let errors = (!errors.is_empty()).then_some(errors);
                json!({ "data": data, "errors": errors })
            }
            Err(errors) => json!({ "data": null, "errors": errors }),
        },
    ))
}

/// The answer, with what went wrong in parts of it; or what is wrong with all of it.
async fn answer(
    ctx: &OpContext,
    workspace: &str,
    document: &Document,
    request: &GraphQl,
) -> std::result::Result<(Value, Vec<String>), Vec<String>> {
    let one = |error| vec![error];
    execute::not_too_much(document).map_err(one)?;
    let name = request.operation_name.as_deref().filter(|name| !name.is_empty());
    let operation = execute::chosen(document, name).map_err(one)?;
    let Some(root) = schema::root(&operation.kind) else {
        let kind = &operation.kind;
        return Err(one(format!(
            "Schema is not configured to execute {kind} operation."
        )));
    };
    let faults = execute::faults(document, operation, root);
    if !faults.is_empty() {
        return Err(faults);
    }
    let variables = execute::variables(operation, &request.variables)?;
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for field in execute::fields(document, &operation.selections) {
        let input = field
            .arguments
            .first()
            .and_then(|(_, given)| given.value(&variables));
        let object = root.field(&field.name);
        let told = match object {
            None => Value::from(root.name),
            Some(schema::Kind::Never(_)) => Value::Null,
            Some(kind) => match resolved(ctx, workspace, document, field, input).await {
                Ok(found) => match kind.object() {
                    Some(object) => execute::shaped(document, object, &field.selections, &found),
                    None => found,
                },
                Err(error) => {
                    errors.push(error);
                    Value::Null
                }
            },
        };
        data.insert(field.alias.as_ref().unwrap_or(&field.name).clone(), told);
    }
    Ok((Value::Object(data), errors))
}

/// What a field of the root finds, in the JSON of the REST surface.
async fn resolved(
    ctx: &OpContext,
    workspace: &str,
    document: &Document,
    field: &Field,
    input: Option<Value>,
) -> std::result::Result<Value, String> {
    if field.name == "test" {
        return Ok(json!({ "output": input }));
    }
    let Some(Value::Object(input)) = input else {
        return Err(format!(
            "failed to answer '{}': its argument 'input' is missing",
            field.name
        ));
    };
    let input: Map<_, _> = input
        .into_iter()
        .map(|(name, value)| (execute::snake(&name), value))
        .collect();
    let input = Value::from(input).to_string();
    let input = input.as_bytes();
    match field.name.as_str() {
        "mlflowGetExperiment" => {
            let asked: tidemill_api::mlflow::experiment::ExperimentId = read_json(input, &[])?;
            let found = experiment::get(ctx, workspace, &asked.experiment_id).await;
            told(found).map(|found| json!({ "experiment": found }))
        }
        "mlflowGetRun" => {
            let asked: tidemill_api::mlflow::run::RunId = read_json(input, &[])?;
            let mut found = told(run::get(ctx, workspace, &asked.run_id).await)?;
            more_of_run(ctx, workspace, document, field, &mut found).await?;
            Ok(json!({ "run": found }))
        }
        "mlflowSearchRuns" => {
            let mut found = told(run::search(ctx, workspace, read_json(input, &[])?).await)?;
            for found in found["runs"].as_array_mut().into_iter().flatten() {
                more_of_run(ctx, workspace, document, field, found).await?;
            }
            Ok(found)
        }
        "mlflowGetMetricHistoryBulkInterval" => {
            let found = metric::history_bulk_interval(ctx, workspace, read_json(input, &[])?).await;
            told(found).map(|found| json!({ "metrics": found }))
        }
        "mlflowListArtifacts" => {
            let asked: tidemill_api::mlflow::artifact::ListArtifacts = read_json(input, &[])?;
            told(artifact::list_of_run(ctx, workspace, &asked.run_id, asked.path.as_deref()).await)
        }
        "mlflowSearchModelVersions" => {
            told(model_version::search(ctx, workspace, read_json(input, &[])?).await)
        }
        "mlflowSearchDatasets" => {
            told(run_input::search_datasets(ctx, workspace, read_json(input, &[])?).await)
        }
        other => Err(format!("Cannot query field '{other}'.")),
    }
}

/// What a run alone has here: its experiment, and the versions that were registered from it.
async fn more_of_run(
    ctx: &OpContext,
    workspace: &str,
    document: &Document,
    field: &Field,
    found: &mut Value,
) -> std::result::Result<(), String> {
    let below = execute::fields(document, &field.selections);
    let asked: Vec<_> = below
        .iter()
        .filter(|field| matches!(field.name.as_str(), "run" | "runs"))
        .flat_map(|field| execute::fields(document, &field.selections))
        .map(|field| field.name.as_str())
        .collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if asked.contains(&"experiment") {
        let id = text(&found["info"]["experiment_id"]);
        found["experiment"] = told(experiment::get(ctx, workspace, &id).await)?;
    }
    if asked.contains(&"modelVersions") {
        let search = SearchModelVersions {
            filter: Some(format!("run_id='{}'", text(&found["info"]["run_id"]))),
            ..SearchModelVersions::default()
        };
        let versions = told(model_version::search(ctx, workspace, search).await)?;
        found["model_versions"] = versions["model_versions"].clone();
    }
    Ok(())
}

/// An answer of a use case as JSON, or its error as a text.
fn told<T: Serialize>(found: tidemill_app::Result<T>) -> std::result::Result<Value, String> {
    let found = found.map_err(|error| error.message)?;
    serde_json::to_value(found).map_err(|error| error.to_string())
}
