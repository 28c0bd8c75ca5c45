//! Errors, files and what is not there: the envelope that MLflow's clients read.

use serde_json::{Value, json};
use tidemill_testkit::TestServer;

const API: &str = "/api/2.0/mlflow";

#[tokio::test]
async fn a_bad_request_is_told_in_mlflows_words() {
    let server = TestServer::start().await;
    let client = server.client();
    let see = "See the API docs for more information about request parameters.";
    let table = [
        ("/experiments/create", json!({}), "INVALID_PARAMETER_VALUE", format!("Missing value for required parameter 'name'. {see}")),
        ("/experiments/create", json!({"name": "Default"}), "RESOURCE_ALREADY_EXISTS", "Experiment(name=Default) already exists.".into()),
        (
            "/runs/search",
            json!({"experiment_ids": ["0"], "filter": "a OR b"}),
            "INVALID_PARAMETER_VALUE",
            "Invalid clause(s) in filter string: 'a', 'OR', 'b'".into(),
        ),
        (
            "/runs/log-batch",
            json!({"run_id": "r", "metrics": vec![json!({"key": "k", "value": 1, "timestamp": 1}); 1001]}),
            "INVALID_PARAMETER_VALUE",
            "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics \
             across multiple requests and try again."
                .into(),
        ),
        ("/runs/create", json!({"experiment_id": "x"}), "INVALID_PARAMETER_VALUE", "Invalid experiment ID 'x'. Experiment ID must be a valid integer.".into()),
        ("/runs/delete", json!({"run_id": "nope"}), "RESOURCE_DOES_NOT_EXIST", "Run with id=nope not found".into()),
    ];
    for (path, body, code, message) in table {
        let status = if code == "RESOURCE_DOES_NOT_EXIST" {
            404
        } else {
            400
        };
        let answer = client.post(&format!("{API}{path}"), body).await.fails(status);
        let class = match code {
            "RESOURCE_DOES_NOT_EXIST" => "RESOURCE_NOT_FOUND",
            class => class,
        };
        let mut expected =
            json!({"error_code": code, "message": message, "sqlstate": "KAM00", "error_class": class});
        if path == "/runs/search" {
            expected["position"] = json!(0);
        }
        assert_eq!(answer, expected, "{path}");
    }
}

#[tokio::test]
async fn a_form_cannot_post() {
    let server = TestServer::start().await;
    let http = reqwest::Client::new();
    let url = format!("http://{}{API}/experiments/create", server.address);
    for (kind, text) in [
        (None, "Bad Request. Content-Type header is missing."),
        (
            Some("text/plain"),
            "Bad Request. Content-Type must be one of ['application/json'].",
        ),
    ] {
        let mut request = http.post(&url).body(r#"{"name": "x"}"#);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 400);
        let body: Value = response.json().await.expect("an envelope");
        assert_eq!(body["message"], text);
    }
}

#[tokio::test]
async fn what_is_not_there_yet_says_so() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [
        "/api/3.0/mlflow/scorers/online-config",
        "/api/3.0/mlflow/gateway/endpoints/list",
        "/ajax-api/3.0/mlflow/issues/schedule/state",
        "/api/2.0/mlflow/unified-traces",
        "/ajax-api/3.0/jobs/j-1",
        "/ajax-api/2.0/mlflow/runs/create-promptlab-run",
    ] {
        let later = client.get(path).await.fails(501);
        assert_eq!(later["error_code"], "NOT_IMPLEMENTED", "{path}");
    }
    let detection = client
        .post("/ajax-api/3.0/mlflow/issues/invoke", json!({}))
        .await
        .fails(501);
    assert_eq!(detection["error_code"], "NOT_IMPLEMENTED");
    let never = client.get("/api/2.0/mlflow/no-such-thing").await.fails(404);
    assert_eq!(never["error_code"], "ENDPOINT_NOT_FOUND");
    let part = client.get("/api/2.0/mlflow/runs/no-such-thing").await.fails(404);
    assert_eq!(part["error_code"], "ENDPOINT_NOT_FOUND");
    let method = client.get("/api/2.0/mlflow/runs/create").await.fails(405);
    assert_eq!(method["error_code"], "BAD_REQUEST");
}

#[tokio::test]
async fn an_unknown_token_is_refused_in_the_envelope() {
    let server = TestServer::start().await;
    let answer = server
        .client_with("tm_guess")
        .post(&format!("{API}/runs/search"), json!({}))
        .await
        .fails(401);
    assert_eq!(answer["error_code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn every_path_is_mounted_twice_and_pretty() {
    let server = TestServer::start().await;
    let client = server.client();
    for prefix in ["/api/2.0", "/ajax-api/2.0", "/api/3.0", "/ajax-api/3.0"] {
        let found = client
            .get(&format!("{prefix}/mlflow/experiments/get?experiment_id=0"))
            .await
            .ok();
        assert_eq!(found["experiment"]["name"], "Default", "{prefix}");
    }
    assert_eq!(client.get("/version").await.ok(), json!("3.18.0"));
    assert_eq!(client.get("/health").await.ok(), json!("OK"));
    let raw = reqwest::get(format!(
        "http://{}{API}/experiments/get?experiment_id=0",
        server.address
    ))
    .await;
    let text = raw.expect("answers").text().await.expect("text");
    assert!(
        text.starts_with("{\n  \"experiment\": {\n    \"experiment_id\": \"0\","),
        "{text}"
    );
}

#[tokio::test]
async fn a_file_is_read_in_ranges_and_never_shown_as_a_page() {
    let server = TestServer::start().await;
    let url = format!(
        "http://{}/api/2.0/mlflow-artifacts/artifacts/0/somewhere/page.html",
        server.address
    );
    let http = reqwest::Client::new();
    let put = http.put(&url).body("0123456789").send().await.expect("answers");
    assert_eq!(put.status(), 200);
    let ranged = http
        .get(&url)
        .header("range", "bytes=2-4")
        .send()
        .await
        .expect("answers");
    assert_eq!(
        (
            ranged.status().as_u16(),
            ranged.headers()["content-range"].to_str().ok()
        ),
        (206, Some("bytes 2-4/10"))
    );
    assert_eq!(ranged.text().await.expect("text"), "234");
    let whole = http.get(&url).send().await.expect("answers");
    assert_eq!(whole.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(whole.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        whole.headers()["content-disposition"],
        "attachment; filename=page.html"
    );
    let past = http
        .get(&url)
        .header("range", "bytes=10-")
        .send()
        .await
        .expect("answers");
    assert_eq!(past.status(), 416);
    let folder = url.trim_end_matches("/page.html");
    let listed = http.get(folder).send().await.expect("answers");
    assert_eq!(listed.status(), 400);
    assert_eq!(http.delete(&url).send().await.expect("answers").status(), 200);
    assert_eq!(http.get(&url).send().await.expect("answers").status(), 404);
}

#[tokio::test]
async fn a_path_that_climbs_is_refused_however_it_is_written() {
    let server = TestServer::start().await;
    let http = reqwest::Client::new();
    for path in [
        "..%2f..%2fkeys%2fowner.token",
        "%252e%252e/%252e%252e/keys/owner.token",
        "a%00b",
        "%2Fetc%2Fpasswd",
    ] {
        let url = format!(
            "http://{}/api/2.0/mlflow-artifacts/artifacts/{path}",
            server.address
        );
        let response = http.get(&url).send().await.expect("answers");
        assert_eq!(response.status(), 400, "{path}");
        assert!(
            response.text().await.expect("text").contains("Invalid path"),
            "{path}"
        );
    }
}
