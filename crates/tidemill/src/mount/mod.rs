//! A version of data as a folder of this machine: a read-only file system, whose files come from the server as they are read.

mod file_system;
mod folders;
mod pieces;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fuser::{MountOption, SessionACL, SessionUnmounter};
use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};
use tokio::sync::oneshot;

use crate::client::{Client, Wanted};
use crate::error::{Error, Result};
use file_system::FileSystem;
use folders::Folders;
use pieces::Pieces;

/// The device that a file system of a program is made with.
const DEVICE: &str = "/dev/fuse";

/// What is mounted, and how.
#[derive(Debug)]
pub struct Plan {
    /// What `mount` and `df` call it, as in `azureml:flights:3`.
    pub name: String,
    /// Its files.
    pub files: Vec<Wanted>,
    /// When it was made: the time of its files.
    pub made_at: SystemTime,
    /// The folder, which is there.
    pub folder: PathBuf,
    /// Where what has come is kept.
    pub cache: PathBuf,
    /// Other people of this machine may read it.
    pub allow_other: bool,
}

/// A mounted version.
#[derive(Debug)]
pub struct Mounted {
    folder: PathBuf,
    pieces: Arc<Pieces>,
    unmounter: SessionUnmounter,
    ended: oneshot::Receiver<std::io::Result<()>>,
}

/// How a mount ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing used it any more.
    Unmounted,
    /// It was taken out of sight while something still had it open.
    Detached,
}

impl Mounted {
    /// Mounts. `tell` hears of files that cannot be read, each once.
    ///
    /// # Errors
    /// A machine without FUSE, a user who may not mount, a folder that cannot be mounted on, files that get in each other's way.
    pub fn mount(client: Client, plan: Plan, tell: Box<dyn Fn(&str) + Send + Sync>) -> Result<Self> {
        let folders = Folders::of(plan.files.iter().map(|file| file.name.as_str()))?;
        device()?;
        let pieces = Arc::new(Pieces::new(client, plan.files, plan.cache, tell));
        let file_system = FileSystem::new(folders, pieces.clone(), plan.made_at)?;
        let mut config = fuser::Config::default();
        config.mount_options = vec![
            MountOption::RO,
            MountOption::NoSuid,
            MountOption::NoDev,
            MountOption::DefaultPermissions,
            MountOption::FSName(plan.name),
        ];
        if plan.allow_other {
            config.acl = SessionACL::All;
        }
        let mut session = fuser::Session::new(file_system, &plan.folder, &config)
            .map_err(|error| refused(&plan.folder, plan.allow_other, &error))?;
        let unmounter = session.unmount_callable();
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("mount".into())
            .spawn(move || end.send(session.run()))
            .map_err(|error| Error::failed(format!("failed to start a thread: {error}")))?;
        Ok(Self {
            folder: plan.folder,
            pieces,
            unmounter,
            ended,
        })
    }

    /// Returns when somebody else has unmounted it.
    ///
    /// # Errors
    /// When the kernel broke it off.
    pub async fn ended(&mut self) -> Result<()> {
        match (&mut self.ended).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::failed(format!(
                "failed to serve {}: {error}",
                self.folder.display()
            ))),
            Err(_) => Err(Error::failed(format!(
                "failed to serve {}: its thread ended",
                self.folder.display()
            ))),
        }
    }

    /// Unmounts. Where something still uses the folder, it is taken out of sight, and what is open there ends with an error.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn unmount(self) -> Result<Ended> {
        let Self {
            folder,
            mut unmounter,
            ..
        } = self;
        // It waits for reads that are under way, and they need this thread.
        let done = tokio::task::spawn_blocking(move || match unmounter.unmount() {
            Ok(()) => Ok(Ended::Unmounted),
            Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => {
                match umount2(&folder, MntFlags::MNT_DETACH) {
                    Ok(()) => Ok(Ended::Detached),
                    Err(error) => Err((folder, error.to_string())),
                }
            }
            Err(error) => Err((folder, error.to_string())),
        });
        let done = done
            .await
            .map_err(|error| Error::failed(format!("failed to unmount: {error}")))?;
        done.map_err(|(folder, error)| {
            Error::failed(format!("failed to unmount {}: {error}", folder.display())).with_hint(format!(
                "run `umount {0}` or `fusermount3 -u {0}`",
                folder.display()
            ))
        })
    }

    /// Bytes that have come from the server.
    pub fn came(&self) -> u64 {
        self.pieces.came()
    }
}

/// Whether this machine and this user have FUSE.
fn device() -> Result<()> {
    let opened = std::fs::File::options().read(true).write(true).open(DEVICE);
    opened.map(drop).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::NotFound => {
                "load the kernel's module (`modprobe fuse`); a container needs the device and the right to mount (`--device /dev/fuse \
                 --cap-add SYS_ADMIN`). Or use `tidemill data download`"
            }
            ErrorKind::PermissionDenied => {
                "ask for the right to open it, often that of the group `fuse`; or use `tidemill data download`"
            }
            _ => "this machine has no FUSE: use `tidemill data download`",
        };
        Error::failed(format!("failed to mount: {DEVICE} cannot be opened: {error}")).with_hint(hint)
    })
}

/// The error of a mount that was refused.
fn refused(folder: &Path, allow_other: bool, error: &std::io::Error) -> Error {
    let hint = match error.kind() {
        // The system said no, and the program that may do so for others is not there.
        ErrorKind::NotFound => {
            "this user may not mount: run it as root, or install `fusermount3` (package fuse3); or use `tidemill data download`"
        }
        _ if allow_other => "--allow-other of others than root needs `user_allow_other` in /etc/fuse.conf",
        _ => "a container needs the right to mount (`--cap-add SYS_ADMIN`); or use `tidemill data download`",
    };
    let said = error.to_string();
    Error::failed(format!(
        "failed to mount at {}: {}",
        folder.display(),
        said.trim()
    ))
    .with_hint(hint)
}
