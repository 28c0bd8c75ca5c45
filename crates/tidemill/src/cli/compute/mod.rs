//! `tidemill compute`.

mod attach;
mod create;
mod delete;
mod detach;
mod list;
mod list_nodes;
mod list_sizes;
mod options;
mod power;
mod request;
mod restart;
mod settings;
mod show;
mod start;
mod stop;
mod update;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("type", "type"),
    Column::text("min", "min_instances"),
    Column::text("max", "max_instances"),
    Column::text("cores", "cores"),
    Column::text("memory", "memory"),
    Column::text("size", "size"),
    Column::text("description", "description"),
];

/// The view, for scripts of `az ml` with the state that they wait for: a compute is there once it is made.
fn view(session: &Session, mut view: Value) -> Value {
    if let (true, Some(fields)) = (session.azure, view.as_object_mut()) {
        fields.insert("provisioning_state".to_owned(), "Succeeded".into());
    }
    view
}

/// Computes: where jobs run
#[derive(Debug, Args)]
pub struct Compute {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Box<create::Create>),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Delete(delete::Delete),
    Attach(Box<attach::Attach>),
    Detach(detach::Detach),
    ListNodes(list_nodes::ListNodes),
    ListSizes(list_sizes::ListSizes),
    Start(start::Start),
    Stop(stop::Stop),
    Restart(restart::Restart),
    Request(request::Request),
}

impl Compute {
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
            Verb::Delete(verb) => verb.run(session).await,
            Verb::Attach(verb) => verb.run(session).await,
            Verb::Detach(verb) => verb.run(session).await,
            Verb::ListNodes(verb) => verb.run(session).await,
            Verb::ListSizes(verb) => verb.run(session).await,
            Verb::Start(verb) => verb.run(session).await,
            Verb::Stop(verb) => verb.run(session).await,
            Verb::Restart(verb) => verb.run(session).await,
            Verb::Request(verb) => verb.run(session).await,
        }
    }
}
