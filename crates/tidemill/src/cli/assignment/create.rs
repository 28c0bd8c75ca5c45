//! `tidemill assignment create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Give a role to a principal at a place
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill assignment create --principal user:ada --role Reader --scope /workspaces/dev
  tidemill assignment create -f assignment.yml")]
pub struct Create {
    /// Word to find it by; made of what it says when not given
    #[arg(long, short)]
    name: Option<String>,
    /// Who: user:NAME, team:NAME or service-principal:NAME
    #[arg(long)]
    principal: Option<String>,
    /// Role
    #[arg(long)]
    role: Option<String>,
    /// Where: /, /groups/NAME, /workspaces/NAME, or one thing in it
    #[arg(long, value_name = "PLACE")]
    scope: Option<String>,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("principal", self.principal),
            ("role", self.role),
            ("scope", self.scope),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Assignment)?;
        document::tell(session, &loaded);
        let body = document::body(&loaded.spec)?;
        session.show(session.client.post("/assignments", &body).await?)
    }
}
