//! A client of REST v1: paths, requests, answers, problems.

mod address;
mod events;
mod fetch;
mod mlflow;
mod pages;
mod path;
mod piece;
mod send_file;
mod token;
mod transfer;
mod trees;

pub use address::Address;
pub use events::AnswerEvents;
pub use fetch::{Fetched, Wanted};
pub use path::{file_path, inside, path, query};
pub use send_file::{Sent, ToSend};
pub use token::find as find_token;
pub use trees::RemoteTrees;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::Value;
use tidemill_api::problem::Problem;

use crate::error::{Error, Result};

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    address: Address,
    token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// A client; it does not connect yet.
    ///
    /// # Errors
    /// When the machine cannot make one.
    pub fn new(address: Address, token: Option<String>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .tcp_keepalive(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            // Reading the machine's certificates takes longer than most calls; without TLS nobody asks for them.
            .tls_built_in_root_certs(address.is_secure())
            .build()
            .map_err(|error| Error::failed(format!("failed to make an HTTP client: {error}")))?;
        Ok(Self { address, token, http })
    }

    /// The server's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A request; `path` starts below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1{path}", self.address);
        tracing::debug!(%method, url, "request");
        self.authorized(self.http.request(method, url))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and gives its answer, when that is a good one.
    ///
    /// # Errors
    /// What the server says, or why it cannot be reached.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        tracing::debug!(%status, "answer");
        if status.is_success() {
            return Ok(response);
        }
        let id = response
            .headers()
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let text = response.text().await.unwrap_or_default();
        let mut problem = problem_of(status, &text);
        if status == 401 {
            let how = "give a token with --token, TIDEMILL_TOKEN or `tidemill context set --token-file`";
            problem.hint = Some(match problem.hint {
                Some(hint) => format!("{hint}; {how}"),
                None => how.to_owned(),
            });
        }
        if status.is_server_error() && problem.request_id.is_none() {
            problem.request_id = id;
        }
        Err(Error::Problem(Box::new(problem)))
    }

    /// Sends a request and reads a JSON answer; no content is `Null`.
    ///
    /// # Errors
    /// As [`Client::send`], and when the answer is no JSON.
    pub async fn json(&self, request: RequestBuilder) -> Result<Value> {
        let response = self.send(request).await?;
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            Error::failed(format!("failed to read the answer of {}: {error}", self.address))
                .with_hint("is this address that of a Tidemill server?")
        })
    }

    /// GET.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.json(self.request(Method::GET, path)).await
    }

    /// PUT of JSON; `etag` is what must still stand.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn put(&self, path: &str, body: &Value, etag: Option<&str>) -> Result<Value> {
        let mut request = self.request(Method::PUT, path).json(body);
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, format!("\"{etag}\""));
        }
        self.json(request).await
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.json(self.request(Method::POST, path).json(body)).await
    }

    /// PATCH of JSON.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.json(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.json(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Why a request did not get an answer.
    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        if error.is_connect() {
            let refused = Error::failed(format!("failed to reach a server at {}: {cause}", self.address));
            return refused.with_hint(match self.address.is_loopback() {
                true => {
                    "start one with `tidemill server start`, or name another with --server or TIDEMILL_URL"
                }
                false => "check the address in --server, TIDEMILL_URL or `tidemill context list`",
            });
        }
        Error::failed(format!(
            "failed to talk to the server at {}: {cause}",
            self.address
        ))
        .with_hint("try again; what the server acknowledged before is kept")
    }
}

/// The problem in an answer; anything else becomes one.
fn problem_of(status: reqwest::StatusCode, text: &str) -> Problem {
    serde_json::from_str(text).unwrap_or_else(|_| {
        let title = status
            .canonical_reason()
            .unwrap_or("an unknown status")
            .to_owned();
        let said: String = text.trim().chars().take(300).collect();
        let detail = match said.is_empty() {
            true => format!("failed: the server answered {} {title}", status.as_u16()),
            false => format!("failed: the server answered {} {title}: {said}", status.as_u16()),
        };
        let hint = (status == 404 || status == 405).then(|| {
            "this server does not know the request; are both of the same version (`tidemill version`)?"
                .to_owned()
        });
        Problem {
            r#type: "about:blank".to_owned(),
            title,
            status: status.as_u16(),
            detail,
            code: "unknown".to_owned(),
            hint,
            request_id: None,
        }
    })
}
