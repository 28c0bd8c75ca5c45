//! `/api/v1/workspaces/{ws}/computes`.

use serde_json::json;
use tidemill_app::compute;
use tidemill_app::isolation::{Isolation, Keeping};
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default/computes";

#[tokio::test]
async fn each_workspace_has_the_machine_of_the_server() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put("/api/v1/workspaces/team", json!({})).await.ok();
    for workspace in ["default", "team"] {
        let shown = client
            .get(&format!("/api/v1/workspaces/{workspace}/computes/local"))
            .await
            .ok();
        assert_eq!(
            (shown["name"].as_str(), shown["type"].as_str()),
            (Some("local"), Some("local"))
        );
    }
    client.delete(&format!("{URL}/local")).await.fails(403);
    client.delete("/api/v1/workspaces/team").await.ok();
}

#[tokio::test]
async fn a_cluster_is_made_changed_listed_and_removed() {
    let server = TestServer::start().await;
    let client = server.client();
    let body =
        json!({"type": "amlcompute", "name": "cpu-cluster", "size": "STANDARD_DS3_v2", "max_instances": 4});
    let made = client.put(&format!("{URL}/cpu-cluster"), body.clone()).await.ok();
    assert_eq!(made["spec"], body);
    let mut larger = body;
    larger["max_instances"] = json!(8);
    let changed = client.put(&format!("{URL}/cpu-cluster"), larger).await.ok();
    assert_eq!(
        (
            changed["spec"]["max_instances"].as_u64(),
            changed["etag"].as_str()
        ),
        (Some(8), Some("2"))
    );
    let names: Vec<_> = client.get(URL).await.ok()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(names, ["cpu-cluster", "local"]);
    client.delete(&format!("{URL}/cpu-cluster")).await.ok();
    client.get(&format!("{URL}/cpu-cluster")).await.fails(404);
}

#[tokio::test]
async fn an_unknown_compute_lists_what_there_is_and_how_to_make_it() {
    let server = TestServer::start().await;
    server
        .client()
        .put(&format!("{URL}/gpu"), json!({"type": "amlcompute"}))
        .await
        .ok();
    let wanted = "azureml:cpu-cluster".parse().expect("a reference");
    let error = compute::resolve(&server.app.system(), "default", Some(&wanted))
        .await
        .expect_err("unknown");
    insta::assert_snapshot!("compute_unknown", error.to_string());
}

#[tokio::test]
async fn no_compute_and_serverless_are_the_machine() {
    let server = TestServer::start().await;
    let ctx = server.app.system();
    for wanted in [None, Some("local"), Some("azureml:serverless")] {
        let wanted = wanted.map(|text| text.parse().expect("a reference"));
        let found = compute::resolve(&ctx, "default", wanted.as_ref())
            .await
            .expect("resolves");
        assert_eq!(found.name, "local");
        assert!(found.nodes >= 1 && found.cores >= 1 && found.memory_bytes > 0);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, body) in [
        ("c", json!({"type": "amlcompute", "max_instances": 0})),
        ("c", json!({"type": "amlcompute", "name": "other"})),
        ("c", json!({"type": "nothing"})),
        ("c", json!({"type": "amlcompute", "max_instance": 4})),
        ("c", json!([])),
        ("a%20b", json!({"type": "amlcompute"})),
        ("local", json!({"type": "amlcompute"})),
    ] {
        let problem = client
            .put(&format!("{URL}/{name}"), body.clone())
            .await
            .fails(400);
        assert!(!problem["detail"].as_str().expect("text").is_empty(), "{body}");
    }
}

#[tokio::test]
async fn kinds_that_cannot_run_here_are_kept_and_refused_at_use() {
    let server = TestServer::start().await;
    let body = json!({"type": "kubernetes", "namespace": "ml"});
    server.client().put(&format!("{URL}/k8s"), body).await.ok();
    let wanted = "k8s".parse().expect("a reference");
    let error = compute::resolve(&server.app.system(), "default", Some(&wanted))
        .await
        .expect_err("not here");
    assert!(error.to_string().contains("kubernetes"), "{error}");
}

#[tokio::test]
async fn a_shared_server_without_isolation_runs_no_job_and_names_the_option() {
    let job = json!({"spec": {"type": "command", "command": "true", "environment": {"image": "python:3"}}});
    for (asked, allowed) in [(false, false), (true, true)] {
        let server = TestServer::start_with(|options| {
            options.environment_policy = "relaxed".into();
            options.keeping = Keeping {
                level: Isolation::None,
                asked,
                shared: true,
            };
        })
        .await;
        let client = server.client();
        let submitted = client
            .put("/api/v1/workspaces/default/jobs/one", job.clone())
            .await;
        if allowed {
            submitted.ok();
            continue;
        }
        let refused = submitted.fails(403);
        assert!(refused.to_string().contains("--isolation none"), "{refused}");
        client.get("/api/v1/workspaces/default/jobs/one").await.fails(404);
    }
}

#[tokio::test]
async fn a_server_is_shared_from_the_day_on_which_another_may_sign_in() {
    let server = TestServer::start_with(|options| {
        options.environment_policy = "relaxed".into();
        options.keeping = Keeping {
            level: Isolation::None,
            asked: false,
            shared: false,
        };
    })
    .await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let client = server.client_with(token.trim());
    let job = json!({"spec": {"type": "command", "command": "true", "environment": {"image": "python:3"}}});
    let jobs = "/api/v1/workspaces/default/jobs";
    client.put(&format!("{jobs}/alone"), job.clone()).await.ok();
    client
        .put("/api/v1/users/ada", json!({"password": "correct horse battery"}))
        .await
        .ok();
    let refused = client.put(&format!("{jobs}/together"), job).await.fails(403);
    assert!(refused.to_string().contains("--isolation none"), "{refused}");
}

#[tokio::test]
async fn a_compute_of_a_shared_server_cannot_drop_the_isolation() {
    let server = TestServer::start_with(|options| {
        options.keeping = Keeping {
            level: Isolation::Bubblewrap,
            asked: false,
            shared: true,
        };
    })
    .await;
    let body = json!({"type": "amlcompute", "name": "loose", "isolation": "none"});
    let refused = server
        .client()
        .put(&format!("{URL}/loose"), body)
        .await
        .fails(403);
    assert!(refused.to_string().contains("isolation none"), "{refused}");
}
