//! moto's server, which speaks S3.

use std::process::Command;

use tidemill_objects::{DatastoreConfig, Secret};

use super::process::{Server, tool};

pub struct Moto {
    server: Server,
}

impl Moto {
    pub fn start() -> Self {
        let moto = tool("moto").join("bin/moto_server");
        let server = Server::start("moto", |port, _| {
            let mut command = Command::new(moto);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        });
        Self { server }
    }

    /// Creates a bucket; gives how to open it, under a prefix.
    pub async fn bucket(&self, name: &str, prefix: &str) -> DatastoreConfig {
        let endpoint = format!("http://127.0.0.1:{}", self.server.port);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let created = client.put(format!("{endpoint}/{name}")).send().await.unwrap();
        assert!(created.status().is_success(), "{}", created.status());
        DatastoreConfig::S3 {
            bucket: name.into(),
            region: None,
            endpoint: Some(endpoint),
            prefix: prefix.into(),
            access_key_id: Some("test".into()),
            secret_access_key: Some(Secret::new("S3CRET")),
            session_token: None,
            allow_http: true,
        }
    }
}
