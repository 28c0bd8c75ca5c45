//! From conda specs to exact conda packages, with their hashes.

use std::path::Path;
use std::time::Duration;

use rattler_conda_types::{GenericVirtualPackage, MatchSpec, ParseStrictness, RepoDataRecord, Subdir};
use rattler_repodata_gateway::Gateway;
use rattler_solve::{SolveError, SolverImpl, SolverTask};
use rattler_virtual_packages::{VirtualPackageOverrides, VirtualPackages};

use crate::error::EnvError;
use crate::lock::ChannelPackage;
use crate::process::Journal;

const WHAT: &str = "the conda file";

/// Solves `specs` with the packages of `channels`, the first of which is preferred.
pub(crate) fn solve(
    channels: &[String],
    specs: &[String],
    data_dir: &Path,
    journal: &Journal<'_>,
) -> Result<Vec<ChannelPackage>, EnvError> {
    journal.line(&format!(
        "resolving {} conda packages in {}",
        specs.len(),
        channels.join(", ")
    ));
    let specs = specs
        .iter()
        .map(|text| {
            MatchSpec::from_str(text, ParseStrictness::Lenient).map_err(|e| EnvError::invalid(WHAT, e))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let sources = channels
        .iter()
        .map(|name| super::channel(name, data_dir))
        .collect::<Result<Vec<_>, _>>()?;
    let here =
        Subdir::current().ok_or_else(|| EnvError::invalid(WHAT, "conda has no packages for this machine"))?;
    let gateway = Gateway::builder()
        .with_cache_dir(data_dir.join("cache/conda/repodata"))
        .finish();
    let query = gateway
        .query(sources, [here, Subdir::NoArch], specs.clone())
        .recursive(true);
    let found = super::block_on(journal, &|| (), async {
        query
            .await
            .map_err(|e| EnvError::IndexUnreachable { message: causes(&e) })
    })?;
    let machine = VirtualPackages::detect(&VirtualPackageOverrides::default(), None)
        .map_err(|e| EnvError::invalid("this machine's properties", e))?;
    let task = SolverTask {
        specs,
        virtual_packages: machine
            .into_generic_virtual_packages()
            .collect::<Vec<GenericVirtualPackage>>(),
        timeout: Some(Duration::from_secs(300)),
        ..SolverTask::from_iter(found.iter())
    };
    let solved = rattler_solve::resolvo::Solver
        .solve(task)
        .map_err(|e| unsatisfiable(e, journal))?;
    let mut packages = solved.records.iter().map(lock).collect::<Result<Vec<_>, _>>()?;
    packages.sort();
    Ok(packages)
}

fn unsatisfiable(error: SolveError, journal: &Journal<'_>) -> EnvError {
    let conflict = match error {
        SolveError::Unsolvable(reasons) => reasons.join("\n").trim().to_owned(),
        SolveError::Cancelled => return EnvError::Cancelled,
        other => other.to_string(),
    };
    journal.keep(&conflict);
    EnvError::Unsatisfiable {
        conflict,
        log: journal.text(),
    }
}

/// A package as the lock keeps it. One without a hash could be anything, and is refused.
fn lock(record: &RepoDataRecord) -> Result<ChannelPackage, EnvError> {
    let package = &record.package_record;
    let name = package.name.as_normalized().to_owned();
    let sha256 = package
        .sha256
        .map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        .ok_or_else(|| {
            EnvError::invalid(
                format!("conda package {name}"),
                "its channel gives no SHA-256 for it",
            )
        })?;
    let mut kept = record.clone();
    // A lock is shown and passed on: it holds no passwords.
    if kept.url.set_username("").is_ok() {
        let _ = kept.url.set_password(None);
    }
    kept.channel = None;
    Ok(ChannelPackage {
        name,
        version: package.version.to_string(),
        build: package.build.to_string(),
        subdir: package.subdir.clone(),
        file_name: record.identifier.to_string(),
        sha256,
        record: serde_json::to_string(&kept).map_err(|e| EnvError::invalid("a conda package", e))?,
    })
}

/// An error with what caused it.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
