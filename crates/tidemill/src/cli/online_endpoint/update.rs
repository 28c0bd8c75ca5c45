//! `tidemill online-endpoint update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use super::NOUN;
use super::traffic::shares;
use crate::cli::args::{Edit, NoWait, Words};
use crate::cli::update;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Change an online endpoint: its traffic, its description, how callers show who they are
///
/// The shares of --traffic are percent, 100 together or 0; a deployment that is not named gets none.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-endpoint update --name flights --traffic \"blue=90 green=10\"
  tidemill online-endpoint update --name flights --mirror-traffic \"green=10\"
  tidemill online-endpoint update --name flights --set auth_mode=aml_token")]
pub struct Update {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Shares of the requests by deployment, in percent
    #[arg(long, short = 'r', value_name = "DEPLOYMENT=PERCENT", num_args = 1..)]
    traffic: Option<Vec<String>>,
    /// The deployment that gets copies of requests, and of how many percent
    #[arg(long, value_name = "DEPLOYMENT=PERCENT", num_args = 1..)]
    mirror_traffic: Option<Vec<String>>,
    /// YAML file with the fields to change
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    edit: Edit,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = Vec::new();
        if let Some(file) = &self.file {
            let named = [document::option("name", self.name.as_str())];
            let loaded = document::load(Some(file), &named, Family::OnlineEndpoint)?;
            document::tell(session, &loaded);
            if let Value::Object(fields) = document::body(&loaded.spec)? {
                let others = fields.into_iter().filter(|(field, _)| field != "name");
                changes.extend(others.map(|(field, value)| document::option(&field, value)));
            }
        }
        for (option, field, given) in [
            ("--traffic", "traffic", &self.traffic),
            ("--mirror-traffic", "mirror_traffic", &self.mirror_traffic),
        ] {
            if let Some(given) = given {
                changes.push(document::option(field, Value::Object(shares(option, given)?)));
            }
        }
        changes.extend(
            self.words
                .description
                .map(|text| document::option("description", text)),
        );
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        changes.extend(self.edit.overrides()?);
        let what = format!("endpoint {}", self.name);
        let path = session.path(&[NOUN, &self.name]);
        session.show(update::update(session, Family::OnlineEndpoint, &what, &path, &changes).await?)
    }
}
