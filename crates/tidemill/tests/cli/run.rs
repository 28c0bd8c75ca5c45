//! `tidemill run`: what clients logged, listed, shown and compared.

use serde_json::{Value, json};

use crate::support::World;

/// Starts a run as an MLflow client does, and logs to it.
async fn log(world: &World, name: &str, depth: &str, loss: f64) -> String {
    let call = async |path: &str, body: Value| -> Value {
        let url = format!("{}/api/2.0/mlflow/{path}", world.mill.url);
        let answer = reqwest::Client::new().post(url).json(&body).send().await;
        answer.expect("the server answers").json().await.expect("JSON")
    };
    let body = json!({"experiment_id": "0", "run_name": name, "start_time": 1_700_000_000_000_i64});
    let made = call("runs/create", body).await;
    let id = made["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    let metric = json!({"key": "loss", "value": loss, "timestamp": 1, "step": 1});
    let params = json!([{"key": "depth", "value": depth}, {"key": "kind", "value": "tree"}]);
    let batch = json!({"run_id": id, "metrics": [metric], "params": params});
    call("runs/log-batch", batch).await;
    id
}

#[tokio::test]
async fn runs_are_listed_shown_and_compared() {
    let world = World::new();
    let shallow = log(&world, "shallow", "3", 0.5).await;
    let deep = log(&world, "deep", "9", 0.25).await;

    let listed = world.run(&["run", "list", "-o", "table"]).ok();
    assert!(
        listed.contains("shallow") && listed.contains("loss 0.25"),
        "{listed}"
    );
    let best = world
        .run(&[
            "run",
            "list",
            "--filter",
            "metrics.loss < 0.4",
            "--order-by",
            "metrics.loss ASC",
        ])
        .json();
    assert_eq!(
        (best.as_array().map(Vec::len), &best[0]["name"]),
        (Some(1), &deep.as_str().into())
    );
    assert_eq!(best[0]["experiment_name"], "Default");

    let shown = world.run(&["run", "show", "-n", &shallow]).json();
    assert_eq!(
        (
            &shown["params"]["depth"],
            &shown["metrics"]["loss"],
            &shown["display_name"]
        ),
        (&json!("3"), &json!(0.5), &json!("shallow"))
    );
    let compared = world.run(&["run", "compare", "--name", &shallow, &deep]).json();
    assert_eq!(
        compared,
        json!([
            {"kind": "param", "key": "depth", &shallow: "3", &deep: "9"},
            {"kind": "metric", "key": "loss", &shallow: 0.5, &deep: 0.25},
        ])
    );
    let table = world
        .run(&["run", "compare", "-n", &shallow, "-n", &deep, "-o", "table"])
        .ok();
    assert!(table.contains("depth") && !table.contains("tree"), "{table}");
}

#[tokio::test]
async fn what_cannot_be_found_or_read_is_said() {
    let world = World::new();
    let run = log(&world, "only", "3", 0.5).await;
    let unknown = world.run(&["run", "show", "-n", "nope"]).fails(1);
    assert!(
        unknown.contains("`nope`") && unknown.contains("run list"),
        "{unknown}"
    );
    let experiment = world.run(&["run", "list", "--experiment", "flights"]).fails(1);
    assert!(
        experiment.contains("`flights`") && experiment.contains("Default"),
        "{experiment}"
    );
    let filter = world
        .run(&["run", "list", "--filter", "metrics.loss !! 3"])
        .fails(1);
    assert!(filter.contains("!!"), "{filter}");
    let one = world.run(&["run", "compare", "--name", &run]).fails(2);
    assert!(one.contains("two runs"), "{one}");
}
