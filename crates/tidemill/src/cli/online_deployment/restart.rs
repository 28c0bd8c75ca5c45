//! `tidemill online-deployment restart`.

use clap::Args;
use serde_json::json;

use super::Which;
use super::wait::until_up;
use crate::error::{Error, Result};
use crate::session::Session;

/// Start the instances of an online deployment anew, one after the other, while the others answer
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill online-deployment restart --name blue --endpoint-name flights")]
pub struct Restart {
    #[command(flatten)]
    which: Which,
    /// Do not wait until it is up
    #[arg(long)]
    no_wait: bool,
}

impl Restart {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.which.local {
            return Err(Error::usage("a deployment of this machine is not restarted")
                .with_hint("create it again: `tidemill online-deployment create --local -f <file>`"));
        }
        let path = self.which.path(session);
        let view = session
            .client
            .post(&format!("{path}:restart"), &json!({}))
            .await?;
        let view = match self.no_wait {
            true => view,
            false => until_up(session, &path, view).await?,
        };
        session.show(view)
    }
}
