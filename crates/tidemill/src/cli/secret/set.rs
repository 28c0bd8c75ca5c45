//! `tidemill secret set`.

use clap::Args;
use serde_json::json;

use super::value::Given;
use crate::error::Result;
use crate::session::Session;

/// Set a secret; another value is a new version
///
/// The value is asked for, or read from a file or standard input. A job gets it where it says ${{secrets.NAME}} in its command
/// or environment_variables, a datastore where its credentials say so.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill secret set --name db-password
  tidemill secret set --name db-password --file password.txt --description \"Reads the warehouse\"
  vault-cli read db | tidemill secret set --name db-password
  tidemill secret set --name signing-key --generate")]
pub struct Set {
    /// Name: letters, digits, `_` and `-`
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    given: Given,
    /// What it is for
    #[arg(long, short, value_name = "TEXT")]
    description: Option<String>,
}

/// Shorter values are not looked for in logs.
const LEAST_MASKED: usize = 4;

impl Set {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let value = self.given.read(&self.name)?;
        if value.len() < LEAST_MASKED {
            session.warn("a value this short is not masked in logs: it would be found everywhere");
        }
        let body = json!({ "value": value, "description": self.description });
        let path = super::place(session, &[&self.name]);
        session.show(session.client.put(&path, &body, None).await?)
    }
}
