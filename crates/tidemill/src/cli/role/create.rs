//! `tidemill role create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::client::path;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make or change a role; Azure's JSON of a custom role reads as it is
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill role create -f steward.yml
  tidemill role create --name \"Model Steward\" --actions \"*/read\" models/write")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// What it is for
    #[arg(long, short, value_name = "TEXT")]
    description: Option<String>,
    /// What it lets do, such as jobs/write or */read
    #[arg(long, num_args = 1.., value_name = "ACTION")]
    actions: Vec<String>,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [("name", self.name), ("description", self.description)];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        if !self.actions.is_empty() {
            changes.push(document::option("actions", self.actions));
        }
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Role)?;
        document::tell(session, &loaded);
        let name = loaded.spec.name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Error::usage("failed to make a role: it has no name").with_hint("add --name"));
        }
        let body = document::body(&loaded.spec)?;
        let view = session.client.put(&path(&["roles", &name]), &body, None).await?;
        let unknown = view["without_counterpart"].as_array().into_iter().flatten();
        for pattern in unknown.filter_map(|pattern| pattern.as_str()) {
            session.warn(&format!("`{pattern}` has no counterpart here and gives nothing"));
        }
        session.show(view)
    }
}
