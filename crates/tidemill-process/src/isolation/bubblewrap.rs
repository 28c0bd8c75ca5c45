//! The strongest level: `bwrap` gives a job namespaces of its own, in which nothing is that was not put there.

use super::Places;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "bwrap";
/// What a job shares with nobody. The network it shares.
const NAMESPACES: &[&str] = &[
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--cap-drop",
    "ALL",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
];

/// Why it cannot be used here, found by starting a program under it.
pub(super) fn lacks() -> Option<String> {
    let tried = Command::new(program())
        .args(NAMESPACES)
        .args(["--ro-bind", "/", "/", "--", "/bin/sh", "-c", "exit 0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output();
    match tried {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(
            String::from_utf8_lossy(&output.stderr)
                .lines()
                .next()
                .unwrap_or("it ended without a word")
                .to_owned(),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some("bwrap is not installed".to_owned())
        }
        Err(error) => Some(format!("failed to start bwrap: {error}")),
    }
}

/// The command that runs `command` in a sandbox which starts in `folder`.
#[must_use]
pub fn wrap(places: &Places, folder: &Path, command: &Path) -> Command {
    let mut args: Vec<OsString> = NAMESPACES.iter().map(OsString::from).collect();
    let mut add = |words: &[&OsStr]| args.extend(words.iter().map(OsString::from));
    let word = OsStr::new;
    for path in places.system() {
        match std::fs::read_link(&path) {
            Ok(target) => add(&[word("--symlink"), target.as_os_str(), path.as_os_str()]),
            Err(_) => add(&[word("--ro-bind-try"), path.as_os_str(), path.as_os_str()]),
        }
    }
    for path in Places::private() {
        if path.is_dir() {
            add(&[word("--tmpfs"), path.as_os_str()]);
        } else {
            add(&[word("--ro-bind"), word("/dev/null"), path.as_os_str()]);
        }
    }
    for path in Places::cards() {
        add(&[word("--dev-bind-try"), path.as_os_str(), path.as_os_str()]);
    }
    add(&[word("--bind"), places.temp.as_os_str(), word("/tmp")]);
    if let Some(memory) = &places.shared_memory {
        add(&[word("--bind"), memory.as_os_str(), word("/dev/shm")]);
    }
    // A folder before what lies in it.
    // What this account cannot reach, a job needs not be given, and bwrap would stumble over it.
    let reached = places.read.iter().filter(|path| path.exists());
    let mut laid: Vec<(&PathBuf, &str)> = reached.map(|path| (path, "--ro-bind")).collect();
    laid.extend(places.write.iter().map(|path| (path, "--bind")));
    laid.sort_by_key(|(path, _)| path.components().count());
    for (path, how) in laid {
        add(&[word(how), path.as_os_str(), path.as_os_str()]);
    }
    // What is only there to hold the places is not for writing.
    add(&[word("--remount-ro"), word("/")]);
    add(&[word("--chdir"), folder.as_os_str(), word("--")]);
    let mut wrapped = Command::new(program());
    wrapped.args(args).arg(command);
    wrapped
}

/// Where it is, as the server's own `PATH` says and not the job's.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .map(|folder| folder.join(PROGRAM))
        .find(|file| file.is_file())
        .unwrap_or_else(|| PROGRAM.into())
}
