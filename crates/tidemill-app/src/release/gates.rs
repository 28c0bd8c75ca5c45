//! The gates of a stage, from what the release and the group say, and from what people said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tidemill_policy::access::Kind;
use tidemill_policy::gate::{
    ApprovalRule, CapacityRule, Facts, Finding, Freeze, Gates, Validated, ValidationRule, Vote, decide,
};
use tidemill_policy::{Access, Subject};
use tidemill_spec::kinds;
use tidemill_store::{model_validation, release_event};

use super::capacity::{self, Kept};
use super::{Place, Release, Stage, carried, spec_of};
use crate::job::PlannedInput;
use crate::{App, Result, action};

/// How long an approval counts where nothing is said, in hours.
const VALID_HOURS: u32 = 168;
const HOUR_MS: i64 = 3_600_000;
/// How much of a compute must stay free where nothing is said, in percent.
const HEADROOM_PERCENT: f64 = 20.0;

/// How each gate of a stage stands now.
pub(crate) async fn findings(app: &Arc<App>, row: &Release, stage: &Stage) -> Result<Vec<Finding>> {
    let spec = spec_of(row)?;
    let place = Place::of(app, &row.workspace).await?;
    let gates = gates_of(&place, &spec, &stage.stage);
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let votes = votes(app, stage).await?;
    let current = app.access.current();
    for team in gates.approvals.iter().filter_map(|rule| rule.team.as_ref()) {
        let inside = votes
            .iter()
            .map(|vote| vote.by.clone())
            .filter(|by| is_in(&current.access, by, team));
        members.entry(team.clone()).or_default().extend(inside);
    }
    let mut facts = Facts {
        now_ms: app.clock.now_ms(),
        author: row.author.clone(),
        promoter: stage.promoter.clone(),
        votes,
        members,
        tests: spec.tests.len(),
        ..Facts::default()
    };
    if !gates.validations.is_empty() {
        (facts.has_model, facts.validation) = validated(app, row, &place).await?;
    }
    if gates.capacity.is_some()
        && let Some(kept) = Kept::of(stage)
    {
        facts.not_measured.clone_from(&kept.why_not);
        facts.measured = kept.why_not.is_none().then(|| kept.measured());
        facts.room = Some(capacity::room(app, row, stage).await?);
    }
    if let Some(consumers) = &gates.contracts {
        facts.contracts = super::contracts::kept(app, row, stage, consumers).await?;
    }
    Ok(decide(&gates, &facts))
}

/// What holds in a stage: what the release asks for, and what its group does.
pub(super) fn gates_of(place: &Place, spec: &kinds::Release, stage: &str) -> Gates {
    let own = spec.gates.get(stage).map(read).unwrap_or_default();
    own.and(place.spec.gates.get(stage).map(read).unwrap_or_default())
}

/// Whether it carries a model, and the newest validation of exactly that one in a workspace of the group.
async fn validated(app: &Arc<App>, row: &Release, place: &Place) -> Result<(bool, Option<Validated>)> {
    let Some(model) = carried(row)?.plan.instance.model else {
        return Ok((false, None));
    };
    let PlannedInput::Data { source, .. } = &model.input else {
        return Ok((false, None));
    };
    let digest = crate::model_validation::digest_of(&app.system(), &row.workspace, source).await?;
    let newest = model_validation::newest_of(app.store.read(), &place.workspaces(), &digest).await?;
    let validated = newest.map(|row| {
        let result: Value = row
            .result
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let checks = result["checks"].as_array().cloned().unwrap_or_default();
        Validated {
            report: format!(
                "/api/v1/workspaces/{}/models/{}/validations/{}/report",
                row.workspace, row.name, row.id
            ),
            passed: row.state == crate::model_validation::PASSED,
            reason: row.reason.unwrap_or_default(),
            checks: checks
                .iter()
                .filter_map(|check| check["check"].as_str())
                .map(str::to_owned)
                .collect(),
            at_ms: row.ended_at.unwrap_or(row.created_at),
            id: row.id,
        }
    });
    Ok((true, validated))
}

pub(super) fn is_in(access: &Access, who: &str, team: &str) -> bool {
    let circles = Subject::parse(who)
        .map(|subject| access.circles(&subject))
        .unwrap_or_default();
    circles
        .iter()
        .any(|circle| circle.kind == Kind::Team && circle.name == team)
}

/// What people said of the release in this stage since it was asked for, as far as they may still say so.
async fn votes(app: &App, stage: &Stage) -> Result<Vec<Vote>> {
    let events = release_event::of(app.store.read(), &stage.workspace, &stage.name, stage.number).await?;
    let said = events
        .into_iter()
        .filter(|event| event.stage == stage.stage && event.at >= stage.created_at);
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
        validations: gates
            .validation
            .iter()
            .map(|gate| ValidationRule {
                checks: gate.checks.iter().cloned().collect(),
                valid_ms: gate.valid_hours.map(|hours| i64::from(hours) * HOUR_MS),
            })
            .collect(),
        capacity: gates.capacity.as_ref().map(|gate| CapacityRule {
            rate: gate.rate,
            headroom_percent: gate.headroom_percent.unwrap_or(HEADROOM_PERCENT),
        }),
        contracts: gates
            .contracts
            .as_ref()
            .map(|gate| gate.consumers.iter().cloned().collect()),
    }
}

/// Findings as they travel and are kept.
pub fn as_json(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            serde_json::json!({ "gate": finding.gate, "verdict": finding.verdict.as_str(), "says": finding.says, "evidence": finding.evidence })
        })
        .collect()
}
