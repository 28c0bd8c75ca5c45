//! The gates of a stage: what must hold before a plan that touches it is applied, from what the group says and from facts that
//! nobody can set by a flag: who made the plan, what their signed token claimed, who agreed, and what tests found before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_api::infra::InfraGate;
use tidemill_plan::infra::{Action, Step};
use tidemill_policy::gate::{ApprovalRule, Facts, Gates, Verdict, Vote, decide};
use tidemill_policy::{Subject, access};
use tidemill_spec::kinds::{self, RolloutGates};
use tidemill_store::infra::{plan as plan_row, test as test_row, vote as vote_row};
use tidemill_store::{from_json, group};

use super::kind::{Kind, workspace_of};
use super::plan::{Body, body_of};
use crate::oidc::claim;
use crate::{App, Result, action};

/// How long an approval counts where nothing is said, in hours: a week.
const VALID_HOURS: u32 = 168;
const HOUR_MS: i64 = 3_600_000;
/// How many plans are looked through for the one that was tested.
const LOOKED_AT: u64 = 500;
/// Claims that name the commit, as CI platforms call it.
const COMMIT: [&str; 2] = ["sha", "commit_sha"];

/// A stage of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Touch {
    pub(super) group: String,
    pub(super) stage: String,
}

/// The stages that steps do something to; with those that stay as they are when `changed` is false.
pub(super) async fn touches(app: &App, steps: &[Step], changed: bool) -> Result<Vec<Touch>> {
    let mut found = BTreeSet::new();
    for step in steps.iter().filter(|step| step.action.is_change() || !changed) {
        if step.address.kind == Kind::Group.as_str() {
            found.extend(of_group(app, step).await?);
            continue;
        }
        let workspace = match Kind::parse(&step.address.kind) {
            Some(Kind::Workspace) => Some(step.address.name.as_str()),
            _ => workspace_of(&step.address),
        };
        let Some(workspace) = workspace.map(|name| name.split('/').next().unwrap_or(name)) else {
            continue;
        };
        let planned = steps
            .iter()
            .find(|one| one.address.kind == Kind::Workspace.as_str() && one.address.name == workspace)
            .and_then(|one| one.after.clone());
        let stored = tidemill_store::workspace::get(app.store.read(), workspace).await?;
        let stored_group = stored.as_ref().map(|row| row.group_name.clone());
        let stored = stored.map(|row| crate::workspace::spec_of(&row));
        let planned_group = planned
            .as_ref()
            .and_then(|spec| spec["resource_group"].as_str().map(str::to_owned));
        let planned = planned.map(|spec| (planned_group.or_else(|| stored_group.clone()), spec));
        // Where a workspace is now is what the database says, not what its specification once said.
        let stored = stored.map(|spec| (stored_group, spec));
        for (group, spec) in planned.into_iter().chain(stored) {
            if let Some(stage) = spec["stage"].as_str() {
                found.insert(Touch {
                    group: group.unwrap_or_else(|| crate::workspace::DEFAULT.to_owned()),
                    stage: stage.to_owned(),
                });
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whoever changes the gates of a group, or its stages, touches each stage that has gates.
async fn of_group(app: &App, step: &Step) -> Result<Vec<Touch>> {
    let gates = |path: &str| {
        ["infrastructure", "stages"].contains(&path.split(['.', '[']).next().unwrap_or_default())
    };
    let matters = match step.action {
        Action::Change => step.fields.iter().any(|field| gates(&field.path)),
        Action::Delete | Action::Replace => true,
        _ => false,
    };
    if !matters {
        return Ok(Vec::new());
    }
    let stored = stored_group(app, &step.address.name).await?;
    let stages = stored
        .into_iter()
        .flat_map(|spec| spec.infrastructure.into_keys());
    Ok(stages
        .map(|stage| Touch {
            group: step.address.name.clone(),
            stage,
        })
        .collect())
}

async fn stored_group(app: &App, name: &str) -> Result<Option<kinds::Group>> {
    let row = group::get(app.store.read(), name).await?;
    Ok(row
        .map(|row| from_json("resource_group", "spec", &row.spec))
        .transpose()?)
}

/// How each gate of a plan stands. `applier` is who applies it now, when somebody does.
pub(super) async fn findings(
    app: &App,
    row: &plan_row::Model,
    body: &Body,
    applier: Option<&str>,
) -> Result<Vec<InfraGate>> {
    let mut all = Vec::new();
    for touch in &body.touches {
        for rule in rules(app, body, touch).await? {
            for found in of_rule(app, row, body, (touch, &rule), applier).await? {
                if !all.contains(&found) {
                    all.push(found);
                }
            }
        }
    }
    Ok(all)
}

/// What a stage asks for: as its group says, and as this very plan will have it say.
async fn rules(app: &App, body: &Body, touch: &Touch) -> Result<Vec<RolloutGates>> {
    let mut rules: Vec<RolloutGates> = Vec::new();
    let stored = stored_group(app, &touch.group).await?;
    rules.extend(stored.and_then(|mut spec| spec.infrastructure.swap_remove(&touch.stage)));
    let planned = body
        .steps
        .iter()
        .find(|step| step.address.kind == Kind::Group.as_str() && step.address.name == touch.group);
    let planned = planned.and_then(|step| step.after.as_ref());
    if let Some(after) = planned.and_then(|spec| spec["infrastructure"].get(&touch.stage)) {
        let planned: RolloutGates = serde_json::from_value(after.clone()).map_err(crate::Error::internal)?;
        if !rules.contains(&planned) {
            rules.push(planned);
        }
    }
    Ok(rules)
}

async fn of_rule(
    app: &App,
    row: &plan_row::Model,
    body: &Body,
    (touch, rule): (&Touch, &RolloutGates),
    applier: Option<&str>,
) -> Result<Vec<InfraGate>> {
    let mut found = Vec::new();
    let mut add = |gate: &str, verdict: Verdict, says: String, who: Vec<String>| {
        found.push(InfraGate {
            stage: touch.stage.clone(),
            gate: gate.to_owned(),
            verdict: verdict.as_str().to_owned(),
            says,
            who,
        });
    };
    let maker = subject_of(&row.created_by);
    if !rule.principals.is_empty() {
        let allowed = rule.principals.join(", ");
        let mut odd = [Some(maker.clone()), applier.map(subject_of)]
            .into_iter()
            .flatten();
        match odd.find(|who| !rule.principals.contains(who)) {
            Some(odd) if odd == maker => {
                add(
                    "principals",
                    Verdict::Refused,
                    format!("{odd} made the plan, and {allowed} makes it"),
                    rule.principals.clone(),
                );
            }
            Some(odd) => {
                add(
                    "principals",
                    Verdict::Waiting,
                    format!("{odd} does not apply it: {allowed} does"),
                    rule.principals.clone(),
                );
            }
            None => add(
                "principals",
                Verdict::Passed,
                format!("made and applied by {allowed}"),
                Vec::new(),
            ),
        }
    }
    if !rule.branches.is_empty() {
        let (verdict, says) = branch(rule, &body.signed, &maker);
        add("branch", verdict, says, Vec::new());
    }
    if let Some(stage) = &rule.tested_in {
        let before = Touch {
            group: touch.group.clone(),
            stage: stage.clone(),
        };
        let (verdict, says) = tested(app, body, &before, !rule.branches.is_empty()).await?;
        add("tests", verdict, says, Vec::new());
    }
    if let Some(approvals) = &rule.approvals {
        let (facts, members) = facts(app, row, approvals.team.as_deref()).await?;
        let gates = Gates {
            approvals: vec![ApprovalRule {
                count: approvals.count as usize,
                team: approvals.team.clone(),
                valid_ms: i64::from(approvals.valid_hours.unwrap_or(VALID_HOURS)) * HOUR_MS,
            }],
            ..Gates::default()
        };
        for finding in decide(&gates, &facts) {
            let said: HashSet<&str> = facts.votes.iter().map(|vote| vote.by.as_str()).collect();
            let who = match finding.verdict {
                Verdict::Waiting => members
                    .iter()
                    .filter(|who| !said.contains(who.as_str()))
                    .cloned()
                    .collect(),
                _ => Vec::new(),
            };
            add(finding.gate, finding.verdict, finding.says, who);
        }
    }
    Ok(found)
}

/// Somebody as gates name them, such as `user:owner` for what is noted as `owner`.
pub(super) fn subject_of(who: &str) -> String {
    Subject::parse(who).map_or_else(|| who.to_owned(), |subject| subject.to_string())
}

/// What people said of a plan, and who of a team may still say something.
async fn facts(app: &App, row: &plan_row::Model, team: Option<&str>) -> Result<(Facts, Vec<String>)> {
    let current = app.access.current();
    let scope = super::scope(&row.stack);
    let may = |who: &Subject| current.grants(who).allow(action::INFRA_APPROVE, &scope);
    let is_in = |who: &Subject| {
        let circles = current.access.circles(who);
        team.is_none_or(|team| {
            circles
                .iter()
                .any(|one| one.kind == access::Kind::Team && one.name == team)
        })
    };
    let votes = vote_row::of(app.store.read(), &row.id).await?;
    let votes = votes
        .into_iter()
        .filter(|vote| Subject::parse(&vote.who).is_some_and(|who| may(&who)));
    let votes: Vec<Vote> = votes
        .map(|vote| Vote {
            by: subject_of(&vote.who),
            at_ms: vote.at,
            agrees: vote.agrees,
        })
        .collect();
    let entitled = current.active.iter().filter(|who| may(who) && is_in(who));
    let maker = subject_of(&row.created_by);
    let entitled: BTreeSet<String> = entitled
        .map(ToString::to_string)
        .filter(|who| *who != maker)
        .collect();
    let members: BTreeMap<String, BTreeSet<String>> = team
        .map(|team| (team.to_owned(), entitled.clone()))
        .into_iter()
        .collect();
    let facts = Facts {
        now_ms: app.clock.now_ms(),
        author: maker.clone(),
        promoter: maker,
        votes,
        members,
        tests: 0,
        ..Facts::default()
    };
    Ok((facts, entitled.into_iter().collect()))
}

/// Whether the branch that the signed token of the maker names is one of those that are allowed.
fn branch(rule: &RolloutGates, signed: &Value, maker: &str) -> (Verdict, String) {
    let allowed = rule.branches.join(", ");
    let claims = &signed["claims"];
    if claims.is_null() {
        let says = format!(
            "{maker} made the plan without a signed token, so nobody vouches for its branch; {allowed} is asked for"
        );
        return (Verdict::Refused, says);
    }
    if let Some(issuer) = &rule.issuer
        && signed["issuer"].as_str() != Some(issuer)
    {
        let says = format!("the token of {maker} was signed by another issuer; {issuer} is asked for");
        return (Verdict::Refused, says);
    }
    let name = rule.branch_claim.as_deref().unwrap_or("ref");
    let Some(found) = claim::text(claims, name) else {
        return (
            Verdict::Refused,
            format!("the signed token of {maker} has no claim `{name}`; {allowed} is asked for"),
        );
    };
    // A tag may be called as a branch is.
    if let Some(kind) = claim::text(claims, "ref_type").filter(|kind| kind != "branch") {
        return (
            Verdict::Refused,
            format!("`{found}` is a {kind}, and no branch; {allowed} is asked for"),
        );
    }
    let fits = |pattern: &String| match pattern.strip_suffix("/*") {
        Some(folder) => found
            .strip_prefix(folder)
            .is_some_and(|rest| rest.len() > 1 && rest.starts_with('/')),
        None => *pattern == found,
    };
    match rule.branches.iter().any(fits) {
        true => (
            Verdict::Passed,
            format!("made from {found}, as its signed token says"),
        ),
        false => (
            Verdict::Refused,
            format!("made from {found}, as its signed token says; {allowed} is asked for"),
        ),
    }
}

/// Whether a gate of the plan asks somebody to agree.
pub(super) async fn asks(app: &App, row: &plan_row::Model, body: &Body, who: &str) -> Result<bool> {
    for touch in &body.touches {
        for approvals in rules(app, body, touch)
            .await?
            .into_iter()
            .filter_map(|rule| rule.approvals)
        {
            let (_, entitled) = facts(app, row, approvals.team.as_deref()).await?;
            if entitled.iter().any(|one| one == who) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The commit that a signed token names.
pub(super) fn commit(signed: &Value) -> Option<String> {
    COMMIT
        .iter()
        .find_map(|name| claim::text(&signed["claims"], name))
}

/// Whether the same files were applied in a stage, as the last ones of their stack, and have passed their tests there.
async fn tested(app: &App, body: &Body, before: &Touch, signed: bool) -> Result<(Verdict, String)> {
    let stage = &before.stage;
    let db = app.store.read();
    let mut looked: HashSet<String> = HashSet::new();
    let mut other = None;
    for row in plan_row::applied(db, LOOKED_AT).await? {
        let there = body_of(&row)?;
        if !there.covers.contains(before) || !looked.insert(row.stack.clone()) || row.destroys {
            continue;
        }
        if !same_source(body, &there, signed) {
            other = Some(row.stack.clone());
            continue;
        }
        if there.tests.is_empty() {
            return Ok((
                Verdict::Waiting,
                format!("these files have no tests that {stage} could have passed"),
            ));
        }
        let rows = test_row::of(db, &row.id).await?;
        let states: HashMap<i64, &str> = rows.iter().map(|row| (row.place, row.state.as_str())).collect();
        let passed = (0_i64..)
            .zip(&there.tests)
            .filter(|(place, _)| states.get(place) == Some(&"passed"))
            .count();
        let told = format!(
            "{passed} of {} tests passed in {stage} (plan {} of stack {})",
            there.tests.len(),
            row.id,
            row.stack
        );
        let verdict = if passed == there.tests.len() {
            Verdict::Passed
        } else {
            Verdict::Waiting
        };
        return Ok((verdict, told));
    }
    Ok((
        Verdict::Waiting,
        match other {
            Some(stack) => {
                format!("other files were applied in {stage} last (stack {stack}): apply these there first")
            }
            None => format!("these files were not applied in {stage} yet"),
        },
    ))
}

/// Whether two plans come from the same files: of the same signed commit, and read from the same texts. Where the stage does not
/// ask for a branch, plans without a signed commit are compared by their texts alone, as whoever made them named these.
fn same_source(one: &Body, other: &Body, signed: bool) -> bool {
    let same = match (commit(&one.signed), commit(&other.signed)) {
        (Some(one), Some(other)) => one == other,
        _ => !signed,
    };
    if !same {
        return false;
    }
    one.source.is_some() && one.source == other.source
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(branches: &[&str], claims: Value) -> Verdict {
        let rule = RolloutGates {
            branches: branches.iter().map(|one| (*one).to_owned()).collect(),
            ..RolloutGates::default()
        };
        branch(&rule, &json!({ "claims": claims }), "service-principal:ci").0
    }

    #[test]
    fn a_branch_counts_when_the_issuer_that_is_asked_for_signed_it() {
        let rule = RolloutGates {
            branches: vec!["refs/heads/main".into()],
            issuer: Some("https://ci.example".into()),
            ..RolloutGates::default()
        };
        let signed = |issuer: &str| json!({ "issuer": issuer, "claims": {"ref": "refs/heads/main"} });
        assert_eq!(
            branch(&rule, &signed("https://ci.example"), "ci").0,
            Verdict::Passed
        );
        assert_eq!(
            branch(&rule, &signed("https://own.example"), "ci").0,
            Verdict::Refused
        );
    }

    #[test]
    fn a_branch_is_read_from_the_signed_token_alone() {
        let main = &["refs/heads/main"];
        assert_eq!(verdict(main, json!({"ref": "refs/heads/main"})), Verdict::Passed);
        for claims in [
            json!({"ref": "refs/heads/main2"}),
            json!({"ref": "main"}),
            json!({}),
            Value::Null,
            json!({"ref": ["refs/heads/main"]}),
        ] {
            assert_eq!(verdict(main, claims.clone()), Verdict::Refused, "{claims}");
        }
        assert_eq!(
            verdict(&["main"], json!({"ref": "main", "ref_type": "branch"})),
            Verdict::Passed
        );
        assert_eq!(
            verdict(&["main"], json!({"ref": "main", "ref_type": "tag"})),
            Verdict::Refused
        );
        let release = &["refs/heads/release/*"];
        assert_eq!(
            verdict(release, json!({"ref": "refs/heads/release/1.2"})),
            Verdict::Passed
        );
        for odd in [
            "refs/heads/release",
            "refs/heads/release/",
            "refs/heads/released/1",
        ] {
            assert_eq!(verdict(release, json!({"ref": odd})), Verdict::Refused, "{odd}");
        }
    }
}
