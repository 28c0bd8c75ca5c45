//! `tidemill data retention`.

mod apply;
mod delete;
mod plan;
mod restore;
mod set;
mod show;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::error::Result;
use crate::output::{Column, bytes, count, number, text, write_out};
use crate::session::Session;

/// How long versions are kept: what goes, and what keeps the rest
#[derive(Debug, Args)]
pub struct Retention {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Set(set::Set),
    Show(show::Show),
    Plan(plan::Plan),
    Apply(apply::Apply),
    Restore(restore::Restore),
    Delete(delete::Delete),
}

impl Retention {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Set(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Plan(verb) => verb.run(session).await,
            Verb::Apply(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}

const COLUMNS: [Column; 5] = [
    Column::text("version", "version"),
    Column::text("fate", "fate"),
    Column::bytes("size", "size_bytes"),
    Column::time("created", "created_at"),
    Column::text("why", "why"),
];

/// Shows a plan, or what was done by one.
fn shown(session: &Session, plan: Value, done: bool) -> Result<()> {
    if !session.output.is_table() {
        return session.output.show(plan);
    }
    let versions = plan["versions"].as_array().cloned().unwrap_or_default();
    let row = |version: &Value| {
        let reasons: Vec<&str> = version["reasons"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        json!({
            "version": version["version"], "fate": version["fate"], "size_bytes": version["size_bytes"],
            "created_at": version["created_at"], "why": reasons.join("; "),
        })
    };
    session
        .output
        .list(versions.iter().map(row).collect(), &COLUMNS)?;
    let of = |fate: &str| {
        versions
            .iter()
            .filter(|version| text(version, "fate") == Some(fate))
            .count() as u64
    };
    let freed = number(&plan["frees"], "bytes")
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or(0);
    let (out, good) = match done {
        true => ("were taken out", "went for good"),
        false => ("would be taken out", "would go for good"),
    };
    write_out(&format!(
        "\n{} {out}, {} {good} ({} freed)\n",
        count(of("remove"), "version"),
        of("free"),
        bytes(freed)
    ))
}
