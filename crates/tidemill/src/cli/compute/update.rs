//! `tidemill compute update`.

use clap::Args;
use tidemill_spec::kinds::Family;

use super::options::Room;
use crate::cli::args::{Edit, NoWait};
use crate::cli::update;
use crate::error::Result;
use crate::session::Session;

/// Change a compute; jobs that run on it go on
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill compute update --name cpu-cluster --max-instances 8\n  tidemill compute update -n small --set memory=4g"
)]
pub struct Update {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    room: Room,
    #[command(flatten)]
    edit: Edit,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let changes = self.room.changes(self.edit.overrides()?)?;
        let (what, path) = (
            format!("compute {}", self.name),
            session.path(&["computes", &self.name]),
        );
        let changed = update::update(session, Family::Compute, &what, &path, &changes).await?;
        session.show(super::view(session, changed))
    }
}
