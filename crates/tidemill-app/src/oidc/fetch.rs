//! Requests to issuers and providers: through the HTTP client that is there, with limits of size and time, and no redirect.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::future::BoxFuture;
use openidconnect::{HttpRequest, HttpResponse, http};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of an answer: keys and settings are a few kilobytes.
const MOST_BYTES: usize = 512 << 10;

/// What went wrong with a request.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FetchError(String);

/// The client, made when it is needed first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Web {
    /// For issuers elsewhere, through the proxy of the environment if there is one.
    outside: Arc<OnceLock<reqwest::Client>>,
    /// For issuers on this machine.
    local: Arc<OnceLock<reqwest::Client>>,
}

impl Web {
    /// It as the function that the flows ask for.
    pub(crate) fn client(
        &self,
    ) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, FetchError>> + Send + Sync + 'static
    {
        let web = self.clone();
        move |request| {
            let web = web.clone();
            Box::pin(async move { web.call(request).await })
        }
    }

    /// Sends a request and reads the whole answer.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let local = request
            .uri()
            .host()
            .is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
        if !local && request.uri().scheme_str() != Some("https") {
            return Err(FetchError(format!("{} is not reached over TLS", request.uri())));
        }
        let client = match local {
            true => made(&self.local, true)?,
            false => made(&self.outside, false)?,
        };
        let request = reqwest::Request::try_from(request).map_err(|error| FetchError(error.to_string()))?;
        let mut answer = client
            .execute(request)
            .await
            .map_err(|error| FetchError(why(&error)))?;
        let mut head = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            head = head.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| FetchError(why(&error)))? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(FetchError(format!(
                    "the answer has more than {} KiB",
                    MOST_BYTES >> 10
                )));
            }
            body.extend_from_slice(&chunk);
        }
        head.body(body).map_err(|error| FetchError(error.to_string()))
    }
}

fn made(kept: &OnceLock<reqwest::Client>, local: bool) -> Result<&reqwest::Client, FetchError> {
    if let Some(client) = kept.get() {
        return Ok(client);
    }
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .user_agent("tidemill");
    let builder = match local {
        true => builder.no_proxy(),
        false => builder,
    };
    let client = builder.build().map_err(|error| FetchError(why(&error)))?;
    Ok(kept.get_or_init(|| client))
}

/// An error with its causes: the outermost says little.
fn why(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
