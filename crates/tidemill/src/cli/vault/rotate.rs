//! `tidemill vault rotate`.

use clap::Args;
use reqwest::Method;

use crate::error::Result;
use crate::session::Session;

/// Make a new master key; nothing has to stop, and no secret is sealed anew
///
/// Backups with keys that were made before hold the old key and the database that it opens: they stay of use together.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill vault rotate")]
pub struct Rotate {}

impl Rotate {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let request = session.client.request(Method::POST, "/vault:rotate");
        session.show(super::shown(session.client.json(request).await?))
    }
}
