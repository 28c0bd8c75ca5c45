//! `tidemill data upload`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};
use tidemill_objects::{Datastore, DatastoreConfig, Hash, SafePath};
use tidemill_spec::refs::DataPath;

use crate::client::{Sent, ToSend};
use crate::error::{Error, Result};
use crate::output::{bytes, count};
use crate::progress::Progress;
use crate::session::Session;

/// Files that are sent at once.
const AT_ONCE: usize = 4;

/// Upload a file or a folder to a datastore, and make a version of it where a name is given
///
/// What lies there already is not sent again, and what broke goes on behind what arrived: the same command is run again. Every file
/// is checked against its BLAKE3 before it is put in its place. Another file that lies there is not replaced without --overwrite.
/// `tidemill data create` uploads too: it keeps its files by content, beside the datastores.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data upload months/ --to azureml://datastores/lake/paths/flights/
  tidemill data upload flights.parquet --to azureml://datastores/workspaceblobstore/paths/raw/ --name flights")]
pub struct Upload {
    /// File or folder of this machine
    path: PathBuf,
    /// Folder of a datastore
    #[arg(long, value_name = "URI")]
    to: String,
    /// Data asset to make a version of
    #[arg(long, short, value_name = "NAME")]
    name: Option<String>,
    /// Version [default: the next number]
    #[arg(long, short, requires = "name")]
    version: Option<String>,
    /// Replace other files that lie there
    #[arg(long)]
    overwrite: bool,
}

impl Upload {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let (datastore, folder) = self.place()?;
        let is_file = self.path.is_file();
        let files = self.files(session, &datastore, &folder).await?;
        let total: u64 = files.iter().map(|file| file.size_bytes).sum();
        let progress = Arc::new(Progress::start(
            &format!("Uploading to {}", self.to),
            Some(total),
            session.quiet,
        ));
        let sent: Vec<(String, u64, Result<Sent>)> = stream::iter(&files)
            .map(|file| {
                let progress = Arc::clone(&progress);
                async move {
                    let heard = Arc::clone(&progress);
                    let sent = session
                        .client
                        .send_file(file, Arc::new(move |more| heard.advance(0, more)))
                        .await;
                    progress.advance(1, 0);
                    (file.path.clone(), file.size_bytes, sent)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let (mut arrived, mut there, mut size, mut failed) = (0u64, 0u64, 0u64, Vec::new());
        for (path, size_bytes, sent) in sent {
            match sent {
                Ok(Sent::There) => there += 1,
                Ok(Sent::Arrived) => {
                    arrived += 1;
                    size += size_bytes;
                }
                Err(error) => failed.push((path, error)),
            }
        }
        progress.end(Some(&format!(
            "Uploaded {} ({}); {there} there already",
            count(arrived, "file"),
            bytes(size)
        )));
        failed.sort_by(|(one, _), (other, _)| one.cmp(other));
        let all = failed.len();
        if let Some((path, error)) = failed.into_iter().next() {
            if all == 1 {
                return Err(error);
            }
            let hint = error.hint().map(str::to_owned);
            let failure = Error::failed(format!(
                "failed to upload {}; the first: {path}: {error}",
                count(all as u64, "file")
            ));
            return Err(match hint {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            });
        }
        let Some(name) = &self.name else {
            let done = json!({ "to": self.to, "files": arrived, "bytes": size, "there_already": there });
            return session.show(done);
        };
        session.show(
            self.make_version(session, name, &datastore, &folder, is_file)
                .await?,
        )
    }

    /// The datastore and the folder in it.
    fn place(&self) -> Result<(String, SafePath)> {
        let wrong = || {
            Error::usage(format!(
                "failed to upload to `{}`: it is no folder of a datastore",
                self.to
            ))
            .with_hint("write it as in azureml://datastores/lake/paths/flights/")
        };
        match self.to.parse() {
            Ok(DataPath::Datastore { datastore, path, .. }) => Ok((
                datastore,
                SafePath::normalise(path.trim_matches('/')).map_err(|_| wrong())?,
            )),
            _ => Err(wrong()),
        }
    }

    /// The files with their hashes.
    async fn files(&self, session: &Session, datastore: &str, folder: &SafePath) -> Result<Vec<ToSend>> {
        let (root, one) = match self.path.is_file() {
            true => (
                self.path.parent().unwrap_or(Path::new("")).to_path_buf(),
                self.path.file_name(),
            ),
            false => (self.path.clone(), None),
        };
        let root = match root.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => root,
        };
        let root = root
            .canonicalize()
            .map_err(|error| Error::file("read", &self.path, error))?;
        let names: Vec<SafePath> = match one {
            Some(name) => {
                let name = name
                    .to_str()
                    .ok_or_else(|| Error::usage("failed to upload a file whose name is not UTF-8"))?;
                vec![SafePath::parse(name)?]
            }
            None => {
                let config = DatastoreConfig::LocalFolder {
                    path: root.clone(),
                    read_only: true,
                    no_links: false,
                };
                let listed = Datastore::open(&config)?.list(&SafePath::default()).await?;
                listed.into_iter().map(|file| file.path).collect()
            }
        };
        if names.is_empty() {
            return Err(Error::failed(format!(
                "failed to upload {}: no file lies in it",
                self.path.display()
            )));
        }
        let uploads = session.path(&["datastores", datastore, "uploads"]);
        let hashing = names.into_iter().map(|name| {
            let (file, path) = (name.under(&root), folder.join(&name));
            let (uploads, overwrite) = (uploads.clone(), self.overwrite);
            tokio::task::spawn_blocking(move || {
                let (size_bytes, hash) = hashed(&file).map_err(|error| Error::file("read", &file, error))?;
                Ok::<ToSend, Error>(ToSend {
                    file,
                    uploads,
                    path: path.to_string(),
                    size_bytes,
                    hash,
                    overwrite,
                })
            })
        });
        let mut files = Vec::new();
        let mut hashing = stream::iter(hashing).buffered(AT_ONCE);
        while let Some(done) = hashing.next().await {
            files.push(done.map_err(|error| Error::failed(format!("failed to hash a file: {error}")))??);
        }
        Ok(files)
    }

    async fn make_version(
        &self,
        session: &Session,
        name: &str,
        datastore: &str,
        folder: &SafePath,
        is_file: bool,
    ) -> Result<Value> {
        let end = match is_file {
            true => self
                .path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default(),
            false => "",
        };
        let inside = if folder.is_root() {
            end.to_owned()
        } else {
            format!("{folder}/{end}")
        };
        let mut spec = Map::new();
        spec.insert(
            "path".into(),
            format!("azureml://datastores/{datastore}/paths/{inside}").into(),
        );
        spec.insert(
            "type".into(),
            if is_file { "uri_file" } else { "uri_folder" }.into(),
        );
        let body = Value::Object(spec);
        match &self.version {
            Some(version) => {
                let path = session.path(&["data", name, "versions", version]);
                session.client.put(&path, &body, None).await
            }
            None => {
                session
                    .client
                    .post(&session.path(&["data", name, "versions"]), &body)
                    .await
            }
        }
    }
}

fn hashed(file: &Path) -> std::io::Result<(u64, Hash)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(file)?)?;
    Ok((hasher.count(), hasher.finalize().into()))
}
