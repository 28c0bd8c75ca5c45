//! Azurite, the real emulator of Azure Blob Storage.

use std::process::Command;

use tidemill_objects::{AzureCredentials, DatastoreConfig, Secret};

use super::process::{Server, tool};

/// The account and key that every Azurite has.
const ACCOUNT: &str = "devstoreaccount1";
pub const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

pub struct Azurite {
    server: Server,
}

impl Azurite {
    pub fn start() -> Self {
        let azurite = tool("azurite").join("node_modules/.bin/azurite-blob");
        let server = Server::start("azurite", |port, folder| {
            let mut command = Command::new(azurite);
            command.args([
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                &port.to_string(),
                "--location",
            ]);
            command
                .arg(folder)
                .args(["--skipApiVersionCheck", "--silent", "--disableTelemetry"]);
            command
        });
        Self { server }
    }

    /// Creates a container; gives how to open it with the account's key.
    pub fn container(&self, name: &str) -> DatastoreConfig {
        self.python(&["container", name]);
        self.config(
            name,
            AzureCredentials::AccountKey {
                account_key: Secret::new(KEY),
            },
        )
    }

    pub fn config(&self, container: &str, credentials: AzureCredentials) -> DatastoreConfig {
        DatastoreConfig::AzureBlob {
            account_name: ACCOUNT.into(),
            container_name: container.into(),
            endpoint: Some(format!("127.0.0.1:{}", self.server.port)),
            protocol: Some("http".into()),
            credentials,
            prefix: String::new(),
        }
    }

    /// A shared access signature for reading and listing.
    pub fn read_only_sas(&self) -> String {
        self.python(&["sas"])
    }

    fn python(&self, args: &[&str]) -> String {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tidemill-objects/tests/it/support/azure.py"
        );
        let mut command = Command::new("python3");
        command
            .arg(script)
            .arg(self.server.port.to_string())
            .arg(KEY)
            .args(args);
        let output = command.output().expect("python3 can be run");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}
