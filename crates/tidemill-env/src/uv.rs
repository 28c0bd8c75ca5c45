//! The installer: where `uv` is found or how it is fetched, and with which variables it runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::EnvError;
use crate::pip_config::PipConfig;
use crate::process::{Journal, run};
use crate::python::Interpreter;
use crate::request::IndexOptions;
use crate::version::Version;

/// The version that is fetched where there is none.
pub const UV_VERSION: &str = "0.13.9";
/// The oldest whose options are understood here.
const OLDEST: &[u64] = &[0, 5, 0];

/// A usable `uv`.
#[derive(Debug, Clone)]
pub(crate) struct Uv {
    path: PathBuf,
    cache: PathBuf,
    offline: bool,
}

impl Uv {
    /// Looks for `uv`: fetched before, on `PATH`, where its installers put it.
    pub(crate) fn find(data_dir: &Path) -> Option<Self> {
        let cache = data_dir.join("cache/uv");
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let mut places = vec![tool_dir(data_dir).join("bin/uv")];
        if let Some(path) = std::env::var_os("PATH") {
            // A shim may start nothing at all; what it stands for is found by its own installer's folder.
            places.extend(
                std::env::split_paths(&path)
                    .filter(|p| p.is_absolute() && !p.ends_with("shims"))
                    .map(|p| p.join("uv")),
            );
        }
        places.extend([home.join(".local/bin/uv"), home.join(".cargo/bin/uv")]);
        places.into_iter().find(|path| usable(path)).map(|path| Self {
            path,
            cache: cache.clone(),
            offline: false,
        })
    }

    /// Finds `uv`, or fetches it from the package index into the data folder, once.
    pub(crate) fn get(
        data_dir: &Path,
        pythons: &[Interpreter],
        journal: &Journal<'_>,
    ) -> Result<Self, EnvError> {
        if let Some(found) = Self::find(data_dir) {
            return Ok(Self {
                offline: journal.offline,
                ..found
            });
        }
        if journal.offline {
            return Err(EnvError::UvMissing {
                message: "it is not installed, and nothing may be fetched".into(),
            });
        }
        let lock_path = data_dir.join("cache/tools/.lock");
        let _lock = crate::files::lock(&lock_path, journal.progress, journal.cancel)?;
        if let Some(found) = Self::find(data_dir) {
            return Ok(found);
        }
        fetch(data_dir, pythons, journal)?;
        Self::find(data_dir).ok_or_else(|| EnvError::UvMissing {
            message: "what was fetched does not start on this machine".into(),
        })
    }

    /// `uv <words>` with the variables that keep it inside the data folder, and the places it may look at.
    pub(crate) fn command(&self, words: &[&str], index: &IndexOptions) -> Command {
        let config = PipConfig::of_this_machine();
        let mut all = config.index;
        all.merge(index);
        let IndexOptions {
            index_url,
            extra_index_urls,
            find_links,
            no_index,
            prerelease,
        } = all;
        let mut command = Command::new(&self.path);
        for name in [
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "PYTHONPATH",
            "PYTHONHOME",
            "UV_PYTHON",
            "UV_SYSTEM_PYTHON",
        ] {
            command.env_remove(name);
        }
        command
            .args(words)
            .env("UV_CACHE_DIR", &self.cache)
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env("UV_LINK_MODE", "hardlink")
            .env("UV_SYSTEM_CERTS", "1")
            .env("NO_COLOR", "1");
        if self.offline {
            command.env("UV_OFFLINE", "1");
        }
        if let Some(cert) = config
            .cert
            .filter(|_| std::env::var_os("SSL_CERT_FILE").is_none())
        {
            command.env("SSL_CERT_FILE", cert);
        }
        // Addresses may hold passwords: variables, unlike arguments, are not for everyone to see.
        if let Some(url) = index_url {
            command.env("UV_DEFAULT_INDEX", url);
        }
        if !extra_index_urls.is_empty() {
            command.env("UV_INDEX", extra_index_urls.join(" "));
            // As pip does it: the best version of all indexes.
            command.env("UV_INDEX_STRATEGY", "unsafe-best-match");
        }
        if !config.trusted_hosts.is_empty() {
            command.env("UV_INSECURE_HOST", config.trusted_hosts.join(" "));
        }
        for place in find_links
            .iter()
            .filter(|place| place.contains("://") || Path::new(place).is_dir())
        {
            command.arg("--find-links").arg(place);
        }
        if no_index {
            command.arg("--no-index");
        }
        if prerelease {
            command.args(["--prerelease", "allow"]);
        }
        command
    }
}

fn tool_dir(data_dir: &Path) -> PathBuf {
    data_dir.join(format!("cache/tools/uv-{UV_VERSION}"))
}

fn usable(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.strip_prefix("uv ").and_then(Version::parse);
    output.status.success() && version.is_some_and(|version| version.0.as_slice() >= OLDEST)
}

/// Lets a Python's own pip put the one pinned wheel of uv into the data folder.
fn fetch(data_dir: &Path, pythons: &[Interpreter], journal: &Journal<'_>) -> Result<(), EnvError> {
    journal.line(&format!("fetching uv {UV_VERSION} from the package index, once"));
    let target = tool_dir(data_dir);
    let parent = target.parent().unwrap_or(data_dir);
    std::fs::create_dir_all(parent).map_err(EnvError::io("create", parent))?;
    let mut last = "no Python with pip is here".to_owned();
    for python in pythons {
        let temporary = tempfile::tempdir_in(parent).map_err(EnvError::io("create a folder in", parent))?;
        let mut command = Command::new(&python.path);
        command
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--only-binary",
                ":all:",
            ])
            .args(["--no-deps", "--no-compile", "--target"])
            .arg(temporary.path())
            .arg(format!("uv=={UV_VERSION}"))
            .env_remove("PYTHONHOME")
            .env_remove("PYTHONPATH");
        let ended = run(command, journal, &|| ())?;
        if ended.success && usable(&temporary.path().join("bin/uv")) {
            let path = temporary.keep();
            return std::fs::rename(&path, &target).map_err(EnvError::io("rename", &path));
        }
        if let Some(line) = ended.stderr.lines().rev().find(|line| !line.trim().is_empty()) {
            last = line.trim().to_owned();
        }
    }
    Err(EnvError::UvMissing {
        message: format!("it is not installed, and pip could not fetch it ({last})"),
    })
}
