//! `tidemill online-endpoint create`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::{Family, Spec};

use super::NOUN;
use crate::cli::args::{NoWait, Words, Written};
use crate::document;
use crate::error::{Error, Result};
use crate::local;
use crate::session::Session;

/// Make an online endpoint, or change one
///
/// An endpoint that is there keeps its traffic and its keys.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-endpoint create -f endpoint.yml
  tidemill online-endpoint create --name flights --auth-mode key")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// How callers show who they are: key, aml_token or aad_token
    #[arg(long)]
    auth_mode: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    written: Written,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("auth_mode", self.auth_mode),
            ("description", self.words.description),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::OnlineEndpoint)?;
        document::tell(session, &loaded);
        if let (true, Spec::OnlineEndpoint(endpoint)) = (self.local, &loaded.spec) {
            return session.show(local::put_endpoint(endpoint)?);
        }
        let path = session.path(&[NOUN, loaded.spec.name().unwrap_or_default()]);
        let mut body = document::body(&loaded.spec)?;
        // Who makes it again does not mean to send its requests nowhere.
        let there = match session.client.get(&path).await {
            Ok(view) => Some(view),
            Err(Error::Problem(problem)) if problem.status == 404 => None,
            Err(error) => return Err(error),
        };
        for field in ["traffic", "mirror_traffic"] {
            let kept = there
                .as_ref()
                .and_then(|view| view.pointer(&format!("/spec/{field}")));
            if let (Some(kept), Some(fields)) = (kept, body.as_object_mut()) {
                fields.entry(field).or_insert_with(|| kept.clone());
            }
        }
        session.show(session.client.put(&path, &body, None).await?)
    }
}
