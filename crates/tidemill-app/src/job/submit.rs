//! Submitting a job: plan it, save it with its run, and hand it to the loops.

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_api::runner::Distribution;
use tidemill_policy::action;
use tidemill_policy::tag_rule::Effect;
use tidemill_spec::kinds::{self as spec, CommandJob, Job as JobSpec, Spec};
use tidemill_spec::refs::CodeRef;
use tidemill_spec::validate;
use tidemill_store::{job, lineage, run, to_json};

use super::inputs::{in_field, word};
use super::output::planned_output;
use super::{
    CommandPlan, EnvironmentPlan, Job, Plan, PlannedInput, PlannedOutput, Status, plan_pipeline,
    planned_input,
};
use crate::compute::ResolvedCompute;
use crate::context::Change;
use crate::{
    Error, Kind, OpContext, Result, Scope, compute, datastore, datastore_access, environment, name,
    tag_policy,
};

/// The experiment of a job that names none.
const DEFAULT_EXPERIMENT: &str = "Default";

/// A job as it is submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What was written.
    pub spec: JobSpec,
    /// `exact` or `relaxed`; `None` is the server's default.
    pub environment_policy: Option<String>,
    /// Facts that the client adds, such as the commit of the code.
    pub properties: IndexMap<String, String>,
    /// A step of a pipeline: it and all behind it do their work themselves, whatever has been done before.
    pub rerun_from: Option<String>,
}

/// A job that has been planned and not yet saved.
struct Planned {
    plan: Plan,
    compute: Option<String>,
    warnings: Vec<String>,
}

/// Checks a job without submitting it: what would be refused is refused, what would be warned of is returned.
///
/// # Errors
/// As [`submit`].
pub async fn validate(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    submission: &Submission,
) -> Result<Vec<String>> {
    ctx.authorize(action::JOB_READ, &Scope::job(workspace, given))
        .await?;
    let planned = plan(ctx, workspace, given, submission).await?;
    let rules = tag_policy::of(ctx.app().store.read(), workspace).await?;
    let found = super::tags::breaches(&rules, &submission.spec, given);
    if let Some(refused) = found.iter().find(|breach| breach.effect == Effect::Refuse) {
        let message = format!("failed to submit job `{given}`: {}", refused.text);
        return Err(Error::forbidden(message).hint(super::tags::HINT));
    }
    let mut warnings = planned.warnings;
    warnings.extend(tag_policy::texts(found));
    Ok(warnings)
}

/// Submits a job. The same submission under the same name again is the job that is there.
///
/// # Errors
/// Invalid with the field and what was expected, NotFound for what it refers to, Conflict for a name that is taken.
pub async fn submit(ctx: &OpContext, workspace: &str, given: &str, submission: Submission) -> Result<Job> {
    let scope = Scope::job(workspace, given);
    ctx.authorize(action::JOB_WRITE, &scope).await?;
    name::check("job", given)?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let spec = serde_json::to_value(&submission.spec).map_err(Error::internal)?;
    if let Some(there) = job::get(ctx.app().store.read(), workspace, given).await? {
        return if there.spec == to_json(&spec) {
            Ok(there)
        } else {
            Err(Error::conflict(format!(
                "failed to create job `{given}`: another job has this name"
            ))
            .hint("choose another name, or leave the name out"))
        };
    }
    let mut planned = plan(ctx, workspace, given, &submission).await?;
    let rules = tag_policy::of(ctx.app().store.read(), workspace).await?;
    let found = super::tags::breaches(&rules, &submission.spec, given);
    let doing = format!("submit job `{given}`");
    let said = tag_policy::settle(ctx, action::JOB_WRITE, &scope, &doing, super::tags::HINT, found).await?;
    planned.warnings.extend(said.iter().cloned());
    let draft = draft(ctx, workspace, given, &submission, spec, planned);
    let rows = lineage_rows(&draft);
    let mut run = job_run(&draft);
    if !said.is_empty() {
        run.tags
            .push((tag_policy::WARNING_TAG.to_owned(), said.join("; ")));
    }
    let change = Change {
        action: action::JOB_WRITE,
        scope,
        before: Value::Null,
        after: json!({ "name": given, "type": draft.kind, "experiment": draft.experiment_name }),
    };
    let saved = ctx
        .change(change, move |tx| {
            Box::pin(async move {
                crate::workspace_life::hold(tx, &draft.workspace).await?;
                if job::get(tx, &draft.workspace, &draft.name).await?.is_some() {
                    let message = format!("failed to create job `{}`: another job has this name", draft.name);
                    return Err(Error::conflict(message).hint("choose another name, or leave the name out"));
                }
                crate::policy::check_room(tx, &draft).await?;
                let made = run::create_for_job(tx, run).await?;
                let row = Job {
                    experiment_id: made.experiment_id.to_string(),
                    ..draft
                };
                job::insert(tx, vec![row.clone()]).await?;
                lineage::put(tx, rows).await?;
                Ok(row)
            })
        })
        .await?;
    ctx.app().start_job(&saved).await;
    Ok(saved)
}

async fn plan(ctx: &OpContext, workspace: &str, name: &str, submission: &Submission) -> Result<Planned> {
    let mut warnings = Vec::new();
    let whole = Spec::Job(submission.spec.clone());
    let problems: Vec<String> = validate::check(&whole).iter().map(ToString::to_string).collect();
    if !problems.is_empty() {
        return Err(Error::invalid(format!(
            "failed to use the job `{name}`: {}",
            problems.join("; ")
        )));
    }
    warnings.extend(validate::combined_warning(&validate::no_effect_on_local(&whole)));
    let policy = ctx
        .app()
        .environment_policy(submission.environment_policy.as_deref())?;
    match &submission.spec {
        JobSpec::Command(job) => {
            let compute = compute::resolve(ctx, workspace, job.compute.as_ref()).await?;
            crate::isolation::of_compute(ctx.app(), workspace, &compute.name).await?;
            let plan = plan_command(ctx, workspace, name, job, &policy).await?;
            crate::secret::check_named(ctx, workspace, &to_json(&plan)).await?;
            check_room(
                &compute,
                plan.instance_count,
                plan.cores,
                plan.memory_bytes,
                plan.gpus,
            )?;
            Ok(Planned {
                plan: Plan::Command(Box::new(plan)),
                compute: Some(compute.name),
                warnings,
            })
        }
        JobSpec::Pipeline(job) => {
            let mut plan = plan_pipeline(ctx, workspace, name, job, &policy).await?;
            crate::secret::check_named(ctx, workspace, &to_json(&plan)).await?;
            if let Some(step) = &submission.rerun_from {
                plan.rerun = plan.behind(step)?;
            }
            Ok(Planned {
                plan: Plan::Pipeline(Box::new(plan)),
                compute: None,
                warnings,
            })
        }
    }
}

async fn plan_command(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    job: &CommandJob,
    policy: &str,
) -> Result<CommandPlan> {
    let mut inputs = IndexMap::new();
    for (port, input) in &job.inputs {
        inputs.insert(
            port.clone(),
            planned_input(ctx, workspace, port, input, None).await?,
        );
    }
    let mut outputs = IndexMap::new();
    for (port, output) in &job.outputs {
        let planned = planned_output(
            name,
            port,
            datastore::BLOB,
            output
                .asset_type
                .map_or("uri_folder", |asset_type| asset_type.word()),
            &output
                .mode
                .map_or_else(|| "rw_mount".to_owned(), |mode| word(&mode)),
            output.path.as_ref(),
            (output.name.as_deref(), output.version.as_deref()),
        )?;
        check_output(ctx, workspace, port, &planned).await?;
        outputs.insert(port.clone(), planned);
    }
    let resources = job.resources.as_ref();
    Ok(CommandPlan {
        command: job.command.clone(),
        code: code_tree(ctx, job.code.as_ref())?,
        environment: plan_environment(ctx, workspace, &job.environment, policy).await?,
        variables: job.environment_variables.clone(),
        inputs,
        outputs,
        distribution: job.distribution.as_ref().map(distribution).transpose()?,
        instance_count: resources.and_then(|r| r.instance_count).unwrap_or(1).max(1),
        timeout_s: job.limits.as_ref().and_then(|limits| limits.timeout),
        memory_bytes: resources
            .and_then(spec::Resources::memory_limit)
            .map(|size| size.bytes()),
        cores: resources.and_then(|r| r.cpu).map(|cpu| cpu.cores_up()),
        gpus: resources.and_then(|r| r.gpu).unwrap_or(0),
        retries: job.limits.as_ref().and_then(|limits| limits.retries).unwrap_or(0),
        deterministic: true,
        validates: false,
        validates_model: None,
    })
}

/// What a job asks must fit on the compute at all, or it would wait for ever.
pub(crate) fn check_room(
    compute: &ResolvedCompute,
    nodes: u32,
    cores: Option<u32>,
    memory_bytes: Option<u64>,
    gpus: u32,
) -> Result<()> {
    let name = &compute.name;
    let asks = if nodes > compute.nodes {
        format!(
            "{nodes} nodes (resources.instance_count), and it has {}",
            compute.nodes
        )
    } else if cores.is_some_and(|cores| cores > compute.cores) {
        format!(
            "{} cores a node, and it has {}",
            cores.unwrap_or_default(),
            compute.cores
        )
    } else if memory_bytes.is_some_and(|bytes| bytes > compute.memory_bytes) {
        format!(
            "{} bytes of memory a node, and it has {}",
            memory_bytes.unwrap_or_default(),
            compute.memory_bytes
        )
    } else if gpus > compute.gpus {
        format!("{gpus} graphics cards, and it has {}", compute.gpus)
    } else {
        return Ok(());
    };
    Err(Error::new(
        Kind::Capacity,
        format!("failed to place the job on compute `{name}`: it asks for {asks}"),
    )
    .hint(format!(
        "ask for less, choose another compute, or `tidemill compute update --name {name}`"
    )))
}

/// An output must name a datastore that is there: better said now than after an hour of training.
pub(crate) async fn check_datastore(
    ctx: &OpContext,
    workspace: &str,
    port: &str,
    datastore: Option<&str>,
) -> Result<()> {
    if let Some(name) = datastore {
        datastore::find(ctx, workspace, name)
            .await
            .map_err(|error| in_field(error, "output", port))?;
    }
    Ok(())
}

/// An output goes to a datastore that is there, and to a folder that whoever submits the job may write.
pub(crate) async fn check_output(
    ctx: &OpContext,
    workspace: &str,
    port: &str,
    planned: &PlannedOutput,
) -> Result<()> {
    check_datastore(ctx, workspace, port, planned.datastore.as_deref()).await?;
    let Some(datastore) = &planned.datastore else {
        return Ok(());
    };
    // A job that writes a file gets the folder that it is to lie in, with all that is there.
    let place = match planned.r#type.as_str() {
        "uri_file" | "boolean" | "integer" | "number" | "string" => planned
            .path
            .trim_end_matches('/')
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder),
        _ => planned.path.as_str(),
    };
    datastore_access::check(ctx, workspace, datastore, place, action::DATASTORE_FILE_WRITE)
        .await
        .map_err(|error| in_field(error, "output", port))
}

/// The environment of a command, with the policy that holds for it.
pub(crate) async fn plan_environment(
    ctx: &OpContext,
    workspace: &str,
    reference: &spec::EnvironmentRef,
    policy: &str,
) -> Result<EnvironmentPlan> {
    let resolved = environment::resolve(ctx, workspace, reference).await?;
    let name = resolved.label();
    let mut request = resolved.request;
    crate::policy::check_environment(ctx.app(), workspace, name.as_deref(), &request).await?;
    if let Value::Object(map) = &mut request {
        map.insert("policy".into(), json!(policy));
    }
    Ok(EnvironmentPlan {
        name,
        request,
        build_context: resolved.build_context,
    })
}

/// The digest of the tree that a code reference names; it does not go before the operation has ended.
pub(crate) fn code_tree(ctx: &OpContext, code: Option<&CodeRef>) -> Result<Option<String>> {
    match code {
        None => Ok(None),
        Some(CodeRef::Tree { digest, .. }) => {
            ctx.hold(digest)?;
            Ok(Some(digest.clone()))
        }
        Some(CodeRef::Local(path)) => Err(Error::invalid(format!(
            "failed to use code `{}`: a local path must be uploaded first",
            path.display()
        ))
        .hint("`tidemill job create` uploads it; over REST, put a tree and give tidemill://trees/<digest>")),
        Some(other) => Err(Error::invalid(format!(
            "failed to use code `{other}`: only local folders are supported"
        ))
        .hint("clone the repository, and give its folder")),
    }
}

/// The distribution as the runner knows it.
pub(crate) fn distribution(given: &spec::Distribution) -> Result<Distribution> {
    match given {
        spec::Distribution::PyTorch(d) => Ok(Distribution::Pytorch {
            process_count_per_instance: d.process_count_per_instance.unwrap_or(1),
        }),
        spec::Distribution::Mpi(d) => Ok(Distribution::Mpi {
            process_count_per_instance: d.process_count_per_instance.unwrap_or(1),
        }),
        spec::Distribution::TensorFlow(d) => Ok(Distribution::Tensorflow {
            worker_count: d.worker_count.unwrap_or(1),
            parameter_server_count: d.parameter_server_count.unwrap_or(0),
        }),
        spec::Distribution::Ray(_) => Err(Error::invalid(
            "failed to plan the job: distribution `ray` is not supported yet",
        )
        .hint("use pytorch, tensorflow or mpi")),
    }
}

fn draft(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    submission: &Submission,
    spec: Value,
    planned: Planned,
) -> Job {
    let text = |field: &str| spec.get(field).and_then(Value::as_str).map(str::to_owned);
    let mut properties: IndexMap<String, String> = map_of(&spec, "properties");
    properties.extend(submission.properties.clone());
    let (kind, status) = match planned.plan {
        Plan::Pipeline(_) => ("pipeline", Status::Running),
        _ => ("command", Status::Queued),
    };
    let now = ctx.now_ms();
    Job {
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        id: ctx.app().clock.ulid(),
        kind: kind.to_owned(),
        display_name: text("display_name"),
        description: text("description"),
        experiment_name: text("experiment_name").unwrap_or_else(|| DEFAULT_EXPERIMENT.to_owned()),
        experiment_id: String::new(),
        parent: None,
        root: name.to_owned(),
        node: None,
        position: 0,
        status: status.as_str().to_owned(),
        reason: None,
        compute: planned.compute,
        tags: to_json(&map_of(&spec, "tags")),
        properties: to_json(&properties),
        spec: to_json(&spec),
        plan: to_json(&planned.plan),
        attempt: 0,
        handle: None,
        cache_key: match &planned.plan {
            Plan::Command(command) => super::cache_key(command).map(|key| key.to_string()),
            _ => None,
        },
        reused_from: None,
        outputs: "{}".into(),
        environment: None,
        warnings: to_json(&planned.warnings),
        exit_code: None,
        created_by: ctx.principal().to_string(),
        created_at: now,
        started_at: matches!(planned.plan, Plan::Pipeline(_)).then_some(now),
        ended_at: None,
        archived: false,
        revision: 1,
        gpus: "[]".into(),
        free_tries: 0,
    }
}

fn map_of(spec: &Value, field: &str) -> IndexMap<String, String> {
    spec.get(field)
        .and_then(|map| serde_json::from_value(map.clone()).ok())
        .unwrap_or_default()
}

/// The run of a job: its literals are parameters, its facts are tags.
pub(crate) fn job_run(row: &Job) -> run::JobRun {
    let mut tags: Vec<(String, String)> = vec![
        ("mlflow.source.type".into(), "JOB".into()),
        (
            "mlflow.source.name".into(),
            row.display_name.clone().unwrap_or_else(|| row.name.clone()),
        ),
        ("azureml.job.type".into(), row.kind.clone()),
    ];
    let own: IndexMap<String, String> = serde_json::from_str(&row.tags).unwrap_or_default();
    let facts: IndexMap<String, String> = serde_json::from_str(&row.properties).unwrap_or_default();
    tags.extend(own);
    tags.extend(
        facts
            .into_iter()
            .filter(|(key, _)| key.starts_with("mlflow.source.") || key.starts_with("azureml.git.")),
    );
    tags.extend(
        row.node
            .iter()
            .map(|node| ("azureml.node".to_owned(), node.clone())),
    );
    run::JobRun {
        workspace: row.workspace.clone(),
        job: row.name.clone(),
        experiment: row.experiment_name.clone(),
        display_name: row
            .display_name
            .clone()
            .or_else(|| row.node.clone())
            .unwrap_or_else(|| row.name.clone()),
        user: row.created_by.clone(),
        parent: row.parent.clone(),
        tags,
        params: literals(&inputs_of(row)),
        now_ms: row.created_at,
    }
}

fn inputs_of(row: &Job) -> IndexMap<String, PlannedInput> {
    match serde_json::from_str(&row.plan) {
        Ok(Plan::Command(plan)) => plan.inputs,
        Ok(Plan::Pipeline(plan)) => plan.inputs,
        _ => IndexMap::new(),
    }
}

fn literals(inputs: &IndexMap<String, PlannedInput>) -> Vec<(String, String)> {
    let literal = |(name, input): (&String, &PlannedInput)| match input {
        PlannedInput::Literal { value } => Some((name.clone(), value.chars().take(6000).collect())),
        PlannedInput::Data { .. } => None,
    };
    inputs.iter().filter_map(literal).collect()
}

/// What goes into a job, for the lineage.
pub(crate) fn lineage_rows(row: &Job) -> Vec<lineage::Model> {
    let mut rows = Vec::new();
    for (port, input) in inputs_of(row) {
        if let PlannedInput::Data {
            manifest, asset, uri, ..
        } = input
        {
            rows.push(lineage::Model {
                workspace: row.workspace.clone(),
                job: row.name.clone(),
                direction: "in".into(),
                port,
                asset,
                uri,
                digest: manifest,
            });
        }
    }
    rows
}
