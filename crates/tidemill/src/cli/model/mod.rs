//! `tidemill model`.

mod archive;
mod create;
mod download;
mod history;
mod lineage;
mod list;
mod metrics;
mod report;
mod restore;
mod rollback;
mod show;
mod update;
mod validate;

use clap::{Args, Subcommand};

use super::asset::Kind;
use crate::error::Result;
use crate::session::Session;

const KIND: Kind = Kind::Model;

/// Models: what training made, in versions
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Archive(archive::Archive),
    Restore(restore::Restore),
    Download(download::Download),
    Lineage(lineage::Lineage),
    History(history::History),
    Rollback(rollback::Rollback),
    Validate(validate::Validate),
    Metrics(metrics::Metrics),
    Report(report::Report),
}

impl Model {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Archive(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
            Verb::Download(verb) => verb.run(session).await,
            Verb::Lineage(verb) => verb.run(session).await,
            Verb::History(verb) => verb.run(session).await,
            Verb::Rollback(verb) => verb.run(session).await,
            Verb::Validate(verb) => verb.run(session).await,
            Verb::Metrics(verb) => verb.run(session).await,
            Verb::Report(verb) => verb.run(session).await,
        }
    }
}
