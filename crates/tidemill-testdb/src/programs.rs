//! Where PostgreSQL's programs are, and as whom they run: the server refuses root.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs of one PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    bin: PathBuf,
}

/// The newest PostgreSQL that is installed here.
pub(crate) fn find() -> Option<Programs> {
    let debian = versions(Path::new("/usr/lib/postgresql"), "");
    let red_hat = versions(Path::new("/usr"), "pgsql-");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let complete = |bin: &PathBuf| {
        ["initdb", "postgres", "psql", "pg_isready"]
            .iter()
            .all(|program| bin.join(program).is_file())
    };
    debian
        .into_iter()
        .chain(red_hat)
        .chain(on_path)
        .find(complete)
        .map(|bin| Programs { bin })
}

/// `{folder}/{prefix}{number}/bin`, the highest number first.
fn versions(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, bin)| bin).collect()
}

impl Programs {
    /// The path of a program.
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    /// A program, to be run as ourselves.
    pub(crate) fn command(&self, program: &str) -> Command {
        Command::new(self.path(program))
    }
}
