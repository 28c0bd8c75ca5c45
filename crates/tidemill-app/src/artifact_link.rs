//! Links to artifacts that need no sign-in: signed by the server, for one file, for a while. And uploads in parts.

use tidemill_api::mlflow::artifact::{
    CompleteMultipartUpload, CreateMultipartUpload, MultipartUpload, MultipartUploadCredential,
    PresignDownload, PresignUpload, PresignedDownload, PresignedUpload,
};
use tidemill_api::mlflow::rule;
use tidemill_objects::{ByteStream, MAX_PARTS, SafePath};

use crate::artifact::{Download, authorize_write, get, own, path_in_run, put};
use crate::artifact_location::own_path;
use crate::run_name::uuid_hex;
use crate::{Error, Kind, OpContext, Result, logged_model, run};

/// How long a link counts unless it is said.
const TTL_S: i64 = 900;
/// The longest that a link counts: a week.
const LONGEST_S: i64 = 604_800;

/// What a link lets do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Grant {
    /// Read the file.
    Get,
    /// Write the file.
    Put,
    /// Write a part of an upload.
    Part(String, u32),
}

impl Grant {
    fn word(&self) -> String {
        match self {
            Grant::Get => "get".to_owned(),
            Grant::Put => "put".to_owned(),
            Grant::Part(upload, part) => format!("part-{upload}-{part}"),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "get" => Some(Grant::Get),
            "put" => Some(Grant::Put),
            word => {
                let (upload, part) = word.strip_prefix("part-")?.split_once('-')?;
                Some(Grant::Part(upload.to_owned(), part.parse().ok()?))
            }
        }
    }
}

/// A link for uploading a file of a run or logged model.
///
/// # Errors
/// Invalid unless one of both is named; NotFound; Forbidden for a job and what isn't its own.
pub async fn upload(
    ctx: &OpContext,
    workspace: &str,
    base: &str,
    request: PresignUpload,
) -> Result<PresignedUpload> {
    let PresignUpload {
        run_id,
        model_id,
        path,
        expiration,
    } = request;
    if run_id.is_empty() == model_id.is_empty() {
        return Err(Error::invalid(
            "Exactly one of run_id and model_id must be provided.",
        ));
    }
    let path = rule::artifact_path(&path)?;
    let ttl_s = ttl(expiration)?;
    let db = ctx.app().store.read();
    let root = if run_id.is_empty() {
        logged_model::find(db, workspace, &model_id, false)
            .await?
            .artifact_location
    } else {
        run::find(db, workspace, &run_id).await?.artifact_uri
    };
    let path = format!("{}/{path}", own_path(&root)?);
    authorize_write(ctx, workspace, &path).await?;
    Ok(PresignedUpload {
        presigned_url: link(ctx, base, workspace, &Grant::Put, &path, ttl_s)?,
        headers: Default::default(),
    })
}

/// A link for downloading a file of a run.
///
/// # Errors
/// NotFound; Invalid for a time that is too long.
pub async fn download(
    ctx: &OpContext,
    workspace: &str,
    base: &str,
    request: PresignDownload,
) -> Result<PresignedDownload> {
    let PresignDownload {
        run_id,
        path,
        expiration,
    } = request;
    let ttl_s = ttl(expiration)?;
    let path = path_in_run(ctx, workspace, &run_id, &path).await?;
    let Download { size_bytes, .. } = get(ctx, workspace, &path, None).await?;
    Ok(PresignedDownload {
        presigned_url: link(ctx, base, workspace, &Grant::Get, &path, ttl_s)?,
        headers: Default::default(),
        file_size: i64::try_from(size_bytes).ok(),
    })
}

/// A link for downloading a file of the artifact store.
///
/// # Errors
/// NotFound, Invalid for a path that leaves the store.
pub async fn download_path(
    ctx: &OpContext,
    workspace: &str,
    base: &str,
    path: &str,
) -> Result<PresignedDownload> {
    let path = rule::artifact_path(path)?;
    let Download { size_bytes, .. } = get(ctx, workspace, &path, None).await?;
    Ok(PresignedDownload {
        presigned_url: link(ctx, base, workspace, &Grant::Get, &path, TTL_S)?,
        headers: Default::default(),
        file_size: i64::try_from(size_bytes).ok(),
    })
}

/// Begins an upload in parts: a link for each of them.
///
/// # Errors
/// Invalid for a path that leaves the store or too many parts, Forbidden for a job and what isn't its own.
pub async fn begin_parts(
    ctx: &OpContext,
    workspace: &str,
    base: &str,
    folder: &str,
    request: CreateMultipartUpload,
) -> Result<MultipartUpload> {
    let CreateMultipartUpload { path, num_parts } = request;
    let path = file_in(folder, &path)?;
    authorize_write(ctx, workspace, &path).await?;
    let count = u32::try_from(num_parts)
        .ok()
        .filter(|count| (1..=MAX_PARTS).contains(count));
    let count = count.ok_or_else(|| {
        Error::invalid(format!(
            "failed to begin an upload of {num_parts} parts: there may be 1 to {MAX_PARTS}"
        ))
    })?;
    let upload_id = uuid_hex(&*ctx.app().clock);
    let credentials = (1..=count)
        .map(|part| {
            let grant = Grant::Part(upload_id.clone(), part);
            Ok(MultipartUploadCredential {
                url: link(ctx, base, workspace, &grant, &path, LONGEST_S)?,
                part_number: part.into(),
                headers: Default::default(),
            })
        })
        .collect::<Result<_>>()?;
    Ok(MultipartUpload {
        upload_id,
        credentials,
    })
}

/// Puts the parts of an upload together.
///
/// # Errors
/// Invalid when parts are missing, or it is the upload of another file.
pub async fn complete_parts(
    ctx: &OpContext,
    workspace: &str,
    folder: &str,
    request: CompleteMultipartUpload,
) -> Result<()> {
    let CompleteMultipartUpload {
        path,
        upload_id,
        parts,
    } = request;
    let path = file_in(folder, &path)?;
    authorize_write(ctx, workspace, &path).await?;
    check_upload(&upload_id)?;
    let mut numbers: Vec<i64> = parts.iter().map(|part| part.part_number).collect();
    numbers.sort_unstable();
    let all = numbers.iter().zip(1..).all(|(number, wanted)| *number == wanted);
    if numbers.is_empty() || !all {
        return Err(Error::invalid(
            "failed to complete the upload: parts are missing or named twice",
        ));
    }
    if parts
        .iter()
        .any(|part| part.etag.trim_matches('"') != etag(&upload_id, part.part_number, &path))
    {
        return Err(Error::invalid(
            "failed to complete the upload: an ETag is not that of its part",
        ));
    }
    let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    own(ctx, workspace)?
        .complete(&upload_id, &SafePath::parse(path)?, count)
        .await?;
    Ok(())
}

/// Forgets an upload and its parts.
///
/// # Errors
/// Invalid for a path that leaves the store, Forbidden for a job and what isn't its own.
pub async fn abort_parts(
    ctx: &OpContext,
    workspace: &str,
    folder: &str,
    path: &str,
    upload_id: &str,
) -> Result<()> {
    let path = file_in(folder, path)?;
    authorize_write(ctx, workspace, &path).await?;
    check_upload(upload_id)?;
    own(ctx, workspace)?.abort(upload_id).await?;
    Ok(())
}

/// What follows a link: the word of its grant, until when it counts, its signature, and the path.
#[derive(Debug, Clone)]
pub struct Followed<'f> {
    /// The workspace.
    pub workspace: &'f str,
    /// What it lets do.
    pub grant: &'f str,
    /// Seconds since 1970.
    pub until: i64,
    /// Hex.
    pub signature: &'f str,
    /// Of the file.
    pub path: &'f str,
}

/// Whether a link may be followed for reading. `ctx` is the server's own.
///
/// # Errors
/// Forbidden when it was not signed here, has been changed, or counts no longer.
pub fn may_read(ctx: &OpContext, link: &Followed<'_>) -> Result<()> {
    match check(ctx, link)? {
        Grant::Get => Ok(()),
        _ => Err(Error::forbidden(
            "failed to follow the link: it is not one for reading",
        )),
    }
}

/// Writes what a link lets write; gives the ETag. `ctx` is the server's own.
///
/// # Errors
/// As [`may_read`].
pub async fn write(ctx: &OpContext, link: &Followed<'_>, bytes: ByteStream) -> Result<String> {
    match check(ctx, link)? {
        Grant::Get => Err(Error::forbidden(
            "failed to follow the link: it is not one for writing",
        )),
        Grant::Put => {
            put(ctx, link.workspace, link.path, bytes).await?;
            Ok(etag("", 0, link.path))
        }
        Grant::Part(upload, part) => {
            own(ctx, link.workspace)?.put_part(&upload, part, bytes).await?;
            Ok(etag(&upload, part.into(), link.path))
        }
    }
}

fn check(ctx: &OpContext, followed: &Followed<'_>) -> Result<Grant> {
    let Followed {
        workspace,
        grant,
        until,
        signature,
        path,
    } = followed;
    if !ctx
        .app()
        .seal
        .signed(&signed_text(workspace, grant, *until, path), signature)
    {
        return Err(Error::forbidden(
            "failed to follow the link: it was not signed by this server",
        ));
    }
    if ctx.now_ms() / 1000 > *until {
        return Err(
            Error::new(Kind::Forbidden, "failed to follow the link: it counts no longer")
                .hint("ask for a new one"),
        );
    }
    Grant::parse(grant).ok_or_else(|| Error::forbidden("failed to follow the link: it lets nothing do"))
}

fn link(
    ctx: &OpContext,
    base: &str,
    workspace: &str,
    grant: &Grant,
    path: &str,
    ttl_s: i64,
) -> Result<String> {
    use std::fmt::Write;
    let until = ctx.now_ms() / 1000 + ttl_s;
    let grant = grant.word();
    let signature = ctx.app().seal.sign(&signed_text(workspace, &grant, until, path));
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
            escaped.push(byte.into());
        } else {
            write!(escaped, "%{byte:02X}").map_err(Error::internal)?;
        }
    }
    Ok(format!(
        "{base}/artifact-links/{workspace}/{grant}/{until}/{signature}/{escaped}"
    ))
}

fn signed_text(workspace: &str, grant: &str, until: i64, path: &str) -> String {
    format!("{workspace}\n{grant}\n{until}\n{path}")
}

fn ttl(expiration: Option<i64>) -> Result<i64> {
    let ttl_s = expiration.unwrap_or(TTL_S);
    if (1..=LONGEST_S).contains(&ttl_s) {
        return Ok(ttl_s);
    }
    Err(Error::invalid(format!(
        "expiration must be between 1 and {LONGEST_S} seconds (got {ttl_s})."
    )))
}

/// The file in a folder, by the last part of what the client calls it.
fn file_in(folder: &str, name: &str) -> Result<String> {
    let folder = rule::artifact_path(folder)?;
    let last = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let name = last(&rule::artifact_path(&last(name))?);
    if matches!(name.as_str(), "" | "." | "..") {
        return Err(Error::invalid("Invalid path"));
    }
    Ok(if folder.is_empty() {
        name
    } else {
        format!("{folder}/{name}")
    })
}

fn check_upload(id: &str) -> Result<()> {
    if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "failed to find upload {id:?}: ids have 32 hex digits"
    )))
}

/// A mark that only who has written a part knows.
fn etag(upload: &str, part: i64, path: &str) -> String {
    blake3::hash(format!("{upload}\n{part}\n{path}").as_bytes()).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_come_back_as_they_went() {
        for grant in [Grant::Get, Grant::Put, Grant::Part("ab12".into(), 7)] {
            assert_eq!(Grant::parse(&grant.word()), Some(grant));
        }
        assert_eq!(Grant::parse("part-x"), None);
    }

    #[test]
    fn an_upload_stays_in_its_folder() {
        assert_eq!(
            file_in("0/r/artifacts", "/home/me/a b.bin").ok().as_deref(),
            Some("0/r/artifacts/a b.bin")
        );
        assert_eq!(file_in("f", "C:\\x\\y.bin").ok().as_deref(), Some("f/y.bin"));
        for (folder, name) in [("../f", "a"), ("f", ".."), ("f", "a%2F.."), ("f", "")] {
            assert!(file_in(folder, name).is_err(), "{folder} {name}");
        }
    }
}
