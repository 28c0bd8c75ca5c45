//! Contracts: a consumer of data names the expectations that it lives by, and a producer's new version is checked against all of
//! them before it is made.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_api::data_contract::{Contract, ContractCheck, ContractChecks, ContractPolicy, ContractSpec};
use tidemill_api::runner::Source;
use tidemill_profile::expect::{Expectations, Level, Outcome};
use tidemill_store::asset::{Key, Kind as AssetKind};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{asset_label, data_contract, event, from_json, to_json};
use tidemill_table::sql::{BASELINE, DATA, Task, Validate, Validated};
use tokio::io::AsyncReadExt;

use crate::context::Change;
use crate::query::{self, How};
use crate::table::{self, Laid};
use crate::validation::LABEL;
use crate::{App, Error, Kind, OpContext, Result, Scope, action, asset, name};

type Row = data_contract::Model;

/// What consumers may be.
const CONSUMERS: [&str; 5] = ["model", "pipeline", "endpoint", "job", "team"];
/// Breaches that a refusal tells of each contract; a check tells all.
const TOLD: usize = 3;

/// Makes a contract, or replaces what it says.
///
/// # Errors
/// Invalid for expectations that cannot be read or a consumer of no kind; NotFound for the data.
pub async fn put(ctx: &OpContext, workspace: &str, given: &str, mut spec: ContractSpec) -> Result<Contract> {
    spec.data = spec.data.trim_start_matches("azureml:").to_owned();
    ctx.authorize(action::DATA_WRITE, &data_scope(workspace, &spec.data))
        .await?;
    name::check("contract", given)?;
    let failed = |why: String| Error::invalid(format!("failed to set the contract `{given}`: {why}"));
    let is_consumer = |text: &str| {
        let named = text.split_once(':');
        named.is_some_and(|(kind, name)| CONSUMERS.contains(&kind) && !name.trim().is_empty())
    };
    if !is_consumer(&spec.consumer) {
        return Err(failed(format!("its consumer is `{}`", spec.consumer))
            .hint("name who lives by it, as in model:delay, pipeline:training, endpoint:delay, job:report or team:ops"));
    }
    let read = expectations(&spec).map_err(|error| {
        failed(format!("its expectations cannot be read: {error}"))
            .hint("docs/data-profile.md shows how they are written")
    })?;
    if let Some(mistake) = read.mistakes().first() {
        return Err(failed(format!("its expectations are wrong: {mistake}")));
    }
    asset::get(ctx, AssetKind::Data, workspace, &spec.data).await?;
    let db = ctx.app().store.read();
    let before = data_contract::get(db, workspace, given).await?;
    // What another asset's consumers live by is not taken over by whoever may write this one.
    if let Some(row) = before.as_ref().filter(|row| row.data != spec.data) {
        return Err(Error::conflict(format!(
            "failed to set the contract `{given}`: it is about the data `{}`",
            row.data
        ))
        .hint("give it another name, or delete that one first"));
    }
    let now = ctx.now_ms();
    let row = Row {
        workspace: workspace.to_owned(),
        name: given.to_owned(),
        data: spec.data.clone(),
        consumer: spec.consumer.clone(),
        spec: to_json(&spec),
        created_by: match &before {
            Some(row) => row.created_by.clone(),
            None => ctx.principal().to_string(),
        },
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let told = |spec: &ContractSpec| json!({ "contract": given, "spec": spec });
    let change = Change {
        action: action::DATA_WRITE,
        scope: data_scope(workspace, &spec.data),
        before: match before.map(view).transpose()? {
            Some(contract) => told(&contract.spec),
            None => Value::Null,
        },
        after: told(&spec),
    };
    let stored = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(data_contract::put(tx, stored).await?) })
    })
    .await?;
    view(row)
}

/// One contract.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, given: &str) -> Result<Contract> {
    ctx.authorize(action::DATA_READ, &Scope::workspace(workspace))
        .await?;
    view(find(ctx, workspace, given).await?)
}

/// The contracts of a workspace, or of one data asset alone.
///
/// # Errors
/// NotFound for the workspace.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    data: Option<&str>,
    page: &PageRequest,
) -> Result<Page<Contract>> {
    ctx.authorize(action::DATA_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let found = data_contract::list(ctx.app().store.read(), workspace, data, page).await?;
    let items = found.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page {
        items,
        next: found.next,
    })
}

/// Removes a contract.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, given: &str) -> Result<()> {
    ctx.authorize(action::DATA_WRITE, &Scope::workspace(workspace))
        .await?;
    let row = find(ctx, workspace, given).await?;
    let scope = data_scope(workspace, &row.data);
    let contract = view(row)?;
    let change = Change {
        action: action::DATA_WRITE,
        scope,
        before: json!({ "contract": given, "spec": contract.spec }),
        after: Value::Null,
    };
    let (workspace, given) = (workspace.to_owned(), given.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            match data_contract::delete(tx, &workspace, &given).await? {
                true => Ok(()),
                false => Err(Error::not_found("contract", &given)),
            }
        })
    })
    .await
}

/// Checks a version against the contracts of all consumers: those of its own workspace, or of another one, such as that of the next
/// stage.
///
/// # Errors
/// NotFound; what keeps the check from being made.
pub async fn check(
    ctx: &OpContext,
    workspace: &str,
    data: &str,
    version: &str,
    against: Option<&str>,
) -> Result<ContractChecks> {
    ctx.authorize(action::DATA_READ, &data_scope(workspace, data))
        .await?;
    let at = against.unwrap_or(workspace);
    if at != workspace {
        ctx.authorize(action::DATA_READ, &data_scope(at, data)).await?;
        crate::workspace::get(ctx, at).await?;
    }
    let key = Key {
        workspace,
        kind: AssetKind::Data,
        name: data,
    };
    let row = asset::find_version(ctx, key, version).await?;
    let mut items = Vec::new();
    for contract in data_contract::of_data(ctx.app().store.read(), at, data).await? {
        // Each one lays the bytes; a tree is laid once.
        let there = table::of_version(ctx, workspace, &row).await?;
        items.push(kept(ctx, contract, there).await?);
    }
    Ok(ContractChecks {
        passed: items.iter().all(|item| item.passed),
        items,
    })
}

/// The contracts of these consumers in a workspace, by name.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn of_consumers(
    app: &App,
    workspace: &str,
    consumers: &BTreeSet<String>,
) -> Result<Vec<Row>> {
    let mut page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut all = Vec::new();
    loop {
        let found = data_contract::list(app.store.read(), workspace, None, &page).await?;
        all.extend(
            found
                .items
                .into_iter()
                .filter(|row| consumers.contains(&row.consumer)),
        );
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// Whether a version keeps a contract, which may be of another workspace. What was found is remembered as long as neither changes, for
/// a release asks again and again while it waits.
///
/// # Errors
/// What keeps the check from being made.
pub(crate) async fn kept_by(ctx: &OpContext, mut row: Row, version: &asset::Row) -> Result<ContractCheck> {
    // The baseline is that of the data that are looked at.
    let key = Key {
        workspace: &version.workspace,
        kind: AssetKind::Data,
        name: &version.name,
    };
    let baseline = asset_label::get(ctx.app().store.read(), key, LABEL).await?;
    let baseline = baseline.unwrap_or_default();
    let of = format!(
        "{} {} {} {} {} {baseline}",
        row.workspace, row.name, row.updated_at, version.workspace, version.digest
    );
    if let Some(known) = ctx.app().contract_checks.get(&of) {
        return Ok(known);
    }
    row.workspace.clone_from(&version.workspace);
    let there = table::of_version(ctx, &version.workspace, version).await?;
    let found = kept(ctx, row, there).await?;
    ctx.app().contract_checks.put(of, found.clone(), 1);
    Ok(found)
}

/// Whether breaking a contract is a warning alone.
pub(crate) fn only_warns(check: &ContractCheck) -> bool {
    check.policy == ContractPolicy::Warn
}

/// Stands before a new version: refuses what breaks a contract that says so, and gives the warnings of the others. Whoever calls it
/// has asked whether the version may be made.
///
/// # Errors
/// Conflict, naming every consumer whose contract is broken.
pub(crate) async fn guard(
    ctx: &OpContext,
    workspace: &str,
    data: &str,
    source: &Source,
) -> Result<Vec<String>> {
    let contracts = data_contract::of_data(ctx.app().store.read(), workspace, data).await?;
    let (mut refused, mut warned) = (Vec::new(), Vec::new());
    for contract in contracts {
        let there = table::of_place(ctx, workspace, source).await?;
        let found = kept(ctx, contract, there).await?;
        match (found.passed, found.policy) {
            (true, _) => {}
            (false, ContractPolicy::Refuse) => refused.push(words(&found)),
            (false, ContractPolicy::Warn) => warned.push(words(&found)),
        }
    }
    if !refused.is_empty() {
        let why = refused.join("; ");
        ctx.refused(action::DATA_WRITE, &data_scope(workspace, data), &why)
            .await?;
        return Err(Error::conflict(format!(
            "failed to make a version of data `{data}`: it breaks what others live by: {why}"
        ))
        .hint(format!(
            "repair the data, or agree on another contract with them: `tidemill data contract list --data {data}`"
        )));
    }
    if !warned.is_empty() {
        tell(ctx, workspace, data, &warned).await?;
    }
    Ok(warned
        .into_iter()
        .map(|words| format!("it breaks what others live by: {words}"))
        .collect())
}

/// A version that breaks contracts and is made nevertheless is an event.
async fn tell(ctx: &OpContext, workspace: &str, data: &str, warned: &[String]) -> Result<()> {
    let row = event::Model {
        id: ctx.app().clock.ulid(),
        at: ctx.now_ms(),
        workspace: Some(workspace.to_owned()),
        kind: "data/contract_broken".to_owned(),
        subject: data_scope(workspace, data).to_string(),
        detail: json!({ "action": action::DATA_READ.as_str(), "contracts": warned }).to_string(),
    };
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(event::append(tx, row).await?) }))
        .await
}

/// `model:delay (contract no-new-carriers): carrier: only UA, AA, found XX`.
fn words(found: &ContractCheck) -> String {
    let more = found.broken.len().saturating_sub(TOLD);
    let mut broken: Vec<String> = found.broken.iter().take(TOLD).cloned().collect();
    if more > 0 {
        broken.push(format!("and {more} more"));
    }
    format!(
        "{} (contract {}): {}",
        found.consumer,
        found.contract,
        broken.join(", ")
    )
}

/// Whether a table keeps a contract. What cannot be read as a table keeps none.
async fn kept(ctx: &OpContext, row: Row, there: Laid) -> Result<ContractCheck> {
    let (workspace, data) = (row.workspace.clone(), row.data.clone());
    let Contract {
        name: given, spec, ..
    } = view(row)?;
    let expectations = expectations(&spec).map_err(Error::internal)?;
    let mut tables = vec![(DATA.to_owned(), data.clone(), there)];
    let key = Key {
        workspace: &workspace,
        kind: AssetKind::Data,
        name: &data,
    };
    if let Some(version) = asset_label::get(ctx.app().store.read(), key, LABEL).await? {
        let baseline = format!("azureml:{data}:{version}");
        let wanted = IndexMap::from([(BASELINE.to_owned(), baseline)]);
        tables.extend(query::mounted_all(ctx, &workspace, wanted).await?);
    }
    let task = Task::Validate(Box::new(Validate { expectations }));
    let broken = match query::answer(ctx, task, tables, false, How::default()).await {
        Ok(mut answer) => {
            let mut text = Vec::new();
            answer
                .file
                .read_to_end(&mut text)
                .await
                .map_err(Error::internal)?;
            let found: Validated = serde_json::from_slice(&text).map_err(Error::internal)?;
            (found.validation.passed, found.validation.outcomes)
        }
        Err(error) if matches!(error.kind, Kind::Invalid | Kind::NotFound) => {
            let outcome = Outcome {
                column: None,
                expected: "a table that can be read".to_owned(),
                found: error.message.clone(),
                met: false,
                level: Level::Error,
            };
            (false, vec![outcome])
        }
        Err(error) => return Err(error),
    };
    let (passed, outcomes) = broken;
    Ok(ContractCheck {
        contract: given,
        consumer: spec.consumer,
        policy: spec.policy,
        passed,
        broken: outcomes.iter().filter(|outcome| !outcome.met).map(said).collect(),
    })
}

fn said(outcome: &Outcome) -> String {
    let column = outcome
        .column
        .as_deref()
        .map(|column| format!("{column}: "))
        .unwrap_or_default();
    format!("{column}{}, found {}", outcome.expected, outcome.found)
}

fn expectations(spec: &ContractSpec) -> serde_json::Result<Expectations> {
    serde_json::from_value(spec.expectations.clone())
}

async fn find(ctx: &OpContext, workspace: &str, given: &str) -> Result<Row> {
    crate::workspace::get(ctx, workspace).await?;
    let found = data_contract::get(ctx.app().store.read(), workspace, given).await?;
    found.ok_or_else(|| {
        Error::not_found("contract", given).hint("`tidemill data contract list` shows those that there are")
    })
}

fn view(row: Row) -> Result<Contract> {
    let Row {
        workspace: _,
        name,
        data: _,
        consumer: _,
        spec,
        created_by,
        created_at,
        updated_at,
    } = row;
    Ok(Contract {
        name,
        spec: from_json("data_contract", "spec", &spec)?,
        created_by,
        created_at,
        updated_at,
    })
}

fn data_scope(workspace: &str, data: &str) -> Scope {
    asset::scope(AssetKind::Data, workspace, data)
}
