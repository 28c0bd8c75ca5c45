//! What an import brought, what was there already, and what was left out and why.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidemill_api::import::{ImportOutcome, Imported};
use tidemill_import::LeftOut;

use crate::session::Session;

/// Never carried, whatever the source has of it.
const NOT_CARRIED: &str = "webhooks, evaluation datasets, scorers, issues, label schemas and review queues";

/// Counts of one kind of thing.
#[derive(Debug, Default)]
struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    fn add(&mut self, word: &'static str, count: u64) {
        *self.0.entry(word).or_default() += count;
    }
}

/// What an import has done so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    kinds: BTreeMap<&'static str, Counts>,
    left_out: Vec<LeftOut>,
}

impl Summary {
    /// So many more things that came.
    pub(super) fn came(&mut self, kind: &'static str, count: u64) {
        self.kinds.entry(kind).or_default().add("added", count);
    }

    /// So many things that count differently.
    pub(super) fn count(&mut self, kind: &'static str, word: &'static str, count: u64) {
        if count > 0 {
            self.kinds.entry(kind).or_default().add(word, count);
        }
    }

    /// What the server says of one thing.
    pub(super) fn imported(&mut self, session: &Session, kind: &'static str, item: &Imported) {
        let word = match item.outcome {
            ImportOutcome::Added => "added",
            ImportOutcome::Resumed => "resumed",
            ImportOutcome::Merged => "merged",
            ImportOutcome::There => "there_already",
            ImportOutcome::Refused => "refused",
        };
        self.count(kind, word, 1);
        for why in &item.left_out {
            self.leave(session, format!("{kind} {}", item.name), why.clone());
        }
    }

    /// Something that does not come along.
    pub(super) fn leave(&mut self, session: &Session, what: String, why: String) {
        session.warn(&format!("left out {what}: {why}"));
        self.left_out.push(LeftOut { what, why });
    }

    /// As it is printed.
    pub(super) fn view(&self) -> Value {
        let mut view = json!({});
        for (kind, counts) in &self.kinds {
            view[*kind] = json!(counts.0);
        }
        let left_out = self.left_out.iter();
        view["left_out"] = left_out
            .map(|LeftOut { what, why }| json!({ "what": what, "why": why }))
            .collect();
        view["never_imported"] = NOT_CARRIED.into();
        view
    }
}
