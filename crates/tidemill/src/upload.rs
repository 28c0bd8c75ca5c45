//! Bringing the local files and folders of a specification to the server, and naming them there by URI.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tidemill_api::endpoint::LOCAL_NAME;
use tidemill_objects::{Remembered, SafePath, TreeBuilder, UploadOptions, upload_tree};
use tidemill_spec::kinds::{DeploymentModel, Spec};
use tidemill_spec::load::{Purpose, for_each_local_path};
use tidemill_spec::refs::RefError;

use crate::client::RemoteTrees;
use crate::error::{Error, Result};
use crate::output::{bytes, count};
use crate::progress::Progress;
use crate::remembered::Memory;
use crate::session::Session;

/// A folder or file to be brought.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Wanted {
    code: bool,
    path: Option<PathBuf>,
    includes: Vec<PathBuf>,
}

/// An error on the way through a specification.
#[derive(Debug)]
struct Visit(Error);

impl From<RefError> for Visit {
    fn from(error: RefError) -> Self {
        Self(Error::failed(format!(
            "failed to name what was uploaded: {error}"
        )))
    }
}

/// Uploads what is local, each once, and writes its URI into the specification. Gives the first folder of code.
///
/// # Errors
/// Files that cannot be read, and what the server says.
pub async fn upload(session: &Session, spec: &mut Spec) -> Result<Option<PathBuf>> {
    name_local_model(spec);
    let mut wanted: Vec<Wanted> = Vec::new();
    let placeholder = format!("tidemill://trees/{}", "0".repeat(64));
    // Uploads wait for the network, the visit does not: first look, then upload, then write.
    for_each_local_path::<Visit>(&mut spec.clone(), |local| {
        let one = Wanted::new(local.purpose, local.path, local.includes);
        if !wanted.contains(&one) {
            wanted.push(one);
        }
        Ok(placeholder.clone())
    })
    .map_err(|Visit(error)| error)?;
    let code = wanted
        .iter()
        .find(|one| one.code)
        .and_then(|one| one.path.clone());
    let sink = RemoteTrees::new(session.client.clone(), &session.workspace);
    let mut uris: HashMap<Wanted, String> = HashMap::new();
    for one in wanted {
        let uri = one.upload(session, &sink).await?;
        uris.insert(one, uri);
    }
    for_each_local_path::<Visit>(spec, |local| {
        let one = Wanted::new(local.purpose, local.path, local.includes);
        Ok(uris.get(&one).cloned().expect("the same visit found it before"))
    })
    .map_err(|Visit(error)| error)?;
    Ok(code)
}

fn options(remembered: Option<Remembered>) -> Result<UploadOptions> {
    Ok(UploadOptions {
        base: remembered.as_ref().map(Remembered::tree).transpose()?,
        known: remembered.map(|remembered| remembered.known().clone()),
        now: SystemTime::now(),
    })
}

/// Writes down the name of the folder or file of a local model: scoring scripts look for it by that.
fn name_local_model(spec: &mut Spec) {
    let (path, properties) = match spec {
        Spec::Model(model) => (model.path.as_ref(), &mut model.properties),
        Spec::OnlineDeployment(deployment) => match &mut deployment.model {
            Some(DeploymentModel::Inline(model)) => (model.path.as_ref(), &mut model.properties),
            _ => return,
        },
        _ => return,
    };
    if let Some(name) = path.and_then(|path| path.as_local()).and_then(Path::file_name) {
        let name = name.to_string_lossy().into_owned();
        properties.insert(LOCAL_NAME.into(), name.into());
    }
}

impl Wanted {
    fn new(purpose: Purpose, path: Option<&Path>, includes: &[PathBuf]) -> Self {
        let code = matches!(purpose, Purpose::Code | Purpose::BuildContext);
        Self {
            code,
            path: path.map(Path::to_path_buf),
            includes: includes.to_vec(),
        }
    }

    async fn upload(&self, session: &Session, sink: &RemoteTrees) -> Result<String> {
        let wanted = self.clone();
        let builder = tokio::task::spawn_blocking(move || wanted.builder())
            .await
            .map_err(|error| Error::failed(format!("failed to look at the files to upload: {error}")))??;
        if let Some(warning) = builder.warning() {
            session.warn(&warning);
        }
        let name = self.shown();
        let (files, total) = (builder.file_count(), builder.total_bytes());
        let progress = Progress::start(&format!("Uploading {name}"), Some(total), session.quiet);
        let memory = self.memory(session, files, total);
        let remembered = match &memory {
            Some(memory) => memory.recall(sink).await,
            None => None,
        };
        let before = remembered.as_ref().map(|remembered| remembered.known().clone());
        let mut sent = upload_tree(builder, sink, options(remembered)?, &progress).await;
        if before.is_some() && sent.is_err() {
            // The server may have freed what it still had when this began: all of it is sent then.
            drop(sink.said());
            sent = upload_tree(self.builder()?, sink, options(None)?, &progress).await;
        }
        let done = sent.map_err(|error| sink.said().unwrap_or(Error::Objects(error)))?;
        match (memory, done.remembered) {
            (Some(memory), Some(remembered)) if before.as_ref() != Some(remembered.known()) => {
                session.writes.keep(memory, remembered);
            }
            (Some(memory), None) => memory.forget(),
            _ => {}
        }
        let said = format!(
            "Uploaded {name} ({}, {})",
            count(files as u64, "file"),
            bytes(total)
        );
        progress.end((!done.was_there && done.sent_bytes > 0).then_some(said.as_str()));
        let digest = done.digest;
        Ok(match &self.path {
            // Data of one file is that file; code of one file is laid into the working directory as a folder is.
            Some(path) if !self.code && path.is_file() => {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                format!("tidemill://trees/{digest}/{file}")
            }
            _ => format!("tidemill://trees/{digest}"),
        })
    }

    fn memory(&self, session: &Session, files: usize, bytes: u64) -> Option<Memory> {
        let places: Vec<&Path> = self
            .path
            .iter()
            .chain(&self.includes)
            .map(PathBuf::as_path)
            .collect();
        let kind = if self.code { "code" } else { "data" };
        let server = session.client.address().to_string();
        Memory::of(&server, &session.workspace, kind, &places, files, bytes)
    }

    fn builder(&self) -> Result<TreeBuilder> {
        let mut builder = match &self.path {
            Some(path) if self.code => TreeBuilder::code(path)?,
            Some(path) => TreeBuilder::data(path)?,
            None => TreeBuilder::empty_code(),
        };
        for include in &self.includes {
            let name = include.file_name().unwrap_or_default().to_string_lossy();
            builder = builder.include(include, &SafePath::parse(&*name)?)?;
        }
        Ok(builder)
    }

    fn shown(&self) -> String {
        let first = self.path.as_ref().or(self.includes.first());
        let name = first
            .and_then(|path| path.file_name())
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.is_empty() { "files".to_owned() } else { name }
    }
}
