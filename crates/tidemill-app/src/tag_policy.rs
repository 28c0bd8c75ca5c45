//! What the policy of a workspace, and its group, ask of the tags and names of runs and jobs: read, applied, told.

use tidemill_policy::Action;
use tidemill_policy::tag_rule::{self, About, Breach, Effect, Pattern, Subject, Thing};
use tidemill_spec::kinds::{self, TagEffect, TagMoment, TagPolicy, TagSubject};
use tidemill_store::run::{self, NAME_TAG, PARENT_TAG};
use tidemill_store::tag::{self, Noun, Pairs, Table};
use tidemill_store::{ConnectionTrait, from_json, policy};

use crate::{Error, OpContext, Result, Scope, action};

pub use tidemill_policy::tag_rule::TagRule;

/// The tag of a run that says which rules it breaks.
pub const WARNING_TAG: &str = "tidemill.policy.warning";

/// The rules that hold in a workspace: its own, then its group's.
///
/// # Errors
/// NotFound for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str) -> Result<Vec<TagRule>> {
    ctx.authorize(
        action::POLICY_READ,
        &Scope::resource(workspace, "policies", "policy"),
    )
    .await?;
    crate::workspace::get(ctx, workspace).await?;
    of(ctx.app().store.read(), workspace).await
}

/// Refuses rules that can't be applied.
///
/// # Errors
/// Invalid, naming the rule and what is wrong with its pattern.
pub(crate) fn check(rules: &TagPolicy) -> Result<()> {
    read(rules, "").map(drop)
}

/// The rules that hold in a workspace: of both, so that whichever is stricter holds.
pub(crate) async fn of(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<TagRule>> {
    let Some(above) = policy::above(db, workspace).await? else {
        return Ok(Vec::new());
    };
    let mut rules = Vec::new();
    if let Some(spec) = &above.policy {
        let spec: kinds::Policy = from_json("policy", "spec", spec)?;
        rules.extend(read(&spec.tag_policy, &format!("workspace `{workspace}`"))?);
    }
    if let Some(spec) = &above.group {
        let spec: kinds::Group = from_json("resource_group", "spec", spec)?;
        rules.extend(read(&spec.tag_policy, &format!("group `{}`", above.group_name))?);
    }
    Ok(rules)
}

fn read(rules: &TagPolicy, of: &str) -> Result<Vec<TagRule>> {
    rules.iter().map(|(name, rule)| one(name, rule, of)).collect()
}

fn one(name: &str, rule: &kinds::TagRule, of: &str) -> Result<TagRule> {
    let kinds::TagRule {
        description,
        tag,
        pattern,
        name: name_pattern,
        required,
        link,
        effect,
        checked,
        on,
    } = rule.clone();
    let (about, pattern) = match tag {
        Some(tag) => (About::Tag(tag), pattern),
        None => (About::Name, name_pattern),
    };
    let pattern = pattern
        .map(|written| {
            Pattern::new(&written).map_err(|why| {
                Error::invalid(format!(
                    "failed to read the pattern `{written}` of rule `{name}` in tag_policy: {why}"
                ))
                .hint("write a regular expression, such as AB#[0-9]+")
            })
        })
        .transpose()?;
    Ok(TagRule {
        name: name.to_owned(),
        of: of.to_owned(),
        description,
        about,
        pattern,
        required,
        from_start: checked == TagMoment::Start,
        effect: match effect {
            TagEffect::Warn => Effect::Warn,
            TagEffect::Refuse => Effect::Refuse,
        },
        link,
        for_runs: on.is_empty() || on.contains(&TagSubject::Run),
        for_jobs: on.is_empty() || on.contains(&TagSubject::Job),
    })
}

/// Refuses what breaks a rule that says so, and notes it in the audit log; the other breaches are given back as texts.
///
/// # Errors
/// Forbidden, naming the rules and what to do.
pub(crate) async fn settle(
    ctx: &OpContext,
    action: Action,
    scope: &Scope,
    doing: &str,
    hint: &str,
    found: Vec<Breach>,
) -> Result<Vec<String>> {
    let (refused, warned): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|breach| breach.effect == Effect::Refuse);
    if refused.is_empty() {
        return Ok(texts(warned));
    }
    let why = texts(refused).join("; ");
    ctx.refused(action, scope, &why).await?;
    Err(Error::forbidden(format!("failed to {doing}: {why}")).hint(hint))
}

/// What breaks them, as texts.
pub(crate) fn texts(found: Vec<Breach>) -> Vec<String> {
    found.into_iter().map(|breach| breach.text).collect()
}

/// What a run is for the rules.
pub(crate) fn subject(row: &run::Model) -> Subject {
    match row.job.as_deref() == Some(&row.run_id) {
        true => Subject::Job,
        false => Subject::Run,
    }
}

/// Whether a run is below another one, which speaks for it: so are nested runs of clients and all that jobs start.
pub(crate) async fn is_below(db: &impl ConnectionTrait, row: &run::Model, tags: &Pairs) -> Result<bool> {
    if row.job.is_some() && subject(row) == Subject::Run {
        return Ok(true);
    }
    match tags.iter().find(|(key, _)| key == PARENT_TAG) {
        Some((_, parent)) if *parent != row.run_id => {
            Ok(run::get(db, &row.workspace, parent).await?.is_some())
        }
        _ => Ok(false),
    }
}

/// What a run breaks that is there: with these tags set, this name, or this end.
pub(crate) fn breaches(
    rules: &[TagRule],
    row: &run::Model,
    tags: &Pairs,
    is_below: bool,
    has_ended: bool,
) -> Vec<Breach> {
    let subject = subject(row);
    if is_below {
        return tag_rule::set(rules, subject, None, tags);
    }
    let thing = Thing {
        subject,
        name: &row.name,
        tags,
        has_ended,
    };
    tag_rule::whole(rules, thing)
}

/// Says on a run which rules it breaks, or takes that away; inside the change that changes its tags, name or status.
pub(crate) async fn mark(
    db: &impl ConnectionTrait,
    rules: &[TagRule],
    workspace: &str,
    run_id: &str,
) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let Some(row) = run::get(db, workspace, run_id).await? else {
        return Ok(());
    };
    let tags = tag::of(db, Table::Tag, workspace, Noun::Run, run_id).await?;
    let is_below = is_below(db, &row, &tags).await?;
    let has_ended = !matches!(row.status.as_str(), "RUNNING" | "SCHEDULED");
    let found = texts(breaches(rules, &row, &tags, is_below, has_ended)).join("; ");
    let before = tags.iter().find(|(key, _)| key == WARNING_TAG);
    if found.is_empty() {
        if before.is_some() {
            tag::delete(db, workspace, Noun::Run, run_id, WARNING_TAG).await?;
        }
    } else if before.is_none_or(|(_, text)| *text != found) {
        let pair = [(WARNING_TAG.to_owned(), found)];
        tag::put(db, Table::Tag, workspace, Noun::Run, run_id, &pair).await?;
    }
    Ok(())
}

/// The name that a set of tags gives a run.
pub(crate) fn name_in(tags: &Pairs) -> Option<&str> {
    let mut newest_first = tags.iter().rev();
    newest_first
        .find(|(key, _)| key == NAME_TAG)
        .map(|(_, name)| name.as_str())
}
