//! `tidemill release`.

mod approve;
mod break_glass;
mod create;
mod history;
mod list;
mod plan;
mod promote;
mod reject;
mod rollback;
mod show;
mod wait;

pub(crate) use create::read_requests;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::output::Column;
use crate::session::Session;

/// The path of releases.
const NOUN: &str = "releases";

const COLUMNS: &[Column] = &[
    Column::text("release", "release"),
    Column::text("model", "model"),
    Column::text("stages", "shown_stages"),
    Column::text("author", "author"),
    Column::time("created", "created_at"),
];

/// Releases: one door to production, through the stages of a group and their gates
#[derive(Debug, Args)]
pub struct Release {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Promote(promote::Promote),
    Approve(approve::Approve),
    Reject(reject::Reject),
    Rollback(rollback::Rollback),
    History(history::History),
    Plan(plan::Plan),
    BreakGlass(break_glass::BreakGlass),
}

impl Release {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Promote(verb) => verb.run(session).await,
            Verb::Approve(verb) => verb.run(session).await,
            Verb::Reject(verb) => verb.run(session).await,
            Verb::Rollback(verb) => verb.run(session).await,
            Verb::History(verb) => verb.run(session).await,
            Verb::Plan(verb) => verb.run(session).await,
            Verb::BreakGlass(noun) => noun.run(session).await,
        }
    }
}

/// Which release: bare, or by `--name` as other nouns have it.
#[derive(Debug, Args)]
struct Which {
    /// The release, such as flights (its newest number) or flights:3
    #[arg(required_unless_present = "name")]
    release: Option<String>,
    /// The same, written as an option
    #[arg(long, short, value_name = "RELEASE", conflicts_with = "release")]
    name: Option<String>,
}

impl Which {
    fn text(&self) -> &str {
        self.release
            .as_deref()
            .or(self.name.as_deref())
            .unwrap_or_default()
    }
}

/// `flights` or `flights:3`.
fn named(text: &str) -> Result<(&str, Option<i64>)> {
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((name, number)) => match number.parse() {
            Ok(number) => Ok((name, Some(number))),
            Err(_) => Err(Error::usage(&format!(
                "failed to read `{text}`: expected a release such as flights or flights:3"
            ))),
        },
    }
}

/// Does something with a release.
async fn act(session: &Session, release: &str, action: &str, mut body: Value) -> Result<Value> {
    let (name, number) = named(release)?;
    body["number"] = number.into();
    let path = session.path(&[NOUN, &format!("{name}:{action}")]);
    session.client.post(&path, &body).await
}

/// Adds what a table shows: `DEV Live, TEST Waiting, PRD -`.
fn for_table(view: &mut Value) {
    view["release"] = format!("{}:{}", view["name"].as_str().unwrap_or_default(), view["number"]).into();
    let stages = view["stages"].as_array().into_iter().flatten().map(|stage| {
        let state = stage["state"].as_str().unwrap_or_default();
        let state = if state == "NotStarted" { "-" } else { state };
        format!("{} {state}", stage["stage"].as_str().unwrap_or_default())
    });
    view["shown_stages"] = stages.collect::<Vec<_>>().join(", ").into();
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        which: super::Which,
    }

    #[test]
    fn a_release_is_named_bare_or_by_name() {
        for words in [
            &["show", "flights:3"][..],
            &["show", "--name", "flights:3"],
            &["show", "-n", "flights:3"],
        ] {
            assert_eq!(Line::parse_from(words).which.text(), "flights:3");
        }
        assert!(Line::try_parse_from(["show"]).is_err());
        assert!(Line::try_parse_from(["show", "a", "-n", "b"]).is_err());
    }
}
