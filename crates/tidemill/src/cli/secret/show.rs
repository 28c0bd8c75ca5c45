//! `tidemill secret show`.

use clap::Args;
use reqwest::Method;

use crate::error::Result;
use crate::output::{text, write_out};
use crate::session::Session;

/// Show a secret; its value only when that is asked for, and then the audit log says who read it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill secret show --name db-password
  tidemill secret show --name db-password --reveal
  tidemill secret show --name db-password --reveal --version 2 -o json")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Print the value
    #[arg(long)]
    reveal: bool,
    /// Version [default: the newest]
    #[arg(long, short, value_name = "NUMBER", requires = "reveal")]
    version: Option<i64>,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if !self.reveal {
            let path = super::place(session, &[&self.name]);
            return session.show(session.client.get(&path).await?);
        }
        let path = super::place(session, &[&format!("{}:reveal", self.name)]);
        let query = self.version.map(|version| format!("?version={version}"));
        let path = format!("{path}{}", query.unwrap_or_default());
        let value = session
            .client
            .json(session.client.request(Method::POST, &path))
            .await?;
        if session.output.is_asked() {
            return session.output.show(value);
        }
        write_out(&format!("{}\n", text(&value, "value").unwrap_or_default()))
    }
}
