//! `/api/v1/workspaces/{ws}/{trees,packs,blobs}`.

use serde_json::json;
use tidemill_objects::{BLOB_BYTES, Hash, Silent, Tree, TreeBuilder, TreePlan};
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default";

/// A folder with small files and a large one: its plan, and its packs.
fn planned(large: &[u8]) -> (TreePlan, Vec<(String, Vec<u8>)>) {
    let folder = tempfile::tempdir().expect("a folder").keep();
    std::fs::write(folder.join("a.txt"), "a").expect("a file");
    std::fs::write(folder.join("b.txt"), "bb").expect("a file");
    std::fs::write(folder.join("large.bin"), large).expect("a file");
    let mut packs = Vec::new();
    let builder = TreeBuilder::data(&folder).expect("walks");
    let plan = builder
        .build(
            None,
            None,
            std::time::SystemTime::now(),
            &Silent,
            &mut |id, bytes| {
                packs.push((id.to_string(), bytes.to_vec()));
                Ok(())
            },
        )
        .expect("builds");
    (plan, packs)
}

async fn put(server: &TestServer, path: &str, body: Vec<u8>) -> (u16, String) {
    let url = format!("http://{}{URL}{path}", server.address);
    let answer = reqwest::Client::new()
        .put(url)
        .body(body)
        .send()
        .await
        .expect("answers");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn a_tree_is_sent_in_parts_and_is_there() {
    let server = TestServer::start().await;
    let client = server.client();
    let large = vec![7; 40 << 20];
    assert!(large.len() as u64 > BLOB_BYTES);
    let (plan, packs) = planned(&large);
    let blob = plan.blobs[0].hash.to_hex();
    let asked = json!({"blobs": [blob], "packs": [packs[0].0]});
    assert_eq!(
        client
            .post(&format!("{URL}/trees:missing"), asked.clone())
            .await
            .ok(),
        asked
    );
    let tree = Tree::new(plan.manifest, plan.layout).expect("fits");
    let (digest, encoded) = (tree.digest().to_hex(), tree.encode().expect("encodes"));
    // Its bytes come first.
    assert_eq!(
        put(&server, &format!("/trees/{digest}"), encoded.clone()).await.0,
        404
    );
    client.get(&format!("{URL}/trees/{digest}")).await.fails(404);
    assert_eq!(
        put(&server, &format!("/packs/{}", packs[0].0), packs[0].1.clone())
            .await
            .0,
        200
    );
    assert_eq!(put(&server, &format!("/blobs/{blob}"), large).await.0, 204);
    assert_eq!(put(&server, &format!("/trees/{digest}"), encoded).await.0, 200);
    let shown = client.get(&format!("{URL}/trees/{digest}")).await.ok();
    assert_eq!(
        (shown["files"].as_u64(), shown["size_bytes"].as_u64()),
        (Some(3), Some((40 << 20) + 3))
    );
    let none = json!({"blobs": [], "packs": []});
    assert_eq!(
        client.post(&format!("{URL}/trees:missing"), asked).await.ok(),
        none
    );
}

#[tokio::test]
async fn other_bytes_than_announced_are_refused_and_leave_nothing() {
    let server = TestServer::start().await;
    let (_, packs) = planned(b"x");
    let wrong = Hash::of(b"something else").to_hex();
    for path in ["packs", "blobs", "trees"] {
        let (status, text) = put(&server, &format!("/{path}/{wrong}"), packs[0].1.clone()).await;
        assert_eq!(status, 400, "{path}: {text}");
        let (status, _) = put(&server, &format!("/{path}/..%2Fkeys"), b"x".to_vec()).await;
        assert_eq!(status, 400, "{path}");
    }
    let (status, _) = put(
        &server,
        &format!("/packs/{}", Hash::of(b"junk").to_hex()),
        b"junk".to_vec(),
    )
    .await;
    assert_eq!(status, 400);
    let asked = json!({"blobs": [wrong], "packs": []});
    assert_eq!(
        server
            .client()
            .post(&format!("{URL}/trees:missing"), asked.clone())
            .await
            .ok(),
        asked
    );
    server
        .client()
        .post(&format!("{URL}/trees:missing"), json!({"blobs": ["zz"]}))
        .await
        .fails(400);
}

#[tokio::test]
async fn the_code_of_a_job_can_be_looked_at() {
    let server = TestServer::start().await;
    let client = server.client();
    let (plan, packs) = planned(b"large");
    let tree = Tree::new(plan.manifest, plan.layout).expect("fits");
    let digest = tree.digest().to_hex();
    for (id, bytes) in packs {
        assert_eq!(put(&server, &format!("/packs/{id}"), bytes).await.0, 200);
    }
    let encoded = tree.encode().expect("encodes");
    assert_eq!(put(&server, &format!("/trees/{digest}"), encoded).await.0, 200);
    let spec = json!({"type": "command", "command": "true", "code": format!("tidemill://trees/{digest}"),
        "environment": {"conda_file": {"dependencies": ["python=3.11"]}}});
    client
        .put(&format!("{URL}/jobs/coded"), json!({"spec": spec}))
        .await
        .ok();
    let files = client.get(&format!("{URL}/jobs/coded/code")).await.ok();
    assert_eq!(files["files"][1], json!({"path": "b.txt", "size_bytes": 2}));
    let file = client.get(&format!("{URL}/jobs/coded/code/b.txt")).await.ok();
    assert_eq!(file, "bb");
    client
        .get(&format!("{URL}/jobs/coded/code/gone.txt"))
        .await
        .fails(404);
}
