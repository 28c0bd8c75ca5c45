//! The models of a server by name and version: which are ready, and loading and unloading them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Found, Override, Problem, ProblemKind, Served};

/// The models. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repository {
    models: Arc<RwLock<BTreeMap<String, Model>>>,
    loader: Option<Arc<dyn Loader>>,
}

/// Makes a model of a repository ready.
pub(crate) trait Loader: std::fmt::Debug + Send + Sync {
    /// What lies there now.
    fn found(&self) -> Vec<Found>;
    /// Makes all versions of a model ready that its policy names.
    ///
    /// # Errors
    /// Why it cannot be.
    fn load(&self, found: &Found) -> Result<Vec<Served>, String>;
}

#[derive(Debug, Clone, Default)]
struct Model {
    versions: BTreeMap<String, Arc<Served>>,
    /// Why it is not ready.
    reason: String,
}

/// One line of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) ready: bool,
    pub(crate) reason: String,
}

impl Repository {
    /// One model that is always there.
    pub(crate) fn of(served: Served) -> Self {
        let repository = Self::default();
        repository.put(&served.name.clone(), Ok(vec![served]));
        repository
    }

    /// The models that a loader finds, all made ready. A model that cannot be made ready is kept with its reason.
    pub(crate) fn load_all(loader: Arc<dyn Loader>) -> Self {
        let repository = Self {
            models: Arc::default(),
            loader: Some(Arc::clone(&loader)),
        };
        for found in loader.found() {
            let loaded = loader.load(&found);
            repository.put(&found.name, loaded);
        }
        repository
    }

    fn put(&self, name: &str, loaded: Result<Vec<Served>, String>) {
        let model = match loaded {
            Ok(versions) => Model {
                versions: versions
                    .into_iter()
                    .map(|served| (served.version.clone(), Arc::new(served)))
                    .collect(),
                reason: String::new(),
            },
            Err(reason) => Model {
                versions: BTreeMap::new(),
                reason,
            },
        };
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        models.insert(name.to_owned(), model);
    }

    fn read<T>(&self, of: impl FnOnce(&BTreeMap<String, Model>) -> T) -> T {
        of(&self.models.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A version; without one, the newest.
    pub(crate) fn get(&self, name: &str, version: &str) -> Result<Arc<Served>, Problem> {
        self.read(|models| {
            let unknown = |what: String| Problem::new(ProblemKind::NotFound, what);
            let model = models
                .get(name)
                .ok_or_else(|| unknown(format!("Request for unknown model: '{name}' is not found")))?;
            let found = match version {
                "" => newest(&model.versions),
                version => model.versions.get(version),
            };
            match (found, model.versions.is_empty()) {
                (Some(served), _) => Ok(Arc::clone(served)),
                (None, true) => {
                    let reason = if model.reason.is_empty() {
                        "it is not loaded"
                    } else {
                        &model.reason
                    };
                    Err(Problem::new(
                        ProblemKind::Unavailable,
                        format!("Request for unknown model: '{name}' is not ready: {reason}"),
                    ))
                }
                (None, false) => Err(unknown(format!(
                    "Request for unknown model: '{name}' version {version} is not found"
                ))),
            }
        })
    }

    /// Versions of a model that are ready.
    pub(crate) fn versions(&self, name: &str) -> Vec<String> {
        self.read(|models| {
            models
                .get(name)
                .map(|model| model.versions.keys().cloned().collect())
                .unwrap_or_default()
        })
    }

    /// Whether all models are ready, and why the first one is not.
    pub(crate) fn not_ready(&self) -> Option<String> {
        self.read(|models| {
            let not = |model: &Model| {
                model.versions.is_empty() || model.versions.values().any(|served| !served.is_ready())
            };
            let (name, model) = models.iter().find(|(_, model)| not(model))?;
            Some(format!("model '{name}' is not ready: {}", model.reason))
        })
    }

    /// Whether no model is ready at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.read(|models| models.values().all(|model| model.versions.is_empty()))
    }

    /// All models and versions.
    pub(crate) fn index(&self) -> Vec<Line> {
        let mut lines = self.read(|models| {
            let mut lines = Vec::new();
            for (name, model) in models {
                for (version, served) in &model.versions {
                    lines.push(Line {
                        name: name.clone(),
                        version: version.clone(),
                        ready: served.is_ready(),
                        reason: String::new(),
                    });
                }
                if model.versions.is_empty() {
                    lines.push(Line {
                        name: name.clone(),
                        version: String::new(),
                        ready: false,
                        reason: model.reason.clone(),
                    });
                }
            }
            lines
        });
        for found in self.loader.iter().flat_map(|loader| loader.found()) {
            if lines.iter().all(|line| line.name != found.name) {
                lines.push(Line {
                    name: found.name,
                    version: String::new(),
                    ready: false,
                    reason: String::new(),
                });
            }
        }
        lines
    }

    /// The versions that are ready: of all models without a name, of one without a version.
    pub(crate) fn ready(&self, name: &str, version: &str) -> Result<Vec<Arc<Served>>, Problem> {
        if !version.is_empty() {
            return Ok(vec![self.get(name, version)?]);
        }
        if !name.is_empty() {
            // One that is not there, or not ready, says so.
            self.get(name, "")?;
        }
        let of = |models: &BTreeMap<String, Model>| {
            let wanted = models
                .iter()
                .filter(|(known, _)| name.is_empty() || *known == name);
            wanted
                .flat_map(|(_, model)| model.versions.values().cloned())
                .collect()
        };
        Ok(self.read(of))
    }

    /// Makes a model ready, or anew from what lies there now, with what is to be otherwise this time. The old one answers until
    /// then, and after a failure.
    pub(crate) async fn load(&self, name: &str, with: Override) -> Result<(), Problem> {
        let Some(loader) = self.loader.clone() else {
            // It is loaded as long as the server runs.
            return self.get(name, "").map(drop);
        };
        let wanted = name.to_owned();
        let loading = tokio::task::spawn_blocking(move || {
            let found = loader.found().into_iter().find(|found| found.name == wanted);
            found.map(|found| loader.load(&with.of(found)))
        });
        let loaded = loading
            .await
            .map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))?;
        match loaded {
            None => {
                let message = format!("failed to load '{name}': there is no such model in the repository");
                Err(Problem::invalid(message))
            }
            Some(Err(reason)) => {
                if self.versions(name).is_empty() {
                    self.put(name, Err(reason.clone()));
                }
                Err(Problem::invalid(format!("failed to load '{name}': {reason}")))
            }
            Some(loaded) => {
                self.put(name, loaded);
                Ok(())
            }
        }
    }

    /// Takes a model out; requests that it works on are finished.
    pub(crate) fn unload(&self, name: &str) -> Result<(), Problem> {
        if self.loader.is_none() {
            return Err(Problem::invalid(format!(
                "failed to unload '{name}': it is the model that this server serves"
            )));
        }
        self.read(|models| models.contains_key(name).then_some(()))
            .ok_or_else(|| Problem::invalid(format!("failed to unload '{name}': there is no such model")))?;
        self.put(name, Err(String::from("unloaded")));
        Ok(())
    }
}

/// Versions are numbers; the highest is the newest.
fn newest(versions: &BTreeMap<String, Arc<Served>>) -> Option<&Arc<Served>> {
    let number = |version: &str| version.parse::<u64>().unwrap_or(0);
    versions
        .iter()
        .max_by_key(|(version, _)| number(version))
        .map(|(_, served)| served)
}
