//! What the files say: `-f`, `--parameters`, `--set`, and the request that comes of them.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tidemill_api::infra::{InfraNote, InfraRequest, InfraResource};
use tidemill_spec::arm::{Place, translate_with};
use tidemill_spec::infra::{Body, Resource, load};
use tidemill_spec::yaml::Override;

use crate::client::path;
use crate::document::{self, Disk};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::upload;

/// The files, and the values of their parameters.
#[derive(Debug, Clone, Default, Args)]
pub struct Folder {
    /// File or folder with the resources; may be given several times
    #[arg(long, short, value_name = "PATH", num_args = 1.., action = clap::ArgAction::Append)]
    pub file: Vec<PathBuf>,
    /// ARM template of Azure, instead of files
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub template: Option<PathBuf>,
    /// File with the values of the parameters: YAML, or JSON as Azure has it for a template
    #[arg(long, short, value_name = "FILE")]
    pub parameters: Option<PathBuf>,
    /// Set a parameter; may be given several times
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., action = clap::ArgAction::Append)]
    pub set: Vec<String>,
    /// Set a parameter to the text of a variable, as for secrets
    #[arg(long, value_name = "NAME=VARIABLE", num_args = 1.., action = clap::ArgAction::Append)]
    pub set_env: Vec<String>,
    /// Stack: what is managed together [default: the name in the file of type infrastructure; for a template its group and its
    /// parameters file]
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
}

impl Folder {
    /// Whether any file is named.
    pub fn is_given(&self) -> bool {
        !self.file.is_empty() || self.template.is_some()
    }

    /// Reads the files, and uploads what they name.
    ///
    /// # Errors
    /// Everything that is wrong with them, each with file and line.
    pub async fn request(&self, session: &Session) -> Result<InfraRequest> {
        if let Some(template) = &self.template {
            return self.translated(session, template).await;
        }
        let (loaded, source) = self.load()?;
        for (file, warning) in &loaded.warnings {
            session.warn(&format!("{}: {warning}", shown(file)));
        }
        let stack = self.name(loaded.name)?;
        let mut resources = Vec::new();
        for resource in loaded.resources {
            resources.push(travelling(session, resource).await?);
        }
        Ok(InfraRequest {
            stack,
            resources,
            destroy: false,
            notes: Vec::new(),
            outputs: Value::Null,
            tests: loaded.tests.iter().map(value).collect::<Result<_>>()?,
            source: Some(source),
        })
    }

    /// The name of the stack alone.
    ///
    /// # Errors
    /// When neither the command line nor a file names one.
    pub fn stack(&self, session: &Session) -> Result<String> {
        match (&self.stack, &self.template) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some(template)) => Ok(self.of_template(&group(session), template)),
            (None, None) if self.is_given() => self.name(self.load()?.0.name),
            (None, None) => Err(Error::usage("failed to find the stack: none is named")
                .with_hint("add --stack, or -f with its files")),
        }
    }

    fn name(&self, said: Option<String>) -> Result<String> {
        self.stack.clone().or(said).ok_or_else(|| {
            Error::usage("failed to find the name of the stack").with_hint(
                "add a file with `type: infrastructure` and `name:`, or name it with --stack: what a stack manages and its files don't want \
                 any more is removed, so two folders need two names",
            )
        })
    }

    /// What a template comes to in the kinds here.
    async fn translated(&self, session: &Session, template: &Path) -> Result<InfraRequest> {
        let group = group(session);
        let text = read(template)?;
        let parameters = self.parameters.as_deref().map(read).transpose()?;
        let mut set = serde_json::Map::new();
        for Override { path, value } in self.values()? {
            set.insert(path, document::yaml_value(&value)?);
        }
        // The region is the group's, as in Azure.
        let location = match session.client.get(&path(&["groups", &group])).await {
            Ok(found) => found["spec"]["location"].as_str().map(str::to_owned),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let place = Place {
            group: group.clone(),
            location: location.unwrap_or_else(|| "local".to_owned()),
            deployment: stem(template),
            now_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        };
        // What it names by link lies beside it, and is part of what is planned.
        let beside = template.parent().unwrap_or_else(|| Path::new(""));
        let source = std::cell::RefCell::new(blake3::Hasher::new());
        source.borrow_mut().update(text.as_bytes());
        let linked = |path: &str| -> std::result::Result<String, String> {
            let text = linked_file(beside, path)?;
            let mut source = source.borrow_mut();
            source.update(path.as_bytes()).update(text.as_bytes());
            Ok(text)
        };
        let done = translate_with(&text, parameters.as_deref(), set, place, &linked).map_err(|error| {
            Error::usage(format!(
                "failed to read the template {}: {error}",
                template.display()
            ))
        })?;
        let file = template.display().to_string();
        let resources = done.resources.into_iter().map(|one| InfraResource {
            kind: one.kind,
            place: one.place,
            name: one.name,
            spec: one.spec,
            file: Some(file.clone()),
            line: one.line,
            needs: one.needs,
        });
        let outputs = done
            .outputs
            .into_iter()
            .map(|(name, mut output)| (name, output["value"].take()));
        let outputs: serde_json::Map<String, Value> = outputs.collect();
        Ok(InfraRequest {
            stack: self
                .stack
                .clone()
                .unwrap_or_else(|| self.of_template(&group, template)),
            resources: resources.collect(),
            destroy: false,
            notes: done
                .notes
                .into_iter()
                .map(|note| InfraNote {
                    what: note.what,
                    why: note.why,
                })
                .collect(),
            outputs: if outputs.is_empty() {
                Value::Null
            } else {
                Value::Object(outputs)
            },
            tests: Vec::new(),
            source: Some(source.borrow().finalize().to_hex().to_string()),
        })
    }

    /// The stack of a template: two parameters files are two stacks.
    fn of_template(&self, group: &str, template: &Path) -> String {
        format!("{group}.{}", stem(self.parameters.as_deref().unwrap_or(template)))
    }

    /// What the files say, and the name of the files themselves, without the parameters.
    fn load(&self) -> Result<(tidemill_spec::infra::Infrastructure, String)> {
        if !self.is_given() {
            return Err(Error::usage("failed to plan: no files are named")
                .with_hint("add -f with a file or a folder"));
        }
        let here = document::here()?;
        let mut files = Vec::new();
        for path in &self.file {
            collect(&here.join(path), true, &mut files)?;
        }
        files.dedup();
        let parameters = self.parameters.as_ref().map(|path| here.join(path));
        let own = files
            .iter()
            .filter(|file| parameters.as_deref() != Some(file.as_path()));
        let source = digest(own)?;
        Ok((
            load(&Disk, &files, parameters.as_deref(), &self.values()?)?,
            source,
        ))
    }

    fn values(&self) -> Result<Vec<Override>> {
        let mut values = Vec::new();
        for text in &self.set {
            let (name, value) = pair(text, "--set")?;
            values.push(Override {
                path: name.to_owned(),
                value: value.to_owned(),
            });
        }
        for text in &self.set_env {
            let (name, variable) = pair(text, "--set-env")?;
            let value = std::env::var(variable).map_err(|_| {
                Error::usage(format!(
                    "failed to set parameter `{name}`: the variable {variable} is not set"
                ))
            })?;
            // As a quoted text it stays what it is.
            values.push(Override {
                path: name.to_owned(),
                value: Value::String(value).to_string(),
            });
        }
        Ok(values)
    }
}

/// A file that a template names, which lies in its folder or below, whatever links there are.
fn linked_file(folder: &Path, path: &str) -> std::result::Result<String, String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let whole = |path: &Path| path.canonicalize().map_err(|error| error.to_string());
    let (root, file) = (whole(folder)?, whole(&folder.join(path))?);
    if !file.starts_with(&root) {
        return Err("a link leads out of the folder of the template".to_owned());
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

fn value(test: &tidemill_spec::kinds::RolloutTest) -> Result<Value> {
    serde_json::to_value(test).map_err(|error| Error::failed(format!("failed to write a test: {error}")))
}

/// Names texts by what they say and in which order they come: the same in every checkout.
fn digest<'p>(files: impl Iterator<Item = &'p PathBuf>) -> Result<String> {
    let mut hash = blake3::Hasher::new();
    for file in files {
        let text = std::fs::read(file).map_err(|error| Error::file("read", file, error))?;
        let name = file.file_name().unwrap_or_default().as_encoded_bytes();
        for part in [name, &text] {
            hash.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
    }
    Ok(hash.finalize().to_hex().to_string())
}

/// The group that a template is deployed to, as `az deployment group` has it.
fn group(session: &Session) -> String {
    session.group.clone().unwrap_or_else(|| "default".to_owned())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))
}

fn pair<'t>(text: &'t str, option: &str) -> Result<(&'t str, &'t str)> {
    text.split_once('=').ok_or_else(|| {
        Error::usage(format!("failed to read {option} `{text}`: it has no `=`")).with_hint("write name=value")
    })
}

/// The YAML files below a path, by name. Hidden files and folders, and folders named `parameters`, are left out.
fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> Result<()> {
    let meta = std::fs::metadata(path).map_err(|error| Error::file("read", path, error))?;
    if !meta.is_dir() {
        let yaml = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
        if named || yaml {
            files.push(path.to_path_buf());
        }
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| Error::file("read", path, error))? {
        let entry = entry.map_err(|error| Error::file("read", path, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && name != "parameters" {
            inside.push(entry.path());
        }
    }
    inside.sort();
    inside.iter().try_for_each(|path| collect(path, false, files))
}

async fn travelling(session: &Session, resource: Resource) -> Result<InfraResource> {
    let Resource {
        kind,
        place,
        name,
        body,
        file,
        line,
    } = resource;
    let spec = match body {
        Body::Spec(mut spec) => {
            upload::upload(session, &mut spec).await?;
            document::body(&spec)?
        }
        Body::Secret { value, description } => json!({ "value": value.0, "description": description }),
    };
    Ok(InfraResource {
        kind,
        place,
        name,
        spec,
        file: Some(shown(&file)),
        line: Some(line),
        needs: Vec::new(),
    })
}

/// A path as people know it: from where they are.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
