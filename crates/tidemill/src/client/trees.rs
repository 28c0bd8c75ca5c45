//! The server as a place that trees are brought to.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tidemill_objects::{ByteStream, ErrorKind, Hash, ObjectsError, PackId, Result, Tree, TreeSink};

use super::{Client, path};
use crate::error::Error;

/// The trees of one workspace on a server.
#[derive(Debug, Clone)]
pub struct RemoteTrees {
    client: Client,
    workspace: String,
    said: Arc<Mutex<Option<Error>>>,
}

impl RemoteTrees {
    /// The trees of a workspace.
    pub fn new(client: Client, workspace: &str) -> Self {
        Self {
            client,
            workspace: workspace.to_owned(),
            said: Arc::default(),
        }
    }

    /// What the server said when a call failed, with its hint, which an error of bytes cannot hold.
    pub fn said(&self) -> Option<Error> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn kept(&self, error: Error) -> ObjectsError {
        let detail = error.to_string();
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        ObjectsError::Remote {
            action: "upload to",
            path: "the server".into(),
            detail,
            kind: ErrorKind::Internal,
        }
    }

    fn at(&self, noun: &str, name: &str) -> String {
        path(&["workspaces", &self.workspace, noun, name])
    }

    async fn put_bytes(&self, path: &str, bytes: impl Into<reqwest::Body>) -> Result<()> {
        let request = self.client.request(Method::PUT, path);
        let request = request
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(bytes);
        self.client
            .send(request)
            .await
            .map(drop)
            .map_err(|error| self.kept(error))
    }

    async fn missing(&self, noun: &str, names: &[String]) -> Result<Vec<String>> {
        let url = format!("{}:missing", path(&["workspaces", &self.workspace, "trees"]));
        let mut answer = self
            .client
            .post(&url, &json!({ noun: names }))
            .await
            .map_err(|error| self.kept(error))?;
        serde_json::from_value(answer.get_mut(noun).map(Value::take).unwrap_or_default()).map_err(|error| {
            self.kept(Error::failed(format!(
                "failed to read which {noun} are missing: {error}"
            )))
        })
    }
}

#[async_trait]
impl TreeSink for RemoteTrees {
    async fn has_tree(&self, digest: &Hash) -> Result<bool> {
        let url = self.at("trees", &digest.to_hex());
        match self.client.send(self.client.request(Method::HEAD, &url)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(self.kept(error)),
        }
    }

    async fn missing_packs(&self, packs: &[PackId]) -> Result<Vec<PackId>> {
        let names: Vec<String> = packs.iter().map(ToString::to_string).collect();
        self.missing("packs", &names)
            .await?
            .iter()
            .map(|name| name.parse())
            .collect()
    }

    async fn missing_blobs(&self, blobs: &[Hash]) -> Result<Vec<Hash>> {
        let names: Vec<String> = blobs.iter().map(|hash| hash.to_hex()).collect();
        self.missing("blobs", &names)
            .await?
            .iter()
            .map(|name| name.parse())
            .collect()
    }

    async fn put_pack(&self, id: PackId, pack: Bytes) -> Result<()> {
        self.put_bytes(&self.at("packs", &id.to_string()), pack).await
    }

    async fn put_blob(&self, hash: &Hash, size_bytes: u64, bytes: ByteStream) -> Result<()> {
        let request = self
            .client
            .request(Method::PUT, &self.at("blobs", &hash.to_hex()));
        let request = request
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, size_bytes)
            .body(reqwest::Body::wrap_stream(bytes));
        self.client
            .send(request)
            .await
            .map(drop)
            .map_err(|error| self.kept(error))
    }

    async fn put_encoded(&self, tree: &Tree, encoded: Bytes) -> Result<()> {
        self.put_bytes(&self.at("trees", &tree.digest().to_hex()), encoded)
            .await
    }
}
