//! A lineage both ways, for `data lineage` and `model lineage`: as a tree, as a graph, as events of OpenLineage, and those posted to
//! whoever collects them.

mod tree;

use std::time::Duration;

use clap::{Args, ValueEnum};
use reqwest::header;
use serde_json::Value;

use super::asset::{Kind, Which};
use crate::client::query;
use crate::error::{Error, Result};
use crate::output::{count, text, write_out};
use crate::session::Session;

/// Where OpenLineage's clients send events, below the address of a collector.
const COLLECTOR: &str = "/api/v1/lineage";
/// How long a collector may take for one event.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// To where it comes from
    Up,
    /// To what was made of it
    Down,
    /// Both ways
    Both,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A tree for people; nodes and links as JSON with -o json
    Graph,
    /// Run events of OpenLineage, one a line; an array with -o json
    Openlineage,
}

/// Options of a lineage.
#[derive(Debug, Clone, Args)]
pub struct LineageOptions {
    /// Which way
    #[arg(long, value_enum, value_name = "WAY")]
    pub direction: Option<Direction>,
    /// In which form
    #[arg(long, value_enum, value_name = "FORM")]
    pub format: Option<Form>,
    /// Namespace of the jobs in events of OpenLineage [default: tidemill://WORKSPACE]
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Post the events of OpenLineage to a collector, as in http://127.0.0.1:5000; OPENLINEAGE_API_KEY signs in to it
    #[arg(long, value_name = "URL")]
    pub post: Option<String>,
}

impl LineageOptions {
    /// Whether anything of them was given.
    pub fn is_asked(&self) -> bool {
        let Self {
            direction,
            format,
            namespace,
            post,
        } = self;
        direction.is_some() || format.is_some() || namespace.is_some() || post.is_some()
    }

    /// Shows or posts the lineage of a version.
    ///
    /// # Errors
    /// What the server or the collector says.
    pub async fn run(&self, session: &Session, kind: Kind, which: &Which) -> Result<()> {
        let view = which.view(session, kind).await?;
        let version = text(&view, "version").unwrap_or_default();
        let path = |verb: &str| session.path(&[kind.plural(), &which.name, "versions", version, verb]);
        let direction = match self.direction.unwrap_or(Direction::Both) {
            Direction::Up => "up",
            Direction::Down => "down",
            Direction::Both => "both",
        };
        let mut asked = vec![("direction", direction)];
        if self.format != Some(Form::Openlineage) && self.post.is_none() {
            let verb = if kind == Kind::Model {
                "lineage-graph"
            } else {
                "lineage"
            };
            let graph = session
                .client
                .get(&format!("{}{}", path(verb), query(&asked)))
                .await?;
            return match session.output.is_asked() {
                true => session.show(graph),
                false => write_out(&(tree::lines(&graph).join("\n") + "\n")),
            };
        }
        asked.extend(self.namespace.as_deref().map(|name| ("namespace", name)));
        let events = session
            .client
            .get(&format!("{}{}", path("lineage-events"), query(&asked)))
            .await?;
        let listed = events.as_array().cloned().unwrap_or_default();
        match &self.post {
            Some(collector) => {
                post(collector, &listed).await?;
                session.note(&format!(
                    "Posted {} to {collector}.",
                    count(listed.len() as u64, "event")
                ));
                Ok(())
            }
            None if session.output.is_asked() => session.show(events),
            None => write_out(
                &listed
                    .iter()
                    .map(|event| format!("{event}\n"))
                    .collect::<String>(),
            ),
        }
    }
}

/// Posts events one after the other, for a collector takes one a request.
async fn post(collector: &str, events: &[Value]) -> Result<()> {
    let base = collector.trim_end_matches('/');
    let url = match base.ends_with(COLLECTOR) {
        true => base.to_owned(),
        false => format!("{base}{COLLECTOR}"),
    };
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::failed(format!("failed to make an HTTP client: {error}")))?;
    for (at, event) in events.iter().enumerate() {
        let mut request = client
            .post(&url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(event.to_string());
        if let Ok(key) = std::env::var("OPENLINEAGE_API_KEY") {
            request = request.bearer_auth(key);
        }
        let failed = |why: String| {
            let rest = events.len() - at;
            Error::failed(format!(
                "failed to post {} to {url}: {why}",
                count(rest as u64, "event")
            ))
            .with_hint("events that were taken before may be posted again: a run keeps its id")
        };
        let answer = request.send().await.map_err(|error| failed(error.to_string()))?;
        if !answer.status().is_success() {
            return Err(failed(format!("it answered {}", answer.status())));
        }
    }
    Ok(())
}
