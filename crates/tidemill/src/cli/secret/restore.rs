//! `tidemill secret restore`.

use clap::Args;
use reqwest::Method;

use crate::error::Result;
use crate::session::Session;

/// Bring a deleted secret back, with all its versions
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill secret restore --name db-password")]
pub struct Restore {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Restore {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = super::place(session, &[&format!("{}:restore", self.name)]);
        session.show(
            session
                .client
                .json(session.client.request(Method::POST, &path))
                .await?,
        )
    }
}
