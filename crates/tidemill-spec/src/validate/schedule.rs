//! What a schedule means as a whole: its trigger, and the job that it submits.

use crate::error::{FieldPath, Problem};
use crate::kinds::{Schedule, ScheduledJob, Trigger};
use crate::trigger::Times;

pub(super) fn check(schedule: &Schedule, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    super::names::check_needed(Some(&schedule.name), "a schedule", problems);
    let below = |problem: Problem, at: &FieldPath| {
        let path = problem.path.clone().below(at);
        problem.at(path)
    };
    match &schedule.trigger {
        Trigger::Cron(_) | Trigger::Recurrence(_) => {
            if let Err(problem) = Times::read(&schedule.trigger, 0) {
                problems.push(below(problem, &root.key("trigger")));
            }
        }
        Trigger::DataVersion(on) => check_data(&on.data, problems),
        Trigger::DriftAlarm(on) => check_data(&on.data, problems),
    }
    let at = root.key("create_job");
    let mut found = Vec::new();
    match &schedule.create_job {
        ScheduledJob::Command(job) => super::command::check_job(job, &mut found),
        ScheduledJob::Pipeline(job) => super::pipeline::check_job(job, &mut found),
        ScheduledJob::Reference(reference) => {
            if reference.job.strip_prefix("azureml:").is_none_or(str::is_empty) {
                let problem = Problem::new(format!("`{}` names no job", reference.job)).at(FieldPath::field("job"));
                found.push(problem.hint("write `azureml:<name of a job>`, or a file such as ./pipeline.yml"));
            }
        }
        ScheduledJob::Published(call) => super::names::check_needed(Some(&call.endpoint), "a published pipeline", &mut found),
    }
    problems.extend(found.into_iter().map(|problem| below(problem, &at)));
    if let Some(run_as) = &schedule.run_as
        && !matches!(run_as.split_once(':'), Some(("user" | "service-principal", name)) if !name.is_empty())
    {
        let problem = Problem::new(format!("`{run_as}` names nobody")).at(root.key("run_as"));
        problems.push(problem.hint("write `service-principal:<name>` or `user:<name>`"));
    }
}

fn check_data(data: &str, problems: &mut Vec<Problem>) {
    let name = data.strip_prefix("azureml:").unwrap_or(data);
    if !crate::value::is_safe_name(name) {
        let at = FieldPath::field("trigger").key("data");
        problems.push(Problem::new(format!("`{data}` names no data asset")).at(at).hint("write `azureml:<name>`, without a version"));
    }
}
