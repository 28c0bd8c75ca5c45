//! Bringing data in from where it is kept: rows of a SQL database as Parquet files, or a file of a web server, into a folder of a
//! datastore, and then a version of exactly these bytes. One that broke is taken up again when it is asked for anew.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tidemill_api::asset::AssetVersion;
use tidemill_api::data_import::{DataImportSpec, ImportSource};
use tidemill_objects::{Datastore, HttpFile, Progress, SafePath};
use tidemill_spec::kinds::{Data, DataType};
use tidemill_spec::refs::DataPath;
use tidemill_store::asset::{Archived, Key, Kind};
use tidemill_store::asset_version;
use tidemill_store::page::PageRequest;
use tidemill_table::database::{self, DatabaseError, PartLimits, Query};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::{
    Error, Kind as ErrorKind, OpContext, Result, action, asset, bytes, data, datastore, datastore_access,
    secret,
};

/// Where imports go that say nothing.
const FOLDER: &str = "azureml://datastores/workspaceblobstore/paths/imports/${{name}}";
/// How often a connection that breaks is taken up again, before it is left to whoever asks anew.
const RESUMES: u32 = 3;

/// Imports that run: the same one does not run twice.
static RUNNING: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// How far an import has come.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Its files: names, bytes.
    parts: Vec<(String, u64)>,
    /// The key of the last row.
    last: Option<String>,
    /// All rows are there.
    done: bool,
}

/// The same as it is kept.
#[derive(Debug, Deserialize)]
struct Written {
    version: Option<String>,
    state: State,
}

/// Brings data in, and makes a version of it.
///
/// # Errors
/// Invalid for a query or an address that cannot be; Unavailable where the other side does not answer; Conflict where something else
/// lies at its place, or it runs already; NotFound for a secret or a datastore.
pub async fn run(
    ctx: &OpContext,
    workspace: &str,
    spec: DataImportSpec,
    progress: &dyn Progress,
) -> Result<AssetVersion> {
    ctx.authorize(
        action::DATA_WRITE,
        &asset::scope(Kind::Data, workspace, &spec.name),
    )
    .await?;
    asset::check_new(ctx, Kind::Data, workspace, &spec.name, spec.version.as_deref()).await?;
    let failed = |why: &str| Error::invalid(format!("failed to import data `{}`: {why}", spec.name));
    let data_type = match (spec.data_type.as_deref(), &spec.source) {
        (None | Some("uri_folder"), ImportSource::Database { .. }) => DataType::UriFolder,
        (Some("mltable"), ImportSource::Database { .. }) => DataType::Mltable,
        (None | Some("uri_file"), ImportSource::Http { .. }) => DataType::UriFile,
        (Some(said), ImportSource::Database { .. }) => {
            return Err(failed(&format!("its type is {said}"))
                .hint("rows of a database become a folder: write `type: uri_folder` or `type: mltable`"));
        }
        (Some(said), ImportSource::Http { .. }) => {
            return Err(failed(&format!("its type is {said}"))
                .hint("a file of a web server is one file: write `type: uri_file`"));
        }
    };
    // The same import, whatever number its version gets; what it reads with is no part of it.
    let identity = serde_json::json!([workspace, &spec]);
    let id = blake3::hash(identity.to_string().as_bytes()).to_hex().to_string();
    let running = |what: &str| {
        Running::begin(what).ok_or_else(|| {
            Error::conflict(format!(
                "failed to import data `{}`: it is being imported already",
                spec.name
            ))
            .hint("wait for it to end, then run it again")
        })
    };
    let _running = running(&id)?;
    let mut state = StateFile::open(ctx, &id).await?;
    let version = match (&spec.version, state.version.take()) {
        (Some(version), _) => version.clone(),
        // It broke off, or was killed when its version was there: it is the same version still.
        (None, Some(begun)) if is_own(ctx, workspace, &spec, &begun).await? => begun,
        (None, _) => {
            state.kept = None;
            next_version(ctx, workspace, &spec.name).await?
        }
    };
    state.version = Some(version.clone());
    let _alone = running(&format!("{workspace}/{}/{version}", spec.name))?;
    if state.kept.is_some() && is_there(ctx, workspace, &spec.name, &version).await? {
        // Killed when all was done but forgetting it: its files are those of a version, and nobody's to fetch anew.
        state.remove().await;
        return asset::version(ctx, Kind::Data, workspace, &spec.name, &version).await;
    }
    let (store_name, folder) = folder(&spec, &version)?;
    datastore_access::check(
        ctx,
        workspace,
        &store_name,
        folder.as_str(),
        action::DATASTORE_FILE_WRITE,
    )
    .await?;
    let store = bytes::open(ctx, workspace, &store_name).await?;
    if state.kept.is_none() && !is_empty(&store, &folder).await? {
        return Err(Error::conflict(format!(
            "failed to import data `{}`: something lies in {folder} of the datastore {store_name} already",
            spec.name
        ))
        .hint("choose another version or path"));
    }
    let (state, path) = match &spec.source {
        ImportSource::Database {
            connection,
            query,
            table_name,
            key,
        } => {
            let sql = match (query, table_name) {
                (Some(query), None) => query.clone(),
                (None, Some(table)) => format!("select * from {}", table_of(table)),
                _ => return Err(failed("it needs either `query` or `table_name`")),
            };
            let url = address(ctx, workspace, connection).await?;
            let place = Place {
                store: &store,
                folder: &folder,
            };
            let state = rows(ctx, place, state, &url, &sql, key.as_deref(), data_type, progress).await?;
            (state, format!("{folder}/"))
        }
        ImportSource::Http { url, headers } => {
            let mut file = HttpFile::open(url)?;
            for (name, value) in headers {
                file = file.with_header(name, &filled(ctx, workspace, value).await?)?;
            }
            let to = folder.join(&SafePath::parse(file.name())?);
            (
                self::file(ctx, &store, &to, state, &file, &id, progress).await?,
                to.to_string(),
            )
        }
    };
    let spec = Data {
        name: Some(spec.name.clone()),
        id: None,
        version: Some(version.clone()),
        description: spec.description.clone(),
        tags: spec.tags.clone(),
        auto_delete_setting: None,
        datastore: None,
        path: DataPath::Datastore {
            datastore: store_name,
            path,
            scope: None,
        },
        data_type: Some(data_type),
        snapshot: None,
    };
    let name = spec.name.clone().unwrap_or_default();
    let made = data::create(ctx, workspace, &name, Some(&version), spec, progress).await?;
    state.remove().await;
    Ok(made)
}

/// Where files go.
#[derive(Clone, Copy)]
struct Place<'p> {
    store: &'p Datastore,
    folder: &'p SafePath,
}

#[expect(clippy::too_many_arguments, reason = "one story, told once")]
async fn rows(
    ctx: &OpContext,
    to: Place<'_>,
    mut state: StateFile,
    url: &str,
    sql: &str,
    key: Option<&str>,
    data_type: DataType,
    progress: &dyn Progress,
) -> Result<StateFile> {
    let mut kept = state.kept.take().unwrap_or_default();
    let is_whole = all_there(to, &kept).await?;
    if !is_whole || (!kept.done && key.is_none()) {
        // Without a key nothing says where it ended, and what is not there any more has to come again.
        for (file, _) in &kept.parts {
            match to.store.delete(&to.folder.join(&SafePath::parse(file)?)).await {
                Ok(_) | Err(tidemill_objects::ObjectsError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        kept = State::default();
    }
    let scratch = crate::content::Scratch::new(ctx)?;
    let mut tries = 0;
    while !kept.done {
        let asked = key.map(|column| database::Key {
            column: column.to_owned(),
            after: kept.last.clone(),
        });
        let before = kept.parts.len();
        match parts(to, &mut kept, &state, url, sql, asked, &scratch.0, progress).await {
            Ok(()) => {}
            Err(Failed::Database(error)) if error.gone && key.is_some() && tries < RESUMES => {
                tries = if kept.parts.len() > before { 0 } else { tries + 1 };
                tokio::time::sleep(std::time::Duration::from_millis(500 << tries)).await;
            }
            Err(Failed::Database(error)) => return Err(told(error, key.is_some())),
            Err(Failed::Other(error)) => return Err(error),
        }
    }
    if data_type == DataType::Mltable {
        let text = "type: mltable\npaths:\n  - pattern: ./*.parquet\ntransformations:\n  - read_parquet\n";
        to.store
            .put(&to.folder.join(&SafePath::parse("MLTable")?), text.into())
            .await?;
    }
    state.kept = Some(kept);
    Ok(state)
}

enum Failed {
    Database(DatabaseError),
    Other(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<tidemill_objects::ObjectsError> for Failed {
    fn from(error: tidemill_objects::ObjectsError) -> Self {
        Self::Other(error.into())
    }
}

#[expect(clippy::too_many_arguments, reason = "one story, told once")]
async fn parts(
    to: Place<'_>,
    kept: &mut State,
    state: &StateFile,
    url: &str,
    sql: &str,
    key: Option<database::Key>,
    scratch: &Path,
    progress: &dyn Progress,
) -> std::result::Result<(), Failed> {
    let mut query = Query::open(url, sql, key).await.map_err(Failed::Database)?;
    loop {
        // Nothing came behind the key: what there is, is all.
        if query.is_done() && !kept.parts.is_empty() {
            break;
        }
        let name = format!("part-{:05}.parquet", kept.parts.len());
        let local = scratch.join(&name);
        let done = query
            .write_part(&local, PartLimits::default())
            .await
            .map_err(Failed::Database)?;
        let size = tokio::fs::metadata(&local).await.map_err(Error::internal)?.len();
        upload(to.store, &local, &to.folder.join(&SafePath::parse(&name)?)).await?;
        let _ = tokio::fs::remove_file(&local).await;
        kept.parts.push((name, size));
        kept.last = done.last.or(kept.last.take());
        kept.done = query.is_done();
        state.write(kept).await?;
        progress.advance(1, size);
        if kept.done {
            break;
        }
    }
    kept.done = true;
    query.close().await;
    Ok(state.write(kept).await?)
}

async fn upload(store: &Datastore, local: &Path, to: &SafePath) -> Result<()> {
    let file = tokio::fs::File::open(local).await.map_err(Error::internal)?;
    let shown = local.display().to_string();
    let bytes = ReaderStream::with_capacity(file, 1 << 20)
        .map_err(move |source| tidemill_objects::ObjectsError::Io {
            action: "read",
            path: shown.clone(),
            source,
        })
        .boxed();
    store.put_stream(to, bytes).await?;
    Ok(())
}

/// One file of a web server: what came already is kept on this machine, and goes on where it ended as long as the server says that it
/// is still the same.
async fn file(
    ctx: &OpContext,
    store: &Datastore,
    to: &SafePath,
    mut state: StateFile,
    from: &HttpFile,
    id: &str,
    progress: &dyn Progress,
) -> Result<StateFile> {
    let local = StateFile::folder(ctx).join(format!("{id}.part"));
    let mut kept = state.kept.take().unwrap_or_default();
    if let (true, [(_, size)]) = (kept.done, kept.parts.as_slice()) {
        let there = store.head(to).await;
        if there.is_ok_and(|there| there.size_bytes == *size) {
            state.kept = Some(kept);
            state.more = Some(local);
            return Ok(state);
        }
    }
    // What came whole and is nowhere any more has to come again.
    kept.done &= tokio::fs::try_exists(&local).await.unwrap_or_default();
    let mut tries = 0;
    while !kept.done {
        let there = tokio::fs::metadata(&local).await.map_or(0, |found| found.len());
        let mark = kept.last.clone().filter(|_| there > 0);
        let asked = from.get_on(there, mark.as_deref()).await;
        let got = match asked {
            Ok(opened) => {
                let mut options = tokio::fs::OpenOptions::new();
                options.create(true).write(true);
                let options = if opened.goes_on {
                    options.append(true)
                } else {
                    options.truncate(true)
                };
                kept.last = opened.mark;
                state.write(&kept).await?;
                let mut file = options.open(&local).await.map_err(Error::internal)?;
                let before = if opened.goes_on { there } else { 0 };
                let came = write(&mut file, opened.bytes, progress).await;
                file.sync_all().await.map_err(Error::internal)?;
                match (came, opened.size_bytes) {
                    (Ok(came), Some(whole)) if before + came != whole => Err(Error::new(
                        ErrorKind::Unavailable,
                        format!(
                            "failed to read {to}: the connection ended after {} of {whole} bytes",
                            before + came
                        ),
                    )),
                    (came, _) => came.map(drop),
                }
            }
            Err(error) => Err(error.into()),
        };
        match got {
            Ok(()) => kept.done = true,
            Err(error) if error.kind == ErrorKind::Unavailable && tries < RESUMES => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(300 << tries)).await;
            }
            Err(error) => return Err(error.hint("run it again: it goes on where it ended")),
        }
    }
    upload(store, &local, to).await?;
    let size = tokio::fs::metadata(&local).await.map_err(Error::internal)?.len();
    kept.parts = vec![(to.to_string(), size)];
    state.write(&kept).await?;
    progress.advance(1, 0);
    state.kept = Some(kept);
    state.more = Some(local);
    Ok(state)
}

async fn write(
    file: &mut tokio::fs::File,
    mut bytes: tidemill_objects::ByteStream,
    progress: &dyn Progress,
) -> Result<u64> {
    let mut came = 0;
    while let Some(piece) = bytes.try_next().await? {
        file.write_all(&piece).await.map_err(Error::internal)?;
        came += piece.len() as u64;
        progress.advance(0, piece.len() as u64);
    }
    Ok(came)
}

fn told(error: DatabaseError, has_key: bool) -> Error {
    let DatabaseError { message, hint, gone } = error;
    let told = match gone {
        true => Error::new(ErrorKind::Unavailable, message),
        false => Error::invalid(message),
    };
    match (hint, gone, has_key) {
        (Some(hint), true, true) => told.hint(format!(
            "{hint}; then run it again: it goes on behind its last key"
        )),
        (Some(hint), ..) => told.hint(hint),
        _ => told,
    }
}

/// Whether the files of an import lie where it put them.
async fn all_there(to: Place<'_>, kept: &State) -> Result<bool> {
    for (file, size) in &kept.parts {
        match to.store.head(&to.folder.join(&SafePath::parse(file)?)).await {
            Ok(found) if found.size_bytes == *size => {}
            Ok(_) | Err(tidemill_objects::ObjectsError::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

async fn is_empty(store: &Datastore, folder: &SafePath) -> Result<bool> {
    match store.list_dir(folder).await {
        Ok(found) => Ok(found.files.is_empty() && found.folders.is_empty()),
        Err(tidemill_objects::ObjectsError::NotFound { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// `schema.table` as SQL has it: names in quotes.
fn table_of(name: &str) -> String {
    let names = name
        .split('.')
        .map(|name| format!("\"{}\"", name.trim_matches('"').replace('"', "\"\"")));
    names.collect::<Vec<_>>().join(".")
}

/// The address of a database: a secret of the vault by its name (`azureml:NAME`), or an address that may name secrets.
async fn address(ctx: &OpContext, workspace: &str, connection: &str) -> Result<String> {
    match connection.strip_prefix("azureml:") {
        Some(name) => filled(ctx, workspace, &format!("${{{{secrets.{name}}}}}")).await,
        None => filled(ctx, workspace, connection).await,
    }
}

/// A text with the secrets that it names. Whoever asks must be one who may read them.
async fn filled(ctx: &OpContext, workspace: &str, text: &str) -> Result<String> {
    let names = tidemill_spec::expr::secrets(text);
    if names.is_empty() {
        return Ok(text.to_owned());
    }
    let group = crate::vault::group_of(ctx.app(), workspace).await?;
    let mut values = std::collections::HashMap::new();
    for name in names {
        secret::check_usable(ctx, &group, &name).await?;
        let (_, value) = secret::value_of(ctx.app(), &group, &name).await?;
        values.insert(name, value.trim_end_matches('\n').to_owned());
    }
    // A password inside of an address is a part of it, whatever signs it has.
    let is_whole = text.trim().starts_with("${{") && text.trim().ends_with("}}");
    Ok(tidemill_spec::expr::replace_secrets(text, |name| {
        let value = values.get(name).cloned().unwrap_or_default();
        match !is_whole && text.contains("://") {
            true => {
                percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string()
            }
            false => value,
        }
    }))
}

/// The datastore and the folder of a version.
fn folder(spec: &DataImportSpec, version: &str) -> Result<(String, SafePath)> {
    let written = spec.path.as_deref().unwrap_or(FOLDER);
    let failed = |why: &str| {
        Error::invalid(format!("failed to import data `{}`: its path is `{written}`{why}", spec.name))
            .hint("write a folder of a datastore, as in azureml://datastores/workspaceblobstore/paths/imports/${{name}}")
    };
    let own = written.contains("${{version}}");
    let path = written
        .replace("${{name}}", &spec.name)
        .replace("${{version}}", version);
    let parsed: DataPath = path.parse().map_err(|_| failed(""))?;
    let DataPath::Datastore {
        datastore: name,
        path,
        ..
    } = parsed
    else {
        return Err(failed(", which is no place in a datastore"));
    };
    let folder = SafePath::normalise(path.trim_matches('/'))?;
    let folder = match own {
        true => folder,
        false => folder.join(&SafePath::parse(version)?),
    };
    if folder.is_root() {
        return Err(failed(", which is the whole datastore"));
    }
    let name = if name.is_empty() {
        datastore::BLOB.to_owned()
    } else {
        name
    };
    Ok((name, folder))
}

/// Whether a version that an import has begun is still its own: nobody has made one of that number, or it was made of its folder.
async fn is_own(ctx: &OpContext, workspace: &str, spec: &DataImportSpec, version: &str) -> Result<bool> {
    let key = Key {
        workspace,
        kind: Kind::Data,
        name: &spec.name,
    };
    let there = asset_version::get(ctx.app().store.read(), key, version).await?;
    let (store, folder) = folder(spec, version)?;
    let own = format!("azureml://datastores/{store}/paths/{folder}/");
    let is_in_it = |uri: String| format!("{}/", uri.trim_end_matches('/')).starts_with(&own);
    Ok(there.is_none_or(|there| there.uri.is_some_and(is_in_it)))
}

async fn is_there(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<bool> {
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let there = asset_version::get(ctx.app().store.read(), key, version).await?;
    Ok(there.is_some())
}

/// The number after the highest.
async fn next_version(ctx: &OpContext, workspace: &str, name: &str) -> Result<String> {
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let mut page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut highest = 0u64;
    loop {
        let found = asset_version::list(ctx.app().store.read(), key, Archived::Include, &page).await?;
        let numbers = found
            .items
            .iter()
            .filter_map(|row| row.version.parse::<u64>().ok());
        highest = numbers.fold(highest, u64::max);
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok((highest + 1).to_string()),
        }
    }
}

/// Says that an import runs, until it is dropped.
struct Running(String);

impl Running {
    fn begin(id: &str) -> Option<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .get_or_insert_default()
            .insert(id.to_owned())
            .then(|| Self(id.to_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.get_or_insert_default().remove(&self.0);
    }
}

/// The file that says how far an import has come. It lies in the cache: where it was deleted, an import begins anew.
struct StateFile {
    path: PathBuf,
    /// The version that it becomes.
    version: Option<String>,
    kept: Option<State>,
    /// Another file that goes when the import is done.
    more: Option<PathBuf>,
}

impl StateFile {
    fn folder(ctx: &OpContext) -> PathBuf {
        ctx.app().dir.cache().join("imports")
    }

    async fn open(ctx: &OpContext, id: &str) -> Result<Self> {
        let folder = Self::folder(ctx);
        tokio::fs::create_dir_all(&folder)
            .await
            .map_err(Error::internal)?;
        let path = folder.join(format!("{id}.json"));
        let kept: Option<Written> = match tokio::fs::read(&path).await {
            Ok(text) => serde_json::from_slice(&text).ok(),
            Err(_) => None,
        };
        let (version, kept) = match kept {
            Some(Written { version, state }) => (version, Some(state)),
            None => (None, None),
        };
        Ok(Self {
            path,
            version,
            kept,
            more: None,
        })
    }

    /// Writes it whole or not at all.
    async fn write(&self, state: &State) -> Result<()> {
        let written = serde_json::json!({ "version": self.version, "state": state });
        let text = serde_json::to_vec(&written).map_err(Error::internal)?;
        let new = self.path.with_extension("new");
        tokio::fs::write(&new, text).await.map_err(Error::internal)?;
        tokio::fs::rename(&new, &self.path).await.map_err(Error::internal)
    }

    async fn remove(self) {
        for path in [Some(self.path), self.more].into_iter().flatten() {
            let _ = tokio::fs::remove_file(path).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(path: Option<&str>) -> DataImportSpec {
        let source = ImportSource::Http {
            url: "http://h/f.csv".into(),
            headers: Default::default(),
        };
        let path = path.map(str::to_owned);
        DataImportSpec {
            name: "flights".into(),
            version: None,
            description: None,
            tags: Default::default(),
            data_type: None,
            path,
            source,
        }
    }

    #[test]
    fn each_version_has_a_folder_of_its_own() {
        let of = |path: Option<&str>| folder(&spec(path), "3").map(|(store, path)| format!("{store} {path}"));
        assert_eq!(of(None).expect("a place"), "workspaceblobstore imports/flights/3");
        let given = "azureml://datastores/lake/paths/raw/${{name}}";
        assert_eq!(of(Some(given)).expect("a place"), "lake raw/flights/3");
        let given = "azureml://datastores/lake/paths/v${{version}}/x/";
        assert_eq!(of(Some(given)).expect("a place"), "lake v3/x");
        for wrong in [
            "./here",
            "azureml:flights:1",
            "https://h/x",
            "azureml://datastores/lake/paths/../../etc",
        ] {
            assert!(of(Some(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(table_of("public.my\"t"), "\"public\".\"my\"\"t\"");
    }
}
