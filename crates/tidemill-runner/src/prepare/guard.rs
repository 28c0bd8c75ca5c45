//! Keeps the build of an environment from what is not its own: what a package runs while it is built is as foreign as a job.

use crate::args::RunnerArgs;
use crate::isolation::{absolute, commands};
use crate::work::Work;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use tidemill_env::Starter;
use tidemill_process::isolation::{Isolation, Places, restrict};

/// Parts of a home in which tools of builds and their settings lie.
const OF_HOME: &[&str] = &[
    ".config/uv",
    ".config/pip",
    ".pip",
    ".netrc",
    ".cargo",
    ".rustup",
    ".pyenv",
    ".local/bin",
    ".local/share/uv",
];
/// Variables that name files which an installer reads.
const OF_VARIABLES: &[&str] = &[
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "UV_CONFIG_FILE",
    "NETRC",
];

/// How the programs of a build are started; as any other where jobs are not kept apart. The rules are Landlock's under every level,
/// for a build shares its cache with others by hard links, which no mount of its own would let it make.
pub(super) fn starter(args: &RunnerArgs, work: &Work, context: Option<&Path>) -> Option<Arc<Starter>> {
    if args.isolation == Isolation::None || Isolation::Landlock.lacks().is_some() {
        return None;
    }
    let data_dir = absolute(&args.data_dir);
    let mut read = commands(&data_dir);
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    read.extend(OF_HOME.iter().map(|part| home.join(part)));
    let named = OF_VARIABLES.iter().filter_map(std::env::var_os);
    read.extend(named.map(PathBuf::from));
    read.extend(args.job_folders.iter().cloned());
    read.extend(context.map(Path::to_owned));
    let write = ["envs", "cache/uv", "cache/tools"].map(|name| data_dir.join(name));
    let places = Places {
        data_dir,
        read,
        write: write.into(),
        temp: work.temp.clone(),
        ..Places::default()
    };
    Some(Arc::new(move |command: &mut Command| start(command, &places)))
}

/// The rules hold for the thread that sets them and for what it starts.
fn start(command: &mut Command, places: &Places) -> io::Result<Child> {
    let mut places = places.clone();
    for folder in &places.write {
        // A rule wants the folder to be there.
        std::fs::create_dir_all(folder)?;
    }
    places.read.extend(named(command, &places.data_dir));
    // Where this program has laid what the other one reads.
    places.read.extend(command.get_current_dir().map(Path::to_owned));
    // What is named to be read would not be written any more.
    let (read, write) = (&mut places.read, &places.write);
    read.retain(|path| !write.iter().any(|folder| path.starts_with(folder)));
    command.env("TMPDIR", &places.temp);
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            restrict(&places).map_err(io::Error::other)?;
            command.spawn()
        });
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("its thread ended")))
    })
}

/// What a command line names: the program and interpreters with what they stand on, lists and folders of packages.
fn named(command: &Command, data_dir: &Path) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let given = words
        .map(Path::new)
        .filter(|path| path.is_absolute() && path.exists());
    let mut paths = Vec::new();
    for path in given {
        for path in [Some(path.to_owned()), path.canonicalize().ok()]
            .into_iter()
            .flatten()
        {
            let folder = path.parent().filter(|folder| folder.ends_with("bin"));
            paths.extend(folder.and_then(Path::parent).map(Path::to_owned));
            paths.push(path);
        }
    }
    paths.retain(|path| may_be_named(path, data_dir, &home));
    paths
}

/// A folder of packages is named by who asks for the environment (`--find-links`): one that holds keys is not opened by that.
fn may_be_named(path: &Path, data_dir: &Path, home: &Path) -> bool {
    let holds = [data_dir, home, Path::new("/etc")]
        .iter()
        .any(|kept| !kept.as_os_str().is_empty() && kept.starts_with(path));
    let hidden = path.strip_prefix(home).is_ok_and(|rest| {
        rest.components()
            .any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
    });
    let tools = OF_HOME.iter().any(|part| path.starts_with(home.join(part)));
    path.parent().is_some()
        && !holds
        && !path.starts_with(data_dir)
        && !path.starts_with("/etc")
        && (!hidden || tools)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_of_keys_is_opened_by_naming_it() {
        let may = |path: &str| may_be_named(Path::new(path), Path::new("/srv/mill"), Path::new("/home/mill"));
        for open in [
            "/srv/wheels",
            "/home/mill/wheels",
            "/home/mill/.pyenv/versions/3.12",
            "/opt/python",
        ] {
            assert!(may(open), "{open}");
        }
        for kept in [
            "/",
            "/srv",
            "/srv/mill/keys",
            "/home",
            "/home/mill",
            "/home/mill/.ssh",
            "/etc",
            "/etc/ssh",
        ] {
            assert!(!may(kept), "{kept}");
        }
    }
}
