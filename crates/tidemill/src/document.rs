//! Specifications: from files, from options alone, or from what stands on the server, with changes applied to them.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidemill_spec::kinds::{Family, Spec};
use tidemill_spec::load::{FileKind, Files, Loaded, load_document, load_text};
use tidemill_spec::refs::DataPath;
use tidemill_spec::validate::{combined_warning, no_effect_on_local};
use tidemill_spec::yaml::Override;

use crate::error::{Error, Result};

/// The files of this machine.
#[derive(Debug)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        let bytes = std::fs::read(path)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let meta = std::fs::metadata(path).ok()?;
        Some(if meta.is_dir() {
            FileKind::Folder
        } else {
            FileKind::File
        })
    }
}

/// Loads the file, `-` for standard input, or without one what the options say by themselves.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn load(file: Option<&Path>, changes: &[Override], family: Family) -> Result<Loaded> {
    let here = here()?;
    match file {
        Some(path) if path == Path::new("-") => {
            let text = io::read_to_string(io::stdin())
                .map_err(|error| Error::failed(format!("failed to read standard input: {error}")))?;
            Ok(load_text(
                &Disk,
                &here.join("<stdin>"),
                text,
                changes,
                Some(family),
            )?)
        }
        Some(path) => Ok(load_document(&Disk, &here.join(path), changes, Some(family))?),
        None => Ok(load_text(
            &Disk,
            &here.join("<options>"),
            "{}".to_owned(),
            changes,
            Some(family),
        )?),
    }
}

/// What stands on the server, with changes. `what` names it in errors.
///
/// # Errors
/// Changes that make no specification.
pub fn change(what: &str, spec: &Value, changes: &[Override], family: Family) -> Result<Loaded> {
    // JSON is YAML.
    Ok(load_text(
        &Disk,
        &here()?.join(format!("<{what}>")),
        spec.to_string(),
        changes,
        Some(family),
    )?)
}

/// The fields of a specification, as they travel.
///
/// # Errors
/// Numbers that JSON cannot hold.
pub fn body(spec: &Spec) -> Result<Value> {
    let whole = serde_json::to_value(spec)
        .map_err(|error| Error::usage(format!("failed to write the specification as JSON: {error}")))?;
    // The outer map has one field, which says what it is; the request's path says that too.
    Ok(match whole {
        Value::Object(fields) => fields
            .into_iter()
            .next()
            .map(|(_, value)| value)
            .unwrap_or_default(),
        other => other,
    })
}

/// An option as a change of a field.
pub fn option(path: &str, value: impl Into<Value>) -> Override {
    Override {
        path: path.to_owned(),
        value: value.into().to_string(),
    }
}

/// An option that names a place: a local one starts from the working directory, not from the folder of the file.
///
/// # Errors
/// When there is no working directory.
pub fn place(path: &str, text: &str) -> Result<Override> {
    let local = text
        .parse::<DataPath>()
        .ok()
        .and_then(|parsed| parsed.as_local().map(Path::to_path_buf));
    match local {
        Some(local) => Ok(option(path, here()?.join(local).to_string_lossy().into_owned())),
        None => Ok(option(path, text)),
    }
}

/// The working directory.
///
/// # Errors
/// When there is none.
pub fn here() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        Error::failed(format!("failed to find the working directory: {error}"))
            .with_hint("change to a folder that is there")
    })
}

/// Says once what was read but will not do what its writer may expect.
///
/// Of a job and of an online deployment the server says which fields have no effect: it knows the whole of them.
pub fn tell(session: &crate::session::Session, loaded: &Loaded) {
    let mut told = Vec::new();
    if !matches!(loaded.spec, Spec::Job(_) | Spec::OnlineDeployment(_))
        && let Some(said) = combined_warning(&no_effect_on_local(&loaded.spec))
    {
        session.warn(&said);
    }
    for warning in &loaded.warnings {
        let text = warning.to_string();
        if !told.contains(&text) {
            session.warn(&text);
            told.push(text);
        }
    }
}

/// A value of `--set` as JSON.
///
/// # Errors
/// A text that is no YAML.
pub fn yaml_value(text: &str) -> Result<Value> {
    serde_yaml_ng::from_str(text)
        .map_err(|error| Error::usage(format!("failed to read the value `{text}`: {error}")))
}
