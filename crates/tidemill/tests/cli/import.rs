//! `tidemill run import`: a folder of MLflow arrives whole, once, and says what it left out.

use serde_json::{Value, json};

use crate::support::World;

const RUN: &str = "0d47971ac1934d3084a46fa54f1bc1c0";
const GONE: &str = "c5dd31049916470e840c432d6f05a2a9";
const MODEL: &str = "m-37064d977ef94588be02c800e53263aa";

/// An `mlruns` folder as MLflow 3.18 lays it.
fn source(world: &World) {
    let put = |path: &str, text: &str| world.home.write(&format!("mlruns/{path}"), text);
    put(
        "46/meta.yaml",
        "experiment_id: '46'\nname: exp é\nlifecycle_stage: active\ncreation_time: 1795681772999\nlast_update_time: 1795681773000\n",
    );
    put("46/tags/team", "red");
    put(
        &format!("46/{RUN}/meta.yaml"),
        &format!(
            "run_id: {RUN}\nrun_name: dashing-boar\nstatus: 3\nstart_time: 1795681773907\nend_time: 1795681783286\nuser_id: ada\nlifecycle_stage: active\nartifact_uri: file:///elsewhere/46/{RUN}/artifacts\n"
        ),
    );
    put(
        &format!("46/{RUN}/metrics/a/b"),
        "5 nan 3\n6 inf 1\n7 0.1 2\n7 0.1 2\nbroken\n",
    );
    let many: Vec<String> = (0..60_000)
        .map(|step| format!("{step} {}.1 {step}\n", step % 97))
        .collect();
    put(&format!("46/{RUN}/metrics/loss"), &many.concat());
    put(&format!("46/{RUN}/params/p q"), "v\nx");
    put(&format!("46/{RUN}/tags/mlflow.runName"), "dashing-boar");
    put(&format!("46/{RUN}/artifacts/dir/ü a.txt"), "hello");
    put(
        &format!("46/{RUN}/inputs/i/meta.yaml"),
        "source_type: DATASET\nsource_id: d1\ntags:\n  mlflow.data.context: train\n",
    );
    put(
        "46/datasets/d1/meta.yaml",
        "name: ds\ndigest: d0ca\nsource_type: code\nsource: '{}'\n",
    );
    put(
        &format!("46/{GONE}/meta.yaml"),
        &format!("run_id: {GONE}\nstatus: 1\nstart_time: 5\nlifecycle_stage: deleted\ndeleted_time: 9\n"),
    );
    put("46/notarun/meta.yaml", "{broken");
    put(
        &format!("46/models/{MODEL}/meta.yaml"),
        &format!("model_id: {MODEL}\nname: model\nstatus: 2\nsource_run_id: {RUN}\ncreation_timestamp: 7\n"),
    );
    put(&format!("46/models/{MODEL}/artifacts/MLmodel"), "flavors: {}\n");
    put(
        &format!("46/models/{MODEL}/metrics/m"),
        &format!("8 1.5 2 {RUN}\n"),
    );
    put(
        "models/reg/meta.yaml",
        "name: reg\ncreation_timestamp: 11\nlast_updated_timestamp: 12\n",
    );
    put("models/reg/aliases/champ", "3");
    put("models/reg/tags/k", "v");
    put(
        "models/reg/version-3/meta.yaml",
        &format!(
            "version: 3\ncurrent_stage: Production\nsource: models:/{MODEL}\nrun_id: {RUN}\nstatus: READY\ncreation_timestamp: 12\n"
        ),
    );
}

async fn ask(world: &World, path: &str) -> Value {
    let answer = reqwest::get(format!("{}{path}", world.mill.url)).await;
    answer.expect("the server answers").json().await.expect("JSON")
}

#[tokio::test]
async fn a_folder_of_mlflow_arrives_whole_and_once() {
    let world = World::new();
    source(&world);
    let import = || world.run(&["run", "import", "--from", "mlruns", "-o", "json"]);
    let done = import();
    assert!(
        done.err.contains("metrics/a/b:5"),
        "the broken line is named: {}",
        done.err
    );
    let told = done.json();
    assert_eq!(told["runs"], json!({"added": 2}));
    assert_eq!(
        told["points"],
        json!({"added": 60_003, "exact_duplicates_kept_once": 1})
    );
    assert_eq!(told["files"], json!({"added": 2}));
    assert_eq!(told["left_out"].as_array().map(Vec::len), Some(2), "{told}");

    let run = ask(&world, &format!("/api/2.0/mlflow/runs/get?run_id={RUN}")).await["run"].take();
    let info = &run["info"];
    assert_eq!(
        (
            &info["start_time"],
            &info["end_time"],
            &info["status"],
            &info["user_id"]
        ),
        (
            &json!(1_795_681_773_907_i64),
            &json!(1_795_681_783_286_i64),
            &json!("FINISHED"),
            &json!("ada")
        )
    );
    assert_eq!(run["data"]["params"], json!([{"key": "p q", "value": "v\nx"}]));
    assert_eq!(
        run["data"]["tags"],
        json!([{"key": "mlflow.runName", "value": "dashing-boar"}])
    );
    assert_eq!(run["inputs"]["dataset_inputs"][0]["dataset"]["digest"], "d0ca");
    let points = ask(
        &world,
        &format!("/api/2.0/mlflow/metrics/get-history?run_id={RUN}&metric_key=a/b"),
    )
    .await;
    let points: Vec<_> = points["metrics"]
        .as_array()
        .expect("points")
        .iter()
        .map(|p| (&p["timestamp"], &p["step"], &p["value"]))
        .collect();
    assert_eq!(
        points,
        [
            (&json!(5), &json!(3), &json!("NaN")),
            (&json!(6), &json!(1), &json!(f64::MAX)),
            (&json!(7), &json!(2), &json!(0.1)),
        ]
    );
    let many = ask(
        &world,
        &format!("/api/2.0/mlflow/metrics/get-history?run_id={RUN}&metric_key=loss"),
    )
    .await;
    let many = many["metrics"].as_array().expect("points");
    assert_eq!(many.len(), 60_000);
    for (step, point) in many.iter().enumerate() {
        let value: f64 = format!("{}.1", step % 97).parse().expect("a number");
        assert_eq!((&point["step"], &point["value"]), (&json!(step), &json!(value)));
    }
    let gone = ask(&world, &format!("/api/2.0/mlflow/runs/get?run_id={GONE}")).await;
    assert_eq!(gone["run"]["info"]["lifecycle_stage"], "deleted");
    let file = reqwest::get(format!(
        "{}/get-artifact?run_id={RUN}&path=dir/%C3%BC%20a.txt",
        world.mill.url
    ))
    .await;
    assert_eq!(file.expect("an answer").text().await.expect("text"), "hello");
    let version = ask(
        &world,
        "/api/2.0/mlflow/registered-models/alias?name=reg&alias=champ",
    )
    .await;
    let version = &version["model_version"];
    assert_eq!(
        (&version["version"], &version["current_stage"]),
        (&json!("3"), &json!("Production"))
    );

    let again = import().json();
    assert_eq!(again["runs"], json!({"there_already": 2}));
    assert_eq!(again["points"], Value::Null, "nothing comes twice");
    assert_eq!(again["model_versions"], json!({"there_already": 1}));
}

#[tokio::test]
async fn an_import_that_broke_off_goes_on() {
    let world = World::new();
    source(&world);
    // What an import leaves that was killed between the run and its points.
    let http = reqwest::Client::new();
    let api = format!("{}/api/v1/workspaces/default", world.mill.url);
    let post = async |call: &str, body: Value| {
        let answer = http.post(format!("{api}/{call}")).json(&body).send().await;
        answer.expect("the server answers").status().as_u16()
    };
    assert_eq!(
        post("experiments:import", json!({"experiments": [{"name": "exp é"}]})).await,
        200
    );
    let run = json!({"run_id": RUN, "experiment": "exp é", "name": "dashing-boar", "status": "FINISHED"});
    assert_eq!(post("runs:import", json!({"runs": [run]})).await, 200);
    let series = json!({"run_id": RUN, "key": "loss", "timestamps": [0], "steps": [0], "values": ["0.1"]});
    assert_eq!(
        post("metric-points:import", json!({"series": [series]})).await,
        200
    );

    let told = world
        .run(&["run", "import", "--from", "mlruns", "-o", "json"])
        .json();
    assert_eq!(told["runs"], json!({"added": 1, "resumed": 1}));
    let many = ask(
        &world,
        &format!("/api/2.0/mlflow/metrics/get-history?run_id={RUN}&metric_key=loss"),
    )
    .await;
    assert_eq!(many["metrics"].as_array().map(Vec::len), Some(60_000));
    let status = post("metric-points:import", json!({"series": [series]})).await;
    assert_eq!(status, 409, "a run that is finished takes no more points");
}

#[tokio::test]
async fn what_is_no_mlruns_folder_is_refused() {
    let world = World::new();
    world.home.write("other/a.txt", "x");
    let said = world.run(&["run", "import", "--from", "other"]).fails(1);
    assert!(said.contains("meta.yaml"), "{said}");
    let said = world.run(&["run", "import", "--from", "missing"]).fails(1);
    assert!(said.contains("no such folder"), "{said}");
    source(&world);
    let said = world
        .run(&["run", "import", "--from", "mlruns", "--experiment", "x"])
        .fails(1);
    assert!(said.contains("exp é"), "{said}");
}
