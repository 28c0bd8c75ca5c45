//! Making a version: the file and the options to a specification, local files to the server, and waiting for what is read
//! there.

use std::path::Path;

use reqwest::{Method, header};
use serde_json::Value;
use tidemill_api::problem::Problem;
use tidemill_spec::yaml::Override;

use super::{Kind, with_id};
use crate::client::AnswerEvents;
use crate::document;
use crate::error::{Error, Result};
use crate::output::{bytes, count as spoken, number};
use crate::progress::Progress;
use crate::session::Session;
use crate::upload::upload;

/// Makes a version and prints it.
///
/// # Errors
/// A specification that is wrong, files that cannot be read, or what the server says.
pub async fn create(session: &Session, kind: Kind, file: Option<&Path>, changes: &[Override]) -> Result<()> {
    let mut loaded = document::load(file, changes, kind.family())?;
    document::tell(session, &loaded);
    let name = match loaded.spec.name() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => {
            return Err(
                Error::usage(format!("failed to make the {}: it has no name", kind.word()))
                    .with_hint("add --name, or `name:` to the file"),
            );
        }
    };
    upload(session, &mut loaded.spec).await?;
    let body = document::body(&loaded.spec)?;
    let version = body.get("version").and_then(Value::as_str);
    let request = match version {
        Some(version) => session.client.request(
            Method::PUT,
            &session.path(&[kind.plural(), &name, "versions", version]),
        ),
        None => session
            .client
            .request(Method::POST, &session.path(&[kind.plural(), &name, "versions"])),
    };
    let request = request
        .header(header::ACCEPT, "text/event-stream, application/json")
        .json(&body);
    let view = answer(session, &name, request).await?;
    for warning in view["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        session.warn(warning);
    }
    session.show(with_id(view))
}

/// The answer, which is the view, or events until there is one.
///
/// # Errors
/// What the server says.
pub(crate) async fn answer(session: &Session, name: &str, request: reqwest::RequestBuilder) -> Result<Value> {
    let response = session.client.send(request).await?;
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        return response
            .json()
            .await
            .map_err(|error| Error::failed(format!("failed to read the answer: {error}")));
    }
    let progress = Progress::start(&format!("Reading {name}"), None, session.quiet);
    let mut events = AnswerEvents::new(response);
    while let Some(event) = events.next().await? {
        let count = |field| {
            number(&event.data, field)
                .and_then(|count| u64::try_from(count).ok())
                .unwrap_or_default()
        };
        match event.name.as_str() {
            "progress" => progress.set(count("files"), count("bytes")),
            "done" => {
                let (files, size) = (count("files"), count("size_bytes"));
                let said = format!("Read {name} ({}, {})", spoken(files, "file"), bytes(size));
                progress.end((files > 0).then_some(said.as_str()));
                return Ok(event.data);
            }
            "problem" => {
                let problem: Problem = serde_json::from_value(event.data)
                    .map_err(|error| Error::failed(format!("failed to read what went wrong: {error}")))?;
                return Err(Error::Problem(Box::new(problem)));
            }
            _ => {}
        }
    }
    Err(Error::failed(format!(
        "failed to hear what became of {name}: the server ended its answer"
    ))
    .with_hint("look with `show`, and run the command again"))
}
