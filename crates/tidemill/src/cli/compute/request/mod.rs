//! `tidemill compute request`.

mod approve;
mod create;
mod list;
mod reject;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("request", "name"),
    Column::text("compute", "compute"),
    Column::text("state", "state"),
    Column::text("by", "created_by"),
    Column::text("reason", "reason"),
    Column::time("asked", "created_at"),
];

/// Requests for computes, by those who may not make them; an administrator says yes or no
#[derive(Debug, Args)]
pub struct Request {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Approve(approve::Approve),
    Reject(reject::Reject),
}

impl Request {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Approve(verb) => verb.run(session).await,
            Verb::Reject(verb) => verb.run(session).await,
        }
    }
}
