//! Azure ML's MLTable: a YAML file that names files and how to read them. The reading transformations are followed; those
//! that would change rows are refused, for a profile of other rows would mislead.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use serde_yaml_ng::Value;

use crate::error::{Error, Result};
use crate::open::{Tables, of_files};
use crate::table::{Format, ReadOptions};

/// Opens the folder of an MLTable.
pub(crate) fn open(folder: &Path, options: &ReadOptions) -> Result<Tables> {
    let file = folder.join("MLTable");
    let text = std::fs::read_to_string(&file).map_err(|error| Error::of(&file, error))?;
    let table: Value = serde_yaml_ng::from_str(&text).map_err(|error| Error::of(&file, error))?;
    let mut options = options.clone();
    for transformation in table["transformations"].as_sequence().into_iter().flatten() {
        transform(&file, transformation, &mut options)?;
    }
    let mut files = Vec::new();
    for path in table["paths"].as_sequence().into_iter().flatten() {
        named(&file, folder, path, &mut files)?;
    }
    if let [only] = files.as_slice()
        && only.join("_delta_log").is_dir()
    {
        return crate::open::open(only, &options);
    }
    of_files(&file, &files, &options)
}

fn transform(file: &Path, transformation: &Value, options: &mut ReadOptions) -> Result<()> {
    let (name, said) = match transformation {
        Value::String(name) => (name.as_str(), &Value::Null),
        Value::Mapping(fields) => match fields.iter().next() {
            Some((Value::String(name), said)) => (name.as_str(), said),
            _ => return Err(Error::of(file, "a transformation has no name")),
        },
        _ => return Err(Error::of(file, "a transformation is neither a name nor a map")),
    };
    match name {
        "read_parquet" => options.format = Some(Format::Parquet),
        "read_json_lines" => options.format = Some(Format::Json),
        "read_delta_lake" => {}
        "read_delimited" => {
            options.format = Some(Format::Csv);
            if let Some(delimiter) = said["delimiter"].as_str() {
                let byte = match delimiter.replace("\\t", "\t").as_bytes() {
                    [byte] => *byte,
                    _ => {
                        return Err(Error::of(
                            file,
                            format!("the delimiter `{delimiter}` is not one character"),
                        ));
                    }
                };
                options.delimiter = Some(byte);
            }
            options.encoding = said["encoding"]
                .as_str()
                .map(|name| name.replace("utf8", "utf-8"));
            options.header = match said["header"].as_str() {
                Some("no_header") => Some(false),
                Some(_) => Some(true),
                None => said["header"].as_bool(),
            };
        }
        other => {
            return Err(
                Error::of(file, format!("the transformation `{other}` is not followed"))
                    .with_hint("read_delimited, read_parquet, read_json_lines and read_delta_lake are"),
            );
        }
    }
    Ok(())
}

/// The files that an entry of `paths` names.
fn named(file: &Path, folder: &Path, path: &Value, files: &mut Vec<PathBuf>) -> Result<()> {
    let of = |field: &str| {
        path[field].as_str().map(|text| {
            text.trim_start_matches("file://")
                .trim_start_matches("./")
                .to_owned()
        })
    };
    let remote = |text: &str| text.contains("://");
    for field in ["file", "folder", "pattern"] {
        let Some(text) = of(field) else { continue };
        if remote(&text) {
            return Err(
                Error::of(file, format!("`{text}` does not lie beside the MLTable"))
                    .with_hint("paths relative to the MLTable are read"),
            );
        }
        match field {
            "file" => files.push(folder.join(text)),
            "folder" if folder.join(&text).join("_delta_log").is_dir() => files.push(folder.join(text)),
            "folder" => matching(folder, &format!("{}/**", text.trim_end_matches('/')), file, files)?,
            _ => matching(folder, &text, file, files)?,
        }
        return Ok(());
    }
    Err(Error::of(
        file,
        "an entry of `paths` names neither file, folder nor pattern",
    ))
}

fn matching(folder: &Path, pattern: &str, file: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| Error::of(file, error))?.compile_matcher();
    let mut all = Vec::new();
    crate::open::walk(folder, &mut all)?;
    all.retain(|path| {
        path.strip_prefix(folder)
            .is_ok_and(|inside| glob.is_match(inside))
    });
    all.sort();
    files.extend(all);
    Ok(())
}
