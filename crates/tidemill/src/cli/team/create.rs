//! `tidemill team create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::client::path;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make or change a team
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill team create --name analysts --members user:ada user:bob
  tidemill team create -f team.yml")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// What it is for
    #[arg(long, short, value_name = "TEXT")]
    description: Option<String>,
    /// Who is in it: user:NAME, service-principal:NAME or team:NAME
    #[arg(long, num_args = 1.., value_name = "PRINCIPAL")]
    members: Vec<String>,
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
        if !self.members.is_empty() {
            changes.push(document::option("members", self.members));
        }
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Team)?;
        document::tell(session, &loaded);
        let name = loaded.spec.name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Error::usage("failed to make a team: it has no name").with_hint("add --name"));
        }
        let body = document::body(&loaded.spec)?;
        let view = session.client.put(&path(&["teams", &name]), &body, None).await?;
        session.show(view)
    }
}
