//! `tidemill data`.

mod archive;
mod baseline;
mod contract;
mod create;
mod diff;
mod download;
mod drift;
mod head;
mod history;
mod import;
mod lineage;
mod list;
mod mount;
mod profile;
mod query;
mod restore;
mod retention;
mod rows;
mod sample;
mod show;
mod table;
mod transform;
mod update;
mod upload;
mod validate;

use clap::{Args, Subcommand};

use super::asset::Kind;
use crate::error::Result;
use crate::session::Session;

const KIND: Kind = Kind::Data;

/// Data assets: versions of exactly these bytes
#[derive(Debug, Args)]
pub struct Data {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    Import(import::Import),
    List(list::List),
    Show(show::Show),
    Profile(profile::Profile),
    Drift(drift::Drift),
    Query(query::Query),
    Head(head::Head),
    Sample(sample::Sample),
    Diff(diff::Diff),
    Transform(transform::Transform),
    Validate(validate::Validate),
    Baseline(baseline::Baseline),
    Contract(contract::Contract),
    History(history::History),
    Lineage(lineage::Lineage),
    Retention(retention::Retention),
    Download(download::Download),
    Upload(upload::Upload),
    Mount(mount::Mount),
    Update(update::Update),
    Archive(archive::Archive),
    Restore(restore::Restore),
}

impl Data {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::Import(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Validate(verb) => verb.run(session).await,
            Verb::Baseline(verb) => verb.run(session).await,
            Verb::Contract(verb) => verb.run(session).await,
            Verb::History(verb) => verb.run(session).await,
            Verb::Lineage(verb) => verb.run(session).await,
            Verb::Retention(verb) => verb.run(session).await,
            Verb::Download(verb) => verb.run(session).await,
            Verb::Upload(verb) => verb.run(session).await,
            Verb::Mount(verb) => verb.run(session).await,
            Verb::Drift(verb) => verb.run(session).await,
            Verb::Query(verb) => verb.run(session).await,
            Verb::Head(verb) => verb.run(session).await,
            Verb::Sample(verb) => verb.run(session).await,
            Verb::Diff(verb) => verb.run(session).await,
            Verb::Transform(verb) => verb.run(session).await,
            Verb::Profile(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Archive(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
        }
    }
}
