//! What would happen to a release in each stage, and who must act: decided as the gates decide, and nothing is changed.

use tidemill_policy::Subject;
use tidemill_policy::access::Kind;
use tidemill_policy::gate::{Finding, Verdict};
use tidemill_store::release_stage;

use super::gates::{gates_of, is_in};
use super::{
    DEPLOYING, LIVE, Place, Release, SUPERSEDED, Stage, WAITING, find, findings, scope, spec_of, who,
};
use crate::{App, OpContext, Result, action};

/// A stage, and what stands between the release and it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The stage.
    pub stage: String,
    /// Where the release stands in it: a state, or `NotStarted`.
    pub state: String,
    /// Its workspace.
    pub workspace: Option<String>,
    /// What happens there next, for people.
    pub says: String,
    /// Who must act now, as `user:NAME`; none where it goes on by itself or is done.
    pub who: Vec<String>,
    /// Each gate and how it stands now.
    pub gates: Vec<Finding>,
}

/// The way of a release through the stages.
///
/// # Errors
/// NotFound.
pub async fn plan(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    number: Option<i64>,
) -> Result<(Release, Vec<Step>)> {
    ctx.authorize(action::RELEASE_READ, &scope(workspace, name))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let app = ctx.app();
    let row = find(app, workspace, name, number).await?;
    let spec = spec_of(&row)?;
    let place = Place::of(app, &row.workspace).await?;
    let there = release_stage::of(app.store.read(), &row.workspace, &row.name, row.number).await?;
    let mut steps = Vec::new();
    let mut reached = true;
    for stage in &place.stages {
        let stands = there.iter().find(|one| one.stage == *stage);
        let target = match place.target(&spec, stage) {
            Ok(target) => target,
            Err(error) => {
                steps.push(step(
                    stage,
                    "NotStarted",
                    None,
                    error.message,
                    Vec::new(),
                    Vec::new(),
                ));
                reached = false;
                continue;
            }
        };
        let state = stands.map_or("NotStarted", |one| one.state.as_str());
        if matches!(state, LIVE | SUPERSEDED) {
            let says = if state == LIVE {
                "it answers"
            } else {
                "it has been through it"
            };
            steps.push(step(
                stage,
                state,
                Some(target),
                says.into(),
                Vec::new(),
                Vec::new(),
            ));
            continue;
        }
        let now = ctx.now_ms();
        let as_if = Stage {
            workspace: row.workspace.clone(),
            name: row.name.clone(),
            number: row.number,
            stage: stage.clone(),
            target: target.clone(),
            endpoint: spec.endpoint.clone(),
            deployment: format!("{name}-{}", row.number),
            previous: None,
            state: WAITING.into(),
            step: 0,
            promoter: who(ctx),
            reason: None,
            evidence: "[]".into(),
            created_at: now,
            updated_at: now,
        };
        let waits = stands.filter(|one| super::OPEN.contains(&one.state.as_str()));
        let found = findings(app, &row, waits.unwrap_or(&as_if)).await?;
        let (says, acts) = next(app, &row, &as_if, waits, &found, reached, &place)?;
        steps.push(step(stage, state, Some(target), says, acts, found));
        reached = false;
    }
    Ok((row, steps))
}

fn step(
    stage: &str,
    state: &str,
    workspace: Option<String>,
    says: String,
    who: Vec<String>,
    gates: Vec<Finding>,
) -> Step {
    Step {
        stage: stage.to_owned(),
        state: state.to_owned(),
        workspace,
        says,
        who,
        gates,
    }
}

/// What comes next in a stage, and who must do it.
fn next(
    app: &App,
    row: &Release,
    stage: &Stage,
    waits: Option<&Stage>,
    found: &[Finding],
    reached: bool,
    place: &Place,
) -> Result<(String, Vec<String>)> {
    let of = |verdict| found.iter().filter(move |finding| finding.verdict == verdict);
    if let Some(moving) = waits.filter(|one| one.state != WAITING) {
        let doing = if moving.state == DEPLOYING {
            "it comes up"
        } else {
            "it is tested and rolled out"
        };
        return Ok((format!("{doing} by itself"), Vec::new()));
    }
    let blocked: Vec<&str> = of(Verdict::Refused).map(|finding| finding.gate).collect();
    let waiting: Vec<&str> = of(Verdict::Waiting).map(|finding| finding.gate).collect();
    if waits.is_none() {
        let after = if reached {
            ""
        } else {
            " once it has been through the stage before"
        };
        let may = able(app, action::RELEASE_PROMOTE, stage, None, None);
        let refused = match blocked.is_empty() {
            true => String::new(),
            false => format!("; as it stands it would be refused ({})", blocked.join(", ")),
        };
        let asked = match waiting.is_empty() {
            true => String::new(),
            false => format!("; it then waits for {}", waiting.join(", ")),
        };
        let says = format!("somebody must promote it{after}{refused}{asked}");
        return Ok((says, if reached { may } else { Vec::new() }));
    }
    if waiting.contains(&"approvals") {
        let gates = gates_of(place, &spec_of(row)?, &stage.stage);
        let mut may: Vec<String> = Vec::new();
        for rule in &gates.approvals {
            for one in able(
                app,
                action::RELEASE_APPROVE,
                stage,
                rule.team.as_deref(),
                Some(&row.author),
            ) {
                if !may.contains(&one) {
                    may.push(one);
                }
            }
        }
        let says = match may.is_empty() {
            true => {
                "somebody must approve it, and nobody may: give a role with releases/approve, or put people into the team"
            }
            false => "somebody must approve it",
        };
        return Ok((says.into(), may));
    }
    match waiting.first() {
        Some(gate) => Ok((format!("it waits for {gate}"), Vec::new())),
        None => Ok(("it goes on by itself".into(), Vec::new())),
    }
}

/// The users who may do something in a stage; of a team where one is asked for, without one where that is.
fn able(
    app: &App,
    action: tidemill_policy::Action,
    stage: &Stage,
    team: Option<&str>,
    without: Option<&str>,
) -> Vec<String> {
    let (current, scope) = (app.access.current(), scope(&stage.target, &stage.name));
    let is_able = |subject: &&Subject| {
        let name = subject.to_string();
        matches!(subject.kind, Kind::User)
            && current.grants(subject).allow(action, &scope)
            && team.is_none_or(|team| is_in(&current.access, &name, team))
            && without != Some(name.as_str())
    };
    let mut found: Vec<String> = current
        .active
        .iter()
        .filter(is_able)
        .map(ToString::to_string)
        .collect();
    found.sort();
    found
}
