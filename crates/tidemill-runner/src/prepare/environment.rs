//! Makes the environment of a job ready, and lays the job's own layer over it.

use super::guard;
use super::stores::Stores;
use crate::args::RunnerArgs;
use crate::failure::Failure;
use crate::logs::Logs;
use crate::stop::Stop;
use crate::tell::Teller;
use crate::work::Work;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tidemill_api::runner::{EnvironmentAssignment, EnvironmentReport};
use tidemill_env::{
    BuildContext, EnvEvent, EnvironmentRequest, Environments, Prefix, Prepared, private_overlay,
};
use tidemill_process::isolation::Network;

/// The log that takes the lines of a build.
const LOG: &str = "logs/environment.log";

/// Where and with what a job is made ready.
pub(crate) struct Bench<'a> {
    pub(crate) args: &'a RunnerArgs,
    pub(crate) work: &'a Work,
    pub(crate) stores: &'a Stores,
    pub(crate) logs: &'a Logs,
    pub(crate) teller: &'a Teller,
    pub(crate) stop: &'a Stop,
    /// Ends a build that nobody waits for any more.
    pub(crate) cancel: Arc<AtomicBool>,
}

/// Prepares the environment. `None` when the job asks for none: it runs with what the machine has.
pub(crate) async fn prepare_environment(
    assignment: &EnvironmentAssignment,
    bench: &Bench<'_>,
) -> Result<Option<(Prefix, EnvironmentReport)>, Failure> {
    if assignment.request.is_null() {
        return Ok(None);
    }
    let started = Instant::now();
    let request = request(assignment, bench).await?;
    let called = assignment.name.clone().unwrap_or_else(|| "of this job".into());
    let offline = bench.args.network == Network::None;
    let mut environments = Environments::new(&bench.args.data_dir)
        .with_cancel(bench.cancel.clone())
        .offline(offline);
    let context = request
        .build_context
        .as_ref()
        .map(|context| context.path.as_path());
    if let Some(starter) = guard::starter(bench.args, bench.work, context) {
        environments = environments.started_by(starter);
    }
    let (teller, logs) = (bench.teller.clone(), bench.logs.clone());
    let layer = bench.work.environment.clone();
    let work = tokio::task::spawn_blocking(move || {
        let log = std::cell::OnceCell::new();
        let prepared = environments.prepare(&request, &|event| {
            if let EnvEvent::Line { text } = &event
                && let Some(log) = log.get_or_init(|| logs.open(LOG).ok())
            {
                // The build goes on without its log when the disk is full; it will say so itself.
                let _ = log.append(format!("{text}\n").as_bytes());
            }
            if let Some(message) = message(&event) {
                teller.say(message);
            }
        })?;
        let own = private_overlay(&prepared.prefix, &layer)?;
        Ok((prepared, own))
    });
    tokio::pin!(work);
    let done = tokio::select! {
        done = &mut work => done,
        _ = bench.stop.thrown() => {
            bench.cancel.store(true, Ordering::Release);
            work.await
        }
    };
    let done: Result<(Prepared, Prefix), tidemill_env::EnvError> =
        done.map_err(|error| Failure::new(format!("failed to prepare the environment {called}: {error}")))?;
    let (prepared, own) = done.map_err(|error| {
        let hint = match offline {
            true => "with network none it is built of what is on this machine; on a compute with network packages it can fetch".into(),
            false => error.hint(),
        };
        Failure::new(format!("environment {called}: {error}; {hint}"))
    })?;
    let lock = serde_json::to_value(&prepared.lock).expect("a lock is made of strings and lists");
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Prepared {
        digest,
        changes,
        reused,
        ..
    } = prepared;
    Ok(Some((
        own,
        EnvironmentReport {
            digest,
            lock,
            changes,
            reused,
            took_ms,
        },
    )))
}

async fn request(
    assignment: &EnvironmentAssignment,
    bench: &Bench<'_>,
) -> Result<EnvironmentRequest, Failure> {
    let mut request: EnvironmentRequest = serde_json::from_value(assignment.request.clone())
        .map_err(|error| Failure::new(format!("failed to read the environment of the job: {error}")))?;
    if let Some(tree) = &assignment.build_context {
        bench.teller.say("fetching the build context".into());
        let folder = bench.stores.shared_tree(tree).await?;
        let dockerfile_path = request
            .build_context
            .map(|context| context.dockerfile_path)
            .unwrap_or_default();
        request.build_context = Some(BuildContext {
            path: folder,
            dockerfile_path,
        });
    }
    Ok(request)
}

fn message(event: &EnvEvent) -> Option<String> {
    Some(match event {
        EnvEvent::Resolving { requirements: 1 } => "resolving 1 requirement".to_owned(),
        EnvEvent::Resolving { requirements } => format!("resolving {requirements} requirements"),
        EnvEvent::Waiting { waited_s } => {
            format!("waiting for another job that builds the same environment ({waited_s} s)")
        }
        EnvEvent::Downloading {
            name,
            size: Some(size),
        } => format!("downloading {name} ({size})"),
        EnvEvent::Downloading { name, size: None } => format!("downloading {name}"),
        EnvEvent::Installing { done, total } => format!("installing {done} of {total} packages"),
        EnvEvent::Line { .. } => return None,
    })
}
