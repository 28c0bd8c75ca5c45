//! `tidemill data mount`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::json;

use crate::cli::asset::{Which, fetch};
use crate::error::{Error, Result};
use crate::mount::{Ended, Mounted, Plan};
use crate::output::{bytes, count, number, text};
use crate::server::Stop;
use crate::session::Session;

/// Mount a version read-only at a folder; files come as they are read
///
/// The command stays until Ctrl-C, which unmounts. Needs Linux with FUSE, and the right to mount or `fusermount3`. What has been read is
/// kept beside the mount until then; a file that has come whole is checked against its BLAKE3 in the version.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data mount azureml:flights:3 --mount-point ./flights
  tidemill data mount --name flights --label latest --mount-point /mnt/flights --allow-other")]
pub struct Mount {
    /// Version, such as azureml:flights:3 or flights@latest
    #[arg(value_name = "DATA", conflicts_with_all = ["name", "path"], required_unless_present_any = ["name", "path"])]
    data: Option<String>,
    /// The same, as `az ml data mount` has it
    #[arg(long, value_name = "DATA", conflicts_with = "name")]
    path: Option<String>,
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Version
    #[arg(long, short, conflicts_with = "label", requires = "name")]
    version: Option<String>,
    /// Label, such as latest
    #[arg(long, short, requires = "name")]
    label: Option<String>,
    /// Folder to mount at; it is made where it is not there
    #[arg(long, value_name = "FOLDER")]
    mount_point: PathBuf,
    /// Other people of this machine may read it too
    #[arg(long)]
    allow_other: bool,
    /// Folder to keep what has been read in, until it is unmounted [default: that of temporary files]
    #[arg(long, value_name = "FOLDER")]
    cache_folder: Option<PathBuf>,
    /// Only reading
    #[arg(long, hide = true, default_value = "ro_mount", value_parser = ["ro_mount"])]
    mode: String,
}

impl Mount {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let which = match (self.name, self.data.or(self.path)) {
            (Some(name), _) => Which {
                name,
                version: self.version,
                label: self.label,
            },
            (None, reference) => Which::of_reference(&reference.unwrap_or_default()),
        };
        let (path, view) = which.found(session, super::KIND).await?;
        let files = fetch::wanted(session, &path, "").await?;
        let name = format!(
            "azureml:{}:{}",
            which.name,
            text(&view, "version").unwrap_or_default()
        );
        let (there, total) = (files.len() as u64, files.iter().map(|file| file.size_bytes).sum());
        let mut stop = Stop::listen()?;
        let made = ready(&self.mount_point)?;
        let plan = Plan {
            name: name.clone(),
            files,
            made_at: time_of(number(&view, "created_at")),
            folder: self.mount_point.clone(),
            cache: self.cache_folder.unwrap_or_else(std::env::temp_dir),
            allow_other: self.allow_other,
        };
        let teller = session.clone();
        let mounted = Mounted::mount(
            session.client.clone(),
            plan,
            Box::new(move |said| teller.warn(said)),
        );
        let ended = match mounted {
            Ok(mounted) => {
                let shown = self.mount_point.display().to_string();
                session.note(&format!(
                    "Mounted {name} ({}, {}) at {shown}, to read; Ctrl-C unmounts",
                    count(there, "file"),
                    bytes(total)
                ));
                let view = json!({ "data": name, "mount_point": shown, "files": there, "size_bytes": total });
                match session.show(view) {
                    Ok(()) => stay(session, mounted, &mut stop, &shown).await,
                    Err(error) => mounted.unmount().await.and(Err(error)),
                }
            }
            Err(error) => Err(error),
        };
        if made {
            // What was made for it goes with it, where it is empty again.
            let _ = std::fs::remove_dir(&self.mount_point);
        }
        ended
    }
}

/// Waits until it is to end, and ends it.
async fn stay(session: &Session, mut mounted: Mounted, stop: &mut Stop, shown: &str) -> Result<()> {
    tokio::select! {
        ended = mounted.ended() => {
            ended?;
            session.note(&format!("Somebody has unmounted {shown}; {} had come", bytes(mounted.came())));
            return Ok(());
        }
        _ = stop.next() => {}
    }
    let came = bytes(mounted.came());
    match mounted.unmount().await? {
        Ended::Unmounted => session.note(&format!("Unmounted {shown}; {came} had come")),
        Ended::Detached => session.warn(&format!(
            "{shown} was still in use: it is gone, and what is open there ends with an error; {came} had come"
        )),
    }
    Ok(())
}

/// Sees to it that the folder is there, empty, and no mount whose program is gone. True where it was made.
fn ready(folder: &Path) -> Result<bool> {
    let refused = |why: &str| Error::failed(format!("failed to mount at {}: {why}", folder.display()));
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(false),
            Some(_) => Err(refused("it is not empty, and what is in it would be hidden")
                .with_hint("name another folder; one that is not there is made")),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => std::fs::create_dir_all(folder)
            .map(|()| true)
            .map_err(|error| Error::file("make the folder", folder, error)),
        Err(error) if error.kind() == ErrorKind::NotConnected => {
            Err(refused("an earlier mount is left there, whose program is gone")
                .with_hint(format!("take it away first: `umount {}`", folder.display())))
        }
        Err(error) => Err(refused(&error.to_string()).with_hint("name a folder that you may write to")),
    }
}

/// A time of the server.
fn time_of(milliseconds: Option<i64>) -> SystemTime {
    let since = milliseconds.and_then(|time| u64::try_from(time).ok());
    SystemTime::UNIX_EPOCH + Duration::from_millis(since.unwrap_or_default())
}
