//! `tidemill datastore access revoke`.

use clap::Args;

use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Take a rule away, at once; without any, everybody in the workspace reaches the files again
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill datastore access revoke --name lake --rule 3f2a90c1d2e4b5a6 --yes"
)]
pub struct Revoke {
    /// Name of the datastore
    #[arg(long, short)]
    name: String,
    /// The rule, as the list names it
    #[arg(long)]
    rule: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Revoke {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        confirm::delete(
            &format!("rule {} of datastore {}", self.rule, self.name),
            self.yes,
        )?;
        let path = session.path(&["datastores", &self.name, "access", &self.rule]);
        session.client.delete(&path).await?;
        let left = session
            .client
            .get(&session.path(&["datastores", &self.name, "access"]))
            .await?;
        super::show(session, &self.name, &left)
    }
}
