//! A request, read: which Python, which packages, from where, and what had to be changed to say so.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalogue;
use crate::conda::{CondaFile, CondaSpec, Equivalent, equivalent};
use crate::dockerfile;
use crate::error::EnvError;
use crate::lock::{LOCK_FORMAT, Platform, normalize};
use crate::pip;
use crate::request::{EnvironmentRequest, IndexOptions, Policy};
use crate::version::Constraint;

/// What a request comes down to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// What it is called.
    pub name: Option<String>,
    /// Constraint on Python, PEP 440; empty is any.
    pub python: Constraint,
    /// The Python that an image suggests, where nothing asks for one.
    pub python_suggested: Constraint,
    /// Conda channels, and packages of theirs other than `python`.
    pub channels: Vec<String>,
    pub conda: Vec<CondaSpec>,
    /// `python` as the conda file asks for it.
    pub python_spec: Option<CondaSpec>,
    /// pip requirements.
    pub pip: Vec<String>,
    pub index: IndexOptions,
    pub variables: BTreeMap<String, String>,
    /// What is different from what was asked, or has no effect.
    pub changes: Vec<String>,
    /// Hosts in `index` that did not answer.
    pub silent_hosts: Vec<String>,
}

/// Conda packages that each prefix has anyway.
const ALWAYS_THERE: &[&str] = &["pip", "setuptools", "wheel"];

impl Wanted {
    /// Reads a request.
    pub(crate) fn read(request: &EnvironmentRequest) -> Result<Self, EnvError> {
        let mut wanted = Self {
            name: request.name.clone(),
            index: request.index.clone(),
            ..Self::default()
        };
        let nothing_else = request.image.is_none()
            && request.conda.is_none()
            && request.pip_requirements.is_none()
            && request.build_context.is_none();
        if nothing_else && let Some(entry) = request.name.as_deref().and_then(catalogue::find) {
            wanted.curated(entry)?;
        }
        let conda = request.conda.as_ref().map(CondaFile::parse).transpose()?;
        if let Some(image) = &request.image {
            wanted.image(image, request.policy, conda.as_ref())?;
        }
        if let Some(context) = &request.build_context {
            if request.policy == Policy::Exact {
                let what = format!("the Dockerfile in {}", context.path.display());
                return Err(EnvError::EngineMissing { what });
            }
            let read = dockerfile::read(context)?;
            if let Some(image) = &read.image {
                wanted.image(image, request.policy, None)?;
            }
            for file in &read.conda_files {
                wanted.conda_file(file)?;
            }
            wanted.requirements(&read.requirements)?;
            wanted.variables.extend(read.variables);
            wanted.changes.extend(read.changes);
        }
        if let Some(conda) = &conda {
            wanted.conda_file(conda)?;
        }
        if let Some(text) = &request.pip_requirements {
            wanted.requirements(&pip::read(text, "the pip requirements", None)?)?;
        }
        Ok(wanted)
    }

    fn curated(&mut self, entry: &catalogue::Entry) -> Result<(), EnvError> {
        self.name = Some(entry.name.clone());
        self.python = Constraint::parse(&format!("=={}.*", entry.python))
            .map_err(|e| EnvError::invalid(format!("curated environment {}", entry.name), e))?;
        self.pip.extend(entry.pip.iter().cloned());
        self.variables.extend(entry.variables.clone());
        Ok(())
    }

    /// The Python of an image and, where nothing else says what is wanted, the packages in it.
    fn image(&mut self, image: &str, policy: Policy, conda: Option<&CondaFile>) -> Result<(), EnvError> {
        let with_packages = conda.is_none();
        if policy == Policy::Exact {
            return Err(EnvError::EngineMissing {
                what: format!("image `{image}`"),
            });
        }
        if let Some(entry) = catalogue::curated_image(image).filter(|_| with_packages) {
            self.changes.push(format!(
                "image `{image}` is not used: no container engine runs jobs here; curated environment `{}` takes its place",
                entry.name
            ));
            return self.curated(entry);
        }
        let Some(known) = catalogue::image(image) else {
            self.changes.push(format!(
                "image `{image}` is not used: no container engine runs jobs here; a plain Python takes its place, without what else is in the image"
            ));
            return Ok(());
        };
        let python = match known.python.as_str() {
            _ if conda.is_some_and(|conda| conda.python.is_some()) => {
                "the Python of the conda file".to_owned()
            }
            "" => "Python".to_owned(),
            version => format!("Python {version}"),
        };
        let mut line = format!(
            "image `{image}` is not used: no container engine runs jobs here; {python} takes its place"
        );
        if !known.python.is_empty() {
            self.python_suggested = Constraint::parse(&format!("=={}.*", known.python))
                .map_err(|e| EnvError::invalid(format!("image `{image}`"), e))?;
        }
        if with_packages && !known.pip.is_empty() {
            line.push_str(&format!(", with {} from PyPI", known.pip.join(", ")));
            self.pip.extend(known.pip);
        }
        self.changes.push(line);
        Ok(())
    }

    fn conda_file(&mut self, file: &CondaFile) -> Result<(), EnvError> {
        let CondaFile {
            name,
            channels,
            packages,
            python,
            pip: lines,
            variables,
            ignored,
        } = file;
        if self.name.is_none() {
            self.name.clone_from(name);
        }
        for channel in channels {
            if !self.channels.contains(channel) {
                self.channels.push(channel.clone());
            }
        }
        if let Some(python) = python {
            self.python_spec = Some(python.clone());
            let (constraint, dropped) = python
                .pep440()
                .map_err(|e| EnvError::invalid("the conda file", e))?;
            // Conda's own `==3.10` is what people write for `=3.10`; no release is called plain 3.10.
            let constraint = match constraint.strip_prefix("==") {
                Some(exact) if !exact.ends_with('*') && exact.matches('.').count() < 2 => {
                    format!("=={exact}.*")
                }
                _ => constraint,
            };
            self.python =
                Constraint::parse(&constraint).map_err(|e| EnvError::invalid("the conda file", e))?;
            self.changes
                .extend(dropped.map(|dropped| format!("conda package `{}`: {dropped}", python.text)));
        }
        self.conda.extend(packages.iter().cloned());
        self.requirements(&pip::read(&lines.join("\n"), "`pip:` of the conda file", None)?)?;
        self.variables.extend(variables.clone());
        self.changes.extend(ignored.clone());
        Ok(())
    }

    fn requirements(&mut self, read: &pip::Requirements) -> Result<(), EnvError> {
        self.pip.extend(read.requirements.iter().cloned());
        self.index.merge(&read.index);
        self.changes.extend(
            read.ignored
                .iter()
                .map(|line| format!("pip option `{line}` has no effect")),
        );
        Ok(())
    }

    /// Whether packages are asked for that only a channel has, as conda sees it.
    pub(crate) fn needs_channel(&self) -> bool {
        self.conda
            .iter()
            .any(|spec| !ALWAYS_THERE.contains(&spec.name.as_str()))
    }

    /// Takes the Python packages that stand for the conda packages; writes a line for each.
    pub(crate) fn replace_conda(&mut self) -> Result<(), EnvError> {
        let asked: Vec<String> = self.pip.iter().map(|line| requirement_name(line)).collect();
        for spec in std::mem::take(&mut self.conda) {
            let name = match equivalent(&spec.name) {
                Equivalent::Same => spec.name.as_str(),
                Equivalent::Package(name) => name,
                Equivalent::Nothing(reason) => {
                    self.changes
                        .push(format!("conda package `{}` is left out: {reason}", spec.text));
                    continue;
                }
                Equivalent::Impossible(reason) => {
                    return Err(EnvError::NoEquivalent {
                        package: spec.text,
                        reason: reason.to_owned(),
                    });
                }
            };
            let (version, dropped) = spec
                .pep440()
                .map_err(|e| EnvError::invalid("the conda file", e))?;
            if ALWAYS_THERE.contains(&name) && version.is_empty() {
                continue;
            }
            if asked.contains(&normalize(name)) {
                let text = &spec.text;
                self.changes.push(format!(
                    "conda package `{text}` is left out: `pip:` asks for `{name}` too"
                ));
                continue;
            }
            let requirement = format!("{name}{version}");
            let note = dropped.map(|dropped| format!("; {dropped}")).unwrap_or_default();
            self.changes.push(format!(
                "conda package `{}` taken from PyPI as `{requirement}`: no channel can be reached{note}",
                spec.text
            ));
            if !self.pip.contains(&requirement) {
                self.pip.push(requirement);
            }
        }
        Ok(())
    }

    /// BLAKE3 of everything that decides the lock, in hex.
    pub(crate) fn digest(&self, policy: Policy, platform: &Platform) -> String {
        #[derive(Serialize)]
        struct Canonical<'a> {
            format: u32,
            policy: Policy,
            platform: &'a Platform,
            python: &'a str,
            python_suggested: &'a str,
            channels: &'a [String],
            conda: Vec<&'a str>,
            pip: &'a [String],
            index: IndexOptions,
            variables: &'a BTreeMap<String, String>,
        }
        let canonical = Canonical {
            format: LOCK_FORMAT,
            policy,
            platform,
            python: self.python.as_str(),
            python_suggested: self.python_suggested.as_str(),
            channels: &self.channels,
            conda: self.conda.iter().map(|spec| spec.text.as_str()).collect(),
            pip: &self.pip,
            index: IndexOptions {
                find_links: self
                    .index
                    .find_links
                    .iter()
                    .map(|place| identity(place))
                    .collect(),
                ..self.index.clone()
            },
            variables: &self.variables,
        };
        let bytes =
            serde_json::to_vec(&canonical).expect("a specification is made of strings, which JSON can write");
        blake3::hash(&bytes).to_hex().to_string()
    }
}

/// A folder of wheels is what is in it, wherever it lies; anything else is its address.
fn identity(place: &str) -> String {
    let Ok(entries) = std::fs::read_dir(place) else {
        return place.to_owned();
    };
    let mut files: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            Some(format!(
                "{} {}",
                entry.file_name().to_str()?,
                entry.metadata().ok()?.len()
            ))
        })
        .collect();
    files.sort();
    files.join("\n")
}

/// The normalized package name in front of a requirement line.
pub(crate) fn requirement_name(line: &str) -> String {
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(line.len());
    normalize(&line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relaxed(conda: &str) -> EnvironmentRequest {
        EnvironmentRequest {
            conda: Some(conda.into()),
            policy: Policy::Relaxed,
            ..Default::default()
        }
    }

    #[test]
    fn conda_packages_become_python_packages_with_a_line_each() {
        let conda = "dependencies: [python=3.10, pytorch=2.1, pytorch-cuda=11.8, 'numpy=1.22=py_0', pip, scipy, {pip: [Scipy<2]}]";
        let mut wanted = Wanted::read(&relaxed(conda)).unwrap();
        assert!(wanted.needs_channel());
        wanted.replace_conda().unwrap();
        assert_eq!(wanted.python.as_str(), "==3.10.*");
        assert_eq!(wanted.pip, ["Scipy<2", "torch==2.1.*", "numpy==1.22"]);
        insta::assert_snapshot!(wanted.changes.join("\n"));
    }

    #[test]
    fn what_has_no_counterpart_is_refused() {
        let mut wanted = Wanted::read(&relaxed("dependencies: [r-base]")).unwrap();
        assert!(wanted.replace_conda().unwrap_err().to_string().contains("r-base"));
    }

    #[test]
    fn an_image_follows_the_policy() {
        let mut request = EnvironmentRequest {
            image: Some("python:3.11.6".into()),
            ..Default::default()
        };
        assert!(matches!(
            Wanted::read(&request),
            Err(EnvError::EngineMissing { .. })
        ));
        request.policy = Policy::Relaxed;
        let wanted = Wanted::read(&request).unwrap();
        assert_eq!(wanted.python_suggested.as_str(), "==3.11.6.*");
        assert_eq!(wanted.changes.len(), 1);
    }

    #[test]
    fn a_conda_file_decides_over_what_an_image_brings() {
        let mut request = relaxed("dependencies: [python=3.12]");
        request.image = Some("pytorch/pytorch:latest".into());
        let wanted = Wanted::read(&request).unwrap();
        assert_eq!((wanted.python.as_str(), wanted.pip.len()), ("==3.12.*", 0));
        request.image = Some("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest".into());
        let changes = Wanted::read(&request).unwrap().changes;
        assert!(
            changes[0].ends_with("the Python of the conda file takes its place"),
            "{changes:?}"
        );
        request.image = Some("pytorch/pytorch:latest".into());
        request.conda = None;
        assert!(Wanted::read(&request).unwrap().pip.contains(&"torch".to_owned()));
        request.image = Some("mcr.microsoft.com/azureml/curated/sklearn-1.5:12".into());
        assert_eq!(
            Wanted::read(&request).unwrap().name.as_deref(),
            Some("sklearn-1.5")
        );
    }

    #[test]
    fn the_digest_follows_the_specification_and_the_policy() {
        let wanted = |text: &str| Wanted::read(&relaxed(text)).unwrap();
        let here = Platform::here();
        let one = wanted("dependencies: [python=3.10]").digest(Policy::Relaxed, &here);
        assert_eq!(
            one,
            wanted("name: x\ndependencies:\n- python=3.10").digest(Policy::Relaxed, &here)
        );
        assert_ne!(
            one,
            wanted("dependencies: [python=3.11]").digest(Policy::Relaxed, &here)
        );
        assert_ne!(
            one,
            wanted("dependencies: [python=3.10]").digest(Policy::Exact, &here)
        );
    }

    #[test]
    fn a_curated_name_brings_its_packages() {
        let request = EnvironmentRequest {
            name: Some("AzureML-sklearn-1.5@latest".into()),
            ..Default::default()
        };
        let wanted = Wanted::read(&request).unwrap();
        assert!(
            wanted
                .pip
                .iter()
                .any(|line| line.starts_with("scikit-learn~=1.5"))
        );
        assert!(wanted.changes.is_empty());
    }
}
