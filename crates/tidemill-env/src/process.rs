//! Runs one installer process: its lines go to the log as they come, and it ends when the caller cancels.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::error::EnvError;
use crate::event::{EnvEvent, Progress, line};

/// The most of one line that is kept, and the most of a log, in bytes.
const LINE_BYTES: u64 = 16 << 10;
const LOG_BYTES: usize = 8 << 20;

/// Starts a program of a build. What runs in one, such as the setup script of a package, is as foreign as a job is: whoever keeps
/// jobs from what is not theirs starts it so.
pub type Starter = dyn Fn(&mut Command) -> std::io::Result<Child> + Send + Sync;

/// A build log in the making: each line is kept, and told.
pub(crate) struct Journal<'a> {
    pub progress: Progress<'a>,
    pub cancel: &'a AtomicBool,
    /// Whether nobody beyond this machine is to be asked.
    pub offline: bool,
    starter: Option<&'a Starter>,
    text: RefCell<String>,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(progress: Progress<'a>, cancel: &'a AtomicBool) -> Self {
        Self {
            progress,
            cancel,
            offline: false,
            starter: None,
            text: RefCell::new(String::new()),
        }
    }

    pub(crate) fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    pub(crate) fn started_by(mut self, starter: Option<&'a Starter>) -> Self {
        self.starter = starter;
        self
    }

    /// As this one, and nobody hears of it.
    pub(crate) fn unheard(&self) -> Self {
        Self::new(&|_| (), self.cancel)
            .offline(self.offline)
            .started_by(self.starter)
    }

    fn start(&self, command: &mut Command) -> std::io::Result<Child> {
        match self.starter {
            Some(start) => start(command),
            None => command.spawn(),
        }
    }

    /// Keeps a line, and tells it.
    pub(crate) fn line(&self, text: &str) {
        self.keep(text);
        (self.progress)(line(text));
    }

    /// Keeps a line without telling it.
    pub(crate) fn keep(&self, text: &str) {
        let mut log = self.text.borrow_mut();
        if log.len() < LOG_BYTES {
            log.push_str(text);
            log.push('\n');
        }
    }

    pub(crate) fn text(&self) -> String {
        self.text.borrow().clone()
    }
}

/// How a process ended.
pub(crate) struct Ended {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `command` to its end. `tick` is called about four times a second.
pub(crate) fn run(mut command: Command, journal: &Journal<'_>, tick: &dyn Fn()) -> Result<Ended, EnvError> {
    let program = command.get_program().to_owned();
    let path = std::path::Path::new(&program).to_path_buf();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = journal
        .start(&mut command)
        .map_err(EnvError::io("start", &path))?;
    let (sender, lines) = mpsc::channel::<(bool, String)>();
    let out = child
        .stdout
        .take()
        .map(|pipe| read_lines(pipe, true, sender.clone()));
    let err = child.stderr.take().map(|pipe| read_lines(pipe, false, sender));
    let (mut stdout, mut stderr) = (String::new(), String::new());
    loop {
        match lines.recv_timeout(Duration::from_millis(250)) {
            Ok((true, text)) => {
                stdout.push_str(&text);
                stdout.push('\n');
            }
            Ok((false, text)) => {
                tell(&text, journal);
                if stderr.len() < LOG_BYTES {
                    stderr.push_str(&text);
                    stderr.push('\n');
                }
            }
            Err(RecvTimeoutError::Timeout) => tick(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if journal.cancel.load(Ordering::Relaxed) {
            // It may have ended by itself in between, which is as good.
            let _ = child.kill();
            let _ = child.wait();
            return Err(EnvError::Cancelled);
        }
    }
    for reader in [out, err].into_iter().flatten() {
        let _ = reader.join();
    }
    let status = child.wait().map_err(EnvError::io("wait for", &path))?;
    Ok(Ended {
        success: status.success(),
        stdout,
        stderr,
    })
}

fn read_lines(
    pipe: impl Read + Send + 'static,
    is_stdout: bool,
    sender: mpsc::Sender<(bool, String)>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&bytes)
                .trim_end_matches(['\n', '\r'])
                .to_owned();
            if sender.send((is_stdout, text)).is_err() {
                return;
            }
        }
    })
}

/// Lines for the log alone: lists, and failures, of which the last is an error of its own and the others were attempts.
const KEPT: &[&str] = &[
    " Downloaded ",
    " + ",
    "error:",
    "hint:",
    "  cause:",
    "         ",
    "Using Python",
];

/// `Downloading numpy (16.0MiB)` becomes an event of its own; the rest are lines.
fn tell(text: &str, journal: &Journal<'_>) {
    if let Some(rest) = text.strip_prefix("Downloading ") {
        let (name, size) = rest
            .split_once(" (")
            .map_or((rest, None), |(n, s)| (n, Some(s.trim_end_matches(')'))));
        journal.keep(text);
        (journal.progress)(EnvEvent::Downloading {
            name: name.to_owned(),
            size: size.map(str::to_owned),
        });
    } else if KEPT.iter().any(|start| text.starts_with(start)) {
        journal.keep(text);
    } else if !text.trim().is_empty() {
        journal.line(text);
    }
}
