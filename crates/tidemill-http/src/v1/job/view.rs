//! A job as REST shows it.

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_api::job::{Job, JobOutput, Step};
use tidemill_app::job::{self, Job as Row, OutputRecord, Plan, StepWork};
use tidemill_app::{OpContext, Result};

/// A job with everything, for the page of one job.
pub(super) async fn full(ctx: &OpContext, row: Row) -> Result<Job> {
    let reason = job::reason(ctx, &row).await?;
    let metrics = job::metrics(ctx, &row)
        .await?
        .into_iter()
        .map(|(key, value)| (key, number(value)))
        .collect();
    let steps = steps(&row);
    Ok(Job {
        reason,
        children_count: steps.len(),
        steps,
        metrics,
        ..brief(row)
    })
}

/// A job as lists show it.
pub(super) fn brief(row: Row) -> Job {
    let outputs = job::outputs_of(&row)
        .into_iter()
        .map(|(name, record)| (name, output(record)))
        .collect();
    let inputs = match plan(&row) {
        Some(Plan::Command(plan)) => json!(plan.inputs),
        Some(Plan::Pipeline(plan)) => json!(plan.inputs),
        _ => json!({}),
    };
    let studio = format!("/ui/workspaces/{}/jobs/{}", row.workspace, row.name);
    Job {
        r#type: row.kind,
        display_name: row.display_name,
        experiment_name: row.experiment_name,
        experiment_id: row.experiment_id,
        status: row.status,
        reason: row.reason,
        parent: row.parent,
        node: row.node,
        compute: row.compute,
        description: row.description,
        tags: read(&row.tags),
        properties: read(&row.properties),
        spec: serde_json::from_str(&row.spec).unwrap_or_default(),
        inputs,
        outputs,
        environment: row
            .environment
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok()),
        warnings: serde_json::from_str(&row.warnings).unwrap_or_default(),
        exit_code: row.exit_code,
        attempt: row.attempt,
        reused_from: row.reused_from,
        created_by: row.created_by,
        created_at: row.created_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        archived: row.archived,
        children_count: 0,
        services: IndexMap::from([(
            "Studio".to_owned(),
            json!({ "type": "Studio", "endpoint": studio }),
        )]),
        metrics: IndexMap::new(),
        steps: Vec::new(),
        name: row.name,
    }
}

fn plan(row: &Row) -> Option<Plan> {
    serde_json::from_str(&row.plan).ok()
}

fn steps(row: &Row) -> Vec<Step> {
    let Some(Plan::Pipeline(plan)) = plan(row) else {
        return Vec::new();
    };
    let step = |(node, step): (String, tidemill_app::job::StepPlan)| Step {
        node,
        job: step.job,
        r#type: match step.work {
            StepWork::Command(_) => "command".into(),
            StepWork::Pipeline { .. } => "pipeline".into(),
        },
        waits_for: step.waits_for,
    };
    plan.steps.into_iter().map(step).collect()
}

fn output(record: OutputRecord) -> JobOutput {
    let OutputRecord {
        r#type,
        uri,
        datastore: _,
        path: _,
        digest,
        size_bytes,
        files,
        asset,
    } = record;
    JobOutput {
        r#type,
        uri,
        digest,
        size_bytes,
        files,
        asset,
    }
}

/// JSON has no NaN and no infinities.
fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number)
}

fn read(text: &str) -> IndexMap<String, String> {
    serde_json::from_str(text).unwrap_or_default()
}
