//! `tidemill datastore access grant`.

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Let somebody read, or read and write, a folder
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill datastore access grant --name lake --principal team:analysts --path 'silver/*' --rights read
  tidemill datastore access grant --name lake --principal service-principal:etl --path 'gold/*' --rights read-write")]
pub struct Grant {
    /// Name of the datastore
    #[arg(long, short)]
    name: String,
    /// Who: user:NAME, team:NAME or service-principal:NAME
    #[arg(long)]
    principal: String,
    /// Folder, with all that lies in it; * is the whole datastore
    #[arg(long, value_name = "FOLDER")]
    path: String,
    /// What for
    #[arg(long)]
    rights: Rights,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rights {
    /// Read its files
    Read,
    /// Read and write them
    ReadWrite,
}

impl Grant {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let rights = match self.rights {
            Rights::Read => "read",
            Rights::ReadWrite => "read_write",
        };
        let body = json!({ "principal": self.principal, "path": self.path, "rights": rights });
        let path = session.path(&["datastores", &self.name, "access"]);
        super::show(session, &self.name, &session.client.post(&path, &body).await?)
    }
}
