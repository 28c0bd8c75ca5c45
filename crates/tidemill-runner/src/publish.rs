//! After the command: its outputs and artifacts go where they belong, and are counted.

use crate::failure::Failure;
use crate::prepare::{Placed, Stores, Where, counter};
use crate::tell::Teller;
use crate::within::within;
use crate::work::Work;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use std::path::Path;
use std::time::SystemTime;
use tidemill_api::runner::OutputReport;
use tidemill_objects::{
    Datastore, Manifest, ObjectsError, PublishMode, SafePath, ScanTarget, Silent, publish as give,
};

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
        if let Err(error) = within(&work.code, &folder) {
            published.fail(format!(
                "failed to keep ./{name} as artifacts of the run: {error}"
            ));
            continue;
        }
        if let Err(error) = keep(&folder, stores.artifacts(), name, teller).await {
            published.fail(format!(
                "failed to keep ./{name} as artifacts of the run: {error}"
            ));
        }
    }
    for output in placed {
        if let Where::Here(here) = &output.place
            && let Err(error) = within(&work.outputs, here)
        {
            published.fail(format!("output {}: {error}", output.name));
            continue;
        }
        match one(output, teller).await {
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

async fn keep(folder: &Path, store: &Datastore, name: &str, teller: &Teller) -> Result<(), ObjectsError> {
    let counter = counter(teller, format!("keeping ./{name} as artifacts"));
    give(
        folder,
        store,
        &SafePath::parse(name)?,
        PublishMode::Merge,
        &counter,
    )
    .await
    .map(drop)
}

async fn one(output: &Placed, teller: &Teller) -> Result<Option<OutputReport>, ObjectsError> {
    let manifest = match &output.place {
        Where::Here(here) => {
            let written = if output.is_file {
                here.exists()
            } else {
                holds_something(here)
            };
            if !written {
                return Ok(None);
            }
            let counter = counter(teller, format!("uploading output {}", output.name));
            // One file is given to the folder that will hold it, under its own name.
            let above = if here.is_file() {
                output.path.parent()
            } else {
                None
            };
            let path = above.as_ref().unwrap_or(&output.path);
            give(here, &output.store, path, PublishMode::Merge, &counter).await?
        }
        Where::There => {
            let target = match output.is_file && output.store.exists(&output.path).await? {
                true => ScanTarget::File(output.path.clone()),
                false => ScanTarget::Folder(output.path.clone()),
            };
            match tidemill_objects::scan(&output.store, &target, None, SystemTime::now(), &Silent).await {
                Ok(found) => found.manifest,
                Err(ObjectsError::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    };
    if manifest.is_empty() {
        Ok(None)
    } else {
        report(&manifest).map(Some)
    }
}

fn report(manifest: &Manifest) -> Result<OutputReport, ObjectsError> {
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
