//! A plain Python without an installer: a virtual environment laid by hand, and the pip that the interpreter carries.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile::clean;
use crate::error::EnvError;
use crate::lock::Package;
use crate::overlay::{TRAMPOLINE, virtual_environment};
use crate::prefix::Prefix;
use crate::process::{Journal, run};
use crate::python::Interpreter;

const UNPACK: &str =
    "import sys, zipfile\nfor wheel in sys.argv[2:]: zipfile.ZipFile(wheel).extractall(sys.argv[1])";
const PIP: &str = "import sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n";

/// Builds `prefix` for `python` with the wheels that it carries.
pub(crate) fn build(
    python: &Interpreter,
    wheels: &[(&Package, PathBuf)],
    prefix: &Path,
    journal: &Journal<'_>,
) -> Result<(), EnvError> {
    virtual_environment(&python.path, &python.version, prefix)?;
    if wheels.iter().all(|(package, _)| package.name != "pip") {
        journal.line("this Python carries no pip");
        return Ok(());
    }
    for (package, path) in wheels {
        let found = crate::files::sha256(path).map_err(EnvError::io("read", path))?;
        if !package.hashes.contains(&found) {
            let expected = package.hashes.join(" or ");
            return Err(EnvError::HashMismatch {
                package: path.display().to_string(),
                expected,
                found,
            });
        }
    }
    // These wheels are pure: laying one is unpacking it, and a script that starts its entry point.
    let mut command = Command::new(&python.path);
    command
        .args(["-I", "-S", "-c", UNPACK])
        .arg(
            prefix
                .join(Prefix::library(&python.version))
                .join("site-packages"),
        )
        .args(wheels.iter().map(|(_, path)| path))
        .current_dir(prefix);
    let ended = run(command, journal, &|| ())?;
    if !ended.success {
        return Err(EnvError::BuildFailed {
            message: clean(&ended.stderr),
            log: journal.text(),
        });
    }
    let (major, minor) = python.minor();
    for name in [
        "pip".to_owned(),
        format!("pip{major}"),
        format!("pip{major}.{minor}"),
    ] {
        let script = prefix.join("bin").join(name);
        fs::write(&script, format!("{TRAMPOLINE}{PIP}")).map_err(EnvError::io("write", &script))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
            .map_err(EnvError::io("write", &script))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::lock::Source;
    use crate::python::{bundled_wheels, discover};

    #[test]
    fn a_plain_python_needs_no_installer() {
        let folder = tempfile::tempdir().unwrap();
        let python = &discover(&folder.path().join("pythons.json"))[0];
        let packages: Vec<(Package, PathBuf)> = bundled_wheels(python)
            .into_iter()
            .map(|(name, version, path)| {
                let hashes = vec![crate::files::sha256(&path).unwrap()];
                (
                    Package {
                        name,
                        version,
                        hashes,
                        source: Source::Bundled,
                    },
                    path,
                )
            })
            .collect();
        let mut wheels: Vec<(&Package, PathBuf)> =
            packages.iter().map(|(p, path)| (p, path.clone())).collect();
        let prefix = folder.path().join("prefix");
        let cancel = AtomicBool::new(false);
        let journal = Journal::new(&|_| (), &cancel);
        build(python, &wheels, &prefix, &journal).unwrap();
        let output = Command::new(prefix.join("bin/pip"))
            .arg("--version")
            .output()
            .unwrap();
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(&*prefix.to_string_lossy()),
            "{output:?}"
        );

        let changed = Package {
            hashes: vec!["sha256:00".into()],
            ..wheels[0].0.clone()
        };
        wheels[0].0 = &changed;
        let error = build(python, &wheels, &folder.path().join("other"), &journal).unwrap_err();
        assert!(matches!(error, EnvError::HashMismatch { .. }), "{error}");
    }
}
