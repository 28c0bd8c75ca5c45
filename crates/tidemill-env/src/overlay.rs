//! A job's own layer over a shared prefix: it sees the shared packages, and what it installs stays its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::error::EnvError;
use crate::prefix::Prefix;

/// Scripts larger than this are programs; those are found on `PATH`.
const SCRIPT_BYTES: u64 = 64 << 10;

/// What a script begins with that runs under the Python of the folder it is in.
pub(crate) const TRAMPOLINE: &str =
    "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n";

/// Lays a virtual environment into `dir` whose Python sees the packages of `shared`, and whose `pip` installs into
/// `dir` alone. It starts no process, and takes a few milliseconds.
///
/// # Errors
/// Where `dir` cannot be written, or already holds something else.
pub fn private_overlay(shared: &Prefix, dir: &Path) -> Result<Prefix, EnvError> {
    let library = Prefix::library(&shared.python_version);
    let site_packages = dir.join(&library).join("site-packages");
    let bin_dir = dir.join("bin");
    virtual_environment(&shared.base_python, &shared.python_version, dir)?;
    // `addsitedir` reads the `.pth` files of the shared packages too, which a plain path would not.
    let link = site_packages.join("_tidemill_shared.pth");
    let place = serde_json::to_string(&shared.site_packages.display().to_string())
        .expect("text can be written as JSON, which Python reads as a string");
    fs::write(&link, format!("import site; site.addsitedir({place})\n"))
        .map_err(EnvError::io("write", &link))?;
    scripts(&shared.bin_dir, &bin_dir)?;
    for data in ["share", "etc"] {
        mirror(&shared.path.join(data), &dir.join(data))?;
    }
    let mut further_bin_dirs = vec![shared.bin_dir.clone()];
    further_bin_dirs.extend(shared.further_bin_dirs.iter().cloned());
    Ok(Prefix {
        path: dir.to_path_buf(),
        python: bin_dir.join("python"),
        bin_dir,
        site_packages,
        base_python: shared.base_python.clone(),
        python_version: shared.python_version.clone(),
        name: shared.name.clone(),
        variables: shared.variables.clone(),
        further_bin_dirs,
    })
}

/// Lays an empty virtual environment into `dir`, as `python -m venv --without-pip` would.
pub(crate) fn virtual_environment(base_python: &Path, version: &str, dir: &Path) -> Result<(), EnvError> {
    let bin_dir = dir.join("bin");
    let site_packages = dir.join(Prefix::library(version)).join("site-packages");
    for folder in [&bin_dir, &site_packages] {
        fs::create_dir_all(folder).map_err(EnvError::io("create", folder))?;
    }
    let home = base_python.parent().unwrap_or(Path::new("/usr/bin")).display();
    let text = format!(
        "home = {home}\nimplementation = CPython\nversion_info = {version}\nversion = {version}\ninclude-system-site-packages = false\nrelocatable = true\n"
    );
    let file = dir.join("pyvenv.cfg");
    fs::write(&file, text).map_err(EnvError::io("write", &file))?;
    let minor: Vec<&str> = version.split('.').take(2).collect();
    link(base_python, &bin_dir.join("python"))?;
    link(Path::new("python"), &bin_dir.join("python3"))?;
    link(
        Path::new("python"),
        &bin_dir.join(format!("python{}", minor.join("."))),
    )?;
    link(Path::new("lib"), &dir.join("lib64"))
}

/// Links, also where the same link is there already.
fn link(target: &Path, at: &Path) -> Result<(), EnvError> {
    match symlink(target, at) {
        Err(error)
            if error.kind() == std::io::ErrorKind::AlreadyExists
                && fs::read_link(at).is_ok_and(|t| t == target) =>
        {
            Ok(())
        }
        other => other.map_err(EnvError::io("link", at)),
    }
}

/// Copies the scripts of the shared prefix so that they run under this layer's Python and see what it installs.
fn scripts(from: &Path, to: &Path) -> Result<(), EnvError> {
    for entry in fs::read_dir(from).map_err(EnvError::io("read", from))?.flatten() {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { continue };
        if !kind.is_file()
            || name.to_string_lossy().starts_with("python")
            || name.to_string_lossy().starts_with("activate")
        {
            continue;
        }
        let path = entry.path();
        let small = entry
            .metadata()
            .is_ok_and(|m| m.len() <= SCRIPT_BYTES && m.permissions().mode() & 0o100 != 0);
        let Some(text) = small
            .then(|| fs::read(&path).ok())
            .flatten()
            .and_then(|bytes| trampolined(&bytes))
        else {
            continue;
        };
        let target = to.join(&name);
        fs::write(&target, text).map_err(EnvError::io("write", &target))?;
        fs::set_permissions(&target, fs::Permissions::from_mode(0o755))
            .map_err(EnvError::io("write", &target))?;
    }
    Ok(())
}

/// A Python script that runs under the Python beside it; `None` where it is no Python script.
pub(crate) fn trampolined(script: &[u8]) -> Option<Vec<u8>> {
    if script.starts_with(TRAMPOLINE.as_bytes()) {
        return Some(script.to_vec());
    }
    let text = std::str::from_utf8(script).ok()?;
    let (first, rest) = text.split_once('\n')?;
    let program = first.strip_prefix("#!")?.trim();
    let body = if program == "/bin/sh" && rest.starts_with("'''exec'") {
        rest.split_once("\n' '''\n")?.1
    } else if program
        .split_whitespace()
        .any(|word| word.rsplit('/').next().is_some_and(|n| n.starts_with("python")))
    {
        rest
    } else {
        return None;
    };
    Some(format!("{TRAMPOLINE}{body}").into_bytes())
}

/// Mirrors a folder of data files: folders are made, files are linked, so that nothing is written through.
fn mirror(from: &Path, to: &Path) -> Result<(), EnvError> {
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(());
    };
    fs::create_dir_all(to).map_err(EnvError::io("create", to))?;
    for entry in entries.flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            mirror(&entry.path(), &target)?;
        } else {
            link(&entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_scripts_run_under_the_python_beside_them() {
        let expected = format!("{TRAMPOLINE}print(1)\n").into_bytes();
        for script in [
            "#!/a/b/bin/python3.10\nprint(1)\n",
            "#!/usr/bin/env python\nprint(1)\n",
            "#!/bin/sh\n'''exec' \"/long path/bin/python\" \"$0\" \"$@\"\n' '''\nprint(1)\n",
            &format!("{TRAMPOLINE}print(1)\n"),
        ] {
            assert_eq!(trampolined(script.as_bytes()), Some(expected.clone()), "{script}");
        }
        for other in [
            &b"#!/bin/bash\nls\n"[..],
            b"\x7fELF\x00",
            b"",
            b"#!/bin/sh\necho python\n",
        ] {
            assert_eq!(trampolined(other), None);
        }
    }
}
