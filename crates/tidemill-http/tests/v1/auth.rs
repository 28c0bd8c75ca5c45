//! Sign-in, Host and Origin.

use serde_json::json;
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default";

#[tokio::test]
async fn the_owners_token_signs_in_and_another_does_not() {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    server.client_with(token.trim()).get(URL).await.ok();
    let problem = server.client_with("tm_guess").get(URL).await.fails(401);
    assert_eq!(problem["code"], "unauthenticated");
}

#[tokio::test]
async fn the_owners_token_is_readable_by_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let server = TestServer::start().await;
    let mode = std::fs::metadata(server.app.dir.owner_token())
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_rebound_name_is_refused() {
    let server = TestServer::start().await;
    server
        .client()
        .send("GET", URL, None, &[("host", "evil.example")])
        .await
        .fails(403);
}

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let origin = [("origin", "http://evil.example")];
    client.send("PUT", URL, Some(json!({})), &origin).await.fails(403);
    let own = format!("http://{}", server.address);
    client
        .send("PUT", URL, Some(json!({})), &[("origin", &own)])
        .await
        .ok();
}

#[tokio::test]
async fn nobody_behind_a_proxy_passes_for_the_owner() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = TestServer::start().await;
    let path = "/api/v1/workspaces/default";
    server.client().get(path).await.ok();
    for (name, value) in [
        ("forwarded", "for=192.0.2.1"),
        ("via", "1.1 proxy"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "192.0.2.1"),
    ] {
        let answer = server.client().send("GET", path, None, &[(name, value)]).await;
        assert_eq!(answer.status, 401, "{name}");
    }
    // As nginx sends it on when it is told nothing but where to.
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .expect("connects");
    let asked = format!(
        "GET {path} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(asked.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.0 401"), "{answer}");
}
