//! Finds the place where each output of a job is written.

use super::environment::Bench;
use super::input::failure;
use crate::failure::Failure;
use crate::variables::Texts;
use crate::within::within_as;
use crate::work::Work;
use std::fs;
use std::path::{Path, PathBuf};
use tidemill_api::runner::{Assignment, Output};
use tidemill_objects::{Datastore, SafePath};

/// An output and its place.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) name: String,
    /// One file, not a folder.
    pub(crate) is_file: bool,
    pub(crate) store: Datastore,
    /// Where it ends up in the store.
    pub(crate) path: SafePath,
    pub(crate) place: Where,
}

/// Where the job itself writes an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Where {
    /// Where it ends up: nothing is left to be done.
    There,
    /// In a folder of this machine (or a file in one), to be published when the command has ended.
    Here(PathBuf),
}

/// Makes the places, and adds their texts.
pub(crate) fn place_outputs(
    assignment: &Assignment,
    bench: &Bench<'_>,
    texts: &mut Texts,
) -> Result<Vec<Placed>, Failure> {
    let mut placed = Vec::with_capacity(assignment.outputs.len());
    for (name, output) in &assignment.outputs {
        let (one, text) =
            place(name, output, bench).map_err(|error| Failure::new(format!("output {name}: {error}")))?;
        texts.outputs.insert(name.clone(), text);
        placed.push(one);
    }
    Ok(placed)
}

fn place(name: &str, output: &Output, bench: &Bench<'_>) -> Result<(Placed, String), Failure> {
    let store = match &output.datastore {
        Some(datastore) => bench.stores.datastore(datastore)?.clone(),
        None => bench.stores.artifacts().clone(),
    };
    let path = SafePath::normalise(&output.path).map_err(failure)?;
    // A value, such as a boolean, is a file that holds it.
    let is_file = matches!(
        output.r#type.as_str(),
        "uri_file" | "boolean" | "integer" | "number" | "string"
    );
    let written = match store.local_root() {
        Some(root) if output.mode != "upload" => Some(path.under(root)),
        _ => None,
    };
    let (place, text) = match written {
        Some(there) => (Where::There, there),
        None if output.mode == "direct" => {
            let datastore = output.datastore.as_deref().unwrap_or("workspaceartifactstore");
            let text = format!("azureml://datastores/{datastore}/paths/{path}");
            let placed = Placed {
                name: name.into(),
                is_file,
                store,
                path,
                place: Where::There,
            };
            return Ok((placed, text));
        }
        None => {
            let folder = Work::folder(&bench.work.outputs, name)?;
            let here = if is_file { folder.join(path.name()) } else { folder };
            (Where::Here(here.clone()), here)
        }
    };
    let folder = if is_file {
        text.parent().unwrap_or(Path::new("/"))
    } else {
        &text
    };
    if let (Where::There, Some(root)) = (&place, store.local_root()) {
        within_as(root, folder, store.follows_links())?;
    }
    make(folder)?;
    let text = text.display().to_string();
    Ok((
        Placed {
            name: name.into(),
            is_file,
            store,
            path,
            place,
        },
        text,
    ))
}

fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::io(&format!("make {}", folder.display()), error))
}
