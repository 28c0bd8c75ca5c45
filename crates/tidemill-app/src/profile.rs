//! The profile of a version of data: made from its bytes the first time that it is asked for, and kept by the digest of its
//! manifest, so that the same content is never read twice.

use std::path::{Path, PathBuf};

use tidemill_objects::SafePath;
pub use tidemill_profile::Asked;
use tidemill_profile::{Profile, Profiler};
use tidemill_store::asset::{Key, Kind};
use tidemill_table::ReadOptions;

use crate::table::{self, Laid};
use crate::{Error, OpContext, Result, action, asset, datastore_access, history};

/// One table is read at a time: it takes all cores, and memory that is bounded for one.
static READING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The profile of a version.
///
/// # Errors
/// NotFound; Invalid where it is no table, with the file, row and column; Conflict where its bytes have changed since.
pub async fn of_version(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    asked: Asked,
    path: Option<&str>,
) -> Result<Profile> {
    ctx.authorize(action::DATA_READ, &asset::scope(Kind::Data, workspace, name))
        .await?;
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let row = asset::find_version(ctx, key, version).await?;
    // One that is kept tells of the bytes as one that is made does.
    datastore_access::check_version(ctx, workspace, row.uri.as_deref()).await?;
    let inside = SafePath::normalise(path.unwrap_or_default())?;
    let _alone = READING.lock().await;
    let (profiler, is_new) = profiler(ctx, workspace, &row, &inside).await?;
    let finished = |asked: &Asked| {
        let profile = profiler.finish(asked);
        profile.map_err(|error| Error::invalid(error.to_string()))
    };
    let table = inside.as_str();
    if is_new || !history::has_statistics(ctx, &row, table).await {
        let profile = finished(&Asked::default())?;
        if let Err(error) = history::add_statistics(ctx, &row, table, &profile).await {
            tracing::warn!(%error, "failed to add statistics to the history of data");
        }
    }
    finished(&asked)
}

/// What is known of the table in a version of data, for comparing it with another one.
///
/// # Errors
/// As [`of_version`].
pub(crate) async fn known(
    ctx: &OpContext,
    workspace: &str,
    row: &asset::Row,
    path: &str,
) -> Result<Profiler> {
    datastore_access::check_version(ctx, workspace, row.uri.as_deref()).await?;
    let inside = SafePath::normalise(path)?;
    let _alone = READING.lock().await;
    Ok(profiler(ctx, workspace, row, &inside).await?.0)
}

/// What is kept of a table, or what comes of reading it; and whether it was read now.
async fn profiler(
    ctx: &OpContext,
    workspace: &str,
    row: &asset::Row,
    inside: &SafePath,
) -> Result<(Profiler, bool)> {
    let folder = ctx.app().dir.cache().join("profiles");
    let kept = match inside.is_root() {
        true => folder.join(&row.digest),
        false => folder.join(format!(
            "{}-{}",
            row.digest,
            blake3::hash(inside.as_str().as_bytes()).to_hex()
        )),
    };
    if let Some(profiler) = read_kept(&kept) {
        return Ok((profiler, false));
    }
    let mut there = table::of_version(ctx, workspace, row).await?;
    there.root = inside.under(&there.root);
    Ok((read(there, kept).await?, true))
}

/// The columns of a version with their types as Arrow writes them, where it has been profiled. Nothing is read for it.
pub(crate) async fn known_columns(ctx: &OpContext, row: &asset::Row) -> Option<Vec<(String, String)>> {
    let kept = ctx.app().dir.cache().join("profiles").join(&row.digest);
    let read = move || read_kept(&kept)?.finish(&Asked::default()).ok();
    let profile = tokio::task::spawn_blocking(read).await.ok()??;
    Some(
        profile
            .columns
            .into_iter()
            .map(|column| (column.name, column.arrow_type))
            .collect(),
    )
}

/// A state that was kept; one of another version, or cut off, is as none.
fn read_kept(path: &Path) -> Option<Profiler> {
    Profiler::from_bytes(&std::fs::read(path).ok()?).ok()
}

/// Reads a table on a thread of its own, and keeps what came of it.
async fn read(there: Laid, kept: PathBuf) -> Result<Profiler> {
    let work = move || -> Result<Profiler> {
        let failed = |error: tidemill_table::Error| refused(error, &there.root);
        let tables = tidemill_table::open(&there.root, &ReadOptions::default()).map_err(failed)?;
        let profiler = tidemill_table::profile(&tables).map_err(failed)?;
        if let Err(error) = keep(&profiler, &kept) {
            tracing::warn!(%error, "failed to keep a profile; it will be made again");
        }
        Ok(profiler)
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// What is wrong with a table, by the names of its files alone: where they lie on the server is nobody's business.
fn refused(error: tidemill_table::Error, root: &Path) -> Error {
    let root = root.display().to_string();
    let file = error
        .file
        .strip_prefix(&root)
        .unwrap_or(&error.file)
        .trim_start_matches('/')
        .to_owned();
    let name = Path::new(&root)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let file = if file.is_empty() {
        name.unwrap_or_default()
    } else {
        file
    };
    let hint = error.hint.clone();
    let told = Error::invalid(tidemill_table::Error { file, ..error }.to_string());
    match hint {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

fn keep(profiler: &Profiler, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = profiler.to_bytes()?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let written = path.with_extension("new");
    std::fs::write(&written, bytes)?;
    std::fs::rename(&written, path).map_err(|error| Box::new(error) as Box<dyn std::error::Error>)
}
