//! Calls of a running MLflow server: who asks, what is tried again, and page after page.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Result};

/// How often a call is tried, and how long the first pause is; each one after it is twice as long.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// Who asks a server, as MLflow's own client knows it from `MLFLOW_TRACKING_…`.
#[derive(Clone, Default)]
pub struct Login {
    /// A name, for basic authentication.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// A bearer token; a name goes before it.
    pub token: Option<String>,
    /// A PEM file of an authority that signed the server's certificate.
    pub certificate: Option<std::path::PathBuf>,
    /// Take any certificate.
    pub insecure: bool,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A running server of MLflow.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    http: reqwest::Client,
    address: String,
    workspace: Option<String>,
    login: Login,
}

/// What a server says instead of an answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Server {
    pub(crate) fn new(address: &str, workspace: Option<String>, login: Login) -> Result<Self> {
        let no = |why: String| Error::new(format!("failed to import from a server: {why}"));
        let mut address = url::Url::parse(address).map_err(|error| no(error.to_string()))?;
        let mut login = login;
        if !address.username().is_empty() {
            let decoded = |text: &str| {
                url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
                    .next()
                    .map_or_else(String::new, |(_, text)| text.into_owned())
            };
            login.username = Some(decoded(address.username()));
            login.password = address.password().map(decoded);
        }
        let _ = address.set_username("");
        let _ = address.set_password(None);
        address.set_query(None);
        address.set_fragment(None);
        let mut http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(Duration::from_secs(300))
            .danger_accept_invalid_certs(login.insecure);
        if let Some(path) = &login.certificate {
            let pem = std::fs::read(path).map_err(|error| Error::file("read", path, error))?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|error| Error::file("read", path, error))?;
            for authority in authorities {
                http = http.add_root_certificate(authority);
            }
        }
        Ok(Self {
            http: http.build().map_err(|error| no(error.to_string()))?,
            address: address.as_str().trim_end_matches('/').to_owned(),
            workspace,
            login,
        })
    }

    /// Reads something, such as `runs/get?run_id=…`.
    pub(crate) async fn get(&self, call: &str, query: &[(&str, &str)]) -> Result<Value> {
        self.json(call, Method::GET, query, None).await
    }

    /// Asks for something by a body, such as `runs/search`.
    pub(crate) async fn post(&self, call: &str, body: &Value) -> Result<Value> {
        self.json(call, Method::POST, &[], Some(body)).await
    }

    /// All items of a search, page after page. `what` is the field that holds them.
    pub(crate) async fn all_posted(&self, call: &str, what: &str, mut body: Value) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        loop {
            let mut page = self.post(call, &body).await?;
            found.append(page[what].as_array_mut().unwrap_or(&mut Vec::new()));
            match next(&mut page) {
                Some(token) => body["page_token"] = token.into(),
                None => return Ok(found),
            }
        }
    }

    /// As [`Server::all_posted`], of a search that is asked by query.
    pub(crate) async fn all_got(&self, call: &str, what: &str, query: &[(&str, &str)]) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let mut query = query.to_vec();
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let mut page = self.get(call, &query).await?;
            found.append(page[what].as_array_mut().unwrap_or(&mut Vec::new()));
            match next(&mut page) {
                Some(next) => token = next,
                None => return Ok(found),
            }
        }
    }

    /// A file, or why there is none.
    pub(crate) async fn file(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Result<reqwest::Response, Refusal>> {
        self.send(|| self.request(Method::GET, path).query(query)).await
    }

    /// An answer of the tracking API, or why there is none. A call that starts with `/` is the path itself.
    pub(crate) async fn ask(
        &self,
        call: &str,
        method: Method,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Result<Value, Refusal>> {
        match self.text(call, method, query, body).await? {
            Ok(text) => self.read(call, &text).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// As [`Server::ask`], with the answer as the server wrote it.
    pub(crate) async fn text(
        &self,
        call: &str,
        method: Method,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Result<String, Refusal>> {
        let path = match call.strip_prefix('/') {
            Some(_) => call.to_owned(),
            None => format!("/api/2.0/mlflow/{call}"),
        };
        let request = || {
            let request = self.request(method.clone(), &path).query(query);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        match self.send(request).await? {
            Ok(response) => {
                let text = response.text().await;
                text.map(Ok).map_err(|error| self.unreachable(&error))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Reads what a server wrote.
    pub(crate) fn read<'t, T: Deserialize<'t>>(&self, call: &str, text: &'t str) -> Result<T> {
        serde_json::from_str(text).map_err(|error| {
            Error::new(format!("failed to read {call} from {}: {error}", self.address))
                .hint("is it the address of an MLflow server?")
        })
    }

    async fn json(
        &self,
        call: &str,
        method: Method,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value> {
        self.ask(call, method, query, body)
            .await?
            .map_err(|refusal| self.refused(call, &refusal))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if let Some(workspace) = &self.workspace {
            request = request.header("X-MLFLOW-WORKSPACE", workspace);
        }
        match (&self.login.username, &self.login.token) {
            (Some(name), _) => request.basic_auth(name, self.login.password.as_deref()),
            (None, Some(token)) => request.bearer_auth(token),
            (None, None) => request,
        }
    }

    /// Sends a request, again and again while the server is busy or away.
    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Result<reqwest::Response, Refusal>> {
        let mut pause = PAUSE;
        for last in (0..TRIES).map(|tried| tried + 1 == TRIES) {
            match request().send().await {
                Ok(response) if response.status().is_success() => return Ok(Ok(response)),
                Ok(response) if last || !passes(response.status()) => {
                    let status = response.status();
                    let text = response.text().await.unwrap_or_default();
                    let message = serde_json::from_str::<Value>(&text)
                        .ok()
                        .and_then(|answer| Some(answer["message"].as_str()?.to_owned()))
                        .unwrap_or_else(|| status.to_string());
                    return Ok(Err(Refusal { status, message }));
                }
                Err(error) if last => return Err(self.unreachable(&error)),
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(Error::new(format!("failed to reach {}", self.address)))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut why = error as &dyn std::error::Error;
        while let Some(source) = why.source() {
            why = source;
        }
        Error::new(format!("failed to reach {}: {why}", self.address))
            .hint("an import that broke off goes on when it is started again")
    }

    pub(crate) fn refused(&self, call: &str, refusal: &Refusal) -> Error {
        let error = Error::new(format!(
            "failed to read {call} from {}: {}",
            self.address, refusal.message
        ));
        match refusal.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => error
                .hint("set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"),
            StatusCode::NOT_FOUND => error.hint("is it the address of an MLflow server?"),
            _ => error,
        }
    }
}

/// Whether what is wrong may pass.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn next(page: &mut Value) -> Option<String> {
    let token = page["next_page_token"].as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}
