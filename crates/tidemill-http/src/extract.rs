//! What handlers take from a request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, OriginalUri, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use tidemill_api::page::PageQuery;
use tidemill_app::context::{Origin, SignedIn};
use tidemill_app::page::PageRequest;
use tidemill_app::{Error, Kind, OpContext};

use crate::Server;
use crate::auth::RequestId;
use crate::problem::ApiError;

/// Who asks, under which request id: what every use case takes first.
#[derive(Debug, Clone)]
pub struct Ctx(pub OpContext);

impl FromRequestParts<Server> for Ctx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, ApiError> {
        let who = parts.extensions.get::<SignedIn>().cloned().ok_or_else(|| {
            Error::new(Kind::Unauthenticated, "failed to sign in: the request has no token")
                .hint("send `Authorization: Bearer <token>`; the owner's token is in keys/owner.token of the data folder")
        })?;
        let request_id = parts
            .extensions
            .get::<RequestId>()
            .map(|id| id.0.clone())
            .unwrap_or_default();
        let ctx = OpContext::signed_in(server.app.clone(), who, request_id);
        Ok(Self(ctx.coming_from(origin(parts))))
    }
}

/// Where a request comes from, for those who have not signed in.
#[derive(Debug, Clone)]
pub struct From(pub Origin);

impl FromRequestParts<Server> for From {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, ApiError> {
        Ok(Self(origin(parts)))
    }
}

/// The most characters of a header that the audit log keeps.
const MOST_TOLD: usize = 200;

/// Where a request comes from: the peer, the one that a proxy names, and the program.
fn origin(parts: &Parts) -> Origin {
    let told = |name: &str| {
        let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
        value
            .unwrap_or_default()
            .chars()
            .take(MOST_TOLD)
            .collect::<String>()
    };
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let ip = peer.map(|info| info.0.ip());
    let peer = ip.map(|ip| ip.to_string()).unwrap_or_default();
    let address = match told("x-forwarded-for") {
        behind if behind.is_empty() => peer,
        behind => format!("{peer} for {behind}"),
    };
    let path = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |uri| &uri.0)
        .path();
    let surface = match path.starts_with("/api/v1/") {
        true => "rest",
        false => "mlflow",
    };
    Origin {
        peer: ip,
        address,
        agent: told("user-agent"),
        surface: surface.into(),
    }
}

/// A JSON body; an error names the field.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, server: &Server) -> Result<Self, ApiError> {
        let bytes = bytes::Bytes::from_request(request, server)
            .await
            .map_err(|rejection| {
                Error::invalid(format!("failed to read the body: {}", rejection.body_text()))
            })?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            Error::invalid(format!(
                "failed to read the body at `{}`: {}",
                error.path(),
                error.inner()
            ))
        })?;
        Ok(Self(value))
    }
}

/// The revision of `If-Match`, when there is one.
pub fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Error> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .unwrap_or_default()
        .trim()
        .trim_start_matches("W/")
        .trim_matches('"');
    text.parse().map(Some).map_err(|_| {
        Error::invalid(format!(
            "failed to read If-Match: expected an etag of this API, got {value:?}"
        ))
    })
}

/// The page that a query asks for, its limit between 1 and 1000.
pub fn page(query: PageQuery) -> PageRequest {
    PageRequest {
        limit: query.limit.unwrap_or(100).clamp(1, 1000),
        after: query.after,
    }
}

/// Reads a specification that the URL names: its own name may be left out, and may not be another one.
pub fn named<T: DeserializeOwned>(name: &str, mut body: serde_json::Value) -> Result<T, Error> {
    let Some(fields) = body.as_object_mut() else {
        return Err(Error::invalid(
            "failed to read the body: expected a JSON object with the fields of the YAML",
        ));
    };
    match fields.get("name") {
        None | Some(serde_json::Value::Null) => drop(fields.insert("name".into(), name.into())),
        Some(said) if said == name => {}
        Some(said) => {
            return Err(Error::invalid(format!(
                "failed to read the body at `name`: it says {said}, and the URL says `{name}`"
            )));
        }
    }
    serde_path_to_error::deserialize(body).map_err(|error| {
        let path = error.path().to_string();
        Error::invalid(match path.as_str() {
            "." => format!("failed to read the body: {}", error.inner()),
            path => format!("failed to read the body at `{path}`: {}", error.inner()),
        })
    })
}

/// The body as a stream, however large it is.
pub fn stream(body: axum::body::Body) -> tidemill_objects::ByteStream {
    use futures::{StreamExt, TryStreamExt};
    let broken = |error: axum::Error| tidemill_objects::ObjectsError::Remote {
        action: "read",
        path: "the body of the request".into(),
        detail: error.to_string(),
        kind: tidemill_objects::ErrorKind::Invalid,
    };
    ReadToItsEnd(Some(body.into_data_stream()))
        .map_err(broken)
        .boxed()
}

/// How long the rest of a body that nobody wants is read.
const REST: std::time::Duration = std::time::Duration::from_secs(20);

/// A body that is read to its end, also when its handler gives up: most clients look for the answer, such as that the
/// disk is full, only after they have sent everything.
struct ReadToItsEnd(Option<axum::body::BodyDataStream>);

impl futures::Stream for ReadToItsEnd {
    type Item = Result<bytes::Bytes, axum::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let Some(body) = &mut self.0 else {
            return std::task::Poll::Ready(None);
        };
        let next = std::task::ready!(futures::StreamExt::poll_next_unpin(body, context));
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        std::task::Poll::Ready(next)
    }
}

impl Drop for ReadToItsEnd {
    fn drop(&mut self) {
        let (Some(mut body), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(tokio::time::timeout(REST, async move {
            while let Some(Ok(_)) = futures::StreamExt::next(&mut body).await {}
        }));
    }
}
