//! Import: tracking data from elsewhere, with the ids, numbers and times that it had there.
//!
//! What is there already is never changed: an experiment or registered model of the same name takes what it misses, a run
//! or logged model of the same id stays as it is. A run begins with a tag that says that it is unfinished; points and
//! files that are sent again are the same points and files, so whoever broke off goes on.

mod experiment;
mod logged_model;
mod model;
mod point;
mod run;

pub use experiment::experiments;
pub use logged_model::logged_models;
pub use model::models;
pub use point::points;
pub use run::runs;

use serde_json::{Value, json};
use tidemill_api::import::{ImportAnswer, ImportOutcome, Imported, Texts};
use tidemill_api::mlflow::rule::{self, Violation};
use tidemill_policy::Action;
use tidemill_store::tag::Pairs;

use crate::context::Change;
use crate::{Error, Result, Scope};

/// The most things of a batch.
const MOST: usize = 1000;

fn fits(what: &str, count: usize) -> Result<()> {
    if count <= MOST {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "failed to import {count} {what}: a batch has {MOST} at most"
    )))
}

/// The change of a batch, as the audit log tells it: what kind, and how many.
fn change(action: Action, workspace: &str, what: &str, count: usize) -> Change {
    Change {
        action,
        scope: Scope::workspace(workspace),
        before: Value::Null,
        after: json!({ "import": what, "count": count }),
    }
}

/// How the audit log tells what a batch did.
fn told(what: &str, answer: &ImportAnswer) -> Value {
    let of = |wanted| answer.items.iter().filter(|item| item.outcome == wanted).count();
    json!({
        "import": what,
        "added": of(ImportOutcome::Added),
        "resumed": of(ImportOutcome::Resumed),
        "merged": of(ImportOutcome::Merged),
        "there": of(ImportOutcome::There),
        "refused": of(ImportOutcome::Refused),
    })
}

fn item(name: &str, outcome: ImportOutcome) -> Imported {
    Imported {
        name: name.to_owned(),
        outcome,
        artifact_path: None,
        left_out: Vec::new(),
    }
}

fn refused(name: &str, why: impl Into<String>) -> Imported {
    Imported {
        left_out: vec![why.into()],
        ..item(name, ImportOutcome::Refused)
    }
}

/// The texts whose keys fit; the others are named in `left_out`.
fn keep(what: &str, texts: Texts, left_out: &mut Vec<String>) -> Pairs {
    let check = |key: &str| -> Result<(), Violation> {
        rule::key("key", key)?;
        rule::length("key", 250, key)
    };
    texts
        .into_iter()
        .filter(|(key, _)| match check(key) {
            Ok(()) => true,
            Err(why) => {
                left_out.push(format!("{what} `{key}`: {}", why.0));
                false
            }
        })
        .collect()
}

/// The time, or now where the source does not know it.
fn time(given: i64, now_ms: i64) -> i64 {
    if given > 0 { given } else { now_ms }
}
