//! Issues of experiments: problems that traces show. Make, show, change, search.

use std::cmp::Ordering;

use serde_json::Value;
use tidemill_api::mlflow::issue::{CreateIssue, Issue, SearchIssues, SearchIssuesResponse, UpdateIssue};
use tidemill_api::mlflow::lenient;
use tidemill_api::mlflow::trace::Texts;
use tidemill_store::{from_json, issue, run, to_json};

use crate::rule::{Asked, limit, next_token, python_text, window};
use crate::run_name::uuid_hex;
use crate::{Error, Kind, OpContext, Result, Scope, action};

type Row = issue::Model;

const STATUSES: &[&str] = &["pending", "rejected", "resolved"];
/// The least bad first.
const SEVERITIES: &[&str] = &["not_an_issue", "low", "medium", "high"];
const MOST: usize = 100;

/// Makes an issue.
///
/// # Errors
/// NotFound without its experiment or run, Invalid for what it can't be, Conflict for an id that is taken.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateIssue) -> Result<Issue> {
    let CreateIssue {
        experiment_id,
        name,
        description,
        status,
        severity,
        root_causes,
        source_run_id,
        created_by,
        categories,
        issue_id,
        last_seen_timestamp,
        metadata,
    } = request;
    let scope = Scope::resource(workspace, "experiments", &experiment_id);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    named(&name)?;
    known("status", status.as_deref(), STATUSES)?;
    known("severity", severity.as_deref(), SEVERITIES)?;
    listed("categories", &categories)?;
    let metadata = metadata.map(texts).transpose()?.unwrap_or_default();
    let last_seen_at = last_seen_timestamp.as_ref().map(moment).transpose()?;
    if issue_id.as_deref().is_some_and(|id| !is_id(id)) {
        return Err(Error::invalid("issue_id must be iss-* and at most 36 characters"));
    }
    let by = ctx.person().or(created_by.filter(|by| !by.is_empty()));
    actor("created_by", by.as_deref())?;
    let db = ctx.app().store.read();
    let experiment = crate::experiment::find(db, workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let source_run_id = source_run_id.filter(|id| !id.is_empty());
    if let Some(id) = &source_run_id {
        let run = run::get(db, workspace, id)
            .await?
            .ok_or_else(|| Error::new(Kind::NotFound, format!("Run with id={id} not found")))?;
        if run.experiment_id != experiment.experiment_id {
            return Err(Error::invalid("Source run must belong to the Issue experiment"));
        }
    }
    let now = ctx.now_ms();
    let row = Row {
        workspace: workspace.to_owned(),
        issue_id: issue_id.unwrap_or_else(|| format!("iss-{}", uuid_hex(&*ctx.app().clock))),
        experiment_id: experiment.experiment_id,
        name,
        description,
        status: status.unwrap_or_else(|| "pending".to_owned()),
        severity,
        root_causes: to_json(&root_causes),
        source_run_id,
        categories: to_json(&categories),
        metadata: to_json(&metadata),
        created_at: now,
        created_by: by.clone(),
        updated_at: now,
        updated_by: by,
        last_seen_at: last_seen_at.unwrap_or(now),
    };
    let made = row.clone();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if issue::insert(tx, row).await? {
                    return Ok(());
                }
                Err(Error::conflict("Issue ID already exists"))
            })
        })
        .await?;
    view(made, None)
}

/// One issue.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, issue_id: &str) -> Result<Issue> {
    ctx.authorize(
        action::EXPERIMENT_READ,
        &Scope::resource(workspace, "issues", issue_id),
    )
    .await?;
    let row = issue::get(ctx.app().store.read(), workspace, issue_id).await?;
    view(row.ok_or_else(|| missing(issue_id))?, None)
}

/// Changes what is given; metadata is added to, and the time when it was last seen never goes back.
///
/// # Errors
/// NotFound, Invalid for what it can't be.
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateIssue) -> Result<Issue> {
    let UpdateIssue {
        issue_id,
        name,
        description,
        status,
        severity,
        categories,
        last_seen_timestamp,
        last_updated_by,
        metadata,
        delete_metadata_keys,
    } = request;
    let scope = Scope::resource(workspace, "issues", &issue_id);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    if let Some(name) = &name {
        named(name)?;
    }
    known("status", status.as_deref(), STATUSES)?;
    known("severity", severity.as_deref(), SEVERITIES)?;
    if let Some(categories) = &categories {
        listed("categories", categories)?;
    }
    listed("delete_metadata_keys", &delete_metadata_keys)?;
    let added = metadata.map(texts).transpose()?.unwrap_or_default();
    if delete_metadata_keys.iter().any(|key| added.contains_key(key)) {
        return Err(Error::invalid("Cannot update and delete the same key"));
    }
    let seen = last_seen_timestamp.as_ref().map(moment).transpose()?;
    let by = ctx.person().or(last_updated_by.filter(|by| !by.is_empty()));
    actor("last_updated_by", by.as_deref())?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let there = issue::held(tx, &workspace, &issue_id).await?;
                let mut row = there.ok_or_else(|| missing(&issue_id))?;
                row.name = name.unwrap_or(row.name);
                row.description = description.unwrap_or(row.description);
                row.status = status.unwrap_or(row.status);
                row.severity = severity.or(row.severity);
                if let Some(mut categories) = categories {
                    let mut before = std::collections::HashSet::new();
                    categories.retain(|category| before.insert(category.clone()));
                    row.categories = to_json(&categories);
                }
                let mut metadata: Texts = from_json("issue", "metadata", &row.metadata)?;
                metadata.extend(added);
                metadata.retain(|key, _| !delete_metadata_keys.contains(key));
                if metadata.len() > MOST {
                    return Err(no_map());
                }
                row.metadata = to_json(&metadata);
                row.last_seen_at = row.last_seen_at.max(seen.unwrap_or(0));
                row.updated_by = by.or(row.updated_by);
                row.updated_at = now;
                issue::update(tx, row.clone()).await?;
                Ok(row)
            })
        })
        .await?;
    view(row, None)
}

/// Issues that fit: the worst first, then those that most traces show, then the youngest, unless ordered otherwise.
///
/// # Errors
/// Invalid for what can't be asked, and for a page token of another query.
pub async fn search(ctx: &OpContext, workspace: &str, request: SearchIssues) -> Result<SearchIssuesResponse> {
    ctx.authorize(action::EXPERIMENT_READ, &Scope::workspace(workspace))
        .await?;
    let asked = Asked::new(
        &[
            workspace,
            &to_json(&SearchIssues {
                max_results: None,
                page_token: None,
                ..request.clone()
            }),
        ],
        &[],
    );
    let SearchIssues {
        experiment_id,
        filter_string,
        max_results,
        page_token,
        include_trace_count,
        name,
        statuses,
        severities,
        categories,
        order_by,
        include_total_count,
        view: shown,
    } = request;
    limit(max_results, 100, 50_000)?;
    if name.as_deref().is_some_and(|name| name.chars().count() > 250) {
        return Err(Error::invalid("name must be a string of at most 250 characters"));
    }
    for (field, values) in [
        ("statuses", &statuses),
        ("severities", &severities),
        ("order_by", &order_by),
    ] {
        if values.len() > MOST {
            return Err(Error::invalid(format!(
                "{field} must be a list of at most 100 strings"
            )));
        }
    }
    listed("categories", &categories)?;
    for status in &statuses {
        known("status", Some(status), STATUSES)?;
    }
    for severity in &severities {
        known("severity", Some(severity), SEVERITIES)?;
    }
    if shown
        .as_deref()
        .is_some_and(|view| !["basic", "full"].contains(&view))
    {
        return Err(Error::invalid("view must be basic or full"));
    }
    let window = window(page_token.as_deref(), max_results, 100, 50_000, asked)
        .map_err(|_| Error::invalid("Invalid page token or token does not match the issue query"))?;
    let orders = order_by
        .iter()
        .map(|text| Order::parse(text))
        .collect::<Result<Vec<_>>>()?;
    let conditions = match filter_string.as_deref() {
        None | Some("") => Vec::new(),
        Some(text) => {
            tidemill_query::parse_issue_filter(text).map_err(|error| crate::rule::at(error, text))?
        }
    };
    let db = ctx.app().store.read();
    let of = match experiment_id.as_deref() {
        None | Some("") => None,
        Some(id) => Some(tidemill_api::mlflow::rule::experiment_id(id)?),
    };
    let mut rows = issue::all(db, workspace, of).await?;
    let part = name.map(|name| name.to_lowercase());
    let wanted: Vec<String> = categories.iter().map(|category| folded(category)).collect();
    rows.retain(|row| {
        let fits = |values: &[String], value: Option<&String>| {
            values.is_empty() || value.is_some_and(|value| values.contains(value))
        };
        fits(&statuses, Some(&row.status))
            && fits(&severities, row.severity.as_ref())
            && part
                .as_ref()
                .is_none_or(|part| row.name.to_lowercase().contains(part))
            && (wanted.is_empty() || kinds(row).iter().any(|kind| wanted.contains(&folded(kind))))
            && conditions.iter().all(|condition| {
                let value = match condition.key {
                    "status" => Some(&row.status),
                    _ => row.source_run_id.as_ref(),
                };
                // As in SQL, what is not there is neither equal nor unequal.
                value.is_some_and(|value| (*value == condition.value) == condition.equal)
            })
    });
    let counts = if include_trace_count {
        let ids: Vec<String> = rows.iter().map(|row| row.issue_id.clone()).collect();
        issue::trace_counts(db, workspace, &ids).await?
    } else {
        Default::default()
    };
    let traces = |row: &Row| counts.get(&row.issue_id).copied().unwrap_or(0);
    rows.sort_by(|a, b| {
        let usual = || {
            rank(b)
                .cmp(&rank(a))
                .then_with(|| traces(b).cmp(&traces(a)))
                .then_with(|| b.created_at.cmp(&a.created_at))
        };
        let first = if orders.is_empty() {
            usual()
        } else {
            orders
                .iter()
                .map(|order| order.compare(a, b))
                .find(|ordering| ordering.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        first.then_with(|| b.issue_id.cmp(&a.issue_id))
    });
    let total = rows.len();
    let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let more = total > skip.saturating_add(take);
    let basic = shown.as_deref() == Some("basic");
    let issues = rows
        .into_iter()
        .skip(skip)
        .take(take)
        .map(|row| {
            let count = include_trace_count.then(|| traces(&row));
            let mut issue = view(row, count)?;
            if basic {
                issue.description.clear();
                issue.root_causes.clear();
                issue.metadata.clear();
            }
            Ok(issue)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(SearchIssuesResponse {
        issues,
        next_page_token: next_token(window, more, asked).unwrap_or_default(),
        total_count: include_total_count.then_some(total),
    })
}

/// One entry of `order_by`.
struct Order {
    key: &'static str,
    descending: bool,
}

impl Order {
    fn parse(text: &str) -> Result<Self> {
        const KEYS: &[&str] = &[
            "name",
            "status",
            "severity",
            "created_timestamp",
            "last_updated_timestamp",
            "last_seen_timestamp",
        ];
        let invalid = || Error::invalid(format!("Invalid issue order_by: {}", python_text(text)));
        let words: Vec<&str> = text.split_whitespace().collect();
        let (key, direction) = match words.as_slice() {
            [key] => (*key, "ASC"),
            [key, direction] => (*key, *direction),
            _ => return Err(invalid()),
        };
        let key = KEYS.iter().find(|known| **known == key).ok_or_else(invalid)?;
        let descending = match direction.to_ascii_uppercase().as_str() {
            "ASC" => false,
            "DESC" => true,
            _ => return Err(invalid()),
        };
        Ok(Self { key, descending })
    }

    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let ascending = match self.key {
            "name" => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            "status" => a.status.cmp(&b.status),
            "severity" => rank(a).cmp(&rank(b)),
            "created_timestamp" => a.created_at.cmp(&b.created_at),
            "last_updated_timestamp" => a.updated_at.cmp(&b.updated_at),
            _ => a.last_seen_at.cmp(&b.last_seen_at),
        };
        if self.descending {
            ascending.reverse()
        } else {
            ascending
        }
    }
}

/// How bad it is; what says nothing comes last.
fn rank(row: &Row) -> Option<usize> {
    let severity = row.severity.as_deref()?;
    SEVERITIES.iter().position(|known| *known == severity)
}

fn kinds(row: &Row) -> Vec<String> {
    serde_json::from_str(&row.categories).unwrap_or_default()
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn named(name: &str) -> Result<()> {
    if (1..=250).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(Error::invalid("Issue name must contain 1 to 250 characters"))
}

fn known(field: &str, value: Option<&str>, valid: &[&str]) -> Result<()> {
    match value {
        Some(value) if !valid.contains(&value) => Err(Error::invalid(format!(
            "Invalid issue {field}: {}",
            python_text(value)
        ))),
        _ => Ok(()),
    }
}

fn listed(field: &str, values: &[String]) -> Result<()> {
    if values.len() <= MOST
        && values
            .iter()
            .all(|value| (1..=250).contains(&value.chars().count()))
    {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{field} must contain at most 100 nonempty strings of at most 250 characters"
    )))
}

fn actor(field: &str, by: Option<&str>) -> Result<()> {
    if by.is_some_and(|by| by.chars().count() > 255) {
        return Err(Error::invalid(format!("Invalid {field}")));
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    id.strip_prefix("iss-").is_some_and(|rest| {
        (1..=32).contains(&rest.len())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

fn moment(value: &Value) -> Result<i64> {
    lenient::whole(value)
        .filter(|ms| *ms >= 0 && !value.is_f64())
        .ok_or_else(|| Error::invalid("last_seen_timestamp must be nonnegative milliseconds"))
}

fn no_map() -> Error {
    Error::invalid("metadata must be a string map with at most 100 entries")
}

/// A map of texts, within its limits.
fn texts(value: Value) -> Result<Texts> {
    let texts: Texts = serde_json::from_value(value).map_err(|_| no_map())?;
    let fits = |(key, text): (&String, &String)| {
        (1..=250).contains(&key.chars().count()) && text.chars().count() <= 65_536
    };
    if texts.len() > MOST || !texts.iter().all(fits) {
        return Err(no_map());
    }
    Ok(texts)
}

fn missing(issue_id: &str) -> Error {
    Error::new(Kind::NotFound, format!("Issue with ID '{issue_id}' not found"))
}

fn view(row: Row, trace_count: Option<i64>) -> Result<Issue> {
    let Row {
        workspace: _,
        issue_id,
        experiment_id,
        name,
        description,
        status,
        severity,
        root_causes,
        source_run_id,
        categories,
        metadata,
        created_at,
        created_by,
        updated_at,
        updated_by,
        last_seen_at,
    } = row;
    Ok(Issue {
        issue_id,
        experiment_id: experiment_id.to_string(),
        name,
        description,
        status,
        severity,
        root_causes: from_json("issue", "root_causes", &root_causes)?,
        source_run_id,
        created_timestamp: created_at,
        last_updated_timestamp: updated_at,
        created_by,
        categories: from_json("issue", "categories", &categories)?,
        trace_count,
        last_seen_timestamp: Some(last_seen_at),
        last_updated_by: updated_by,
        metadata: from_json("issue", "metadata", &metadata)?,
    })
}
