//! Finds ONNX Runtime: by `ORT_DYLIB_PATH`, or in the package `onnxruntime` of a Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::Python;

/// Tells where the package lies, without importing it.
const WHERE: &str = "import importlib.util as u; s = u.find_spec('onnxruntime'); print(s.submodule_search_locations[0] if s else '')";

/// The library's file.
///
/// # Errors
/// Where it was looked for, and what to do.
pub(super) fn find(python: &Python) -> Result<PathBuf, String> {
    if let Some(given) = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        let given = PathBuf::from(given);
        return match given.is_file() {
            true => Ok(given),
            false => Err(format!(
                "failed to find ONNX Runtime: ORT_DYLIB_PATH names {}, which is no file",
                given.display()
            )),
        };
    }
    let program = python.program.display();
    let mut command = Command::new(&python.program);
    for name in &python.unset {
        command.env_remove(name);
    }
    command
        .envs(python.set.iter().map(|(name, value)| (name, value)))
        .args(["-c", WHERE]);
    let output = command.output().map_err(|error| {
        format!("failed to find ONNX Runtime: {program} does not start: {error}; name a Python with --python")
    })?;
    let told = String::from_utf8_lossy(&output.stdout);
    let package = told.trim();
    if package.is_empty() {
        return Err(format!(
            "failed to find ONNX Runtime: {program} has no package onnxruntime; add `onnxruntime` to its environment, or name the \
             library with ORT_DYLIB_PATH"
        ));
    }
    in_package(Path::new(package)).ok_or_else(|| {
        format!("failed to find ONNX Runtime: there is no libonnxruntime.so in {package}/capi")
    })
}

fn in_package(package: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(package.join("capi")).ok()?;
    let names = entries.flatten().map(|entry| entry.path());
    names
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            name.starts_with("libonnxruntime.so")
                || name.starts_with("libonnxruntime.") && name.ends_with(".dylib")
        })
        .min()
}
