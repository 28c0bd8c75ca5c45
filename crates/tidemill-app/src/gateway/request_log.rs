//! A line for each request, kept for a time: who called, which instance answered, how, and how long it took.
//!
//! Lines are gathered and written in the background, a file an hour and deployment. A line is lost when the server is
//! killed within a second, or when more come than can be written; how many that were is counted.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::DataDir;

/// How long lines are kept, in hours.
pub const KEPT_HOURS: i64 = 48;
/// Lines that wait to be written.
const WAITING: usize = 20_000;
/// How often they are written.
const EVERY: Duration = Duration::from_millis(500);
const HOUR_MS: i64 = 3_600_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it came: UTC milliseconds.
    pub at: i64,
    /// Its id.
    pub request_id: String,
    /// The instance that it was given to; none when it got no turn.
    pub instance: Option<i64>,
    /// The method.
    pub method: String,
    /// The path behind the endpoint.
    pub path: String,
    /// What the caller was answered.
    pub status: u16,
    /// What the model answered, where it did.
    pub model_status: Option<u16>,
    /// How long it took to the head of the answer, in microseconds.
    pub took_us: u64,
    /// How much of that it waited for its turn, in microseconds.
    pub waited_us: u64,
    /// `key`, `token`, or the principal.
    pub caller: String,
    /// A copy of another request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
}

/// Where lines go.
#[derive(Debug, Default)]
pub struct Requests {
    sender: OnceLock<mpsc::Sender<(PathBuf, Entry)>>,
    dir: OnceLock<PathBuf>,
    lost: AtomicU64,
}

/// The folder of what a deployment says: its logs and its requests.
pub(crate) fn folder(dir: &DataDir, workspace: &str, endpoint: &str, deployment: &str) -> PathBuf {
    root(dir).join(workspace).join(endpoint).join(deployment)
}

fn root(dir: &DataDir) -> PathBuf {
    dir.root().join("endpoints")
}

impl Requests {
    /// Begins to write.
    pub(crate) fn start(&self, dir: &DataDir) {
        let (sender, receiver) = mpsc::channel(WAITING);
        if self.sender.set(sender).is_ok() {
            self.dir.get_or_init(|| root(dir));
            tokio::spawn(write_all(receiver));
        }
    }

    /// Notes a request. Never waits.
    pub fn note(&self, workspace: &str, endpoint: &str, deployment: &str, entry: Entry) {
        let (Some(sender), Some(dir)) = (self.sender.get(), self.dir.get()) else {
            return;
        };
        let folder = dir.join(workspace).join(endpoint).join(deployment);
        if sender.try_send((folder, entry)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that were not written, because more came than could be.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

async fn write_all(mut receiver: mpsc::Receiver<(PathBuf, Entry)>) {
    let mut gathered = Vec::new();
    while receiver.recv_many(&mut gathered, WAITING).await > 0 {
        let batch = std::mem::take(&mut gathered);
        let written = tokio::task::spawn_blocking(move || write(batch)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "failed to note requests of endpoints");
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn write(batch: Vec<(PathBuf, Entry)>) -> std::io::Result<()> {
    let mut texts: HashMap<PathBuf, String> = HashMap::new();
    for (folder, entry) in batch {
        let hour = entry.at / HOUR_MS;
        let text = texts
            .entry(folder.join(format!("requests.{hour}.jsonl")))
            .or_default();
        if let Ok(line) = serde_json::to_string(&entry) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    for (file, text) in texts {
        let fresh = !file.exists();
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&file)?
            .write_all(text.as_bytes())?;
        if let Some(folder) = file.parent().filter(|_| fresh) {
            forget(folder)?;
        }
    }
    Ok(())
}

/// The files of requests in a folder, oldest first, with their hours.
fn files(folder: &Path) -> std::io::Result<Vec<(i64, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<(i64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hour = name
                .strip_prefix("requests.")?
                .strip_suffix(".jsonl")?
                .parse()
                .ok()?;
            Some((hour, entry.path()))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Removes what is older than it is kept, by the youngest hour there is.
fn forget(folder: &Path) -> std::io::Result<()> {
    let files = files(folder)?;
    let Some((youngest, _)) = files.last() else {
        return Ok(());
    };
    for (hour, file) in &files {
        if *hour <= youngest - KEPT_HOURS {
            std::fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// The last requests of a deployment, oldest first; `id` picks those of one id.
///
/// # Errors
/// When the files cannot be read.
pub fn read(
    dir: &DataDir,
    (workspace, endpoint, deployment): (&str, &str, &str),
    most: usize,
    id: Option<&str>,
) -> std::io::Result<Vec<Entry>> {
    let mut found = std::collections::VecDeque::new();
    for (_, file) in files(&folder(dir, workspace, endpoint, deployment))?.iter().rev() {
        let text = std::fs::read_to_string(file)?;
        for line in text.lines().rev() {
            if found.len() >= most {
                return Ok(found.into());
            }
            // A line that was cut off by a kill is no line.
            if let Ok(entry) = serde_json::from_str::<Entry>(line)
                && id.is_none_or(|id| id == entry.request_id)
            {
                found.push_front(entry);
            }
        }
    }
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(hour: i64, id: &str) -> Entry {
        Entry {
            at: hour * HOUR_MS,
            request_id: id.into(),
            instance: Some(1),
            method: "POST".into(),
            path: "/score".into(),
            status: 200,
            model_status: Some(200),
            took_us: 5,
            waited_us: 1,
            caller: "key".into(),
            mirrored: false,
        }
    }

    #[test]
    fn requests_are_found_by_their_id_and_forgotten_after_a_time() {
        let root = tempfile::tempdir().expect("a folder");
        let dir = DataDir::open(root.path()).expect("opens");
        let folder = folder(&dir, "w", "e", "d");
        for (hour, id) in [
            (1, "old"),
            (KEPT_HOURS, "b"),
            (KEPT_HOURS + 1, "c"),
            (KEPT_HOURS + 1, "d"),
        ] {
            write(vec![(folder.clone(), entry(hour, id))]).expect("written");
        }
        let ids = |most, id| -> Vec<String> {
            let found = read(&dir, ("w", "e", "d"), most, id).expect("read");
            found.into_iter().map(|entry| entry.request_id).collect()
        };
        assert_eq!(ids(10, None), ["b", "c", "d"]);
        assert_eq!(ids(2, None), ["c", "d"]);
        assert_eq!(ids(10, Some("c")), ["c"]);
        assert!(
            read(&dir, ("w", "e", "none"), 1, None)
                .expect("nothing")
                .is_empty()
        );
    }
}
