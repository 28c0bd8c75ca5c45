//! Compute instances: for one person, started and stopped by hand, by schedule and when they are idle.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const URL: &str = "/api/v1/workspaces/default/computes";

async fn somebody(server: &TestServer, owner: &Client, name: &str, role: &str) -> Client {
    owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
    let given = json!({"principal": format!("user:{name}"), "role": role, "scope": "/workspaces/default"});
    owner.post("/api/v1/assignments", given).await.ok();
    let made = owner
        .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
        .await
        .ok();
    server.client_with(made["token"].as_str().expect("shown once"))
}

async fn start() -> (TestServer, Client, Client, Client) {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let ada = somebody(&server, &owner, "ada", "Data Scientist").await;
    let bob = somebody(&server, &owner, "bob", "Data Scientist").await;
    (server, owner, ada, bob)
}

fn job_on(compute: &str) -> Value {
    let spec = json!({"type": "command", "command": "true", "environment": {"image": "python"}, "compute": format!("azureml:{compute}")});
    json!({"spec": spec, "environment_policy": "relaxed"})
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().expect("a problem says what")
}

/// Waits for a compute to be in a state.
async fn until(client: &Client, name: &str, state: &str) -> Value {
    let mut found = Value::Null;
    for _ in 0..200 {
        found = client.get(&format!("{URL}/{name}")).await.ok();
        if found["state"] == state {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {state}: {found}");
}

#[tokio::test]
async fn a_stopped_instance_lets_jobs_wait_and_says_so_until_it_is_started() {
    let (_server, owner, ada, _) = start().await;
    owner
        .put(&format!("{URL}/mine"), json!({"type": "computeinstance"}))
        .await
        .ok();
    assert_eq!(owner.get(&format!("{URL}/mine")).await.ok()["state"], "Running");
    let stopped = ada.post(&format!("{URL}/mine:stop"), json!({})).await.ok();
    assert_eq!(
        (stopped["state"].as_str(), stopped["state_reason"].as_str()),
        (Some("Stopped"), Some("by hand (user:ada)"))
    );
    ada.post(&format!("{URL}/mine:stop"), json!({})).await.ok();

    let job = "/api/v1/workspaces/default/jobs/waits";
    ada.put(job, job_on("mine")).await.ok();
    let waits = ada.get(job).await.ok();
    assert_eq!(waits["status"], "Queued");
    assert!(
        waits
            .to_string()
            .contains("waits for compute `mine`, which is stopped (by hand)"),
        "{waits}"
    );
    ada.post(&format!("{URL}/mine:start"), json!({})).await.ok();
    for _ in 0..100 {
        if ada.get(job).await.ok()["status"] != "Queued" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_ne!(ada.get(job).await.ok()["status"], "Queued");

    let log = owner.get("/api/v1/audit?action=computes/stop").await.ok();
    let rows = log["items"].as_array().expect("rows");
    assert_eq!(rows.len(), 1, "what is so already is no change: {log}");
    // Clusters have their nodes while jobs need them; what is not there, and what is no action, is said.
    owner
        .put(&format!("{URL}/cluster"), json!({"type": "amlcompute"}))
        .await
        .ok();
    let problem = owner
        .post(&format!("{URL}/cluster:stop"), json!({}))
        .await
        .fails(400);
    assert!(detail(&problem).contains("while jobs need them"), "{problem}");
    owner
        .post(&format!("{URL}/nowhere:stop"), json!({}))
        .await
        .fails(404);
    owner
        .post(&format!("{URL}/mine:explode"), json!({}))
        .await
        .fails(400);
    assert_eq!(
        owner.get(&format!("{URL}/cluster")).await.ok()["state"],
        Value::Null
    );
    // One that is made again under its name is on.
    owner.post(&format!("{URL}/mine:stop"), json!({})).await.ok();
    owner.delete(&format!("{URL}/mine")).await.ok();
    owner
        .put(&format!("{URL}/mine"), json!({"type": "computeinstance"}))
        .await
        .ok();
    assert_eq!(owner.get(&format!("{URL}/mine")).await.ok()["state"], "Running");
}

#[tokio::test]
async fn an_instance_of_one_person_runs_the_jobs_of_nobody_else() {
    let (server, owner, ada, bob) = start().await;
    let theirs = json!({"type": "computeinstance", "create_on_behalf_of": {"user_object_id": "ada"}});
    owner.put(&format!("{URL}/adas"), theirs.clone()).await.ok();
    for (who, client, status) in [("ada", &ada, 200), ("bob", &bob, 403), ("owner", &owner, 403)] {
        let said = client
            .put(
                &format!("/api/v1/workspaces/default/jobs/of-{who}"),
                job_on("adas"),
            )
            .await;
        assert_eq!(said.status, status, "{}", said.body);
    }
    // Nor as a step of a pipeline.
    let step = json!({"type": "command", "command": "true", "environment": {"image": "python"}, "compute": "azureml:adas"});
    let line = json!({"spec": {"type": "pipeline", "jobs": {"one": step}}, "environment_policy": "relaxed"});
    let problem = bob
        .put("/api/v1/workspaces/default/jobs/line", line.clone())
        .await
        .fails(403);
    assert!(detail(&problem).contains("it is for user:ada alone"), "{problem}");
    bob.post(&format!("{URL}/adas:stop"), json!({})).await.fails(403);
    ada.post(&format!("{URL}/adas:stop"), json!({})).await.ok();
    // Who may change computes switches it too.
    owner.post(&format!("{URL}/adas:start"), json!({})).await.ok();
    let refused = owner
        .get("/api/v1/audit?action=computes/stop&outcome=refused")
        .await
        .ok();
    assert!(refused.to_string().contains("user:bob"), "{refused}");

    let nobody = json!({"type": "computeinstance", "create_on_behalf_of": {"user_object_id": "nobody"}});
    let problem = owner.put(&format!("{URL}/odd"), nobody).await.fails(400);
    assert!(
        detail(&problem).contains("user:nobody, who is not there"),
        "{problem}"
    );
    // Who asks for an instance asks for themselves.
    let asked = ada
        .post(
            "/api/v1/workspaces/default/compute-requests",
            json!({"name": "own", "spec": {"type": "computeinstance"}, "reason": "to look inside"}),
        )
        .await
        .ok();
    assert_eq!(asked["spec"]["create_on_behalf_of"]["user_object_id"], "user:ada");
    drop(server);
}

#[tokio::test]
async fn an_instance_stops_when_it_is_idle_and_by_its_schedule() {
    let (_server, owner, ..) = start().await;
    owner
        .put(
            &format!("{URL}/idle"),
            json!({"type": "computeinstance", "idle_time_before_shutdown": "PT1S"}),
        )
        .await
        .ok();
    let at =
        json!({"action": "stop", "trigger": {"type": "recurrence", "frequency": "minute", "interval": 1}});
    // Every minute from a time on that lies a moment ahead.
    let soon = jiff_in(3);
    let mut at = at;
    at["trigger"]["start_time"] = soon.into();
    owner
        .put(
            &format!("{URL}/by-day"),
            json!({"type": "computeinstance", "schedules": {"compute_start_stop": [at]}}),
        )
        .await
        .ok();
    let idle = until(&owner, "idle", "Stopped").await;
    assert_eq!(idle["state_reason"], "idle for 1 seconds (system)");
    let by_day = until(&owner, "by-day", "Stopped").await;
    assert_eq!(by_day["state_reason"], "by its schedule (system)");
    let log = owner
        .get("/api/v1/audit?action=computes/stop")
        .await
        .ok()
        .to_string();
    assert!(
        log.contains("by its schedule") && log.contains("idle for 1 seconds"),
        "{log}"
    );
}

/// A time in so many seconds, in UTC.
fn jiff_in(seconds: u64) -> String {
    let now = std::time::SystemTime::now() + Duration::from_secs(seconds);
    let since = now
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let (days, rest) = (i64::try_from(since / 86_400).expect("small"), since % 86_400);
    // Days since 1970 as a date of the Gregorian calendar (Howard Hinnant, “chrono-compatible low-level date algorithms”).
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[tokio::test]
async fn times_that_make_no_sense_are_refused_and_a_policy_holds_for_every_way_to_write_them() {
    let (_server, owner, ..) = start().await;
    let put = async |fields: Value| {
        let mut spec = json!({"type": "computeinstance"});
        spec.as_object_mut()
            .expect("a map")
            .extend(fields.as_object().expect("a map").clone());
        owner.put(&format!("{URL}/odd"), spec).await
    };
    for (fields, said) in [
        (json!({"idle_time_before_shutdown": "half an hour"}), "is no time"),
        (
            json!({"idle_time_before_shutdown_minutes": 0}),
            "a minute or more",
        ),
        (
            json!({"schedules": {"compute_start_stop": [{"action": "stop", "trigger": {"type": "cron", "expression": "61 * * * *"}}]}}),
            "compute_start_stop",
        ),
        (
            json!({"schedules": {"compute_start_stop": [{"action": "stop"}]}}),
            "it says no time",
        ),
    ] {
        let problem = put(fields).await.fails(400);
        assert!(problem.to_string().contains(said), "{problem}");
    }
    owner
        .put(
            "/api/v1/workspaces/default/policy",
            json!({"compute": {"max_idle_time": 1800}}),
        )
        .await
        .ok();
    put(json!({"idle_time_before_shutdown": "PT30M"})).await.ok();
    for fields in [
        json!({}),
        json!({"idle_time_before_shutdown": "PT31M"}),
        json!({"idle_time_before_shutdown_minutes": 31}),
        json!({"idle_time_before_shutdown_minutes": 4_294_967_295_u32}),
    ] {
        put(fields).await.fails(403);
    }
}

/// Waits until a job is no longer in line, or says that it waits for a stopped compute.
async fn waits_for_a_stopped_one(client: &Client, job: &str) -> bool {
    for _ in 0..100 {
        let found = client.get(job).await.ok();
        if found["status"] != "Queued" {
            return false;
        }
        if found.to_string().contains("which is stopped") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{job} neither waits nor runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_switch_an_instance_at_once_jobs_hear_what_stands() {
    let (_server, owner, ..) = start().await;
    for round in 0..12 {
        let name = format!("i{round}");
        let (on, off) = (format!("{URL}/{name}:start"), format!("{URL}/{name}:stop"));
        owner
            .put(&format!("{URL}/{name}"), json!({"type": "computeinstance"}))
            .await
            .ok();
        let many = (0..8).map(|n| {
            let (client, url) = (owner.clone(), if n % 2 == 0 { off.clone() } else { on.clone() });
            tokio::spawn(async move { client.post(&url, json!({})).await.ok() })
        });
        for one in many.collect::<Vec<_>>() {
            one.await.expect("it was switched");
        }
        let state = owner.get(&format!("{URL}/{name}")).await.ok()["state"].clone();
        let job = format!("/api/v1/workspaces/default/jobs/on-{name}");
        owner.put(&job, job_on(&name)).await.ok();
        assert_eq!(
            waits_for_a_stopped_one(&owner, &job).await,
            state == "Stopped",
            "round {round}: {state}"
        );
        owner.post(&format!("{job}:cancel"), json!({})).await;
    }
}

#[tokio::test]
async fn what_is_no_instance_any_more_is_not_stopped_however_it_became_one() {
    let (server, owner, ada, _) = start().await;
    let it = somebody(&server, &owner, "it", "IT Administrator").await;
    for (name, by_request) in [("put", false), ("asked", true)] {
        let (url, cluster) = (format!("{URL}/{name}"), json!({"type": "amlcompute"}));
        owner.put(&url, json!({"type": "computeinstance"})).await.ok();
        owner.post(&format!("{url}:stop"), json!({})).await.ok();
        let job = format!("/api/v1/workspaces/default/jobs/on-{name}");
        ada.put(&job, job_on(name)).await.ok();
        assert!(waits_for_a_stopped_one(&ada, &job).await);
        match by_request {
            false => drop(owner.put(&url, cluster).await.ok()),
            true => {
                let asked = json!({"name": name, "spec": cluster, "reason": "more room"});
                let asked = ada
                    .post("/api/v1/workspaces/default/compute-requests", asked)
                    .await
                    .ok();
                let id = asked["name"].as_str().expect("an id");
                it.post(
                    &format!("/api/v1/workspaces/default/compute-requests/{id}:approve"),
                    json!({}),
                )
                .await
                .ok();
            }
        }
        let mut runs = false;
        for _ in 0..100 {
            runs = ada.get(&job).await.ok()["status"] != "Queued";
            if runs {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(runs, "{name}: the job waits for an instance that is none");
        // Nor is it stopped when it is one again.
        owner.put(&url, json!({"type": "computeinstance"})).await.ok();
        assert_eq!(owner.get(&url).await.ok()["state"], "Running");
    }
}

#[tokio::test]
async fn an_instance_that_was_stopped_in_a_workspace_that_is_gone_is_forgotten() {
    let (_server, owner, ..) = start().await;
    let (lab, job) = ("/api/v1/workspaces/lab", "/api/v1/workspaces/lab/jobs/one");
    let made = async || {
        owner.put(lab, json!({})).await.ok();
        owner
            .put(
                &format!("{lab}/computes/mine"),
                json!({"type": "computeinstance"}),
            )
            .await
            .ok();
    };
    made().await;
    owner
        .post(&format!("{lab}/computes/mine:stop"), json!({}))
        .await
        .ok();
    owner
        .delete(&format!("{lab}?contents=true&permanently=true"))
        .await
        .ok();
    made().await;
    assert_eq!(
        owner.get(&format!("{lab}/computes/mine")).await.ok()["state"],
        "Running"
    );
    owner.put(job, job_on("mine")).await.ok();
    assert!(!waits_for_a_stopped_one(&owner, job).await);
}

#[tokio::test]
async fn three_asterisks_are_no_password() {
    let (_server, owner, ..) = start().await;
    let with = |password: &str| json!({"type": "amlcompute", "ssh_settings": {"admin_username": "ada", "admin_password": password}});
    let url = format!("{URL}/box");
    let problem = owner.put(&url, with("***")).await.fails(400);
    assert!(
        detail(&problem).contains("stands for one that is not here"),
        "{problem}"
    );
    owner.put(&url, with("hunter22")).await.ok();
    owner.put(&url, with("***")).await.ok();
    assert_eq!(
        owner.get(&url).await.ok()["spec"]["ssh_settings"]["admin_password"],
        "***"
    );
}
