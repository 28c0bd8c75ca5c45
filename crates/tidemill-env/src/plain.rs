//! A plain Python without an installer: a virtual environment laid by hand, and the pip that the interpreter carries.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile::clean;
use crate::error::EnvError;
use crate::lock::Package;
use crate::overlay::virtual_environment;
use crate::process::{Journal, run};
use crate::python::Interpreter;

/// Builds `prefix` for `python` with the wheels that it carries.
pub(crate) fn build(
    python: &Interpreter,
    wheels: &[(&Package, PathBuf)],
    prefix: &Path,
    journal: &Journal<'_>,
) -> Result<(), EnvError> {
    virtual_environment(&python.path, &python.version, prefix)?;
    let Some((_, pip)) = wheels.iter().find(|(package, _)| package.name == "pip") else {
        journal.line("this Python carries no pip");
        return Ok(());
    };
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
    let mut command = Command::new(prefix.join("bin/python"));
    command
        .arg("-I")
        .arg(pip.join("pip"))
        .args([
            "--isolated",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--no-compile",
        ])
        .args(["--no-warn-script-location", "--disable-pip-version-check"])
        .args(wheels.iter().map(|(_, path)| path))
        .current_dir(prefix);
    let ended = run(command, journal, &|| ())?;
    if !ended.success {
        return Err(EnvError::BuildFailed {
            message: clean(&ended.stderr),
            log: journal.text(),
        });
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
