//! One call to the server, repeated while the server is away.

use crate::failure::Failure;
use crate::stop::Stop;
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long one answer may take before the call is made anew.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server that is away is waited for once the runner was told to end.
const LEAVING: Duration = Duration::from_secs(10);

/// A body, whole, so that it can be sent again.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) kind: &'static str,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// 409, or a token that is not known any more.
    #[error("the server gave the job to another attempt ({status})")]
    Disowned {
        /// The answer.
        status: StatusCode,
    },
    /// Any other refusal: repeating it would not help.
    #[error("the server refused {path}: {status} {text}")]
    Refused {
        /// The call.
        path: String,
        /// The answer.
        status: StatusCode,
        /// Its text, shortened.
        text: String,
    },
    /// Nothing answered for too long.
    #[error("the server was away for {away_s} s{}: {last}", if *.gone { ", and its data folder is gone" } else { "" })]
    Away {
        /// For how long.
        away_s: u64,
        /// Whether its data folder was gone too.
        gone: bool,
        /// What went wrong last.
        last: String,
    },
}

/// How long a server that is away is waited for.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    /// While its data folder is there.
    pub(super) away: Duration,
    /// The data folder.
    pub(super) data_dir: PathBuf,
    /// When the data folder is gone too.
    pub(super) gone: Duration,
}

/// Makes calls with the token of one attempt.
#[derive(Clone)]
pub(super) struct Caller {
    client: reqwest::Client,
    base: String,
    authorization: HeaderValue,
    patience: Patience,
    stop: Stop,
    /// Since when nothing has answered: what one call has waited, the next need not wait again.
    away_since: Arc<Mutex<Option<Instant>>>,
}

impl Caller {
    pub(super) fn new(
        server_url: &str,
        token: &str,
        patience: Patience,
        stop: Stop,
    ) -> Result<Self, Failure> {
        let url = url::Url::parse(server_url).map_err(|error| {
            Failure::new(format!(
                "failed to read the server's address {server_url:?}: {error}"
            ))
        })?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Failure::new("failed to use the token: it holds odd characters".into()))?;
        authorization.set_sensitive(true);
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .tcp_nodelay(true)
            .pool_idle_timeout(None)
            .redirect(reqwest::redirect::Policy::none());
        // Reading the machine's certificates takes longer than a short job; without TLS nobody asks for them.
        let client = if url.scheme() == "http" {
            client.tls_built_in_root_certs(false)
        } else {
            client
        };
        // No proxy stands between a machine and itself.
        let client = if is_loopback(&url) {
            client.no_proxy()
        } else {
            client
        };
        let client = client
            .build()
            .map_err(|error| Failure::new(format!("failed to make the HTTP client: {error}")))?;
        Ok(Self {
            client,
            base: format!("{}/api/v1/runner/", server_url.trim_end_matches('/')),
            authorization,
            patience,
            stop,
            away_since: Arc::default(),
        })
    }

    /// Makes a call until it is answered, or nothing has answered for too long.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<Bytes, CallError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = tokio::select! {
                answer = self.once(method.clone(), path, body.clone()) => Some(answer),
                () = self.long_leaving() => None,
            };
            let silent = answer.is_none();
            let last = match answer {
                Some(Ok(Answer::Done(bytes))) => {
                    *self.away_since() = None;
                    return Ok(bytes);
                }
                Some(Ok(Answer::Final(error))) => return Err(error),
                Some(Ok(Answer::Again(what))) => what,
                Some(Err(error)) => error.without_url().to_string(),
                None => "no answer".to_owned(),
            };
            let away = self.away_since().get_or_insert_with(Instant::now).elapsed();
            let gone = !self.patience.data_dir.exists();
            let most = match gone {
                true => self.patience.gone,
                false => self.patience.away,
            };
            let leaving = self.stop.is_leaving() && (silent || away > LEAVING);
            if leaving || away > most {
                return Err(CallError::Away {
                    away_s: away.as_secs(),
                    gone,
                    last,
                });
            }
            tracing::debug!(path, last, "the server does not answer; again in {pause:?}");
            let pausing = tokio::time::sleep(pause);
            if self.stop.is_leaving() {
                pausing.await;
            } else {
                tokio::select! {
                    () = pausing => {}
                    () = self.stop.told_to_leave() => pause = FIRST_PAUSE,
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Ends a while after the runner was told to end.
    async fn long_leaving(&self) {
        self.stop.told_to_leave().await;
        // A server that has answered so far may need its time for much.
        let is_away = self.away_since().is_some();
        tokio::time::sleep(if is_away { LEAVING } else { PATIENCE }).await;
    }

    fn away_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.away_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn once(&self, method: Method, path: &str, body: Option<Body>) -> reqwest::Result<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.header(AUTHORIZATION, self.authorization.clone());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, body.kind).body(body.bytes);
        }
        let response = request.send().await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        Ok(match status {
            status if status.is_success() => Answer::Done(bytes),
            StatusCode::CONFLICT | StatusCode::GONE | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Answer::Final(CallError::Disowned { status })
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Answer::Again(status.to_string()),
            status if status.is_server_error() => Answer::Again(status.to_string()),
            status => Answer::Final(CallError::Refused {
                path: path.split('?').next().unwrap_or(path).to_owned(),
                status,
                text: String::from_utf8_lossy(&bytes).chars().take(300).collect(),
            }),
        })
    }
}

enum Answer {
    Done(Bytes),
    Again(String),
    Final(CallError),
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
