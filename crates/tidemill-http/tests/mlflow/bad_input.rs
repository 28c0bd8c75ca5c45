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
    assert_eq!(
        other,
        json!({"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid page token, it belongs to another query"})
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
