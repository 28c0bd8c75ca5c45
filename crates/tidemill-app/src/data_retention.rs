//! Retention of data: which versions go, what keeps the others, and what space that gives back.
//!
//! A version that no rule keeps and nothing uses is taken out first: hidden, and brought back by a word. When its time of grace is over
//! it goes for good, and of the server's copies the packs and blobs that nothing else names (`data_free`). Bytes in a datastore stay
//! where they are: they are not the server's. The server applies every rule by itself (`loops/retention.rs`).

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};
use tidemill_api::data_retention::{Freed, Retention, RetentionPlan, RetentionSpec, VersionFate};
use tidemill_api::lineage::LineageDirection;
use tidemill_objects::Hash;
use tidemill_store::asset::{Archived, Key, Kind};
use tidemill_store::page::PageRequest;
use tidemill_store::{
    DatabaseTransaction, asset_label, asset_version, data_contract, data_removal, data_retention, from_json,
    job, lineage as edges, model_validation, model_version, published_pipeline, schedule, to_json,
    tree_reference,
};

use crate::asset::{self, Row};
use crate::context::Change;
use crate::job::Status;
use crate::lineage::{self, Start};
use crate::{Error, OpContext, Result, Scope, action, bytes, data_free};

const DAY_MS: i64 = 24 * 3_600_000;
/// Days in which a version can be brought back, where nothing is said.
const GRACE_DAYS: u32 = 7;
/// Things that use a version and are named.
const TOLD: usize = 8;

/// Sets how long the versions of an asset are kept.
///
/// # Errors
/// NotFound; Invalid for a rule that keeps nothing.
pub async fn put(ctx: &OpContext, workspace: &str, name: &str, spec: RetentionSpec) -> Result<Retention> {
    ctx.authorize(action::DATA_WRITE, &scope(workspace, name)).await?;
    asset::get(ctx, Kind::Data, workspace, name).await?;
    check(name, spec)?;
    let before = data_retention::get(ctx.app().store.read(), workspace, name).await?;
    let row = data_retention::Model {
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        spec: to_json(&spec),
        set_by: ctx.principal().to_string(),
        updated_at: ctx.now_ms(),
    };
    let change = Change {
        action: action::DATA_WRITE,
        scope: scope(workspace, name),
        before: match &before {
            Some(row) => json!({ "retention": serde_json::from_str::<Value>(&row.spec).unwrap_or_default() }),
            None => Value::Null,
        },
        after: json!({ "retention": spec }),
    };
    let stored = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(data_retention::put(tx, stored).await?) })
    })
    .await?;
    view(row)
}

/// How long the versions of an asset are kept.
///
/// # Errors
/// NotFound, also where there is no rule.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Retention> {
    ctx.authorize(action::DATA_READ, &scope(workspace, name)).await?;
    asset::get(ctx, Kind::Data, workspace, name).await?;
    view(rule(ctx, workspace, name).await?)
}

/// Removes a rule: all versions stay. Those that have been taken out stay out until they are brought back.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    ctx.authorize(action::DATA_WRITE, &scope(workspace, name)).await?;
    let before = rule(ctx, workspace, name).await?;
    let change = Change {
        action: action::DATA_WRITE,
        scope: scope(workspace, name),
        before: json!({ "retention": serde_json::from_str::<Value>(&before.spec).unwrap_or_default() }),
        after: Value::Null,
    };
    let (workspace, name) = (workspace.to_owned(), name.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(data_retention::delete(tx, &workspace, &name).await.map(drop)?) })
    })
    .await
}

/// What would go now, what stays and why. Nothing is changed.
///
/// # Errors
/// NotFound, also where there is no rule.
pub async fn plan(ctx: &OpContext, workspace: &str, name: &str) -> Result<RetentionPlan> {
    ctx.authorize(action::DATA_READ, &scope(workspace, name)).await?;
    asset::get(ctx, Kind::Data, workspace, name).await?;
    Ok(decide(ctx, workspace, name).await?.plan)
}

/// Does what [`plan`] says; gives that plan.
///
/// # Errors
/// As [`plan`]; and when it cannot be written.
pub async fn apply(ctx: &OpContext, workspace: &str, name: &str) -> Result<RetentionPlan> {
    ctx.authorize(action::DATA_WRITE, &scope(workspace, name)).await?;
    asset::get(ctx, Kind::Data, workspace, name).await?;
    let Decided { plan, rows } = decide(ctx, workspace, name).await?;
    let mut some_went = false;
    for fate in &plan.versions {
        let Some(row) = rows.get(&fate.version) else {
            continue;
        };
        // What somebody has changed since it was looked at stays as it is now, for the next time.
        match fate.fate.as_str() {
            "remove" => take_out(ctx, row, fate).await?,
            "free" => some_went |= forget(ctx, row, fate).await?,
            // Somebody came to use it while it was on its way out.
            "keep" if fate.due_at.is_some() => bring_back(ctx, row).await?,
            _ => {}
        }
    }
    // Rows go before bytes: a version that is there is whole, even when this breaks off. What somebody came to name meanwhile stays.
    // Manifests stay: they are small, and jobs and deployments name them too.
    if some_went {
        data_free::round(ctx.app()).await?;
    }
    Ok(plan)
}

/// Whether a version is still as it was looked at.
async fn is_same(tx: &DatabaseTransaction, row: &Row) -> Result<bool> {
    let key = Key {
        workspace: &row.workspace,
        kind: Kind::Data,
        name: &row.name,
    };
    let there = asset_version::get(tx, key, &row.version).await?;
    Ok(there.is_some_and(|there| there.revision == row.revision))
}

/// Brings back a version that was taken out.
///
/// # Errors
/// NotFound where it is not on its way out, or gone for good.
pub async fn restore(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<()> {
    ctx.authorize(action::DATA_WRITE, &scope(workspace, name)).await?;
    let out = data_removal::of(ctx.app().store.read(), workspace, name).await?;
    if out.iter().all(|row| row.version != version) {
        return Err(Error::not_found("version on its way out", &format!("{name}:{version}"))
            .hint("`tidemill data retention plan` shows those that can be brought back; what has gone for good cannot"));
    }
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    bring_back(ctx, &asset::find_version(ctx, key, version).await?).await
}

fn scope(workspace: &str, name: &str) -> Scope {
    asset::scope(Kind::Data, workspace, name)
}

fn check(name: &str, spec: RetentionSpec) -> Result<()> {
    let failed = |why: &str| {
        Err(Error::invalid(format!(
            "failed to set the retention of data `{name}`: {why}"
        )))
    };
    match spec {
        RetentionSpec {
            keep_versions: None,
            keep_days: None,
            ..
        } => failed("neither keep_versions nor keep_days is given"),
        RetentionSpec {
            keep_versions: Some(0),
            ..
        } => failed("keep_versions is 0, and the newest version always stays"),
        _ => Ok(()),
    }
}

async fn rule(ctx: &OpContext, workspace: &str, name: &str) -> Result<data_retention::Model> {
    let found = data_retention::get(ctx.app().store.read(), workspace, name).await?;
    found.ok_or_else(|| {
        Error::not_found("retention of data", name)
            .hint(format!("all of its versions stay; `tidemill data retention set --name {name} --keep-versions 10` sets one"))
    })
}

fn view(row: data_retention::Model) -> Result<Retention> {
    Ok(Retention {
        spec: from_json("data_retention", "spec", &row.spec)?,
        data: row.name,
        set_by: row.set_by,
        updated_at: row.updated_at,
    })
}

/// What was decided, with the versions that it is about.
struct Decided {
    plan: RetentionPlan,
    rows: HashMap<String, Row>,
}

async fn decide(ctx: &OpContext, workspace: &str, name: &str) -> Result<Decided> {
    let rule: RetentionSpec = view(rule(ctx, workspace, name).await?)?.spec;
    let rows = all_versions(ctx, workspace, name).await?;
    let out: HashMap<String, data_removal::Model> = data_removal::of(ctx.app().store.read(), workspace, name)
        .await?
        .into_iter()
        .map(|row| (row.version.clone(), row))
        .collect();
    let now = ctx.now_ms();
    let uses = Uses::of(ctx, workspace, name).await?;
    let grace = i64::from(rule.grace_days.unwrap_or(GRACE_DAYS)) * DAY_MS;
    let newest = rows
        .iter()
        .find(|row| !row.archived)
        .map(|row| row.version.clone());
    let (mut versions, mut counted) = (Vec::new(), 0);
    for row in &rows {
        let is_out = out.get(&row.version);
        let mut reasons = Vec::new();
        if is_out.is_none() {
            counted += 1;
            if newest.as_ref() == Some(&row.version) {
                reasons.push("it is the newest".to_owned());
            }
            if let Some(count) = rule.keep_versions.filter(|count| counted <= *count) {
                reasons.push(format!("it is one of the newest {count}"));
            }
            if let Some(days) = rule
                .keep_days
                .filter(|days| now - row.created_at < i64::from(*days) * DAY_MS)
            {
                reasons.push(format!("it is younger than {days} days"));
            }
        }
        reasons.extend(
            uses.of_version(ctx, row, newest.as_ref() == Some(&row.version))
                .await?,
        );
        let (fate, due_at) = match (reasons.is_empty(), is_out) {
            (false, _) => ("keep", is_out.map(|out| out.due_at)),
            (true, None) if grace == 0 => ("free", Some(now)),
            (true, None) => ("remove", Some(now + grace)),
            (true, Some(out)) if out.due_at <= now => ("free", Some(out.due_at)),
            (true, Some(out)) => ("removed", Some(out.due_at)),
        };
        if reasons.is_empty() {
            reasons.push("no rule keeps it, and nothing uses it".to_owned());
        }
        versions.push(VersionFate {
            version: row.version.clone(),
            fate: fate.to_owned(),
            reasons,
            created_at: row.created_at,
            size_bytes: row.size_bytes,
            is_copy: tree_of(row).is_some(),
            due_at,
        });
    }
    let gone: Vec<&Row> = rows
        .iter()
        .zip(&versions)
        .filter(|(_, fate)| fate.fate == "free")
        .map(|(row, _)| row)
        .collect();
    let trees = free_trees(ctx, &gone).await?;
    let freed = match trees.is_empty() {
        true => tidemill_objects::Freed::default(),
        false => bytes::tree_store(ctx.app())?.would_free(&trees).await?,
    };
    Ok(Decided {
        plan: RetentionPlan {
            data: name.to_owned(),
            rule,
            versions,
            frees: Freed {
                versions: gone.len() as u64,
                objects: freed.objects,
                bytes: freed.bytes,
            },
        },
        rows: rows
            .iter()
            .map(|row| (row.version.clone(), row.clone()))
            .collect(),
    })
}

/// All versions, the newest first.
async fn all_versions(ctx: &OpContext, workspace: &str, name: &str) -> Result<Vec<Row>> {
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let mut page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut all = Vec::new();
    loop {
        let found = asset_version::list(ctx.app().store.read(), key, Archived::Include, &page).await?;
        all.extend(found.items);
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// The tree of a version whose files are a copy.
fn tree_of(row: &Row) -> Option<Hash> {
    let rest = row.uri.as_deref()?.strip_prefix("tidemill://trees/")?;
    rest.split('/').next()?.parse().ok()
}

/// The trees of versions that go, which nothing else names.
async fn free_trees(ctx: &OpContext, gone: &[&Row]) -> Result<Vec<Hash>> {
    let trees: HashSet<Hash> = gone.iter().filter_map(|row| tree_of(row)).collect();
    if trees.is_empty() {
        return Ok(Vec::new());
    }
    let but = gone
        .iter()
        .map(|row| (row.workspace.clone(), row.name.clone(), row.version.clone()))
        .collect();
    let names = trees.iter().map(|tree| tree.to_hex()).collect();
    let named = tree_reference::named(ctx.app().store.read(), &names, &but).await?;
    Ok(trees
        .into_iter()
        .filter(|tree| !named.contains(&tree.to_hex()))
        .collect())
}

/// Hides a version, until its time is over.
async fn take_out(ctx: &OpContext, row: &Row, fate: &VersionFate) -> Result<()> {
    let now = ctx.now_ms();
    let due_at = fate.due_at.unwrap_or(now);
    let removal = data_removal::Model {
        workspace: row.workspace.clone(),
        name: row.name.clone(),
        version: row.version.clone(),
        removed_by: ctx.principal().to_string(),
        removed_at: now,
        due_at,
    };
    let hidden = Row {
        archived: true,
        revision: row.revision + 1,
        updated_at: now,
        ..row.clone()
    };
    let after = json!({ "version": row.version, "archived": true, "by": "retention", "due_at": due_at });
    let change = Change {
        action: action::DATA_WRITE,
        scope: scope(&row.workspace, &row.name),
        before: json!({ "version": row.version, "archived": row.archived }),
        after: after.clone(),
    };
    let seen = row.clone();
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                if !is_same(tx, &seen).await? {
                    return Ok(None);
                }
                data_removal::put(tx, removal).await?;
                asset_version::update(tx, hidden).await?;
                Ok(Some(((), after)))
            })
        })
        .await?;
    Ok(done.unwrap_or_default())
}

/// Shows a version again.
async fn bring_back(ctx: &OpContext, row: &Row) -> Result<()> {
    let shown = Row {
        archived: false,
        revision: row.revision + 1,
        updated_at: ctx.now_ms(),
        ..row.clone()
    };
    let after = json!({ "version": row.version, "archived": false });
    let change = Change {
        action: action::DATA_WRITE,
        scope: scope(&row.workspace, &row.name),
        before: json!({ "version": row.version, "archived": row.archived, "by": "retention" }),
        after: after.clone(),
    };
    let seen = row.clone();
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                if !is_same(tx, &seen).await? {
                    return Ok(None);
                }
                data_removal::delete(tx, &shown.workspace, &shown.name, &shown.version).await?;
                asset_version::update(tx, shown).await?;
                Ok(Some(((), after)))
            })
        })
        .await?;
    done.ok_or_else(|| {
        Error::conflict(format!(
            "failed to bring back {}:{}: somebody has changed it meanwhile",
            row.name, row.version
        ))
        .hint("look at it again with `tidemill data retention plan`")
    })
}

/// Removes a version for good, unless somebody has changed it since it was looked at; says whether it went.
async fn forget(ctx: &OpContext, row: &Row, fate: &VersionFate) -> Result<bool> {
    let after = json!({ "version": row.version, "removed": "retention", "reasons": fate.reasons });
    let change = Change {
        action: action::DATA_WRITE,
        scope: scope(&row.workspace, &row.name),
        before: json!({
            "version": row.version, "digest": row.digest, "uri": row.uri, "size_bytes": row.size_bytes, "created_at": row.created_at,
        }),
        after: after.clone(),
    };
    let (row, now) = (row.clone(), ctx.now_ms());
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                if !is_same(tx, &row).await? {
                    return Ok(None);
                }
                let key = Key {
                    workspace: &row.workspace,
                    kind: Kind::Data,
                    name: &row.name,
                };
                data_removal::delete(tx, &row.workspace, &row.name, &row.version).await?;
                let gone = asset_version::delete(tx, key, &row.version).await?;
                if let Some(tree) = tree_of(&row).filter(|_| gone) {
                    data_free::note(tx, tree, now).await?;
                }
                Ok(gone.then_some(((), after)))
            })
        })
        .await?;
    Ok(done.is_some())
}

/// What uses the versions of an asset, as far as that is looked up once for all.
struct Uses {
    labels: Vec<asset_label::Model>,
    contracts: Vec<String>,
    /// Schedules and published pipelines with their texts.
    texts: Vec<(String, String)>,
}

impl Uses {
    async fn of(ctx: &OpContext, workspace: &str, name: &str) -> Result<Self> {
        let db = ctx.app().store.read();
        let key = Key {
            workspace,
            kind: Kind::Data,
            name,
        };
        let contracts = data_contract::of_data(db, workspace, name).await?;
        let mut page = PageRequest {
            limit: 1000,
            after: None,
        };
        let mut texts = Vec::new();
        loop {
            let found = schedule::list(db, workspace, &page).await?;
            for row in found.items {
                let text = format!("{} {}", row.spec, row.job.unwrap_or_default());
                texts.push((format!("schedule {}", row.name), text));
            }
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        // A step of a pipeline names its data until its turn comes.
        for row in job::in_states(db, Status::OPEN).await? {
            if row.workspace == workspace {
                texts.push((format!("job {}", row.name), row.spec));
            }
        }
        // An older version can be invoked by its number, and be made the default again.
        for row in published_pipeline::all(db, workspace).await? {
            texts.push((
                format!("published pipeline {} (version {})", row.name, row.version),
                row.spec,
            ));
        }
        Ok(Self {
            labels: asset_label::of(db, key).await?,
            contracts: contracts.into_iter().map(|row| row.name).collect(),
            texts,
        })
    }

    /// What uses a version, each thing by name.
    async fn of_version(&self, ctx: &OpContext, row: &Row, is_newest: bool) -> Result<Vec<String>> {
        let db = ctx.app().store.read();
        let mut found: BTreeSet<String> = BTreeSet::new();
        let labels = self.labels.iter().filter(|label| label.version == row.version);
        found.extend(labels.map(|label| format!("the label {} names it", label.label)));
        if is_newest && !self.contracts.is_empty() {
            found.insert(format!("contracts are over it: {}", self.contracts.join(", ")));
        }
        let reference = format!("azureml:{}:{}", row.name, row.version);
        let naming = self
            .texts
            .iter()
            .filter(|(_, text)| names(text, &reference) || names_by_id(text, &row.name, &row.version));
        found.extend(naming.map(|(what, _)| format!("{what} names it")));
        for validation in model_validation::of_data(db, &row.workspace, &reference).await? {
            let model = model_version::get(db, &row.workspace, &validation.name, validation.version).await?;
            if model.is_some() {
                found.insert(format!(
                    "models/{}/{} was validated with it",
                    validation.name, validation.version
                ));
            }
        }
        let id = format!("data/{}/{}", row.name, row.version);
        for edge in edges::of_asset(db, &row.workspace, &id).await? {
            let reader = job::get(db, &row.workspace, &edge.job).await?;
            if reader.is_some_and(|reader| {
                edge.direction == "in" && Status::OPEN.contains(&reader.status.as_str())
            }) {
                found.insert(format!("job {} reads it", edge.job));
            }
        }
        // Whoever may keep data may not see all that is made of them; it stays nevertheless, and is named.
        let system = ctx.app().system();
        let start = Start::Data(&row.name, &row.version);
        let graph = lineage::of(&system, &row.workspace, start, LineageDirection::Down).await?;
        if graph.cut {
            found.insert("its lineage is too long to be followed to its end".to_owned());
        }
        for node in &graph.nodes {
            let what = match node.kind.as_str() {
                "model" => {
                    let number = node
                        .version
                        .as_deref()
                        .and_then(|version| version.parse().ok())
                        .unwrap_or_default();
                    if model_version::get(db, &node.workspace, &node.name, number)
                        .await?
                        .is_none()
                    {
                        continue;
                    }
                    format!("{} was made of it", node.id)
                }
                "deployment" => format!("{} serves what was made of it", node.id),
                "release" => format!("{} carries what was made of it", node.id),
                _ => continue,
            };
            found.insert(what);
        }
        let more = found.len().saturating_sub(TOLD);
        let mut told: Vec<String> = found.into_iter().take(TOLD).collect();
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        Ok(told)
    }
}

/// Whether a text names exactly this version: `azureml:flights:1` is not in `azureml:flights:12`.
fn names(text: &str, reference: &str) -> bool {
    text.match_indices(reference)
        .any(|(at, _)| ends(&text[at + reference.len()..]))
}

/// Whether a text names this version by an id: `azureml://locations/eu/workspaces/w/data/flights/versions/1` and its kin. Of which
/// workspace is not looked at: one too many is kept rather than one too few.
fn names_by_id(text: &str, name: &str, version: &str) -> bool {
    let tail = format!("/{name}/versions/{version}");
    text.match_indices(&tail).any(|(at, _)| {
        let kind = text[..at].rsplit('/').next().unwrap_or_default();
        kind.eq_ignore_ascii_case("data") && ends(&text[at + tail.len()..])
    })
}

/// Whether a name ends where this follows it.
fn ends(rest: &str) -> bool {
    let next = rest.chars().next();
    !next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_exactly() {
        let reference = "azureml:flights:1";
        for text in [
            "path: azureml:flights:1",
            "\"azureml:flights:1\"",
            "azureml:flights:1}",
        ] {
            assert!(names(text, reference), "{text}");
        }
        for text in [
            "azureml:flights:12",
            "azureml:flights:1.2",
            "azureml:flights:1-a",
            "azureml:flights@latest",
            "",
        ] {
            assert!(!names(text, reference), "{text}");
        }
    }

    #[test]
    fn a_version_is_named_by_its_id_too() {
        let id = |text: &str| names_by_id(text, "flights", "1");
        for text in [
            "azureml://locations/eu/workspaces/w/data/flights/versions/1",
            "{\"path\":\"azureml:/subscriptions/s/resourceGroups/g/workspaces/w/Data/flights/versions/1\"}",
            "x /data/flights/versions/1",
        ] {
            assert!(id(text), "{text}");
        }
        for text in [
            "azureml://locations/eu/workspaces/w/data/flights/versions/12",
            "azureml://locations/eu/workspaces/w/models/flights/versions/1",
            "azureml://locations/eu/workspaces/w/data/all-flights/versions/1",
            "azureml://locations/eu/workspaces/w/data/flights/labels/1",
            "",
        ] {
            assert!(!id(text), "{text}");
        }
    }

    #[test]
    fn a_rule_that_keeps_nothing_is_refused() {
        let rule = |keep_versions, keep_days| RetentionSpec {
            keep_versions,
            keep_days,
            grace_days: None,
        };
        assert!(check("d", rule(Some(1), None)).is_ok() && check("d", rule(None, Some(0))).is_ok());
        assert!(check("d", rule(None, None)).is_err() && check("d", rule(Some(0), Some(1))).is_err());
    }
}
