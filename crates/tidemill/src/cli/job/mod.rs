//! `tidemill job`.

mod act;
mod archive;
mod cancel;
mod create;
mod download;
mod list;
mod restore;
mod resume;
mod retry;
mod show;
mod show_services;
mod stream;
mod submission;
mod update;
mod validate;

use clap::{Args, Subcommand};

use serde_json::Value;

use crate::error::Result;
use crate::output::text;
use crate::session::Session;

/// Jobs: commands and pipelines that run, and what became of them
#[derive(Debug, Args)]
pub struct Job {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Stream(stream::Stream),
    Download(download::Download),
    Update(update::Update),
    Cancel(cancel::Cancel),
    Retry(retry::Retry),
    Resume(resume::Resume),
    Archive(archive::Archive),
    Restore(restore::Restore),
    ShowServices(show_services::ShowServices),
    Validate(validate::Validate),
}

impl Job {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Stream(verb) => verb.run(session).await,
            Verb::Download(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Cancel(verb) => verb.run(session).await,
            Verb::Retry(verb) => verb.run(session).await,
            Verb::Resume(verb) => verb.run(session).await,
            Verb::Archive(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
            Verb::ShowServices(verb) => verb.run(session).await,
            Verb::Validate(verb) => verb.run(session).await,
        }
    }
}

/// The view with the address by which other jobs name it, as scripts of `az ml` ask for it.
fn with_id(mut view: Value) -> Value {
    let id = text(&view, "name").map(|name| format!("azureml://jobs/{name}"));
    if let (Some(id), Some(fields)) = (id, view.as_object_mut()) {
        fields.insert("id".to_owned(), id.into());
    }
    view
}
