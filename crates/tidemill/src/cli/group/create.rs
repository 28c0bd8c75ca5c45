//! `tidemill group create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::client::path;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make or change a group
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill group create --name europe
  tidemill group create -f group.yml")]
pub struct Create {
    /// Name; 2 to 63 of a-z, 0-9 and -
    #[arg(long, short)]
    name: Option<String>,
    /// Name that people see
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// What it is for
    #[arg(long, short, value_name = "TEXT")]
    description: Option<String>,
    /// Stages, in their order [default: DEV TEST PRD]
    #[arg(long, num_args = 1.., value_name = "STAGE")]
    stages: Vec<String>,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("display_name", self.display_name),
            ("description", self.description),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        if !self.stages.is_empty() {
            changes.push(document::option("stages", self.stages));
        }
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Group)?;
        document::tell(session, &loaded);
        let name = loaded.spec.name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Error::usage("failed to make a group: it has no name").with_hint("add --name"));
        }
        let body = document::body(&loaded.spec)?;
        let view = session.client.put(&path(&["groups", &name]), &body, None).await?;
        session.show(view)
    }
}
