//! The job that a schedule submits: written in it, taken from a job that is there, or published.

use indexmap::IndexMap;
use serde_json::Value;
use tidemill_spec::kinds::{Job, JobReference, PublishedCall, Schedule, ScheduledJob};
use tidemill_store::from_json;

use crate::job::Submission;
use crate::published_pipeline::Call;
use crate::{Error, OpContext, Result, action, published_pipeline};

/// The job of a schedule, as its owner finds it; none for a published pipeline, which is looked up when it is invoked.
pub(super) async fn resolve(owner: &OpContext, workspace: &str, job: &ScheduledJob) -> Result<Option<Job>> {
    let mut found = match job {
        ScheduledJob::Command(job) => Job::Command(job.clone()),
        ScheduledJob::Pipeline(job) => Job::Pipeline(job.clone()),
        ScheduledJob::Reference(reference) => referred(owner, workspace, reference).await?,
        ScheduledJob::Published(call) => {
            published_pipeline::get(owner, workspace, &call.endpoint).await?;
            published_pipeline::find(owner.app(), workspace, &call.endpoint, call.version).await?;
            owner
                .authorize(
                    action::PIPELINE_INVOKE,
                    &published_pipeline::scope(workspace, &call.endpoint),
                )
                .await?;
            return Ok(None);
        }
    };
    // Each job that it submits gets a name of its own.
    match &mut found {
        Job::Command(job) => job.name = None,
        Job::Pipeline(job) => job.name = None,
    }
    Ok(Some(found))
}

async fn referred(owner: &OpContext, workspace: &str, reference: &JobReference) -> Result<Job> {
    let JobReference {
        job,
        inputs,
        settings,
        tags,
        compute,
        experiment_name,
        display_name,
        description,
    } = reference.clone();
    let name = job.strip_prefix("azureml:").unwrap_or(&job);
    let row = crate::job::get(owner, workspace, name).await?;
    if row.parent.is_some() {
        return Err(Error::invalid(format!(
            "failed to schedule job `{name}`: it is a step of a pipeline"
        ))
        .hint("name the pipeline, or write the step as a job of its own"));
    }
    let mut found: Job = from_json("job", "spec", &row.spec)?;
    macro_rules! change {
        ($job:expr) => {{
            $job.inputs.extend(inputs);
            $job.tags.extend(tags);
            $job.compute = compute.or($job.compute.take());
            $job.experiment_name = experiment_name.or($job.experiment_name.take());
            $job.display_name = display_name.or($job.display_name.take());
            $job.description = description.or($job.description.take());
        }};
    }
    match &mut found {
        Job::Command(job) if settings.is_none() => change!(job),
        Job::Command(_) => {
            return Err(Error::invalid(format!(
                "failed to schedule job `{name}`: only a pipeline has `settings`"
            )));
        }
        Job::Pipeline(job) => {
            change!(job);
            if let Some(mut changed) = settings {
                let old = job.settings.take().unwrap_or_default();
                changed.default_datastore = changed.default_datastore.or(old.default_datastore);
                changed.default_compute = changed.default_compute.or(old.default_compute);
                changed.default_environment = changed.default_environment.or(old.default_environment);
                changed.continue_on_step_failure =
                    changed.continue_on_step_failure.or(old.continue_on_step_failure);
                changed.force_rerun = changed.force_rerun.or(old.force_rerun);
                job.settings = Some(changed);
            }
        }
    }
    Ok(found)
}

/// The job as it is submitted: what happened is in its inputs, and what is known then is put into its texts.
pub(super) fn submission(
    schedule: &Schedule,
    job: Job,
    name: &str,
    due_at: i64,
    why: &str,
    given: &Value,
) -> Result<Submission> {
    let due = jiff::Timestamp::from_millisecond(due_at)
        .map_err(Error::internal)?
        .to_string();
    let mut value = serde_json::to_value(job).map_err(Error::internal)?;
    if let Some(given) = given.as_object().filter(|given| !given.is_empty()) {
        let inputs = value.as_object_mut().map(|fields| {
            fields
                .entry("inputs")
                .or_insert_with(|| Value::Object(Default::default()))
        });
        if let Some(Value::Object(inputs)) = inputs {
            inputs.extend(given.clone());
        }
    }
    if let Some(inputs) = value.get_mut("inputs") {
        fill(
            inputs,
            &[("${{name}}", name), ("${{creation_context.trigger_time}}", &due)],
        );
    }
    if value.get("display_name").is_none_or(Value::is_null) {
        value["display_name"] = schedule
            .display_name
            .clone()
            .unwrap_or_else(|| schedule.name.clone())
            .into();
    }
    let facts = facts(schedule, &due, why);
    Ok(Submission {
        spec: serde_json::from_value(value).map_err(Error::internal)?,
        environment_policy: None,
        properties: facts,
        rerun_from: None,
    })
}

fn facts(schedule: &Schedule, due: &str, why: &str) -> IndexMap<String, String> {
    let facts = [
        ("tidemill.schedule", schedule.name.as_str()),
        ("tidemill.schedule.due", due),
        ("tidemill.schedule.why", why),
    ];
    facts
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// A published pipeline as it is invoked: with what happened and what the schedule says in its inputs.
pub(super) fn call(
    schedule: &Schedule,
    asked: &PublishedCall,
    name: &str,
    due_at: i64,
    why: &str,
    given: &Value,
) -> Result<Call> {
    let due = jiff::Timestamp::from_millisecond(due_at)
        .map_err(Error::internal)?
        .to_string();
    let mut inputs = serde_json::to_value(&asked.inputs).map_err(Error::internal)?;
    if let (Some(inputs), Some(given)) = (inputs.as_object_mut(), given.as_object()) {
        inputs.extend(given.clone());
    }
    fill(
        &mut inputs,
        &[("${{name}}", name), ("${{creation_context.trigger_time}}", &due)],
    );
    Ok(Call {
        version: asked.version,
        inputs: serde_json::from_value(inputs).map_err(Error::internal)?,
        job: Some(name.to_owned()),
        properties: facts(schedule, &due, why),
    })
}

fn fill(value: &mut Value, known: &[(&str, &str)]) {
    match value {
        Value::String(text) => {
            for (expression, is) in known {
                if text.contains(expression) {
                    *text = text.replace(expression, is);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, known)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, known)),
        _ => {}
    }
}

/// What would be refused when it falls due is refused now.
pub(super) async fn check(
    owner: &OpContext,
    workspace: &str,
    name: &str,
    schedule: &Schedule,
    job: Job,
) -> Result<()> {
    let given = match &schedule.trigger {
        tidemill_spec::kinds::Trigger::DataVersion(_) | tidemill_spec::kinds::Trigger::DriftAlarm(_) => {
            return Ok(());
        }
        _ => Value::Null,
    };
    let submission = submission(schedule, job, name, owner.now_ms(), "due", &given)?;
    crate::job::validate(owner, workspace, name, &submission).await?;
    Ok(())
}
