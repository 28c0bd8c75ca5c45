//! After the command: its outputs and artifacts go where they belong, and are counted.

use crate::failure::Failure;
use crate::prepare::{Placed, Stores, Where};
use crate::tell::Teller;
use crate::work::Work;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use std::path::Path;
use std::time::SystemTime;
use tidemill_api::runner::OutputReport;
use tidemill_objects::{Datastore, Manifest, ObjectsError, SafePath, ScanTarget, Silent};

/// Folders of the working folder that are artifacts of the run, under the same names.
const ARTIFACT_FOLDERS: [&str; 2] = ["outputs", "logs"];

/// What publishing came to: also what went well before something did not.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) outputs: IndexMap<String, OutputReport>,
    pub(crate) warnings: Vec<String>,
    /// What went wrong first.
    pub(crate) failure: Option<Failure>,
}

/// Publishes artifacts first, since an output may expose the artifact root, and then every output.
pub(crate) async fn publish(work: &Work, stores: &Stores, placed: &[Placed], teller: &Teller) -> Published {
    let mut published = Published::default();
    for name in ARTIFACT_FOLDERS {
        let folder = work.code.join(name);
        if !holds_something(&folder) {
            continue;
        }
        teller.say(format!("keeping ./{name} as artifacts"));
        if let Err(error) = upload(&folder, stores.artifacts(), name).await {
            published.fail(format!(
                "failed to keep ./{name} as artifacts of the run: {error}"
            ));
        }
    }
    for output in placed {
        teller.say(format!("writing output {}", output.name));
        match one(output).await {
            Ok(Some(report)) => drop(published.outputs.insert(output.name.clone(), report)),
            Ok(None) => published
                .warnings
                .push(format!("output {}: the job wrote nothing there", output.name)),
            Err(error) => published.fail(format!("output {}: {error}", output.name)),
        }
    }
    published
}

impl Published {
    fn fail(&mut self, reason: String) {
        match self.failure {
            None => self.failure = Some(Failure::new(reason)),
            Some(_) => self.warnings.push(reason),
        }
    }
}

async fn upload(folder: &Path, store: &Datastore, name: &str) -> Result<(), ObjectsError> {
    store
        .copy_in(folder, &SafePath::parse(name)?, &Silent)
        .await
        .map(drop)
}

async fn one(output: &Placed) -> Result<Option<OutputReport>, Failure> {
    let said = |error: ObjectsError| Failure::new(error.to_string());
    if let Where::Here(here) = &output.place {
        let written = if output.is_file {
            here.exists()
        } else {
            holds_something(here)
        };
        if !written {
            return Ok(None);
        }
        output
            .store
            .copy_in(here, &output.path, &Silent)
            .await
            .map_err(said)?;
    }
    let target = match output.is_file && output.store.exists(&output.path).await.map_err(said)? {
        true => ScanTarget::File(output.path.clone()),
        false => ScanTarget::Folder(output.path.clone()),
    };
    match tidemill_objects::scan(&output.store, &target, None, SystemTime::now(), &Silent).await {
        Ok(found) if found.manifest.is_empty() => Ok(None),
        Ok(found) => report(found.manifest).map(Some).map_err(said),
        Err(ObjectsError::NotFound { .. }) => Ok(None),
        Err(error) => Err(said(error)),
    }
}

fn report(manifest: Manifest) -> Result<OutputReport, ObjectsError> {
    Ok(OutputReport {
        digest: manifest.digest().to_hex(),
        manifest: STANDARD.encode(manifest.encode()?),
        size_bytes: manifest.total_bytes(),
        files: manifest.len() as u64,
    })
}

fn holds_something(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}
