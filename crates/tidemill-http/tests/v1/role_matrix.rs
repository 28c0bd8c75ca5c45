//! The role matrix: every operation of the OpenAPI document, for every built-in role, here and where one has no role.
//! What is expected stands in `role_matrix.txt`, written by hand; an operation without a row fails.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use futures::future::join_all;
use serde_json::{Value, json};
use tidemill_policy::builtin;
use tidemill_testkit::{Client, TestServer};

const TABLE: &str = include_str!("role_matrix.txt");
pub const OWN: &str = "own";
pub const FOREIGN: &str = "foreign";

/// One operation of the document.
#[derive(Debug, Clone)]
struct Operation {
    method: String,
    path: String,
}

/// A row of the table: an operation, its action where it has several, and what is expected.
#[derive(Debug)]
struct Row<'a> {
    name: &'a str,
    operation: &'a str,
    action: Option<&'a str>,
    expected: &'a str,
}

/// Somebody with one role: in the workspace `own` alone, and on the whole server.
pub struct Holder {
    pub in_own: String,
    everywhere: String,
}

fn rows() -> Vec<Row<'static>> {
    let lines = TABLE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let row = |line: &'static str| {
        let (name, expected) = line.split_once(' ').expect("a name, and marks");
        let (operation, action) = match name.split_once(':') {
            Some((operation, action)) => (operation, Some(action)),
            None => (name, None),
        };
        Row {
            name,
            operation,
            action,
            expected: expected.trim(),
        }
    };
    lines.map(row).collect()
}

fn operations() -> BTreeMap<String, Operation> {
    let document = serde_json::to_value(tidemill_http::openapi()).expect("serialises");
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut all = BTreeMap::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            if let Some(id) = operation["operationId"].as_str() {
                all.insert(
                    id.to_owned(),
                    Operation {
                        method: method.to_uppercase(),
                        path: path.clone(),
                    },
                );
            }
        }
    }
    all
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations = operations();
    let rows = rows();
    let missing: Vec<_> = operations
        .keys()
        .filter(|id| rows.iter().all(|row| row.operation != *id))
        .collect();
    assert!(
        missing.is_empty(),
        "write down in role_matrix.txt who may do {missing:?}"
    );
    let unknown: Vec<_> = rows
        .iter()
        .filter(|row| !operations.contains_key(row.operation))
        .collect();
    assert!(unknown.is_empty(), "there is no operation for {unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_operation_answers_every_role_as_the_table_says() {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let run = world(&owner).await;
    let holders = join_all(
        builtin::definitions()
            .enumerate()
            .map(|(n, role)| holder(&owner, n, role.name)),
    )
    .await;
    let operations = operations();
    let http = reqwest::Client::new();
    let mut answers: HashMap<String, u16> = HashMap::new();
    for row in rows() {
        let operation = &operations[row.operation];
        let asked = holders.iter().enumerate().flat_map(|(n, holder)| {
            // Where an operation is not in a workspace, one's role is on the server, or else in a workspace alone.
            let (here, there) = match operation.path.contains("{ws}") {
                true => ((&holder.in_own, OWN), (&holder.in_own, FOREIGN)),
                false => ((&holder.everywhere, OWN), (&holder.in_own, OWN)),
            };
            [
                (format!("{}-{n}-here", answers.len()), here),
                (format!("{}-{n}-there", answers.len()), there),
            ]
        });
        let asked: Vec<_> = asked.collect();
        let sent = asked.iter().map(|(id, (token, workspace))| {
            let path = filled(&operation.path, workspace, row.action, &run);
            let method = operation.method.parse().expect("a method");
            let mut request = http
                .request(method, format!("http://{}{path}", server.address))
                .bearer_auth(token)
                .header("x-request-id", id);
            if operation.method != "GET" && operation.method != "DELETE" {
                request = request.json(&body(row.operation));
            }
            async {
                (
                    id.clone(),
                    request.send().await.expect("answers").status().as_u16(),
                )
            }
        });
        let names: Vec<_> = asked.iter().map(|(id, _)| id.clone()).collect();
        for answer in sent {
            let (id, status) = answer.await;
            answers.insert(id, status);
        }
        let statuses: Vec<_> = names.iter().map(|id| answers[id]).collect();
        let odd = |status: &u16| *status == 405 || *status >= 500;
        assert!(!statuses.iter().any(odd), "{}: {statuses:?}", row.name);
        CELLS.with_borrow_mut(|cells| cells.push((row.name.to_owned(), names)));
    }
    let refused = refused(&owner).await;
    // The routes of runners refuse people before anything is asked.
    let mark = |id: &String| match (refused.contains_key(id), answers[id]) {
        (true, 404) => '.',
        (true, _) | (false, 403) => '-',
        (false, _) => '+',
    };
    let mut wrong = String::new();
    let mut found = String::new();
    let cells = CELLS.take();
    for (row, (_, names)) in rows().iter().zip(&cells) {
        let marks: Vec<char> = names.iter().map(mark).collect();
        let half = |first: usize| {
            marks
                .iter()
                .skip(first)
                .step_by(2)
                .map(char::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let got = format!("{}   {}", half(0), half(1));
        let _ = writeln!(found, "{:<36} {got}", row.name);
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        if plain(row.expected) != plain(&got) {
            let _ = writeln!(
                wrong,
                "{:<36} {got}\n{:<36} {}",
                row.name, "   but the table says", row.expected
            );
        }
    }
    if let Some(file) = std::env::var_os("ROLE_MATRIX_FOUND") {
        std::fs::write(file, &found).expect("can be written");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

std::thread_local! {
    static CELLS: std::cell::RefCell<Vec<(String, Vec<String>)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Two workspaces with one run each, of the same id.
pub async fn world(owner: &Client) -> HashMap<&'static str, String> {
    let mut runs = HashMap::new();
    for workspace in [OWN, FOREIGN] {
        owner
            .put(&format!("/api/v1/workspaces/{workspace}"), json!({}))
            .await
            .ok();
        let create = format!("/workspaces/{workspace}/api/2.0/mlflow/runs/create");
        let run = owner.post(&create, json!({"experiment_id": "0"})).await.ok();
        runs.insert(
            workspace,
            run["run"]["info"]["run_id"].as_str().expect("an id").to_owned(),
        );
    }
    owner
        .put("/api/v1/groups/default/secrets/matrix", json!({"value": "v"}))
        .await
        .ok();
    runs
}

pub async fn holder(owner: &Client, n: usize, role: String) -> Holder {
    let mut tokens = Vec::new();
    for (place, scope) in [("own", "/workspaces/own"), ("all", "/")] {
        let name = format!("r{n}-{place}");
        owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
        let given = json!({"principal": format!("user:{name}"), "role": role, "scope": scope});
        owner.post("/api/v1/assignments", given).await.ok();
        let made = owner
            .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
            .await
            .ok();
        tokens.push(made["token"].as_str().expect("shown once").to_owned());
    }
    let everywhere = tokens.pop().expect("two");
    Holder {
        in_own: tokens.pop().expect("two"),
        everywhere,
    }
}

/// The requests that were refused.
pub async fn refused(owner: &Client) -> HashMap<String, String> {
    let lines = owner.get("/api/v1/audit:export?outcome=refused").await.ok();
    let lines = match lines {
        Value::String(text) => text,
        one => one.to_string(),
    };
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    rows.map(|row| {
        (
            row["request_id"].as_str().expect("text").to_owned(),
            row["action"].to_string(),
        )
    })
    .collect()
}

/// The path with its gaps filled: names of things that are not there, so that nothing that is needed goes away.
fn filled(path: &str, workspace: &str, action: Option<&str>, runs: &HashMap<&str, String>) -> String {
    let hash = "0".repeat(64);
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        segments.push(match segment {
            "{ws}" => workspace.to_owned(),
            "{group}" => "default".into(),
            "{g}" => "default".into(),
            "{run}" => runs[workspace].clone(),
            "{version}" => "1".into(),
            "{digest}" | "{hash}" => hash.clone(),
            "{*path}" => "a.txt".into(),
            "{alias_and_action}" => "champion".into(),
            gap if gap.starts_with('{') => "matrix".into(),
            word => word.to_owned(),
        });
    }
    let path = segments.join("/");
    let path = match action {
        Some(action) => format!("{path}:{action}"),
        None => path,
    };
    format!("{path}{}", query(&path))
}

fn query(path: &str) -> &'static str {
    if path.ends_with("/metric-series") {
        "?key=loss"
    } else if path.ends_with("/rights") {
        "?principal=user:owner&action=models/read&scope=/"
    } else if path.ends_with("/uploads") {
        "?path=a.txt&hash=0000000000000000000000000000000000000000000000000000000000000000&size_bytes=1&offset=9"
    } else if path.ends_with("/rights/who") {
        "?action=models/read&scope=/"
    } else if path.ends_with("/runner/logs") {
        "?file=std_log.txt&offset=0"
    } else {
        ""
    }
}

/// Bodies that can be read, so that what answers is the decision.
fn body(operation: &str) -> Value {
    match operation {
        "job_put" | "job_validate" => {
            json!({"spec": {"type": "command", "command": "true", "environment": "azureml:nowhere@latest"}})
        }
        "data_label_put" | "environment_label_put" | "component_label_put" | "model_label_put" => {
            json!({"version": "1"})
        }
        "data_version_create" | "data_version_put" => {
            json!({"type": "uri_folder", "path": "azureml://datastores/nowhere/paths/x"})
        }
        "component_version_create" | "component_version_put" => {
            json!({"type": "command", "command": "true", "environment": "azureml:nowhere@latest"})
        }
        "data_query" => json!({"sql": "select * from nowhere"}),
        "data_diff" => json!({"before": "nowhere:1", "after": "nowhere:2", "key": ["id"]}),
        "data_retention_put" => json!({"keep_versions": 3}),
        "data_retention_restore" => json!({"version": "1"}),
        "data_import" => {
            json!({"name": "matrix", "source": {"type": "database", "connection": "matrix", "query": "select 1"}})
        }
        "contract_put" => {
            json!({"data": "matrix", "consumer": "team:matrix", "expectations": {"rows": {"min": 0}}})
        }
        "data_validation_create" => json!({"expectations": {"rows": {"min": 0}}}),
        "experiment_import" => json!({"experiments": []}),
        "metric_point_import" => json!({"series": []}),
        "model_import" => json!({"models": []}),
        "runner_environment" => {
            json!({"digest": "d", "lock": "", "changes": [], "reused": false, "took_ms": 1})
        }
        "runner_progress" => json!({"phase": "running"}),
        "runner_finish" => json!({"outcome": "completed", "outputs": {}, "warnings": []}),
        "tree_missing" => json!([]),
        "secret_put" => json!({"value": "v"}),
        "assignment_create" | "assignment_put" => {
            json!({"principal": "user:nobody", "role": "Reader", "scope": "/"})
        }
        "role_put" => json!({"actions": ["jobs/read"]}),
        "compute_request_create" => json!({"name": "matrix", "spec": {"type": "local"}, "reason": "why not"}),
        "token_exchange" => json!({"assertion": "a.b.c"}),
        "identity_provider_put" => json!({"issuer": "https://idp.example", "client_id": "tidemill"}),
        "session_create" => json!({"user": "nobody", "password": "wrong"}),
        "session_set_password" => json!({"old": "", "new": "short"}),
        "datastore_access_grant" => json!({"principal": "user:nobody", "rights": "read"}),
        "datastore_put" => json!({"type": "local_folder", "path": "/tmp"}),
        "compute_put" => json!({"type": "local"}),
        "pipeline_publish" => {
            json!({"job": {"jobs": {"a": {"type": "command", "command": "true", "environment": "azureml:nowhere@latest"}}}})
        }
        "schedule_put" => {
            json!({"trigger": {"type": "cron", "expression": "0 0 * * *"}, "create_job": {"type": "command", "command": "true", "environment": "azureml:nowhere@latest"}})
        }
        "release_create" => json!({"name": "matrix", "endpoint": "nowhere", "deployment": "blue"}),
        "infra_plan_create" => json!({"stack": "matrix", "resources": []}),
        "model_validation_create" => {
            json!({"spec": {"task": "classification", "target": "y"}, "data": "azureml:nowhere:1"})
        }
        "online_deployment_put" => json!({"model": "azureml:nowhere@latest"}),
        _ => json!({}),
    }
}
