//! From what people write to where bytes are: paths, URLs and mirrors. Assets are looked up in [`crate::resolve`].

use std::path::{Component, Path, PathBuf};

use tidemill_api::runner::Source;
use tidemill_objects::{Mirrors, SafePath};
use tidemill_spec::kinds;
use tidemill_spec::refs::{DataPath, WorkspaceScope};
use tidemill_store::page::PageRequest;
use tidemill_store::{datastore, from_json};

use crate::{Error, OpContext, Result, action, bytes, datastore_access, name};

/// Where bytes are, and how that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) source: Source,
    pub(crate) uri: String,
}

impl Place {
    /// A place that is written as what it is.
    pub(crate) fn of(source: Source) -> Self {
        let uri = uri(&source);
        Self { source, uri }
    }
}

/// How a place is written.
pub(crate) fn uri(source: &Source) -> String {
    match source {
        Source::Tree { tree, path } if path.is_empty() => format!("tidemill://trees/{tree}"),
        Source::Tree { tree, path } => format!("tidemill://trees/{tree}/{path}"),
        Source::Datastore { datastore, path } => format!("azureml://datastores/{datastore}/paths/{path}"),
        Source::Url { url } => url.clone(),
        Source::Local { path } => format!("file://{path}"),
    }
}

/// A path of a datastore of the workspace, or of one that a long form names.
///
/// # Errors
/// NotFound with the datastores that there are; Invalid when it cannot be opened, or is another workspace's; Forbidden where it gives
/// access by folder, and not to the one who asks.
pub(crate) async fn in_datastore(
    ctx: &OpContext,
    workspace: &str,
    datastore: &str,
    path: &str,
    scope: Option<&WorkspaceScope>,
) -> Result<Place> {
    if let Some(scope) = scope
        && let Ok(named) = name::workspace(&scope.workspace)
        && named != workspace
        && tidemill_store::workspace::get(ctx.app().store.read(), &named)
            .await?
            .is_some()
    {
        return Err(Error::invalid(format!(
            "failed to reach datastore `{datastore}` of workspace `{named}` from workspace `{workspace}`"
        ))
        .hint(
            "make the datastore in this workspace too, and write azureml://datastores/<name>/paths/<path>",
        ));
    }
    bytes::config_named(ctx, workspace, datastore).await?;
    // Whether it ends in a slash says whether a file or a folder is meant.
    let slash = if path.ends_with('/') { "/" } else { "" };
    let path = SafePath::normalise(path.trim_start_matches('/'))?;
    let path = if path.is_root() {
        String::new()
    } else {
        format!("{path}{slash}")
    };
    datastore_access::check(ctx, workspace, datastore, &path, action::DATASTORE_FILE_READ).await?;
    Ok(Place::of(Source::Datastore {
        datastore: datastore.to_owned(),
        path,
    }))
}

/// A URL: through the workspace's mirrors, else a datastore that has it, else the web.
///
/// # Errors
/// Invalid for a URL that only a datastore could read, when there is none.
pub(crate) async fn at_url(ctx: &OpContext, workspace: &str, url: &str) -> Result<Place> {
    let blob = Blob::parse(url);
    let web = match &blob {
        Some(blob) => blob.web.clone().or_else(|| is_web(url).then(|| url.to_owned())),
        None => is_web(url).then(|| url.to_owned()),
    };
    let mirrors = mirrors(ctx, workspace).await?;
    for spelling in std::iter::once(url).chain(web.as_deref().filter(|web| *web != url)) {
        if let Some(target) = mirrors.resolve(spelling)? {
            let source = mirrored(ctx, workspace, &target).await?;
            return Ok(Place {
                source,
                uri: url.to_owned(),
            });
        }
    }
    if let Some(source) = datastore_of(ctx, workspace, blob.as_ref()).await? {
        if let Source::Datastore { datastore, path } = &source {
            datastore_access::check(ctx, workspace, datastore, path, action::DATASTORE_FILE_READ).await?;
        }
        return Ok(Place {
            source,
            uri: url.to_owned(),
        });
    }
    match web {
        Some(web) => Ok(Place {
            source: Source::Url { url: web },
            uri: url.to_owned(),
        }),
        None => Err(Error::invalid(format!(
            "failed to reach `{url}`: no datastore of workspace `{workspace}` has it"
        ))
        .hint("make one with `tidemill datastore create`, or map the URL in the workspace's uri_mirrors")),
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

async fn mirrors(ctx: &OpContext, workspace: &str) -> Result<Mirrors> {
    let targets = mirror_targets(ctx, workspace).await?;
    Ok(Mirrors::new(
        targets
            .into_iter()
            .map(|(url, path)| (url, path.to_string()))
            .collect(),
    ))
}

async fn mirror_targets(ctx: &OpContext, workspace: &str) -> Result<Vec<(String, DataPath)>> {
    let row = crate::workspace::get(ctx, workspace).await?;
    let spec: kinds::Workspace = from_json("workspace", "spec", &row.spec)?;
    Ok(spec.uri_mirrors.into_iter().collect())
}

/// What stands in for a mirrored URL.
async fn mirrored(ctx: &OpContext, workspace: &str, target: &str) -> Result<Source> {
    let path: DataPath = target
        .parse()
        .map_err(|error| Error::invalid(format!("failed to use the mirror {target}: {error}")))?;
    match path {
        DataPath::Local(path) => in_mirror(ctx, workspace, &path).await,
        DataPath::Datastore {
            datastore,
            path,
            scope,
        } => Ok(in_datastore(ctx, workspace, &datastore, &path, scope.as_ref())
            .await?
            .source),
        DataPath::Url(url) if is_web(&url) => Ok(Source::Url { url }),
        other => Err(Error::invalid(format!("failed to use the mirror `{other}`"))
            .hint("a mirror is a folder of the server's machine, azureml://datastores/…, or https://…")),
    }
}

/// A path of the server's machine: in a datastore that is a local folder, or in a mirror's folder, and nowhere else.
///
/// # Errors
/// Forbidden, with the folders that there are.
pub(crate) async fn on_this_machine(ctx: &OpContext, workspace: &str, path: &Path) -> Result<Place> {
    let Some(path) = plain(path) else {
        return Err(Error::invalid(format!(
            "failed to use the path {}: it is not absolute, or climbs with `..`",
            path.display()
        ))
        .hint("`tidemill` uploads paths of your machine; over REST, upload a tree or name a datastore"));
    };
    let db = ctx.app().store.read();
    let rows = datastore::list(
        db,
        workspace,
        &PageRequest {
            limit: 1000,
            after: None,
        },
    )
    .await?;
    let mut best: Option<(usize, String, PathBuf)> = None;
    let mut folders = Vec::new();
    for row in rows.items {
        let Ok(tidemill_objects::DatastoreConfig::LocalFolder { path: root, .. }) =
            bytes::config_of_row(ctx.app(), &row).await
        else {
            continue;
        };
        if row.kind != bytes::OWN {
            folders.push(format!("{} (datastore {})", root.display(), row.name));
        }
        let depth = root.components().count();
        if let Ok(inside) = path.strip_prefix(&root)
            && best.as_ref().is_none_or(|(other, ..)| depth > *other)
        {
            best = Some((depth, row.name, inside.to_owned()));
        }
    }
    if let Some((_, datastore, inside)) = best {
        let inside = inside
            .to_str()
            .ok_or_else(|| Error::invalid("failed to use a path that is not UTF-8"))?;
        return in_datastore(ctx, workspace, &datastore, inside, None).await;
    }
    if let Ok(source) = in_mirror(ctx, workspace, &path).await {
        return Ok(Place::of(source));
    }
    for (_, target) in mirror_targets(ctx, workspace).await? {
        folders.extend(
            target
                .as_local()
                .map(|root| format!("{} (uri_mirrors)", root.display())),
        );
    }
    Err(Error::forbidden(format!(
        "failed to read {} on the server's machine: it lies in no folder that workspace `{workspace}` may use",
        path.display()
    ))
    .hint(match folders.is_empty() {
        true => "make a datastore of type local_folder for it, or let `tidemill` upload it".to_owned(),
        false => format!("it may use: {}", folders.join(", ")),
    }))
}

/// A path in the folder of a mirror, links followed and still in it.
async fn in_mirror(ctx: &OpContext, workspace: &str, path: &Path) -> Result<Source> {
    let missing = || {
        Error::new(
            crate::Kind::NotFound,
            format!(
                "failed to find {} in a folder of the workspace's uri_mirrors",
                path.display()
            ),
        )
        .hint("put it there, or change uri_mirrors of the workspace")
    };
    let real = path.canonicalize().map_err(|_| missing())?;
    for (_, target) in mirror_targets(ctx, workspace).await? {
        let Some(root) = target.as_local().and_then(|root| root.canonicalize().ok()) else {
            continue;
        };
        if real.starts_with(root) {
            crate::datastore_access::check_folder(ctx, &real).await?;
            return Ok(Source::Local {
                path: real.display().to_string(),
            });
        }
    }
    Err(missing())
}

/// An absolute path without `.`; `None` for one that is relative or climbs.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::RootDir | Component::Normal(_) => plain.push(part),
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    plain.is_absolute().then_some(plain)
}

/// What a URL of a blob store names.
#[derive(Debug, PartialEq, Eq)]
struct Blob {
    /// Storage account; empty for a bucket.
    account: String,
    /// Container, file system or bucket.
    container: String,
    path: String,
    /// The same on the web, for who may read it without signing in.
    web: Option<String>,
}

impl Blob {
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let blob = |account: &str, container: &str, path: &str, web: Option<String>| Self {
            account: account.to_owned(),
            container: container.to_owned(),
            path: path.to_owned(),
            web,
        };
        match scheme {
            "wasb" | "wasbs" | "abfs" | "abfss" => {
                let (container, host) = host.split_once('@')?;
                let (account, domain) = host.split_once('.')?;
                let domain = domain.trim_start_matches("dfs.").trim_start_matches("blob.");
                let web = format!("https://{account}.blob.{domain}/{container}/{path}");
                Some(blob(account, container, path, Some(web)))
            }
            "https" => {
                let (account, domain) = host.split_once('.')?;
                let (container, path) = path.split_once('/')?;
                let known = domain.starts_with("blob.core.") || domain.starts_with("dfs.core.");
                // A signature in the URL says how to sign in already.
                (known && !path.contains('?')).then(|| blob(account, container, path, None))
            }
            "s3" | "gs" | "gcs" => Some(blob("", host, path, None)),
            _ => None,
        }
    }
}

/// The datastore of the workspace in which a blob lies.
async fn datastore_of(ctx: &OpContext, workspace: &str, blob: Option<&Blob>) -> Result<Option<Source>> {
    let Some(blob) = blob else { return Ok(None) };
    let page = PageRequest {
        limit: 1000,
        after: None,
    };
    let rows = datastore::list(ctx.app().store.read(), workspace, &page).await?;
    for row in rows.items.iter().filter(|row| row.kind != bytes::OWN) {
        let spec: kinds::Datastore = from_json("datastore", "spec", &row.spec)?;
        if let Some(path) = inside(&spec, blob) {
            let path = path.to_owned();
            return Ok(Some(Source::Datastore {
                datastore: row.name.clone(),
                path,
            }));
        }
    }
    Ok(None)
}

/// The path of a blob in a datastore, if it is that one's.
fn inside<'a>(spec: &kinds::Datastore, blob: &'a Blob) -> Option<&'a str> {
    let (account, container, prefix) = match spec {
        kinds::Datastore::AzureBlob(store) => (store.account_name.as_str(), &store.container_name, None),
        kinds::Datastore::AzureDataLakeGen2(store) => (store.account_name.as_str(), &store.filesystem, None),
        kinds::Datastore::S3(store) => ("", &store.bucket, store.prefix.as_deref()),
        kinds::Datastore::Gcs(store) => ("", &store.bucket, store.prefix.as_deref()),
        _ => return None,
    };
    if (account, container) != (blob.account.as_str(), &blob.container) {
        return None;
    }
    let Some(prefix) = prefix
        .map(|prefix| prefix.trim_matches('/'))
        .filter(|prefix| !prefix.is_empty())
    else {
        return Some(&blob.path);
    };
    blob.path.strip_prefix(prefix)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_blob_stores_are_read() {
        let read = |url: &str| {
            let blob = Blob::parse(url)?;
            Some((
                blob.account,
                blob.container,
                blob.path,
                blob.web.unwrap_or_default(),
            ))
        };
        let text = |parts: [&str; 4]| {
            let [a, b, c, d] = parts.map(str::to_owned);
            Some((a, b, c, d))
        };
        for (url, expected) in [
            (
                "wasbs://datasets@acc.blob.core.windows.net/a/b.csv",
                text([
                    "acc",
                    "datasets",
                    "a/b.csv",
                    "https://acc.blob.core.windows.net/datasets/a/b.csv",
                ]),
            ),
            (
                "abfss://fs@acc.dfs.core.windows.net/a/",
                text(["acc", "fs", "a/", "https://acc.blob.core.windows.net/fs/a/"]),
            ),
            (
                "https://acc.blob.core.windows.net/c/x.csv",
                text(["acc", "c", "x.csv", ""]),
            ),
            ("https://acc.blob.core.windows.net/c/x.csv?sig=1", None),
            ("https://example.org/c/x.csv", None),
            ("s3://bucket/key", text(["", "bucket", "key", ""])),
            ("wasbs://nothing", None),
        ] {
            assert_eq!(read(url), expected, "{url}");
        }
    }

    #[test]
    fn only_plain_absolute_paths_are_paths_of_this_machine() {
        assert_eq!(plain(Path::new("/a/./b")), Some(PathBuf::from("/a/b")));
        for path in ["a", "/a/../b", "../a", ""] {
            assert_eq!(plain(Path::new(path)), None, "{path}");
        }
    }
}
