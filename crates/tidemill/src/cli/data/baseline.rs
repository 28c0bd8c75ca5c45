//! `tidemill data baseline`: the version of an asset that others are compared with. It is the label `baseline`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

const LABEL: &str = "baseline";

/// Set or show the version that others are compared with
#[derive(Debug, Args)]
pub struct Baseline {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Set(Set),
    Show(Show),
}

/// Say which version others are compared with
///
/// It is the label `baseline`: SQL and YAML name it azureml:flights@baseline.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data baseline set --name flights --version 1")]
struct Set {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Version
    #[arg(long, short)]
    version: String,
}

/// Show the version that others are compared with
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data baseline show --name flights")]
struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Baseline {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Set(Set { name, version }) => {
                let path = session.path(&["data", &name, "labels", LABEL]);
                let label = session
                    .client
                    .put(&path, &json!({ "version": version }), None)
                    .await?;
                session.show(label)
            }
            Verb::Show(Show { name }) => {
                let path = session.path(&["data", &name, "labels", LABEL]);
                session.show(session.client.get(&path).await?)
            }
        }
    }
}
