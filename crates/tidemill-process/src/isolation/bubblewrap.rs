//! The strongest level: `bwrap` gives a job namespaces of its own, in which nothing is that was not put there.

use super::{Places, syscalls};
use rustix::fs::MemfdFlags;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "bwrap";
/// Where a job whose network is closed finds the program that listens on its loopback, and the socket behind it.
const RELAY: [&str; 2] = ["/run/tidemill", "/run/tidemill-relay"];
/// Of its own `/proc`, what is of the whole machine: a server of root would let it be written, powers or not.
const OF_THE_MACHINE: &[&str] = &["sys", "sysrq-trigger", "irq", "bus", "fs"];
/// What a job shares with nobody.
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

/// The command that runs `command` in a sandbox which starts in `folder`. What comes beside it is to be kept until it has been
/// started: its filter of calls.
///
/// # Errors
/// When the filter cannot be made.
pub fn wrap(places: &Places, folder: &Path, command: &Path) -> io::Result<(Command, Option<File>)> {
    let mut args: Vec<OsString> = NAMESPACES.iter().map(OsString::from).collect();
    let filter = filter()?;
    if let Some(file) = &filter {
        args.extend(["--seccomp".into(), file.as_raw_fd().to_string().into()]);
    }
    let mut add = |words: &[&OsStr]| args.extend(words.iter().map(OsString::from));
    let word = OsStr::new;
    for path in OF_THE_MACHINE.iter().map(|name| Path::new("/proc").join(name)) {
        add(&[word("--ro-bind-try"), path.as_os_str(), path.as_os_str()]);
    }
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
    if let Some(relay) = &places.relay {
        add(&[word("--unshare-net")]);
        for (path, inside) in [&relay.program, &relay.socket].into_iter().zip(RELAY) {
            add(&[word("--ro-bind"), path.as_os_str(), word(inside)]);
        }
    }
    // What is only there to hold the places is not for writing.
    add(&[word("--remount-ro"), word("/")]);
    add(&[word("--chdir"), folder.as_os_str(), word("--")]);
    if let Some(relay) = &places.relay {
        let port = OsString::from(relay.port.to_string());
        let [program, socket] = RELAY.map(OsStr::new);
        add(&[program, word("relay"), word("--socket"), socket]);
        add(&[word("--port"), &port, word("--")]);
    }
    let mut wrapped = Command::new(program());
    wrapped.args(args).arg(command);
    Ok((wrapped, filter))
}

/// The filter of calls in a file of its own, read once: a process that is started finds it under the same number.
fn filter() -> io::Result<Option<File>> {
    let Some(filter) = syscalls::filter().map_err(io::Error::other)? else {
        return Ok(None);
    };
    let mut file = File::from(rustix::fs::memfd_create(c"filter", MemfdFlags::empty())?);
    file.write_all(&syscalls::bytes(&filter))?;
    file.rewind()?;
    Ok(Some(file))
}

/// Where it is, as the server's own `PATH` says and not the job's.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .map(|folder| folder.join(PROGRAM))
        .find(|file| file.is_file())
        .unwrap_or_else(|| PROGRAM.into())
}
