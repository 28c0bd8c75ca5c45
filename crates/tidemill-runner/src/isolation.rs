//! What the processes of a job may reach: its own folders, its environment, its inputs, its outputs, and no more.

use crate::args::RunnerArgs;
use crate::prepare::{Placed, Where};
use crate::variables::Texts;
use crate::work::Work;
use std::fs;
use std::path::{Path, PathBuf};
use tidemill_env::Prefix;
use tidemill_process::isolation::{Isolation, Places, Relay};

/// Gathers what a job may reach. Several processes share their memory.
pub(crate) fn places(
    args: &RunnerArgs,
    work: &Work,
    prefix: Option<&Prefix>,
    texts: &Texts,
    outputs: &[Placed],
    distributed: bool,
    program: bool,
    relay: Option<Relay>,
) -> Places {
    let data_dir = &args.data_dir;
    let mut read = commands(data_dir);
    read.extend(prefix.map(of_environment).unwrap_or_default());
    if program {
        read.extend(std::env::current_exe());
    }
    let inputs = texts.data.iter().filter_map(|name| texts.inputs.get(name));
    read.extend(inputs.map(PathBuf::from).filter(|path| path.is_absolute()));
    let own = [
        &work.code,
        &work.home,
        &work.temp,
        &work.environment,
        &work.outputs,
    ];
    let mut write: Vec<PathBuf> = own.into_iter().filter(|path| path.exists()).cloned().collect();
    write.extend(args.job_folders.iter().filter(|folder| folder.is_dir()).cloned());
    for output in outputs {
        if let (Where::There, Some(root)) = (&output.place, output.store.local_root()) {
            let path = output.path.under(root);
            // A file is often written beside its place and moved there.
            let folder = if output.is_file {
                path.parent().map(Path::to_owned)
            } else {
                Some(path)
            };
            write.extend(folder);
        }
    }
    Places {
        data_dir: absolute(data_dir),
        read,
        write,
        temp: work.temp.clone(),
        shared_memory: distributed.then(|| work.shared_memory.clone()),
        relay,
    }
}

/// A variable of the machine as a job has it: its home is its own, and what lay in the server's is not there for it.
pub(crate) fn at_home(
    (name, value): (String, String),
    isolation: Isolation,
    work: &Work,
) -> Option<(String, String)> {
    match (isolation, name.as_str()) {
        (Isolation::None, _) => Some((name, value)),
        (_, "HOME") => Some((name, work.home.display().to_string())),
        (_, "UV_CACHE_DIR" | "PIP_CACHE_DIR") => None,
        (_, other) if other.starts_with("XDG_") => None,
        _ => Some((name, value)),
    }
}

/// The shared prefix below the job's own layer, and the interpreter that it stands on.
fn of_environment(prefix: &Prefix) -> Vec<PathBuf> {
    let above = |path: &Path, levels: usize| path.ancestors().nth(levels).map(Path::to_owned);
    let mut paths: Vec<PathBuf> = prefix
        .further_bin_dirs
        .iter()
        .filter_map(|bin| above(bin, 1))
        .collect();
    let real = fs::canonicalize(&prefix.base_python).ok();
    for python in [Some(prefix.base_python.clone()), real].into_iter().flatten() {
        paths.extend(above(&python, 2));
    }
    paths.retain(|path| !is_of_machine(path));
    paths
}

/// The folders of `PATH` that are not of the machine, such as `~/.cargo/bin`; never one that holds the data folder.
pub(crate) fn commands(data_dir: &Path) -> Vec<PathBuf> {
    let (path, data_dir) = (std::env::var_os("PATH").unwrap_or_default(), absolute(data_dir));
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute() && !is_of_machine(folder) && !data_dir.starts_with(folder))
        .collect()
}

fn is_of_machine(path: &Path) -> bool {
    path == Path::new("/")
        || ["/usr", "/bin", "/sbin"]
            .iter()
            .any(|root| path.starts_with(root))
}

pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
