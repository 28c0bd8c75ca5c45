//! One worker process: starts it with its socket, hands it its modules, and waits until its model is ready.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use super::frame::{self, Kind, Reply};
use super::{Settings, source};
use crate::config::{Config, Model};
use crate::error::StartError;

/// What a worker says of its model.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Facts {
    /// The worker's process.
    pub pid: u32,
    /// Version of Python.
    pub python: String,
    /// Whether it needs the headers of requests.
    #[serde(default)]
    pub wants_headers: bool,
    /// Whether it takes any method on `/score`.
    #[serde(default)]
    pub raw: bool,
    /// Version to document, as JSON text.
    #[serde(default)]
    pub swagger: BTreeMap<String, String>,
    /// MLflow's version, where the model is one of MLflow's.
    #[serde(default)]
    pub mlflow: Option<String>,
    /// Inputs and outputs in the words of the Open Inference Protocol, where the model tells them.
    #[serde(default)]
    pub inputs: Vec<serde_json::Value>,
    /// See `inputs`.
    #[serde(default)]
    pub outputs: Vec<serde_json::Value>,
}

/// A worker that is ready. Dropping it closes its socket, and so ends it.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) stream: Arc<UnixStream>,
    /// Its own end of the socket, where what it has not read can be taken back.
    pub(super) theirs: Socket,
    pub(super) marks: Arc<Marks>,
}

/// What its supervisor and its borrower both know of a worker.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) id: u64,
    pub(super) pid: u32,
    ended: AtomicBool,
    /// Wakes who attends to it.
    pub(super) stir: Notify,
    kill: Notify,
}

impl Marks {
    /// Ends the process now.
    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    /// Whether the process is gone.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// A process, and how it ends.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pub(super) marks: Arc<Marks>,
}

impl Process {
    /// Waits for its end, or brings it about; then ends what it started and left.
    pub(super) async fn ended(&mut self) -> String {
        let status = tokio::select! {
            status = self.child.wait() => status,
            () = self.marks.kill.notified() => {
                let _ = self.child.start_kill();
                self.child.wait().await
            }
        };
        sweep(self.marks.pid);
        self.marks.ended.store(true, Ordering::Release);
        self.marks.stir.notify_one();
        status.map_or_else(|error| error.to_string(), told)
    }
}

/// Ends the processes of a worker's group: what a script forked.
fn sweep(pid: u32) {
    let group = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // No such group: it left nothing.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

fn told(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => String::from("an unknown status"),
    }
}

/// Starts a worker and waits until its model is ready.
pub(super) async fn start(config: &Config, id: u64) -> Result<(Worker, Process, Facts), StartError> {
    let machine = |action| move |source| StartError::Machine { action, source };
    let (ours, theirs) =
        Socket::pair(Domain::UNIX, Type::SEQPACKET, None).map_err(machine("make a socket"))?;
    ours.set_nonblocking(true).map_err(machine("make a socket"))?;
    let ours = std::os::unix::net::UnixStream::from(OwnedFd::from(ours));
    let stream = UnixStream::from_std(ours).map_err(machine("make a socket"))?;
    let given = theirs.try_clone().map_err(machine("make a socket"))?;
    let child = spawn(config, given.into())?;
    let marks = Arc::new(Marks {
        id,
        pid: child.id().unwrap_or_default(),
        ..Marks::default()
    });
    let mut process = Process { child, marks };
    let ready = tokio::time::timeout(config.start_timeout, async {
        tokio::select! {
            // What it says before it ends comes first.
            biased;
            said = hand_over(config, &stream) => said.map_err(|_| None),
            status = process.ended() => match frame::receive(&stream).now_or_never() {
                Some(Ok(said)) => Ok(said),
                _ => Err(Some(status)),
            },
        }
    });
    let fails = match ready.await {
        Ok(Ok(Reply {
            kind: Kind::Ready,
            meta,
            ..
        })) => match serde_json::from_slice(&meta) {
            Ok(facts) => {
                // From now on nobody waits in a read of that end.
                theirs.set_nonblocking(true).map_err(machine("set a socket up"))?;
                let (stream, marks) = (Arc::new(stream), Arc::clone(&process.marks));
                let worker = Worker {
                    stream,
                    theirs,
                    marks,
                };
                return Ok((worker, process, facts));
            }
            Err(error) => StartError::Model {
                reason: error.to_string(),
            },
        },
        Ok(Ok(reply)) => StartError::Model {
            reason: reason(&reply),
        },
        Ok(Err(status)) => StartError::Died {
            status: status.unwrap_or_else(|| String::from("its socket closed")),
        },
        Err(_) => StartError::Slow {
            seconds: config.start_timeout.as_secs(),
        },
    };
    if !process.marks.has_ended() {
        process.marks.kill();
        process.ended().await;
    }
    Err(fails)
}

fn spawn(config: &Config, socket: OwnedFd) -> Result<Child, StartError> {
    let python = &config.python;
    let mut command = Command::new(&python.program);
    command.args(["-u", "-c", source::BOOT]);
    for name in &python.unset {
        command.env_remove(name);
    }
    command.envs(python.set.iter().map(|(name, value)| (name, value)));
    command.env("AML_APP_ROOT", &config.app_root);
    if let Some(folder) = &config.model_dir {
        command.env("AZUREML_MODEL_DIR", folder);
    }
    if let Model::Script { entry_script } = &config.model {
        command.env("AZUREML_ENTRY_SCRIPT", entry_script);
    }
    command.current_dir(&config.work_dir).stdin(Stdio::from(socket));
    // A group of its own: Ctrl-C in a terminal is for the server, which lets requests finish first.
    command.process_group(0).kill_on_drop(true);
    command.spawn().map_err(|source| StartError::Spawn {
        program: python.program.display().to_string(),
        source,
    })
}

async fn hand_over(config: &Config, stream: &UnixStream) -> io::Result<Reply> {
    let settings = Settings {
        kind: match config.model {
            Model::Script { .. } => "script",
            _ => "mlflow",
        },
        entry_script: match &config.model {
            Model::Script { entry_script } => Some(entry_script.clone()),
            _ => None,
        },
        app_root: config.app_root.clone(),
        path: source_directory(config),
        model_dir: config.model_dir.clone(),
        answer_limit: config.max_answer_bytes,
        request_ids: !config.plain_log,
        parent: std::process::id(),
    };
    let modules: BTreeMap<&str, &str> = source::MODULES.iter().copied().collect();
    let start = serde_json::json!({ "modules": modules, "settings": settings });
    frame::send_start(stream, start.to_string().as_bytes()).await?;
    frame::receive(stream).await
}

/// `AZUREML_SOURCE_DIRECTORY`, below the app's root, and the folder of the script.
fn source_directory(config: &Config) -> Vec<std::path::PathBuf> {
    let named = std::env::var_os("AZUREML_SOURCE_DIRECTORY").filter(|name| !name.is_empty());
    let mut folders: Vec<_> = named.map(|name| config.app_root.join(name)).into_iter().collect();
    if let Model::Script { entry_script } = &config.model {
        folders.extend(entry_script.parent().map(std::path::Path::to_path_buf));
    }
    folders
}

fn reason(reply: &Reply) -> String {
    #[derive(Deserialize)]
    struct Failed {
        reason: String,
    }
    serde_json::from_slice(&reply.meta).map_or_else(
        |_| String::from("the worker did not say why"),
        |Failed { reason }| reason,
    )
}
