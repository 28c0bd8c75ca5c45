//! What a schedule means as a whole: its trigger, and the job that it submits, the data that it brings in or watches.

use crate::error::{FieldPath, Problem};
use crate::kinds::{
    DataImport, ImportSource, Monitor, MonitorSignal, MonitoredData, Schedule, ScheduledJob, Trigger,
};
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
    let does = [
        ("create_job", schedule.create_job.is_some()),
        ("import_data", schedule.import_data.is_some()),
        ("create_monitor", schedule.create_monitor.is_some()),
    ];
    let does: Vec<&str> = does
        .into_iter()
        .filter_map(|(field, is_there)| is_there.then_some(field))
        .collect();
    match does.as_slice() {
        [_] => {}
        [] => {
            let problem = Problem::new("it has neither `create_job` nor `import_data` nor `create_monitor`");
            problems.push(problem.hint("say what it does when it falls due"));
        }
        [first, second, ..] => {
            let problem = Problem::new(format!("it has `{first}` and `{second}`")).at(root.key(*second));
            problems.push(problem.hint("write a schedule for each"));
        }
    }
    if let Some(monitor) = &schedule.create_monitor {
        check_monitor(
            monitor,
            &root.key("create_monitor").key("monitoring_signals"),
            problems,
        );
    }
    if let Some(import) = &schedule.import_data {
        let at = root.key("import_data");
        check_import(import, &schedule.trigger, &at, problems);
    }
    let at = root.key("create_job");
    let mut found = Vec::new();
    match &schedule.create_job {
        None => {}
        Some(job) => check_scheduled(job, &mut found),
    }
    problems.extend(found.into_iter().map(|problem| below(problem, &at)));
    if let Some(run_as) = &schedule.run_as
        && !matches!(run_as.split_once(':'), Some(("user" | "service-principal", name)) if !name.is_empty())
    {
        let problem = Problem::new(format!("`{run_as}` names nobody")).at(root.key("run_as"));
        problems.push(problem.hint("write `service-principal:<name>` or `user:<name>`"));
    }
}

fn check_scheduled(job: &ScheduledJob, found: &mut Vec<Problem>) {
    match job {
        ScheduledJob::Command(job) => super::command::check_job(job, found),
        ScheduledJob::Pipeline(job) => super::pipeline::check_job(job, found),
        ScheduledJob::Reference(reference) => {
            if reference.job.strip_prefix("azureml:").is_none_or(str::is_empty) {
                let problem =
                    Problem::new(format!("`{}` names no job", reference.job)).at(FieldPath::field("job"));
                found.push(problem.hint("write `azureml:<name of a job>`, or a file such as ./pipeline.yml"));
            }
        }
        ScheduledJob::Published(call) => {
            super::names::check_needed(Some(&call.endpoint), "a published pipeline", found)
        }
    }
}

/// What a monitor watches and with what it compares is named, and its thresholds mean something here.
fn check_monitor(monitor: &Monitor, at: &FieldPath, problems: &mut Vec<Problem>) {
    if monitor.monitoring_signals.is_empty() {
        let problem = Problem::new("it has no signal").at(at.clone());
        problems.push(problem.hint(
            "requests and answers are not collected here: write a signal that names its `production_data`",
        ));
    }
    for (name, signal) in &monitor.monitoring_signals {
        let at = at.key(name);
        let mut needs = |field: &str, data: &Option<MonitoredData>, hint: &str| {
            if data.as_ref().is_none_or(|data| data.input_data.is_none()) {
                problems.push(
                    Problem::new(format!("it has no `{field}.input_data`"))
                        .at(at.key(field))
                        .hint(hint),
                );
            }
        };
        let collected = "requests and answers are not collected here: name a data asset, as in `path: azureml:flights@latest`";
        match signal {
            MonitorSignal::DataDrift(drift) | MonitorSignal::PredictionDrift(drift) => {
                needs("production_data", &drift.production_data, collected);
                needs(
                    "reference_data",
                    &drift.reference_data,
                    "name what it is compared with, as in `path: azureml:flights@baseline`",
                );
                let psi = |of: Option<Option<f64>>| of.flatten();
                let asked = &drift.metric_thresholds;
                let numbers = psi(asked.numerical.as_ref().map(|one| one.population_stability_index));
                let categories = psi(asked
                    .categorical
                    .as_ref()
                    .map(|one| one.population_stability_index));
                if numbers
                    .zip(categories)
                    .is_some_and(|(one, other)| (one - other).abs() > f64::EPSILON)
                {
                    let problem =
                        Problem::new("numbers and categories have one `population_stability_index` here");
                    problems.push(problem.at(at.key("metric_thresholds")));
                }
            }
            MonitorSignal::DataQuality(quality) => {
                needs("production_data", &quality.production_data, collected);
                if !matches!(&quality.features, Some(crate::kinds::Features::These(columns)) if !columns.is_empty())
                {
                    let problem = Problem::new("it names no columns").at(at.key("features"));
                    problems.push(problem.hint("list the columns whose missing values are watched"));
                }
                let asked = [
                    ("numerical", &quality.metric_thresholds.numerical),
                    ("categorical", &quality.metric_thresholds.categorical),
                ];
                let at = at.key("metric_thresholds");
                let mut is_asked = false;
                for (kind, rates) in asked {
                    let Some(rates) = rates else { continue };
                    is_asked |= rates.null_value_rate.is_some();
                    for (field, rate) in [
                        ("out_of_bounds_rate", rates.out_of_bounds_rate),
                        ("data_type_error_rate", rates.data_type_error_rate),
                    ] {
                        if rate.is_some() {
                            let problem = Problem::new(format!("`{field}` is not supported"))
                                .at(at.key(kind).key(field));
                            problems.push(problem.hint("write a validate step whose expectations bound the values of the column (docs/data-profile.md)"));
                        }
                    }
                }
                if !is_asked {
                    problems.push(Problem::new("it has no `null_value_rate`").at(at));
                }
            }
        }
    }
}

/// What a schedule brings in has a name that is one, a place in a datastore, one way to say which rows, and times.
fn check_import(import: &DataImport, trigger: &Trigger, at: &FieldPath, problems: &mut Vec<Problem>) {
    if !crate::value::is_safe_name(&import.name) {
        problems
            .push(Problem::new(format!("`{}` is no name of a data asset", import.name)).at(at.key("name")));
    }
    if let ImportSource::Database {
        query, table_name, ..
    } = &import.source
        && query.is_some() == table_name.is_some()
    {
        let problem = Problem::new("it needs either `query` or `table_name`").at(at.key("source"));
        problems.push(problem.hint("write one SELECT as `query`, or `table_name: schema.table`"));
    }
    if let Some(path) = import
        .path
        .as_ref()
        .filter(|path| !path.starts_with("azureml://datastores/"))
    {
        let problem = Problem::new(format!("`{path}` is no folder of a datastore")).at(at.key("path"));
        problems.push(problem.hint("write azureml://datastores/<name>/paths/<folder>"));
    }
    if matches!(trigger, Trigger::DataVersion(_) | Trigger::DriftAlarm(_)) {
        let problem = Problem::new("data are brought in at times alone").at(FieldPath::field("trigger"));
        problems.push(problem.hint("write a trigger of type cron or recurrence"));
    }
}

fn check_data(data: &str, problems: &mut Vec<Problem>) {
    let name = data.strip_prefix("azureml:").unwrap_or(data);
    if !crate::value::is_safe_name(name) {
        let at = FieldPath::field("trigger").key("data");
        problems.push(
            Problem::new(format!("`{data}` names no data asset"))
                .at(at)
                .hint("write `azureml:<name>`, without a version"),
        );
    }
}
