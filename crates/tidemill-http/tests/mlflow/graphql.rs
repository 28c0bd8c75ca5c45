//! GraphQL, as MLflow's web page asks it: the answers are those that `mlflow server` 3.18 gave to the same requests.

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const API: &str = "/api/2.0/mlflow";

async fn ask(client: &Client, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    client.post("/graphql", body).await.ok()
}

#[tokio::test]
async fn a_run_is_told_in_the_shape_that_is_asked_for() {
    let server = TestServer::start().await;
    let client = server.client();
    let made = json!({"name": "shaped", "tags": [{"key": "a", "value": "b"}]});
    let made = client.post(&format!("{API}/experiments/create"), made).await.ok();
    let experiment = made["experiment_id"].as_str().expect("an id").to_owned();
    let start = json!({"experiment_id": experiment, "run_name": "rn", "user_id": "me", "start_time": 5});
    let made = client.post(&format!("{API}/runs/create"), start).await.ok();
    let run = made["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    let point = |key: &str, value: Value| json!({"key": key, "value": value, "timestamp": 4, "step": 4});
    let batch = json!({
        "run_id": run,
        "metrics": [point("m", json!(4)), point("nan", json!("NaN"))],
        "params": [{"key": "p", "value": "1"}],
    });
    client.post(&format!("{API}/runs/log-batch"), batch).await.ok();

    let query = r#"query GetRun($data: MlflowGetRunInput!) @component(name: "page") {
        mlflowGetRun(input: $data) {
            apiError { code }
            run {
                info { runId runName experimentId status startTime endTime __typename }
                experiment { name tags { key value } }
                modelVersions { name }
                data { metrics { key value step } ...Rest }
                outputs { modelOutputs { modelId } }
            }
        }
    }
    fragment Rest on MlflowRunData { params { key value } }"#;
    let told = ask(&client, query, json!({"data": {"runId": run}})).await;
    let expected = json!({
        "apiError": null,
        "run": {
            "info": {
                "runId": run, "runName": "rn", "experimentId": experiment, "status": "RUNNING", "startTime": "5",
                "endTime": "0", "__typename": "MlflowRunInfo",
            },
            "experiment": {"name": "shaped", "tags": [{"key": "a", "value": "b"}]},
            "modelVersions": [],
            "data": {
                "metrics": [
                    {"key": "m", "value": 4.0, "step": "4"},
                    {"key": "nan", "value": null, "step": "4"},
                ],
                "params": [{"key": "p", "value": "1"}],
            },
            "outputs": {"modelOutputs": []},
        },
    });
    assert_eq!(told, json!({"data": {"mlflowGetRun": expected}, "errors": null}));

    let query = "query($d: MlflowGetMetricHistoryBulkIntervalInput) {
        mlflowGetMetricHistoryBulkInterval(input: $d) { metrics { key value timestamp runId } } }";
    let told = ask(
        &client,
        query,
        json!({"d": {"runIds": [run], "metricKey": "m", "maxResults": 3}}),
    )
    .await;
    assert_eq!(
        told["data"]["mlflowGetMetricHistoryBulkInterval"]["metrics"],
        json!([{"key": "m", "value": 4.0, "timestamp": "4", "runId": run}])
    );
    let query =
        "mutation($d: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $d) { runs { info { runName } } } }";
    let given = json!({"d": {"experimentIds": [experiment], "filter": "params.p = '1'", "maxResults": 5}});
    assert_eq!(
        ask(&client, query, given).await["data"]["mlflowSearchRuns"],
        json!({"runs": [{"info": {"runName": "rn"}}]})
    );
    let query = "query($d: MlflowListArtifactsInput) { mlflowListArtifacts(input: $d) { files { path } nextPageToken } }";
    assert_eq!(
        ask(&client, query, json!({"d": {"runId": run}})).await["data"]["mlflowListArtifacts"],
        json!({"files": [], "nextPageToken": ""})
    );
}

#[tokio::test]
async fn what_cannot_be_answered_is_told_in_graphqls_words() {
    let server = TestServer::start().await;
    let client = server.client();
    let echo = |n: usize| format!("a{n}: test(inputString: \"x\") {{ output }}");
    let eleven = format!("{{ {} }}", (0..11).map(echo).collect::<Vec<_>>().join(" "));
    let table = [
        (
            "{ test(inputString: \"a\") { output } }",
            json!({"test": {"output": "a"}}),
            Value::Null,
        ),
        (
            "query($x: String = \"dflt\") { __typename test(inputString: $x) { output } }",
            json!({"__typename": "Query", "test": {"output": "dflt"}}),
            Value::Null,
        ),
        (
            "mutation { testMutation(inputString: \"a\") { output } }",
            json!({"testMutation": null}),
            Value::Null,
        ),
        (
            "{ nope }",
            Value::Null,
            json!(["Cannot query field 'nope' on type 'Query'."]),
        ),
        (
            "{ test }",
            Value::Null,
            json!([
                "Field 'test' of type 'Test' must have a selection of subfields. Did you mean 'test { ... }'?"
            ]),
        ),
        (
            "{ mlflowGetExperiment(input: {experimentId: \"0\"}) { experiment { name { x } } } }",
            Value::Null,
            json!(["Field 'name' must not have a selection since type 'String' has no subfields."]),
        ),
        (
            "{ test(bad: \"x\") { output } }",
            Value::Null,
            json!(["Unknown argument 'bad' on field 'Query.test'."]),
        ),
        (
            "query($x: String!) { test(inputString: $x) { output } }",
            Value::Null,
            json!(["Variable '$x' of required type 'String!' was not provided."]),
        ),
        (
            "{ mlflowGetRun(input: {runId: \"nope\"}) { run { info { runId } } } }",
            json!({"mlflowGetRun": null}),
            json!(["Run with id=nope not found"]),
        ),
        (
            eleven.as_str(),
            Value::Null,
            json!([
                "GraphQL queries should have at most 10 root fields, got 11 root fields. To increase the limit, set \
                    the MLFLOW_SERVER_GRAPHQL_MAX_ROOT_FIELDS environment variable."
            ]),
        ),
        (
            "{ ...F } fragment F on Query { test(inputString: \"a\") { ...F output } }",
            Value::Null,
            json!(["Query exceeds maximum depth of 10"]),
        ),
        (
            "query A { test(inputString: \"a\") { output } } query B { test(inputString: \"b\") { output } }",
            Value::Null,
            json!(["Must provide operation name if query contains multiple operations."]),
        ),
        (
            "subscription { x }",
            Value::Null,
            json!(["Schema is not configured to execute subscription operation."]),
        ),
    ];
    for (query, data, errors) in table {
        let told = ask(&client, query, json!({})).await;
        assert_eq!(told, json!({"data": data, "errors": errors}), "{query}");
    }
    for query in ["bad", "{ test(", ""] {
        let refused = client.post("/graphql", json!({"query": query})).await.fails(400);
        assert_eq!(refused["error_code"], "INVALID_PARAMETER_VALUE");
    }
}

#[tokio::test]
async fn each_workspace_answers_for_itself() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put("/api/v1/workspaces/team-a", json!({})).await.ok();
    let query = "{ mlflowGetExperiment(input: {experimentId: \"0\"}) { experiment { workspace } } }";
    let told = client
        .post("/workspaces/team-a/graphql", json!({"query": query}))
        .await
        .ok();
    assert_eq!(
        told["data"]["mlflowGetExperiment"]["experiment"]["workspace"],
        "team-a"
    );
}
