//! The role matrix of MLflow's surface: every route of its source, for every built-in role, here and where one has no role. What is
//! expected stands in `mlflow_matrix.txt`, written by hand; a route without a row fails, and so does a row without a route.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use tidemill_policy::builtin;
use tidemill_testkit::TestServer;

use crate::role_matrix::{FOREIGN, OWN, holder, refused, world};

/// The rows of the table: method and path, and what is expected.
fn rows() -> Vec<(String, String, String)> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v1/mlflow_matrix.txt");
    let table = std::fs::read_to_string(table).expect("the table is there");
    let lines = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let row = |line: &str| {
        let (method, rest) = line.split_once(' ').expect("a method and more");
        let (path, expected) = rest.trim_start().split_once(' ').expect("a path, and marks");
        (method.to_owned(), path.to_owned(), expected.trim().to_owned())
    };
    lines.map(row).collect()
}

/// Every `.route("…", get(…).post(…))` below a folder of the source, as `GET /…`.
fn routes(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            routes(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        for (at, opening) in text.match_indices(".route(") {
            let rest = text[at + opening.len()..].trim_start();
            // Those that are made of several texts are for what is left out.
            let Some((route, rest)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
                continue;
            };
            let mut depth = 1;
            let end = rest.char_indices().find_map(|(at, c)| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                (depth == 0).then_some(at)
            });
            let methods = &rest[..end.expect("it is closed")];
            for word in ["get", "post", "put", "patch", "delete"] {
                let named = methods.match_indices(&format!("{word}(")).any(|(at, _)| {
                    let before = methods[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
                });
                if named {
                    found.insert((word.to_uppercase(), route.to_owned()));
                }
            }
        }
    }
}

/// Where a route is, in a workspace.
fn address(method: &str, route: &str, workspace: &str, run: &str) -> String {
    let gap = |segment: &str| match segment {
        "{workspace_name}" => workspace.to_owned(),
        "{*path}" | "{*folder}" => format!("0/{run}/artifacts/a.txt"),
        gap if gap.starts_with('{') => "matrix".to_owned(),
        word => word.to_owned(),
    };
    let path = route.split('/').map(gap).collect::<Vec<_>>().join("/");
    let in_store = ["/presigned/", "/mpu/"]
        .iter()
        .any(|start| route.starts_with(start))
        || (route.starts_with("/artifacts")
            && ![
                "/artifacts/list",
                "/artifacts/presigned-upload-url",
                "/artifacts/presigned-download-url",
            ]
            .contains(&route));
    let newer = [
        "/traces/get",
        "/traces/batchGet",
        "/traces/batchGetInfos",
        "/traces/search",
        "/traces/calculate-filter-correlation",
        "/traces/metrics",
        "/traces/{trace_id}/assessments",
        "/traces/{trace_id}/assessments/{assessment_id}",
    ]
    .contains(&route)
        || (method, route) == ("GET", "/traces/{trace_id}");
    if route.starts_with("/artifact-links/") {
        return path;
    }
    let prefix = match route {
        _ if in_store => "/api/2.0/mlflow-artifacts",
        "/get-artifact"
        | "/model-versions/get-artifact"
        | "/v1/traces"
        | "/graphql"
        | "/health"
        | "/version" => "",
        _ if newer => "/api/3.0/mlflow",
        _ => "/api/2.0/mlflow",
    };
    format!("/workspaces/{workspace}{prefix}{path}")
}

/// Fields that requests of MLflow have, so that what answers is the decision and not the parser.
fn request(method: &str, route: &str, run: &str, workspace: &str) -> Value {
    let mut fields = json!({
        "run_id": run, "run_uuid": run, "experiment_id": "0", "experiment_name": "matrix", "name": "matrix", "new_name": "matrix", "new_experiment_name": "matrix-2",
        "version": "1", "alias": "matrix", "key": "k", "value": "v", "path": "a.txt", "artifact_path": "a.txt", "metric_key": "loss", "run_ids": [run], "experiment_ids": ["0"],
        "description": "matrix", "issue_id": "iss-matrix", "schema_id": "matrix", "queue_id": "matrix", "item_id": "matrix", "item_ids": ["matrix"], "user": "matrix",
        "max_results": 1, "stage": "None", "archive_existing_versions": false, "request_id": "matrix", "trace_id": "matrix", "model_id": "matrix", "url": "https://example.org/hook",
        "source": format!("runs:/{run}/m"), "start_step": 0, "end_step": 1,
    });
    if route == "/runs/log-metric" {
        fields["value"] = json!(1.5);
        fields["timestamp"] = json!(1);
    }
    if method == "POST" && route == "/experiments/create" {
        fields["name"] = json!(format!("made in {workspace}"));
    }
    fields
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let mut found = BTreeSet::new();
    routes(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mlflow"),
        &mut found,
    );
    assert!(
        found.len() > 90,
        "the source is not read as it is written any more: {}",
        found.len()
    );
    let rows: BTreeSet<_> = rows()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let missing: Vec<_> = found.difference(&rows).collect();
    assert!(
        missing.is_empty(),
        "write down in mlflow_matrix.txt who may do {missing:#?}"
    );
    let unknown: Vec<_> = rows.difference(&found).collect();
    assert!(unknown.is_empty(), "there is no route for {unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_route_answers_every_role_as_the_table_says() {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let runs = world(&owner).await;
    let mut holders = Vec::new();
    for (n, role) in builtin::definitions().enumerate() {
        holders.push(holder(&owner, n, role.name).await);
    }
    let http = reqwest::Client::new();
    let mut answers: HashMap<String, u16> = HashMap::new();
    let mut cells = Vec::new();
    let rows = rows();
    for (row, (method, route, _)) in rows.iter().enumerate() {
        let (method, route) = (method.as_str(), route.as_str());
        let mut names = Vec::new();
        for workspace in [OWN, FOREIGN] {
            for (n, holder) in holders.iter().enumerate() {
                let id = format!("mlflow-{row}-{n}-{workspace}");
                let address = format!(
                    "http://{}{}",
                    server.address,
                    address(method, route, workspace, &runs[workspace])
                );
                let fields = request(method, route, &runs[workspace], workspace);
                let request = http
                    .request(method.parse().expect("a method"), address)
                    .bearer_auth(&holder.in_own)
                    .header("x-request-id", &id);
                let request = match method {
                    "GET" => request.query(&flat(&fields)),
                    _ => request.json(&fields),
                };
                let answer = request.send().await.expect("answers");
                let status = answer.status().as_u16();
                let text = answer.text().await.unwrap_or_default();
                // MLflow calls a conflict a state that is not valid, with 500.
                assert!(
                    status != 405 && status < 500 || text.contains("INVALID_STATE"),
                    "{method} {route}: {status} {text}"
                );
                let is_unknown =
                    text.contains("ENDPOINT_NOT_FOUND") || text.contains("does not have that part");
                assert!(
                    !is_unknown,
                    "{method} {route} is looked for at a wrong place: {text}"
                );
                answers.insert(id.clone(), status);
                names.push(id);
            }
        }
        cells.push((method, route, names));
    }
    let refused = refused(&owner).await;
    let mark = |id: &String| match (refused.contains_key(id), answers[id]) {
        (true, 404) => '.',
        (true, _) | (false, 403) => '-',
        (false, _) => '+',
    };
    let (mut wrong, mut found) = (String::new(), String::new());
    for ((method, route, names), (_, _, expected)) in cells.iter().zip(&rows) {
        let marks: Vec<String> = names.iter().map(|id| mark(id).to_string()).collect();
        let (here, there) = marks.split_at(holders.len());
        let got = format!("{}   {}", here.join(" "), there.join(" "));
        let name = format!("{method} {route}");
        let _ = writeln!(found, "{name:<64} {got}");
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        if plain(expected) != plain(&got) {
            let _ = writeln!(
                wrong,
                "{name:<64} {got}\n{:<64} {expected}",
                "   but the table says"
            );
        }
    }
    if let Some(file) = std::env::var_os("MLFLOW_MATRIX_FOUND") {
        std::fs::write(file, &found).expect("can be written");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Fields as those of a query: lists as the same field several times.
fn flat(fields: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = |(name, value): (&String, &Value)| -> Vec<(String, String)> {
        match value {
            Value::Array(all) => all.iter().map(|one| (name.clone(), text(one))).collect(),
            one => vec![(name.clone(), text(one))],
        }
    };
    fields
        .as_object()
        .expect("fields")
        .iter()
        .flat_map(pairs)
        .collect()
}
