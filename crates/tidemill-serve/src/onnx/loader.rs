//! Loads ONNX models: one file, or all of a Triton folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;

use super::library;
use super::session::Onnx;
use crate::config::Python;
use crate::oip::{Batcher, Batching, Described, Engine, Found, Served, find};

/// Where models lie.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// One file, or a folder with one, under this name.
    One { name: String, path: PathBuf },
    /// A folder as Triton has them.
    Triton { folder: PathBuf },
}

/// Loads models.
#[derive(Debug)]
pub(crate) struct OnnxLoader {
    environment: &'static Environment,
    place: Place,
    sessions: usize,
    batching: Option<Batching>,
}

impl OnnxLoader {
    /// Loads ONNX Runtime itself. `sessions` is how many requests each model works on at a time.
    ///
    /// # Errors
    /// Where it is not found or not of a version that fits.
    pub(crate) fn new(
        python: &Python,
        place: Place,
        sessions: usize,
        batching: Option<Batching>,
    ) -> Result<Self, String> {
        let library = library::find(python)?;
        let environment = environment(&library)
            .map_err(|error| format!("failed to load ONNX Runtime from {}: {error}", library.display()))?;
        Ok(Self {
            environment,
            place,
            sessions,
            batching,
        })
    }

    /// How requests of a model are put together: as its configuration says, else as the server was told. No batch has more rows
    /// than a request may have, and a model that takes one number of rows alone gets none.
    fn batching(&self, found: &Found, inputs: &[Described]) -> Option<Batching> {
        let mut batching = found.batching.or(self.batching)?;
        if let Some(most) = usize::try_from(found.max_batch).ok().filter(|most| *most > 0) {
            batching.max_size = batching.max_size.min(most);
        }
        let any = |input: &Described| input.shape.first().is_some_and(|rows| *rows < 0);
        (batching.max_size > 1 && inputs.iter().all(any)).then_some(batching)
    }
}

impl crate::oip::Loader for OnnxLoader {
    fn found(&self) -> Vec<Found> {
        match &self.place {
            Place::Triton { folder } => find(folder),
            Place::One { name, path } => vec![Found {
                name: name.clone(),
                versions: file(path).map(|file| BTreeMap::from([(1, file)])),
                max_batch: 0,
                batching: None,
                named: Vec::new(),
            }],
        }
    }

    fn load(&self, found: &Found) -> Result<Vec<Served>, String> {
        let versions = found.versions.clone()?;
        let mut loaded = Vec::with_capacity(versions.len());
        for (version, file) in versions {
            let onnx = Onnx::load(self.environment, &file, self.sessions)?;
            let (inputs, outputs) = (onnx.inputs.clone(), onnx.outputs.clone());
            let known = |name: &&String| inputs.iter().chain(&outputs).all(|known| known.name != **name);
            if let Some(name) = found.named.iter().find(known) {
                return Err(format!(
                    "its configuration names `{name}`, which {} has not got",
                    file.display()
                ));
            }
            let batcher = self.batching(found, &inputs).map(Batcher::new);
            loaded.push(Served {
                name: found.name.clone(),
                version: version.to_string(),
                platform: "onnxruntime_onnx",
                inputs,
                outputs,
                max_batch: found.max_batch,
                engine: Engine::Onnx(Arc::new(onnx)),
                batcher,
                counts: Arc::default(),
            });
        }
        Ok(loaded)
    }
}

/// A process has one ONNX Runtime: the first that was asked for stays.
fn environment(library: &Path) -> Result<&'static Environment, String> {
    static LOADED: Mutex<Option<&'static Environment>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = *loaded {
        return Ok(environment);
    }
    let builder = ort::init_from(library).map_err(|error| error.to_string())?;
    let builder = builder.with_name("tidemill").with_telemetry(false);
    let environment: &'static Environment =
        Box::leak(Box::new(builder.build().map_err(|error| error.to_string())?));
    *loaded = Some(environment);
    Ok(environment)
}

/// The file itself, or the only one of a folder.
fn file(path: &Path) -> Result<PathBuf, String> {
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let entries =
        std::fs::read_dir(path).map_err(|error| format!("failed to read {}: {error}", path.display()))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "onnx"))
        .collect();
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        (Some(_), false) => Err(format!(
            "{} holds several .onnx files; name one with --model-dir",
            path.display()
        )),
        (None, _) => Err(format!("{} holds no .onnx file", path.display())),
    }
}
