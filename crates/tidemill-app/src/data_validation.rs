//! What validations of data found, over time: a verdict for each, by whoever asked for it, a person or a step of a pipeline; and the
//! columns that alarm, because they have drifted in several versions in a row.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tidemill_objects::SafePath;
use tidemill_policy::action;
use tidemill_profile::expect::{Level, Outcome, Validation};
use tidemill_store::asset::{Key, Kind};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{data_validation, event, to_json};
use tidemill_table::sql::{BASELINE, DATA, Validated};

use crate::artifact::Download;
use crate::asset::Row;
use crate::history::{self, Told};
use crate::job::{CommandPlan, Job, PlannedInput, artifact_root};
use crate::{Error, OpContext, Result, asset, bytes, datastore};

/// One validation, as the store has it.
pub type Stored = data_validation::Model;

/// Where the step of a pipeline leaves what it found, among the artifacts of its run.
pub(crate) const STEP_FOLDER: &str = "outputs/validation";
/// The most bytes of what a step found that are read.
const MOST_BYTES: u64 = 64 << 20;
/// How many rules a reason names.
const NAMED: usize = 3;
/// Validations of earlier versions that are looked at for columns that drift again and again.
const LOOKED_AT: u64 = 500;

/// A column that alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The column.
    pub column: String,
    /// Versions in a row in which it has drifted.
    pub windows: usize,
    /// The first of them.
    pub since: String,
}

/// Who asked for a validation, and of what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// The table in the version; empty where it is one.
    pub(crate) table: String,
    /// What it was compared with, as `azureml:flights:1`; empty for nothing.
    pub(crate) baseline: String,
    /// Who asked.
    pub(crate) principal: String,
    /// The job whose step it was, and its try.
    pub(crate) job: Option<(String, i64)>,
}

/// Adds a validation to the history of its asset; gives its id. A failed one and a new alarm are events.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn record(
    ctx: &OpContext,
    row: &Row,
    asked: Asked,
    validated: &Validated,
) -> Result<String> {
    let Asked {
        table,
        baseline,
        principal,
        job,
    } = asked;
    let (id, at) = (ctx.app().clock.ulid(), ctx.now_ms());
    let Validated { validation, profile } = validated;
    let of_table = (row.workspace.as_str(), row.name.as_str(), table.as_str());
    let earlier =
        data_validation::compared(ctx.app().store.read(), of_table, row.created_at, LOOKED_AT).await?;
    let known = known(&earlier, &row.version);
    let windows: HashMap<&str, (usize, &str)> = validation
        .drifted
        .iter()
        .map(|column| (column.as_str(), in_a_row(column, &row.version, &earlier)))
        .collect();
    let alarms: Vec<Alarm> = validation
        .drifted
        .iter()
        .filter_map(|column| {
            let (count, since) = windows.get(column.as_str())?;
            (*count >= validation.windows).then(|| Alarm {
                column: column.clone(),
                windows: *count,
                since: (*since).to_owned(),
            })
        })
        .collect();
    history::add_statistics(ctx, row, &table, profile).await?;
    let told = Told {
        id: &id,
        baseline: &baseline,
        principal: &principal,
        job: job.as_ref().map_or("", |(name, _)| name.as_str()),
        at_ms: at,
    };
    let of_column = |column: &str| {
        let count = windows.get(column).map_or(0, |(count, _)| *count);
        (count, alarms.iter().any(|alarm| alarm.column == column))
    };
    history::add_validation(ctx, row, &table, &told, validated, &of_column).await?;
    let compared = validation.drift.as_ref().map_or(0, |drift| drift.columns.len());
    let stored = Stored {
        id: id.clone(),
        workspace: row.workspace.clone(),
        asset: row.name.clone(),
        version: row.version.clone(),
        made_at: row.created_at,
        inside: table,
        at,
        principal,
        job_try: job.as_ref().map(|(name, attempt)| format!("{name} {attempt}")),
        job: job.map(|(name, _)| name),
        baseline,
        passed: validation.passed,
        errors: validation.errors as i64,
        warnings: validation.warnings as i64,
        expected: validation.outcomes.len() as i64,
        compared: compared as i64,
        drifted: to_json(&validation.drifted),
        alarms: to_json(&alarms),
    };
    let fresh: Vec<&Alarm> = alarms
        .iter()
        .filter(|alarm| !known.contains(&alarm.column))
        .collect();
    let mut events = Vec::new();
    if !fresh.is_empty() {
        events.push(event_of(ctx, &stored, "data/alarm", json!({ "columns": fresh })));
    }
    if !stored.passed {
        events.push(event_of(ctx, &stored, "data/validation_failed", json!({})));
    }
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                data_validation::add(tx, stored).await?;
                for row in events {
                    event::append(tx, row).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(id)
}

/// The columns that alarmed already when the same version was validated before.
fn known(earlier: &[Stored], version: &str) -> HashSet<String> {
    let before = earlier.iter().find(|row| row.version == version);
    before
        .map(|row| alarms_of(row).into_iter().map(|alarm| alarm.column).collect())
        .unwrap_or_default()
}

/// In how many versions in a row up to this one a column has drifted, and which was the first. Of each version the youngest
/// validation counts; `earlier` has the youngest versions first.
fn in_a_row<'a>(column: &str, version: &'a str, earlier: &'a [Stored]) -> (usize, &'a str) {
    let mut seen = HashSet::from([version]);
    let (mut count, mut since) = (1, version);
    for row in earlier {
        if !seen.insert(row.version.as_str()) {
            continue;
        }
        if !drifted_of(row).iter().any(|name| name == column) {
            break;
        }
        (count, since) = (count + 1, row.version.as_str());
    }
    (count, since)
}

/// The columns that had drifted.
pub fn drifted_of(row: &Stored) -> Vec<String> {
    serde_json::from_str(&row.drifted).unwrap_or_default()
}

/// The columns that alarmed.
pub fn alarms_of(row: &Stored) -> Vec<Alarm> {
    serde_json::from_str(&row.alarms).unwrap_or_default()
}

fn event_of(ctx: &OpContext, row: &Stored, kind: &str, more: serde_json::Value) -> event::Model {
    let mut detail = json!({
        "action": action::DATA_READ.as_str(),
        "version": row.version,
        "validation": row.id,
        "errors": row.errors,
        "job": row.job,
    });
    if let (Some(detail), serde_json::Value::Object(more)) = (detail.as_object_mut(), more) {
        detail.extend(more);
    }
    event::Model {
        id: ctx.app().clock.ulid(),
        at: ctx.now_ms(),
        workspace: Some(row.workspace.clone()),
        kind: kind.to_owned(),
        subject: asset::scope(Kind::Data, &row.workspace, &row.asset).to_string(),
        detail: detail.to_string(),
    }
}

/// What the validations of an asset found, the youngest first.
///
/// # Errors
/// NotFound.
pub async fn list(ctx: &OpContext, workspace: &str, name: &str, page: &PageRequest) -> Result<Page<Stored>> {
    ctx.authorize(action::DATA_READ, &asset::scope(Kind::Data, workspace, name))
        .await?;
    asset::get(ctx, Kind::Data, workspace, name).await?;
    crate::datastore_access::check_asset(ctx, workspace, name).await?;
    Ok(data_validation::list(ctx.app().store.read(), workspace, name, page).await?)
}

/// The page of a validation: what was expected and found, and how each column differs from the baseline.
///
/// # Errors
/// NotFound.
pub async fn report(ctx: &OpContext, workspace: &str, name: &str, id: &str) -> Result<Download> {
    ctx.authorize(action::DATA_READ, &asset::scope(Kind::Data, workspace, name))
        .await?;
    crate::datastore_access::check_asset(ctx, workspace, name).await?;
    let found = data_validation::get(ctx.app().store.read(), workspace, name, id).await?;
    let found = found.ok_or_else(|| {
        Error::not_found("validation", id)
            .hint(format!("`tidemill data history {name} --verdicts` shows them"))
    })?;
    let store = bytes::open(ctx, workspace, datastore::BLOB).await?;
    let path = SafePath::parse(history::report_of(&found.asset, &found.id))?;
    let (meta, bytes) = store.get(&path, None).await?;
    Ok(Download {
        size_bytes: meta.size_bytes,
        bytes,
    })
}

/// Adds what the step of a pipeline found, where its data is a version of an asset. A step that could not look at its data has
/// found nothing; a try is told once.
///
/// # Errors
/// When what it found cannot be read or written.
pub(crate) async fn of_step(ctx: &OpContext, job: &Job, plan: &CommandPlan) -> Result<()> {
    let asset_of = |port: &str| match plan.inputs.get(port) {
        Some(PlannedInput::Data { asset, uri, .. }) => Some((asset.clone(), uri.clone())),
        _ => None,
    };
    let Some((name, version)) = asset_of(DATA).and_then(|(asset, _)| named(asset.as_deref()?)) else {
        return Ok(());
    };
    let folder = ctx.app().dir.artifacts(&job.workspace).join(artifact_root(job));
    let folder = folder.join(STEP_FOLDER);
    let Some(validation) = read::<Validation>(&folder.join("validation.json")).await? else {
        return Ok(());
    };
    let Some(profile) = read(&folder.join("profile.json")).await? else {
        return Ok(());
    };
    let job_try = format!("{} {}", job.name, job.attempt);
    let db = ctx.app().store.read();
    if data_validation::of_try(db, &job.workspace, &job_try)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let key = Key {
        workspace: &job.workspace,
        kind: Kind::Data,
        name: &name,
    };
    let row = asset::find_version(ctx, key, &version).await?;
    let baseline = asset_of(BASELINE).map(|(asset, uri)| match asset.as_deref().and_then(named) {
        Some((name, version)) => format!("azureml:{name}:{version}"),
        None => uri,
    });
    let asked = Asked {
        table: validation
            .path
            .clone()
            .unwrap_or_default()
            .trim_matches('/')
            .to_owned(),
        baseline: baseline.unwrap_or_default(),
        principal: job.created_by.clone(),
        job: Some((job.name.clone(), job.attempt)),
    };
    record(ctx, &row, asked, &Validated { validation, profile })
        .await
        .map(drop)
}

/// Why a step failed, where what it found says so: the first rules that are not met, how many more, and where the report is.
///
/// # Errors
/// When what it found cannot be read.
pub(crate) async fn failure_of_step(ctx: &OpContext, job: &Job) -> Result<Option<String>> {
    let folder = ctx.app().dir.artifacts(&job.workspace).join(artifact_root(job));
    let found = read::<Validation>(&folder.join(STEP_FOLDER).join("validation.json")).await?;
    Ok(found.as_ref().filter(|found| !found.passed).map(|found| {
        let report = format!(
            "{STEP_FOLDER}/report.html among the artifacts of job `{}`",
            job.name
        );
        format!("{}; the report is {report}", unmet(found))
    }))
}

/// The first errors of a validation, and how many more there are.
fn unmet(found: &Validation) -> String {
    let errors = found
        .outcomes
        .iter()
        .filter(|outcome| !outcome.met && outcome.level == Level::Error);
    let words = |outcome: &Outcome| {
        let column = outcome.column.as_deref().map(|column| format!("`{column}`: "));
        format!(
            "{}{} (found {})",
            column.unwrap_or_default(),
            outcome.expected,
            outcome.found
        )
    };
    let mut said: Vec<String> = errors.clone().take(NAMED).map(words).collect();
    let more = errors.count().saturating_sub(NAMED);
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    format!(
        "{} of {} expectations not met: {}",
        found.errors,
        found.outcomes.len(),
        said.join("; ")
    )
}

/// Name and version of `data/flights/3`.
fn named(asset: &str) -> Option<(String, String)> {
    let (name, version) = asset.strip_prefix("data/")?.split_once('/')?;
    Some((name.to_owned(), version.to_owned()))
}

async fn read<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<Option<T>> {
    let size = match tokio::fs::symlink_metadata(path).await {
        Ok(found) if found.is_file() => found.len(),
        _ => return Ok(None),
    };
    if size > MOST_BYTES {
        return Err(Error::invalid(format!(
            "failed to keep what the validation found: it has {size} bytes, and {MOST_BYTES} are read"
        )));
    }
    let bytes = tokio::fs::read(path).await.map_err(Error::internal)?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| Error::invalid(format!("failed to read what the validation found: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: &str, drifted: &[&str]) -> Stored {
        Stored {
            id: String::new(),
            workspace: String::new(),
            asset: String::new(),
            version: version.into(),
            made_at: 0,
            inside: String::new(),
            at: 0,
            principal: String::new(),
            job: None,
            job_try: None,
            baseline: String::new(),
            passed: true,
            errors: 0,
            warnings: 0,
            expected: 0,
            compared: 1,
            drifted: to_json(&drifted),
            alarms: "[]".into(),
        }
    }

    #[test]
    fn a_row_of_versions_ends_where_a_column_was_as_before() {
        // Version 3 was validated twice; its youngest verdict counts.
        let earlier = [
            row("4", &["delay", "wind"]),
            row("3", &["delay"]),
            row("3", &[]),
            row("2", &["wind"]),
            row("1", &["delay"]),
        ];
        assert_eq!(in_a_row("delay", "5", &earlier), (3, "3"));
        assert_eq!(in_a_row("wind", "5", &earlier), (2, "4"));
        assert_eq!(in_a_row("carrier", "5", &earlier), (1, "5"));
        // A version that is validated again is one version.
        assert_eq!(in_a_row("delay", "4", &earlier), (2, "3"));
        assert_eq!(in_a_row("delay", "1", &[]), (1, "1"));
    }
}
