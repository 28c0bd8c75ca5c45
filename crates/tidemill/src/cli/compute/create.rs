//! `tidemill compute create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use super::options::Room;
use super::settings::Settings;
use crate::cli::args::{NoWait, Written};
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Make or change a compute
///
/// A compute of type amlcompute or local is a share of the server's machine: jobs that name it wait for its nodes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill compute create --name cpu-cluster --type amlcompute --max-instances 4
  tidemill compute create --name small --type local --cores 1 --memory 2g --max-instances 2
  tidemill compute create -f compute.yml")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Type: amlcompute, local, computeinstance, …
    #[arg(long, short)]
    r#type: Option<String>,
    /// Size of a machine, by its name in the cloud; kept, of no effect on this machine
    #[arg(long)]
    size: Option<String>,
    /// Tier of the machines: dedicated or low_priority
    #[arg(long)]
    tier: Option<String>,
    /// Region; kept, of no effect here
    #[arg(long, short)]
    location: Option<String>,
    #[command(flatten)]
    room: Room,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.room.changes(self.written.set.overrides()?)?;
        changes.extend(self.settings.changes());
        let fields = [
            ("name", self.name),
            ("type", self.r#type),
            ("size", self.size),
            ("tier", self.tier),
            ("location", self.location),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Compute)?;
        document::tell(session, &loaded);
        let path = session.path(&["computes", loaded.spec.name().unwrap_or_default()]);
        let made = session
            .client
            .put(&path, &document::body(&loaded.spec)?, None)
            .await?;
        session.show(super::view(session, made))
    }
}
