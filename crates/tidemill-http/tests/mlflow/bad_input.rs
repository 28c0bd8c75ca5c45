//! Input that makes no sense, and what is said of it; and input that looks odd and is kept as it is.

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const API: &str = "/api/2.0/mlflow";

async fn run(client: &Client) -> String {
    let made = client
        .post(&format!("{API}/runs/create"), json!({"experiment_id": "0"}))
        .await
        .ok();
    made["run"]["info"]["run_id"].as_str().expect("an id").to_owned()
}

async fn refused(client: &Client, path: &str, body: Value) -> Value {
    client.post(&format!("{API}{path}"), body).await.fails(400)
}

#[tokio::test]
async fn what_breaks_a_rule_is_told_in_mlflows_words() {
    let server = TestServer::start().await;
    let client = server.client();
    let run = run(&client).await;
    let see = " See the API docs for more information about request parameters.";
    let long = "x".repeat(251);
    let control = "a\u{1}b";
    let names = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) \
                 and slashes (/).";
    let table = [
        ("/runs/log-metric", json!({"run_id": run, "key": "m", "value": "x", "timestamp": 1}),
            format!("Invalid value \"x\" for parameter 'value' supplied:  Hint: Value was of type 'str'.{see}")),
        ("/runs/log-metric", json!({"run_id": run, "key": "m", "value": 1}),
            format!("Missing value for required parameter 'timestamp'.{see}")),
        ("/runs/log-metric", json!({"run_id": run, "key": "m", "value": 1, "timestamp": -1}),
            "Invalid value -1 for parameter 'timestamp' supplied: metric 'm' (value=1.0). Timestamp must be a nonnegative long (64-bit integer) ".into()),
        ("/runs/log-metric", json!({"run_id": run, "key": control, "value": 1, "timestamp": 1}),
            format!("Invalid value \"a\\u0001b\" for parameter 'name' supplied: {names}")),
        ("/runs/log-parameter", json!({"run_id": run, "key": long, "value": "v"}),
            "'Param key' exceeds the maximum length of 250 characters".into()),
        ("/runs/log-batch", json!({"run_id": run, "params": [{"key": "p", "value": "1"}, {"key": "p", "value": "2"}]}),
            "Duplicate parameter keys have been submitted: ['p']. Please ensure the request contains only one param value per param key.".into()),
        ("/runs/search", json!({"experiment_ids": ["0"], "max_results": 50_001}),
            String::new()),
        ("/runs/search", json!({"experiment_ids": ["0"], "filter": "metrics.a >> 1"}), String::new()),
        ("/runs/search", json!({"experiment_ids": ["0"], "page_token": "x"}), String::new()),
        ("/experiments/create", json!({"name": "x".repeat(501)}),
            "'name' exceeds the maximum length of 500 characters".into()),
    ];
    for (path, body, message) in table {
        let answer = refused(&client, path, body).await;
        assert_eq!(answer["error_code"], "INVALID_PARAMETER_VALUE", "{path} {answer}");
        if !message.is_empty() {
            assert_eq!(answer["message"], message, "{path}");
        }
    }
}

/// What makes no sense, and what MLflow 3.18 says of it: asked of `mlflow server` itself, row by row. `RUN` is a run whose
/// parameter `p` is 1, `GONE` a deleted run, `m` a registered model.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "vx", "value": "x", "timestamp": 1}"#, r#"Invalid value "x" for parameter 'value' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "v", "value": "", "timestamp": 1}"#, r#"Missing value for required parameter 'value'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "v", "value": null, "timestamp": 1}"#, r#"Missing value for required parameter 'value'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "k", "value": 1, "timestamp": -1}"#, r#"Invalid value -1 for parameter 'timestamp' supplied: metric 'k' (value=1.0). Timestamp must be a nonnegative long (64-bit integer) "#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "k", "value": 1, "timestamp": "x"}"#, r#"Invalid value "x" for parameter 'timestamp' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "a\u0001b", "value": 1, "timestamp": 1}"#, r#"Invalid value "a\u0001b" for parameter 'name' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "../x", "value": 1, "timestamp": 1}"#, r#"Invalid value "../x" for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '../x'"#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "a/../b", "value": 1, "timestamp": 1}"#, r#"Invalid value "a/../b" for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to 'b'"#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "/x", "value": 1, "timestamp": 1}"#, r#"Invalid value "/x" for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '/x'"#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "gr\u00f6\u00dfe \ud83d\udeeb", "value": 1, "timestamp": 1}"#, r#"Invalid value "gr\u00f6\u00dfe \ud83d\udeeb" for parameter 'name' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "<b>", "value": 1, "timestamp": 1}"#, r#"Invalid value "<b>" for parameter 'name' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "", "value": 1, "timestamp": 1}"#, r#"Missing value for required parameter 'key'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-metric"#, r#"{"key": "k", "value": 1, "timestamp": 1}"#, r#"Missing value for required parameter 'run_id'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "GONE", "key": "k", "value": 1, "timestamp": 1}"#, r#"The run GONE must be in the 'active' state. Current state is deleted."#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "nope", "key": "k", "value": 1, "timestamp": 1}"#, r#"Run with id=nope not found"#),
    (r#"POST /runs/log-parameter"#, r#"{"run_id": "RUN", "key": "p", "value": "2"}"#, r#"Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='RUN'. Attempted logging new value '2'."#),
    (r#"POST /runs/log-parameter"#, r#"{"run_id": "RUN", "key": "a\u0001b", "value": "1"}"#, r#"Invalid value "a\u0001b" for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/log-parameter"#, r#"{"run_id": "RUN", "key": "p<i>", "value": "1"}"#, r#"Invalid value "p<i>" for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "params": [{"key": "p", "value": "3"}, {"key": "q", "value": "1"}]}"#, r#"Changing param values is not allowed. Params were already logged='[{'key': 'p', 'old_value': '1', 'new_value': '3'}]' for run ID='RUN'."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "params": [{"key": "r", "value": "3"}, {"key": "r", "value": "1"}]}"#, r#"Duplicate parameter keys have been submitted: ['r']. Please ensure the request contains only one param value per param key."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "params": [{"key": "s", "value": "3"}, {"key": "s", "value": "3"}]}"#, r#"Duplicate parameter keys have been submitted: ['s']. Please ensure the request contains only one param value per param key."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "metrics": [{"key": "k", "timestamp": 1}]}"#, r#"Missing value for required parameter 'metrics[0].value'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "metrics": [{"key": "a\u0001b", "value": 1, "timestamp": 1}]}"#, r#"Invalid value "a\u0001b" for parameter 'metrics[0].name' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "params": [{"value": "3"}]}"#, r#"Missing value for required parameter 'params[0].key'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/log-batch"#, r#"{"run_id": "RUN", "metrics": "x"}"#, r#"Invalid value "x" for parameter 'metrics' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/set-tag"#, r#"{"run_id": "RUN", "key": "a\u0001b", "value": "1"}"#, r#"Invalid value "a\u0001b" for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."#),
    (r#"POST /runs/set-tag"#, r#"{"run_id": "RUN", "key": "", "value": "x"}"#, r#"Missing value for required parameter 'key'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/delete-tag"#, r#"{"run_id": "RUN", "key": "nope"}"#, r#"No tag with name: nope in run with id RUN"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "filter": "a OR b"}"#, r#"Invalid clause(s) in filter string: 'a', 'OR', 'b'"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "filter": "tags.a = 'x' AND nope.b = 1"}"#, r#"Invalid entity type 'nope'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "filter": "params.a = 1"}"#, r#"Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "filter": "metrics.a = 'x'"}"#, r#"Expected numeric value type for metric. Found 'x'"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "order_by": ["nope.x"]}"#, r#"Invalid entity type 'nope'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "order_by": ["metrics.a UP"]}"#, r#"Invalid ordering key in order_by clause 'metrics.a UP'."#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "page_token": "x"}"#, r#"Invalid page token, could not base64-decode"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "max_results": 50001}"#, r#"Invalid value 50001 for parameter 'max_results' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "max_results": 0}"#, r#"Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "max_results": -1}"#, r#"Invalid value -1 for parameter 'max_results' supplied. It must be a positive integer"#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": "0"}"#, r#"Invalid value "0" for parameter 'experiment_ids' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters."#),
    (r#"POST /experiments/create"#, r#"{"name": ""}"#, r#"Missing value for required parameter 'name'. See the API docs for more information about request parameters."#),
    (r#"POST /experiments/create"#, r#"{"name": 3}"#, r#"Invalid value 3 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters."#),
    (r#"POST /runs/create"#, r#"{"experiment_id": "99"}"#, r#"No Experiment with id=99 exists"#),
    (r#"POST /runs/create"#, r#"{"experiment_id": "0", "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]}"#, r#"Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a', mlflow.runName='b')."#),
    (r#"POST /registered-models/create"#, r#"{"name": ""}"#, r#"Missing value for required parameter 'name'. See the API docs for more information about request parameters."#),
    (r#"POST /registered-models/create"#, r#"{"name": "a/b"}"#, r#"Invalid model name 'a/b'. Names cannot contain '/' or ':'."#),
    (r#"POST /registered-models/create"#, r#"{"name": "a:b"}"#, r#"Invalid model name 'a:b'. Names cannot contain '/' or ':'."#),
    (r#"POST /registered-models/create"#, r#"{"name": "m"}"#, r#"Registered Model (name=m) already exists."#),
    (r#"POST /registered-models/alias"#, r#"{"name": "m", "alias": "a b", "version": "1"}"#, r#"Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-)."#),
    (r#"POST /registered-models/alias"#, r#"{"name": "m", "alias": "v1", "version": "1"}"#, r#"Version alias name 'v1' is reserved."#),
    (r#"POST /registered-models/alias"#, r#"{"name": "m", "alias": "latest", "version": "1"}"#, r#"'latest' alias name (case insensitive) is reserved."#),
    (r#"GET /model-versions/get?name=m&version=x"#, r#""#, r#"Parameter 'version' must be an integer, got 'x'."#),
    (r#"GET /model-versions/get?name=m&version=7"#, r#""#, r#"Model Version (name=m, version=7) not found"#),
    (r#"GET /artifacts/list?run_id=RUN&path=../x"#, r#""#, r#"Invalid path"#),
    (r#"GET /artifacts/list?run_id=RUN&path=/etc"#, r#""#, r#"Invalid path"#),
    (r#"GET /artifacts/list?run_id=RUN&path=a%2F..%2F..%2Fb"#, r#""#, r#"Invalid path"#),
    (r#"GET /get-artifact?run_id=RUN&path=../../x"#, r#""#, r#"Invalid path"#),
    (r#"GET /api/2.0/mlflow-artifacts/artifacts/..%2f..%2fx"#, r#""#, r#"Invalid path"#),
    (r#"GET /api/2.0/mlflow-artifacts/artifacts?path=../x"#, r#""#, r#"Invalid path"#),
    (r#"GET /metrics/get-history?run_id=RUN"#, r#""#, r#"Missing value for required parameter 'metric_key'. See the API docs for more information about request parameters."#),
    (r#"GET /metrics/get-history?run_id=RUN&metric_key=k&page_token=x&max_results=5"#, r#""#, r#"Invalid page token, could not base64-decode"#),
    (r#"GET /runs/get"#, r#""#, r#"Missing value for required parameter 'run_id'. See the API docs for more information about request parameters."#),
    (r#"GET /runs/get?run_id=nope"#, r#""#, r#"Run with id=nope not found"#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "key": "k", "value": 1, "timestamp": 1, "dataset_name": "d"}"#, r#"Both dataset_name and dataset_digest must be provided if one is provided"#),
    (r#"POST /runs/log-metric"#, r#"{"run_id": "RUN", "runId": "RUN", "key": "k", "value": 1, "timestamp": 1}"#, r#"Request specifies both 'run_id' and 'runId'; provide only one of them."#),
    (r#"GET /metrics/get-history?run_id=RUN&metric_key=k&max_results=0"#, r#""#, r#"Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer."#),
    (r#"GET /metrics/get-history-bulk"#, r#""#, r#"GetMetricHistoryBulk request must specify at least one run_id."#),
    (r#"GET /metrics/get-history-bulk?run_id=RUN"#, r#""#, r#"GetMetricHistoryBulk request must specify a metric_key."#),
    (r#"GET /metrics/get-history-bulk-interval?run_ids=RUN&metric_key=k&max_results=0"#, r#""#, r#"max_results must be between 1 and 2500. See the API docs for more information about request parameters."#),
    (r#"POST /experiments/search"#, r#"{}"#, r#"Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"#),
    (r#"POST /experiments/search"#, r#"{"max_results": 1, "filter": "tags.a > 'x'"}"#, r#"Invalid comparator for tag: >"#),
    (r#"POST /experiments/search"#, r#"{"max_results": 1, "filter": "name = 5"}"#, r#"Expected a quoted string value for attributes. Got value 5"#),
    (r#"POST /experiments/create"#, r#"{"name": "f", "artifact_location": "mlflow-artifacts:/x#y"}"#, r#"'artifact_location' URL can't include fragments or params."#),
    (r#"POST /runs/search"#, r#"{"experiment_ids": ["0"], "filter": "metrics.a LIKE 'x'"}"#, r#"Expected numeric value type for metric. Found 'x'"#),
    (r#"POST /logged-models/search"#, r#"{"experiment_ids": ["0"], "order_by": [{"field_name": "params.a"}]}"#, r#"Invalid order by field name: params.a. Only metrics are supported."#),
    (r#"GET /model-versions/search?max_results=0"#, r#""#, r#"Invalid value for max_results. It must be a positive integer, but got 0"#),
    (r#"GET /registered-models/search?filter=tags.a%20IS%20NULL"#, r#""#, r#"IS NULL / IS NOT NULL is not supported for registered model search."#),
    (r#"POST /registered-models/create"#, r#"{"name": "m", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}"#, r#"Tried to create a prompt with name 'm', but the name is already taken by a registered model. MLflow does not allow creating a model and a prompt with the same name."#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "s3://b/k", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}"#, r#"Invalid prompt source: 's3://b/k'. Prompt sources must use an MLflow placeholder."#),
    (r#"POST /experiments/search"#, r#"{"max_results": "x", "view_type": "ALL"}"#, r#"Invalid value "ALL" for parameter 'view_type' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters."#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "file:///etc", "run_id": "RUN"}"#, r#"Invalid model version source: '/etc'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id."#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "s3://b"}"#, r#"Invalid model version source: 's3://b'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path."#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "models:/nope/1"}"#, r#"Registered Model with name=nope not found"#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "runs:/other/model", "run_id": "RUN"}"#, r#"Invalid model version source: 'runs:/other/model'. The run_id request parameter must identify the resource that contains the source."#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "s3://b/k", "model_id": "m-nope"}"#, r#"Logged model with ID 'm-nope' not found."#),
    (r#"POST /api/3.0/mlflow/traces"#, r#"{"trace": {"trace_info": {"trace_id": "", "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}, "request_time": "2025-01-01T00:00:00Z", "state": "OK"}}}"#, r#"Invalid value "" for parameter 'trace_id' supplied: must be a single path component"#),
    (r#"POST /registered-models/rename"#, r#"{"name": "m", "new_name": "  "}"#, r#"Missing value for required parameter 'new_name'."#),
    (r#"POST /model-versions/transition-stage"#, r#"{"name": "  ", "version": "1", "stage": "Staging"}"#, r#"Missing value for required parameter 'name'."#),
    (r#"POST /model-versions/transition-stage"#, r#"{"name": "a/../b", "version": "1", "stage": "Staging"}"#, r#"Invalid model name 'a/../b'. Names cannot contain '/' or ':'."#),
    (r#"POST /model-versions/set-tag"#, r#"{"name": "a/b", "version": "1", "key": "k", "value": "v"}"#, r#"Invalid model name 'a/b'. Names cannot contain '/' or ':'."#),
    (r#"DELETE /model-versions/delete-tag"#, r#"{"name": "  ", "version": "1", "key": "k"}"#, r#"Missing value for required parameter 'name'."#),
    (r#"DELETE /model-versions/delete"#, r#"{"name": "a:b", "version": "1"}"#, r#"Invalid model name 'a:b'. Names cannot contain '/' or ':'."#),
    (r#"GET /model-versions/get-download-uri"#, r#""#, r#"Missing value for required parameter 'name'."#),
    (r#"GET /model-versions/get-download-uri?name=m"#, r#""#, r#"Parameter 'version' must be an integer, got ''."#),
    (r#"POST /model-versions/create"#, r#"{"name": "m", "source": "models:/m-1"}"#, r#"Invalid model version source: 'models:/m-1'. The model_id request parameter must identify the resource that contains the source."#),
    (r#"POST /model-versions/create"#, r#"{"name": "nobody", "source": "models:/m-1"}"#, r#"Invalid model version source: 'models:/m-1'. The model_id request parameter must identify the resource that contains the source."#),
    (r#"POST /runs/update"#, r#"{"status": "FINISHED"}"#, r#"Missing value for required parameter 'run_id'. See the API docs for more information about request parameters."#),
];

/// Rows whose body is too long to write down.
fn long_rows(run: &str) -> Vec<(&'static str, Value, &'static str)> {
    let texts = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|at| json!({"key": format!("k{at}"), "value": "1"}))
            .collect()
    };
    let points = |count: usize| vec![json!({"key": "k", "value": 1, "timestamp": 1}); count];
    vec![
        (
            "/runs/log-batch",
            json!({"run_id": run, "metrics": points(1001)}),
            "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics across multiple requests and try again.",
        ),
        (
            "/runs/log-batch",
            json!({"run_id": run, "params": texts(101)}),
            "A batch logging request can contain at most 100 params. Got 101 params. Please split up params across multiple requests and try again.",
        ),
        (
            "/runs/log-batch",
            json!({"run_id": run, "tags": texts(101)}),
            "A batch logging request can contain at most 100 tags. Got 101 tags. Please split up tags across multiple requests and try again.",
        ),
        (
            "/runs/log-batch",
            json!({"run_id": run, "metrics": points(1000), "tags": texts(1)}),
            "A batch logging request can contain at most 1000 metrics, params, and tags. Got 1001 metrics, params, and tags. Please split up metrics, params, and tags across multiple requests and try again.",
        ),
        (
            "/runs/log-metric",
            json!({"run_id": run, "key": "k".repeat(251), "value": 1, "timestamp": 1}),
            "'Metric name' exceeds the maximum length of 250 characters",
        ),
        (
            "/experiments/create",
            json!({"name": "x".repeat(501)}),
            "'name' exceeds the maximum length of 500 characters",
        ),
    ]
}

#[tokio::test]
async fn each_line_is_answered_as_mlflow_answers_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let (run, gone) = (run(&client).await, run(&client).await);
    let post = async |path: &str, body: Value| client.post(&format!("{API}{path}"), body).await;
    post(
        "/runs/log-parameter",
        json!({"run_id": run, "key": "p", "value": "1"}),
    )
    .await
    .ok();
    post("/runs/delete", json!({"run_id": gone})).await.ok();
    post("/registered-models/create", json!({"name": "m"})).await.ok();
    let mut wrong = Vec::new();
    for (asked, body, said) in TABLE {
        let fill = |text: &str| text.replace("RUN", &run).replace("GONE", &gone);
        let (verb, path) = asked.split_once(' ').expect("a verb and a path");
        let path = fill(path);
        let path = match path.starts_with("/api/") || path.starts_with("/get-artifact") {
            true => path,
            false => format!("{API}{path}"),
        };
        let body = (!body.is_empty()).then(|| serde_json::from_str(&fill(body)).expect("JSON"));
        let answer = client.send(verb, &path, body.clone(), &[]).await;
        let code = match answer.status {
            404 => "RESOURCE_DOES_NOT_EXIST",
            _ if said.contains("already exists") || said.contains("already taken") => {
                "RESOURCE_ALREADY_EXISTS"
            }
            _ => "INVALID_PARAMETER_VALUE",
        };
        let is_missing = ["not found", "No tag with name", "No Experiment with id"];
        let status = if is_missing.iter().any(|words| said.contains(words)) {
            404
        } else {
            400
        };
        let expected = (status, json!(code), json!(fill(said)));
        let found = (
            answer.status,
            answer.body["error_code"].clone(),
            answer.body["message"].clone(),
        );
        if found != expected {
            wrong.push(format!("{asked} {body:?}\n  {found:?}\n  {expected:?}"));
        }
    }
    for (path, body, said) in long_rows(&run) {
        let answer = post(path, body).await.fails(400);
        if answer["message"] != said {
            wrong.push(format!("{path} {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Nothing of all this was kept.
    let kept = client.get(&format!("{API}/runs/get?run_id={run}")).await.ok();
    assert_eq!(kept["run"]["data"]["params"], json!([{"key": "p", "value": "1"}]));
    assert_eq!(kept["run"]["data"]["metrics"], Value::Null);
}

#[tokio::test]
async fn odd_numbers_and_names_are_kept_as_they_are() {
    let server = TestServer::start().await;
    let client = server.client();
    let run = run(&client).await;
    let exact = 9_007_199_254_740_993_i64; // 2^53 + 1
    let points = json!([
        {"key": "größe/ü", "value": "NaN", "timestamp": exact, "step": exact},
        {"key": "up", "value": "Infinity", "timestamp": 1, "step": 0},
        {"key": "down", "value": "-Infinity", "timestamp": 1, "step": 0},
        {"key": "twice", "value": 1.5, "timestamp": 1, "step": 0},
        {"key": "twice", "value": 1.5, "timestamp": 1, "step": 0},
    ]);
    client
        .post(
            &format!("{API}/runs/log-batch"),
            json!({"run_id": run, "metrics": points}),
        )
        .await
        .ok();
    let history = async |key: &str| {
        let path = format!("{API}/metrics/get-history?run_id={run}&metric_key={key}");
        client.get(&path).await.ok()["metrics"].clone()
    };
    let nan = history("gr%C3%B6%C3%9Fe/%C3%BC").await;
    assert_eq!(
        (&nan[0]["value"], &nan[0]["step"], &nan[0]["timestamp"]),
        (&json!("NaN"), &json!(exact), &json!(exact))
    );
    assert_eq!(
        history("up").await[0]["value"],
        json!(1.797_693_134_862_315_7e308)
    );
    assert_eq!(
        history("down").await[0]["value"],
        json!(-1.797_693_134_862_315_7e308)
    );
    assert_eq!(history("twice").await.as_array().map(Vec::len), Some(1));
    let emoji = json!({"name": "flights 🛫 <script>alert(1)</script> \u{202e}"});
    let made = client
        .post(&format!("{API}/experiments/create"), emoji.clone())
        .await
        .ok();
    let id = made["experiment_id"].as_str().expect("an id");
    let found = client
        .get(&format!("{API}/experiments/get?experiment_id={id}"))
        .await
        .ok();
    assert_eq!(found["experiment"]["name"], emoji["name"]);
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_says_where() {
    let server = TestServer::start().await;
    let client = server.client();
    let table = [
        ("/runs/search", "params.a = 'x' AND metrics.ä > 'y'", 31),
        ("/runs/search", "tags.a = 'x' AND nope.b = 1", 17),
        ("/experiments/search", "name = 'x' AND name > 'y'", 20),
    ];
    for (path, filter, position) in table {
        let body = json!({"experiment_ids": ["0"], "filter": filter, "max_results": 5});
        let answer = refused(&client, path, body).await;
        assert_eq!(answer["position"], json!(position), "{filter} {answer}");
    }
}

#[tokio::test]
async fn a_page_token_fits_its_own_query_alone() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..3 {
        run(&client).await;
    }
    let search = |filter: &str, token: Option<&Value>| json!({"experiment_ids": ["0"], "max_results": 1, "filter": filter, "page_token": token});
    let path = format!("{API}/runs/search");
    let first = client.post(&path, search("", None)).await.ok();
    let token = &first["next_page_token"];
    let second = client.post(&path, search("", Some(token))).await.ok();
    assert_ne!(first["runs"], second["runs"]);
    let other = client
        .post(&path, search("attributes.status = 'RUNNING'", Some(token)))
        .await
        .fails(400);
    assert_eq!(other["error_code"], "INVALID_PARAMETER_VALUE");
    assert_eq!(
        other["message"],
        "Invalid page token, it belongs to another query"
    );
}

#[tokio::test]
async fn a_value_that_is_too_long_is_cut_and_ten_megabytes_are_answered() {
    let server = TestServer::start().await;
    let client = server.client();
    let run = run(&client).await;
    let body = json!({"run_id": run, "tags": [{"key": "t", "value": "x".repeat(10 << 20)}]});
    client.post(&format!("{API}/runs/log-batch"), body).await.ok();
    let kept = client.get(&format!("{API}/runs/get?run_id={run}")).await.ok();
    let tags = kept["run"]["data"]["tags"].as_array().expect("tags").clone();
    let tag = tags.iter().find(|tag| tag["key"] == "t").expect("the tag");
    assert_eq!(tag["value"].as_str().map(str::len), Some(8000));
    let long = json!({"run_id": run, "key": "p", "value": "v".repeat(6001)});
    client.post(&format!("{API}/runs/log-parameter"), long).await.ok();
    let kept = client.get(&format!("{API}/runs/get?run_id={run}")).await.ok();
    assert_eq!(
        kept["run"]["data"]["params"][0]["value"].as_str().map(str::len),
        Some(6000)
    );
}
