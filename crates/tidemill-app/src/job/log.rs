//! Logs of a job and of its steps: what there is, and what comes.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::Stream;
use tidemill_policy::action;
use tidemill_store::job;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::{Job, Status, artifact_home, get, reason};
use crate::hub::{JobNews, What};
use crate::{Error, OpContext, Result, Scope};

/// The most bytes of a log in one event.
const CHUNK_BYTES: usize = 64 << 10;
/// How often a follower looks again although it has heard nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long it is believed that whoever follows still may.
const MAY: Duration = Duration::from_secs(1);

/// Something in the life of a job that somebody follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// New bytes of a log.
    Log {
        /// The job.
        job: String,
        /// Its name as a step.
        node: Option<String>,
        /// The file, such as `user_logs/std_log.txt`.
        file: String,
        /// Where in the file the text starts, in bytes.
        offset: u64,
        /// Where it ends.
        next_offset: u64,
        /// The text; bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// A job is in another state.
    Status {
        /// The job.
        job: String,
        /// Its name as a step.
        node: Option<String>,
        /// Azure's word.
        status: String,
        /// Why it waits or ended so.
        reason: Option<String>,
        /// The job whose outputs it took over.
        reused_from: Option<String>,
    },
    /// What a job does now.
    Progress {
        /// The job.
        job: String,
        /// Its name as a step.
        node: Option<String>,
        /// For people.
        message: String,
    },
    /// The job that is followed has ended; nothing comes after this.
    End {
        /// Azure's word.
        status: String,
    },
}

/// A piece of one log file from an offset on, and the size of the file.
///
/// # Errors
/// NotFound for a job or a file that is not there.
pub async fn read(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    file: &str,
    offset: u64,
) -> Result<(Vec<u8>, u64)> {
    let row = get(ctx, workspace, name).await?;
    let path = tidemill_objects::SafePath::parse(file)?.under(&folder(ctx, &row).await?);
    let shown = file.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        let mut open = std::fs::File::open(&path).map_err(|_| Error::not_found("log", &shown))?;
        let size = open.metadata().map_err(Error::internal)?.len();
        open.seek(SeekFrom::Start(offset)).map_err(Error::internal)?;
        open.take(16 << 20)
            .read_to_end(&mut bytes)
            .map_err(Error::internal)?;
        Ok((bytes, size))
    })
    .await
    .map_err(Error::internal)?
}

/// Follows a job and all its steps: what there is of their logs, and what comes, until the job ends. Without `follow`,
/// what there is now.
///
/// # Errors
/// NotFound.
pub async fn follow(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    follow: bool,
) -> Result<impl Stream<Item = LogEvent> + Send + use<>> {
    ctx.authorize(action::JOB_READ, &Scope::job(workspace, name))
        .await?;
    let row = get(ctx, workspace, name).await?;
    let (sender, mut receiver) = mpsc::channel(64);
    let follower = Follower {
        ctx: ctx.clone(),
        row,
        sender,
        seen: HashMap::new(),
        offsets: HashMap::new(),
        rows: HashMap::new(),
        may_until: Instant::now() + MAY,
    };
    tokio::spawn(follower.run(follow));
    Ok(async_stream::stream! {
        while let Some(event) = receiver.recv().await {
            yield event;
        }
    })
}

struct Follower {
    ctx: OpContext,
    row: Job,
    sender: mpsc::Sender<LogEvent>,
    /// The states that were told, by job.
    seen: HashMap<String, String>,
    /// How far each file was told, by job: several may have taken over the logs of one.
    offsets: HashMap<(String, PathBuf), u64>,
    /// The jobs that are followed.
    rows: HashMap<String, Job>,
    /// Until when it need not be asked again whether they may be followed.
    may_until: Instant,
}

/// The listener went away or may follow no longer, or the store cannot be read: either way there is nobody to tell.
struct Gone;

impl Follower {
    async fn run(mut self, follow: bool) {
        // Nothing to do about an end: the stream just closes.
        let _: std::result::Result<(), Gone> = self.tell_all(follow).await;
    }

    async fn tell_all(&mut self, follow: bool) -> std::result::Result<(), Gone> {
        let mut news = self.ctx.app().hub.listen();
        loop {
            let over = self.look_at_all().await?;
            if over || !follow {
                let status = self.row.status.clone();
                return self.send(LogEvent::End { status }).await;
            }
            // From here on, look only at what is told of; now and then, and after missing something, at everything.
            let again = tokio::time::sleep(LOOK_AGAIN);
            tokio::pin!(again);
            loop {
                tokio::select! {
                    () = &mut again => break,
                    told = news.recv() => match told {
                        Ok(told) => {
                            if self.concerns(&told) && self.heard(told).await? {
                                break;
                            }
                        }
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return Err(Gone),
                    },
                }
            }
        }
    }

    fn concerns(&self, news: &JobNews) -> bool {
        news.workspace == self.row.workspace && news.root == self.row.root
    }

    /// Acts on news of one job. True when the job that is followed has ended.
    async fn heard(&mut self, news: JobNews) -> std::result::Result<bool, Gone> {
        let own = news.job == self.row.name;
        match news.what {
            What::Log => {
                let Some(row) = self.row_of(&news.job).await? else {
                    return Ok(false);
                };
                self.tell_logs(&row).await?;
            }
            What::Message(message) => {
                let Some(row) = self.row_of(&news.job).await? else {
                    return Ok(false);
                };
                self.send(LogEvent::Progress {
                    job: row.name,
                    node: row.node,
                    message,
                })
                .await?;
            }
            What::Status => {
                let Some(row) = self.load(&news.job).await? else {
                    return Ok(false);
                };
                self.tell_logs(&row).await?;
                self.tell_status(&row).await?;
                let over = row.status.parse().is_ok_and(Status::is_over);
                if own {
                    self.row = row;
                    return Ok(over);
                }
            }
        }
        Ok(false)
    }

    /// The row of a job below the followed one, if it is one.
    async fn row_of(&mut self, job: &str) -> std::result::Result<Option<Job>, Gone> {
        match self.rows.get(job) {
            Some(row) => Ok(Some(row.clone())),
            None => self.load(job).await,
        }
    }

    async fn load(&mut self, job: &str) -> std::result::Result<Option<Job>, Gone> {
        let db = self.ctx.app().store.read();
        let row = job::get(db, &self.row.workspace, job).await.map_err(|_| Gone)?;
        let Some(row) = row else { return Ok(None) };
        let mut below = row.name == self.row.name;
        let mut parent = row.parent.clone();
        while let (false, Some(name)) = (below, &parent) {
            // The row of a pipeline holds the plan of all its steps: one that is known is not read again.
            below = *name == self.row.name || self.rows.contains_key(name);
            if !below {
                let above = job::get(db, &self.row.workspace, name).await.map_err(|_| Gone)?;
                parent = above.and_then(|row| row.parent);
            }
        }
        if !below {
            return Ok(None);
        }
        self.rows.insert(row.name.clone(), row.clone());
        Ok(Some(row))
    }

    async fn look_at_all(&mut self) -> std::result::Result<bool, Gone> {
        let db = self.ctx.app().store.read();
        let own = job::get(db, &self.row.workspace, &self.row.name)
            .await
            .map_err(|_| Gone)?
            .ok_or(Gone)?;
        self.row = own;
        let mut rows = vec![self.row.clone()];
        let mut at = 0;
        while at < rows.len() {
            if rows[at].kind == "pipeline" {
                let below = job::children(db, &self.row.workspace, &rows[at].name)
                    .await
                    .map_err(|_| Gone)?;
                rows.extend(below);
            }
            at += 1;
        }
        // What ended first is told first.
        rows.sort_by_key(|row| {
            (
                row.ended_at.unwrap_or(i64::MAX),
                row.started_at.unwrap_or(i64::MAX),
                row.position,
            )
        });
        for row in rows {
            self.rows.insert(row.name.clone(), row.clone());
            if row.status != Status::NotStarted.as_str() {
                self.tell_logs(&row).await?;
            }
            self.tell_status(&row).await?;
        }
        Ok(self.row.status.parse().is_ok_and(Status::is_over))
    }

    async fn tell_status(&mut self, row: &Job) -> std::result::Result<(), Gone> {
        let told = self.seen.insert(row.name.clone(), row.status.clone());
        if told.as_ref() == Some(&row.status) || (told.is_none() && row.status == Status::NotStarted.as_str())
        {
            return Ok(());
        }
        let why = reason(&self.ctx, row).await.unwrap_or_default();
        self.send(LogEvent::Status {
            job: row.name.clone(),
            node: row.node.clone(),
            status: row.status.clone(),
            reason: why,
            reused_from: row.reused_from.clone(),
        })
        .await
    }

    async fn tell_logs(&mut self, row: &Job) -> std::result::Result<(), Gone> {
        if row.kind == "pipeline" {
            return Ok(());
        }
        let folder = folder(&self.ctx, row).await.map_err(|_| Gone)?;
        for (path, name) in files(&folder.join("user_logs")) {
            let place = (row.name.clone(), path.clone());
            let mut offset = self.offsets.get(&place).copied().unwrap_or(0);
            loop {
                let (from, to) = (offset, path.clone());
                let bytes = tokio::task::spawn_blocking(move || piece(&to, from))
                    .await
                    .map_err(|_| Gone)?;
                if bytes.is_empty() {
                    break;
                }
                let next_offset = offset + bytes.len() as u64;
                self.send(LogEvent::Log {
                    job: row.name.clone(),
                    node: row.node.clone(),
                    file: format!("user_logs/{name}"),
                    offset,
                    next_offset,
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                })
                .await?;
                offset = next_offset;
            }
            self.offsets.insert(place, offset);
        }
        Ok(())
    }

    async fn send(&mut self, event: LogEvent) -> std::result::Result<(), Gone> {
        if Instant::now() >= self.may_until {
            let scope = Scope::job(&self.row.workspace, &self.row.name);
            let may = self.ctx.still_may(action::JOB_READ, &scope).await;
            if !may.map_err(|_| Gone)? {
                return Err(Gone);
            }
            self.may_until = Instant::now() + MAY;
        }
        self.sender.send(event).await.map_err(|_| Gone)
    }
}

async fn folder(ctx: &OpContext, row: &Job) -> Result<PathBuf> {
    let home = artifact_home(ctx, row).await?;
    Ok(ctx.app().dir.artifacts(&row.workspace).join(home))
}

fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned()))
        .collect();
    files.sort();
    files
}

/// Bytes from an offset on, cut so that no character is cut: what is left over comes with the next piece.
fn piece(path: &Path, offset: u64) -> Vec<u8> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(CHUNK_BYTES as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let mut bytes = read().unwrap_or_default();
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
        && error.valid_up_to() > 0
    {
        bytes.truncate(error.valid_up_to());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_not_cut_in_two() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut text = "a".repeat(CHUNK_BYTES - 1);
        text.push('é');
        std::fs::write(&path, &text).expect("writes");
        let first = piece(&path, 0);
        assert_eq!(first.len(), CHUNK_BYTES - 1);
        assert_eq!(piece(&path, first.len() as u64), "é".as_bytes());
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, [0xff, 0xfe, b'a']).expect("writes");
        assert_eq!(piece(&path, 0).len(), 3);
    }
}
