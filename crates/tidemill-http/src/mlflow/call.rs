//! What a handler of MLflow's surface takes: who asks, in which workspace, and for what.

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request as HttpRequest};
use axum::http::request::Parts;
use axum::http::{Method, header};
use bytes::Bytes;
use tidemill_api::mlflow::{Request, read_json, read_query};
use tidemill_app::{OpContext, workspace};

use super::error::MlflowError;
use crate::Server;
use crate::extract::Ctx;

/// The header in which clients name a workspace.
const WORKSPACE_HEADER: &str = "x-mlflow-workspace";

/// Who asks, and in which workspace: that of the path, else that of the header, else `default`.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) ctx: OpContext,
    pub(super) workspace: String,
    /// The other parts of the path that have names.
    path: Vec<(String, String)>,
}

impl Place {
    /// A named part of the path.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }
}

impl FromRequestParts<Server> for Place {
    type Rejection = MlflowError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, MlflowError> {
        let Ctx(ctx) = Ctx::from_request_parts(parts, server)
            .await
            .map_err(|error| error.0)?;
        let params = RawPathParams::from_request_parts(parts, server)
            .await
            .map_err(|error| MlflowError::invalid(format!("Invalid path: {error}")))?;
        let mut path: Vec<_> = params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let in_path = path
            .iter()
            .position(|(name, _)| name == "workspace")
            .map(|at| path.remove(at).1);
        let header = parts
            .headers
            .get(WORKSPACE_HEADER)
            .and_then(|value| value.to_str().ok());
        let workspace = match in_path.as_deref().or(header).filter(|name| !name.is_empty()) {
            None | Some(workspace::DEFAULT) => workspace::DEFAULT.to_owned(),
            Some(name) => workspace::get(&ctx, name).await?.name,
        };
        Ok(Self { ctx, workspace, path })
    }
}

/// A place and a request: the query of a GET, the JSON body of everything else.
#[derive(Debug)]
pub(super) struct Call<T> {
    pub(super) ctx: OpContext,
    pub(super) workspace: String,
    pub(super) request: T,
}

impl<T: Request> FromRequest<Server> for Call<T> {
    type Rejection = MlflowError;

    async fn from_request(request: HttpRequest, server: &Server) -> Result<Self, MlflowError> {
        let (mut parts, body) = request.into_parts();
        let Place { ctx, workspace, path } = Place::from_request_parts(&mut parts, server).await?;
        let read = if parts.method == Method::GET && parts.uri.query().is_some_and(|query| !query.is_empty())
        {
            let mut pairs = pairs(parts.uri.query().unwrap_or_default());
            pairs.extend(path);
            read_query(pairs)
        } else {
            if parts.method == Method::POST || parts.method == Method::PUT {
                is_json(&parts)?;
            }
            let request = HttpRequest::from_parts(parts, body);
            let bytes = Bytes::from_request(request, server)
                .await
                .map_err(|rejection| MlflowError::invalid(rejection.body_text()))?;
            let path: Vec<_> = path.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            read_json(&bytes, &path)
        };
        Ok(Self {
            ctx,
            workspace,
            request: read.map_err(MlflowError::invalid)?,
        })
    }
}

/// A form of a web page can't send JSON without asking first.
fn is_json(parts: &Parts) -> Result<(), MlflowError> {
    let Some(kind) = parts.headers.get(header::CONTENT_TYPE) else {
        return Err(MlflowError::invalid(
            "Bad Request. Content-Type header is missing.",
        ));
    };
    let kind = kind
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(MlflowError::invalid(
        "Bad Request. Content-Type must be one of ['application/json'].",
    ))
}

/// The pairs of a query string.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8_lossy()
            .into_owned()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded() {
        let expected = [("a", "x y"), ("b", "é&="), ("b", ""), ("c", "")];
        let expected: Vec<_> = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        assert_eq!(pairs("a=x+y&b=%C3%A9%26%3D&b=&c&&"), expected);
    }
}
