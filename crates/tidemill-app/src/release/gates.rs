//! The gates of a stage, from what the release and the group say, and from what people said.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tidemill_policy::access::Kind;
use tidemill_policy::{Access, Subject};
use tidemill_policy::gate::{ApprovalRule, Facts, Finding, Freeze, Gates, Vote, decide};
use tidemill_spec::kinds;
use tidemill_store::release_event;

use super::{Place, Release, Stage, spec_of};
use crate::{App, Result, action};

/// How long an approval counts where nothing is said, in hours.
const VALID_HOURS: u32 = 168;
const HOUR_MS: i64 = 3_600_000;

/// How each gate of a stage stands now.
pub(crate) async fn findings(app: &App, row: &Release, stage: &Stage) -> Result<Vec<Finding>> {
    let spec = spec_of(row)?;
    let place = Place::of(app, &row.workspace).await?;
    let own = spec.gates.get(&stage.stage).map(read).unwrap_or_default();
    let group = place.spec.gates.get(&stage.stage).map(read).unwrap_or_default();
    let gates = own.and(group);
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let votes = votes(app, stage).await?;
    let current = app.access.current();
    for team in gates.approvals.iter().filter_map(|rule| rule.team.as_ref()) {
        let inside = votes.iter().map(|vote| vote.by.clone()).filter(|by| is_in(&current.access, by, team));
        members.entry(team.clone()).or_default().extend(inside);
    }
    let facts = Facts {
        now_ms: app.clock.now_ms(),
        author: row.author.clone(),
        promoter: stage.promoter.clone(),
        votes,
        members,
        tests: spec.tests.len(),
    };
    Ok(decide(&gates, &facts))
}

fn is_in(access: &Access, who: &str, team: &str) -> bool {
    let circles = Subject::parse(who).map(|subject| access.circles(&subject)).unwrap_or_default();
    circles.iter().any(|circle| circle.kind == Kind::Team && circle.name == team)
}

/// What people said of the release in this stage since it was asked for, as far as they may still say so.
async fn votes(app: &App, stage: &Stage) -> Result<Vec<Vote>> {
    let events = release_event::of(app.store.read(), &stage.workspace, &stage.name, stage.number).await?;
    let said = events.into_iter().filter(|event| event.stage == stage.stage && event.at >= stage.created_at);
    let (current, scope) = (app.access.current(), super::scope(&stage.target, &stage.name));
    let may = |who: &str| {
        let subject = Subject::parse(who);
        subject.is_some_and(|subject| current.grants(&subject).allow(action::RELEASE_APPROVE, &scope))
    };
    let said = said.filter(|event| may(&event.who));
    let votes = said.filter_map(|event| {
        let agrees = match event.kind.as_str() {
            "approved" => true,
            "rejected" => false,
            _ => return None,
        };
        Some(Vote {
            by: event.who,
            at_ms: event.at,
            agrees,
        })
    });
    Ok(votes.collect())
}

/// Gates as the decision takes them; what they say has been checked when it was written.
fn read(gates: &kinds::Gates) -> Gates {
    let moment = |text: &str| {
        let time: Option<jiff::Timestamp> = text.parse().ok();
        time.map(jiff::Timestamp::as_millisecond)
    };
    let freezes = gates.freeze.iter().map(|freeze| Freeze {
        from_ms: moment(&freeze.from).unwrap_or(i64::MIN),
        until_ms: moment(&freeze.until).unwrap_or(i64::MAX),
        reason: match &freeze.reason {
            Some(reason) => format!("{reason}, until {}", freeze.until),
            None => format!("frozen until {}", freeze.until),
        },
    });
    let approvals = gates.approvals.iter().map(|gate| ApprovalRule {
        count: gate.count as usize,
        team: gate.team.clone(),
        valid_ms: i64::from(gate.valid_hours.unwrap_or(VALID_HOURS)) * HOUR_MS,
    });
    Gates {
        approvals: approvals.collect(),
        freezes: freezes.collect(),
        tests: gates.tests.unwrap_or_default() as usize,
        promoters: match gates.promoters.is_empty() {
            true => Vec::new(),
            false => vec![gates.promoters.clone()],
        },
    }
}

/// Findings as they travel and are kept.
pub(crate) fn as_json(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            serde_json::json!({ "gate": finding.gate, "verdict": finding.verdict.as_str(), "says": finding.says })
        })
        .collect()
}
