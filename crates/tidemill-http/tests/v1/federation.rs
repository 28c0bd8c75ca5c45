//! Signed tokens of other issuers: which one counts, and each that does not.

use serde_json::{Value, json};
use tidemill_testkit::issuer::{now_s, unsigned};
use tidemill_testkit::{Client, Issuer, TestServer};

const MAIN: &str = "repo:acme/app:ref:refs/heads/main";

/// A server, its owner, an issuer, and the service principal `ci` that trusts tokens of it about `subject`.
async fn start(subject: &str) -> (TestServer, Client, Issuer) {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let issuer = Issuer::start().await;
    trust(&owner, "ci", &issuer.url, subject, json!({})).await;
    (server, owner, issuer)
}

async fn trust(owner: &Client, name: &str, issuer: &str, subject: &str, claims: Value) {
    let federated =
        json!([{ "issuer": issuer, "audience": "tidemill", "subject": subject, "claims": claims }]);
    owner
        .put(
            &format!("/api/v1/service-principals/{name}"),
            json!({ "federated": federated }),
        )
        .await
        .ok();
}

async fn exchange(server: &TestServer, assertion: &str) -> tidemill_testkit::client::Answer {
    server
        .client()
        .post("/api/v1/tokens:exchange", json!({ "assertion": assertion }))
        .await
}

/// The reasons of refused sign-ins in the audit log, newest first.
async fn refusals(owner: &Client) -> Vec<Value> {
    let log = owner
        .get("/api/v1/audit?outcome=refused&action=session/create")
        .await
        .ok();
    log["items"].as_array().expect("rows").clone()
}

#[tokio::test]
async fn a_ci_job_signs_in_without_a_stored_secret() {
    let (server, owner, issuer) = start(MAIN).await;
    let given =
        json!({"principal": "service-principal:ci", "role": "Reader", "scope": "/workspaces/default"});
    owner.post("/api/v1/assignments", given).await.ok();
    let mut claims = issuer.claims("tidemill", MAIN);
    claims["ref"] = json!("refs/heads/main");
    let done = exchange(&server, &issuer.sign(&claims)).await.ok();
    assert_eq!(done["principal"], "service-principal:ci");
    let hour = done["expires_at"].as_i64().expect("a time") - i64::try_from(now_s()).expect("small") * 1000;
    assert!((3_500_000..=3_601_000).contains(&hour), "{hour}");
    let ci = server.client_with(done["token"].as_str().expect("shown once"));
    assert_eq!(
        ci.get("/api/v1/session").await.ok()["principal"],
        "service-principal:ci"
    );
    ci.get("/api/v1/workspaces/default/datastores").await.ok();
    ci.put("/api/v1/workspaces/default/computes/x", json!({"type": "local"}))
        .await
        .fails(403);
    // What counts for an hour makes nothing that counts longer.
    let problem = ci.post("/api/v1/tokens", json!({"days": 300})).await.fails(403);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("for an hour")),
        "{problem}"
    );
    let log = owner
        .get("/api/v1/audit?outcome=allowed&action=session/create")
        .await
        .ok();
    assert_eq!(log["items"][0]["principal"], "service-principal:ci");
}

#[tokio::test]
async fn a_token_counts_once() {
    let (server, owner, issuer) = start(MAIN).await;
    let token = issuer.sign(&issuer.claims("tidemill", MAIN));
    exchange(&server, &token).await.ok();
    let problem = exchange(&server, &token).await.fails(401);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("used before")),
        "{problem}"
    );
    // Without a `jti` the token itself is known; one signed anew with the same `jti` is the same one.
    let mut claims = issuer.claims("tidemill", MAIN);
    let again = issuer.sign(&claims);
    assert_ne!(again, issuer.sign(&claims));
    exchange(&server, &again).await.ok();
    exchange(&server, &issuer.sign(&claims)).await.fails(401);
    claims.as_object_mut().expect("claims").remove("jti");
    let bare = issuer.sign(&claims);
    exchange(&server, &bare).await.ok();
    exchange(&server, &bare).await.fails(401);
    assert_eq!(refusals(&owner).await.len(), 3);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_and_written_down() {
    let (server, owner, issuer) = start(MAIN).await;
    let stranger = Issuer::start().await;
    let good = issuer.claims("tidemill", MAIN);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let now = now_s();
    let signed = issuer.sign(&good);
    let (text, signature) = signed.rsplit_once('.').expect("three parts");
    let (head, body) = text.split_once('.').expect("three parts");
    let changed = unsigned(&json!({}), &with("admin", json!(true)));
    let none = unsigned(&json!({"alg": "none", "typ": "JWT"}), &good);
    let shared = unsigned(&json!({"alg": "HS256", "typ": "JWT", "kid": "one"}), &good);
    let mut forged = stranger.claims("tidemill", MAIN);
    forged["iss"] = json!(issuer.url);
    let table: Vec<(&str, String, &str)> = vec![
        (
            "another audience",
            issuer.sign(&with("aud", json!("somebody-else"))),
            "audience",
        ),
        ("no audience", issuer.sign(&with("aud", json!([]))), "audience"),
        (
            "another subject",
            issuer.sign(&with("sub", json!("repo:acme/app:ref:refs/heads/evil"))),
            "subject",
        ),
        (
            "a subject that goes on",
            issuer.sign(&with("sub", json!(format!("{MAIN}-2")))),
            "subject",
        ),
        (
            "another issuer",
            stranger.sign(&stranger.claims("tidemill", MAIN)),
            "issuer",
        ),
        ("an issuer's name alone", stranger.sign(&forged), "signature"),
        ("expired", issuer.sign(&with("exp", json!(now - 10))), "expired"),
        (
            "not yet",
            issuer.sign(&with("nbf", json!(now + 600))),
            "not count yet",
        ),
        (
            "of the future",
            issuer.sign(&with("iat", json!(now + 600))),
            "future",
        ),
        ("alg none", format!("{none}."), "`none` do not count"),
        (
            "alg none, with a signature",
            format!("{none}.{signature}"),
            "`none` do not count",
        ),
        (
            "a shared secret",
            format!("{shared}.{signature}"),
            "`HS256` do not count",
        ),
        (
            "other claims under the signature",
            format!("{head}.{}.{signature}", changed.split_once('.').expect("two").1),
            "signature",
        ),
        ("no signature", format!("{head}.{body}."), "signature"),
        ("no token", "hello".to_owned(), "no signed token"),
        ("two parts", format!("{head}.{body}"), "no signed token"),
        ("empty parts", "..".to_owned(), "no signed token"),
        (
            "far too long",
            format!("{head}.{}.x", "a".repeat(40_000)),
            "too long",
        ),
    ];
    let count = table.len();
    for (what, token, says) in table {
        let problem = exchange(&server, &token).await.fails(401);
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(says), "{what}: {detail}");
        let shown = problem.to_string();
        assert!(!shown.contains(signature), "{what}: the token is not repeated");
    }
    let rows = refusals(&owner).await;
    assert_eq!(rows.len(), count, "each is in the audit log");
    let of_future = rows
        .iter()
        .any(|row| row.to_string().contains("service-principal:ci"));
    assert!(of_future, "whose it claimed to be is told");
    // The good one still counts: nothing of the above has used it up.
    exchange(&server, &signed).await.ok();
}

#[tokio::test]
async fn a_wildcard_and_further_claims_say_whom_is_trusted() {
    let (server, owner, issuer) = start("repo:acme/app:*").await;
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .ok();
    exchange(
        &server,
        &issuer.sign(&issuer.claims("tidemill", "repo:acme/app-2:ref:x")),
    )
    .await
    .fails(401);
    for odd in ["*", "repo:acme/app*", "repo:*/x:y"] {
        let federated = json!([{ "issuer": issuer.url, "audience": "tidemill", "subject": odd }]);
        let problem = owner
            .put(
                "/api/v1/service-principals/odd",
                json!({ "federated": federated }),
            )
            .await
            .fails(400);
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| text.contains("federated[0].subject")),
            "{problem}"
        );
    }
    let federated =
        json!([{ "issuer": "http://tokens.example.org", "audience": "tidemill", "subject": "x" }]);
    owner
        .put(
            "/api/v1/service-principals/odd",
            json!({ "federated": federated }),
        )
        .await
        .fails(400);
    trust(
        &owner,
        "ci",
        &issuer.url,
        "repo:acme/app:*",
        json!({"ref": "refs/heads/main"}),
    )
    .await;
    let mut claims = issuer.claims("tidemill", MAIN);
    claims["ref"] = json!("refs/heads/evil");
    exchange(&server, &issuer.sign(&claims)).await.fails(401);
    claims["ref"] = json!("refs/heads/main");
    exchange(&server, &issuer.sign(&claims)).await.ok();
    // Two that trust it: it has to be said whose it is to be.
    trust(&owner, "deploy", &issuer.url, MAIN, json!({})).await;
    let mut claims = issuer.claims("tidemill", MAIN);
    claims["ref"] = json!("refs/heads/main");
    let token = issuer.sign(&claims);
    let problem = exchange(&server, &token).await.fails(400);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("ci, deploy")),
        "{problem}"
    );
    let named = json!({"assertion": token, "service_principal": "deploy"});
    let done = server.client().post("/api/v1/tokens:exchange", named).await.ok();
    assert_eq!(done["principal"], "service-principal:deploy");
    let nobody =
        json!({"assertion": issuer.sign(&issuer.claims("tidemill", MAIN)), "service_principal": "nobody"});
    server
        .client()
        .post("/api/v1/tokens:exchange", nobody)
        .await
        .fails(401);
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_and_not_again_and_again() {
    let (server, _, issuer) = start(MAIN).await;
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .ok();
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .ok();
    assert_eq!(issuer.asked(), 1, "keys are kept");
    let old = issuer.sign(&issuer.claims("tidemill", MAIN));
    issuer.rotate("two");
    for _ in 0..3 {
        let problem = exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
            .await
            .fails(401);
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| text.contains("no key `two`")),
            "{problem}"
        );
    }
    assert_eq!(issuer.asked(), 1, "within half a minute it is not asked again");
    // A token of a key that is known still counts until the keys are read anew.
    exchange(&server, &old).await.ok();
}

#[tokio::test]
async fn a_new_key_of_the_issuer_counts_after_half_a_minute() {
    let clock = std::sync::Arc::new(crate::token::Ahead::default());
    let own = clock.clone();
    let server = TestServer::start_with(move |options| options.clock = own).await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let issuer = Issuer::start().await;
    trust(&owner, "ci", &issuer.url, MAIN, json!({})).await;
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .ok();
    let old = issuer.sign(&issuer.claims("tidemill", MAIN));
    issuer.rotate("two");
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .fails(401);
    clock.by_ms.store(31_000, std::sync::atomic::Ordering::SeqCst);
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .ok();
    assert_eq!(issuer.asked(), 2);
    exchange(&server, &old).await.fails(401);
}

#[tokio::test]
async fn what_is_not_trusted_any_more_ends_at_once() {
    let (server, owner, issuer) = start(MAIN).await;
    let token = || issuer.sign(&issuer.claims("tidemill", MAIN));
    let client = |done: Value| server.client_with(done["token"].as_str().expect("shown once"));
    let ci = client(exchange(&server, &token()).await.ok());
    ci.get("/api/v1/session").await.ok();
    trust(&owner, "ci", &issuer.url, "repo:acme/other:*", json!({})).await;
    ci.get("/api/v1/session").await.fails(401);
    exchange(&server, &token()).await.fails(401);
    trust(&owner, "ci", &issuer.url, MAIN, json!({})).await;
    let ci = client(exchange(&server, &token()).await.ok());
    let federated = json!([{ "issuer": issuer.url, "audience": "tidemill", "subject": MAIN }]);
    let disabled = json!({"disabled": true, "federated": federated});
    owner.put("/api/v1/service-principals/ci", disabled).await.ok();
    ci.get("/api/v1/session").await.fails(401);
    exchange(&server, &token()).await.fails(401);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_said() {
    let (server, owner, issuer) = start(MAIN).await;
    let token = issuer.sign(&issuer.claims("tidemill", MAIN));
    drop(issuer);
    let problem = exchange(&server, &token).await.fails(503);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("failed to ask the issuer")),
        "{problem}"
    );
    assert_eq!(refusals(&owner).await.len(), 1);
}

#[tokio::test]
async fn whoever_guesses_waits() {
    let (server, _, issuer) = start(MAIN).await;
    for _ in 0..30 {
        exchange(&server, "a.b.c").await.fails(401);
    }
    exchange(&server, &issuer.sign(&issuer.claims("tidemill", MAIN)))
        .await
        .fails(429);
}
