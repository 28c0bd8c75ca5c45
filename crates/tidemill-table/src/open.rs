//! From a path to the files of a table: a file, a folder of files of one format, a Delta table, an MLTable.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};

use crate::arrow_ipc::ArrowTable;
use crate::csv::CsvTable;
use crate::error::{Error, Result};
use crate::json::JsonTable;
use crate::parquet::ParquetTable;
use crate::table::{Format, ReadOptions, Table};
use crate::{delta, mltable, widen};

/// The files of one table, in order, all with the same columns.
#[derive(Debug)]
pub struct Tables {
    /// What was asked for.
    pub path: PathBuf,
    /// The files.
    pub files: Vec<Box<dyn Table>>,
}

impl Tables {
    /// The files with the types of all of their rows; the error that reading them gave, where that changes nothing.
    pub(crate) fn widened(&self, error: &Error) -> Result<Self> {
        let mut changed = false;
        let mut wide = Vec::new();
        for file in &self.files {
            match file.widened()? {
                Some(other) => {
                    changed = true;
                    wide.push(other);
                }
                None => wide.push(file.retyped(&file.schema()).ok_or_else(|| error.clone())?),
            }
        }
        if !changed {
            return Err(error.clone());
        }
        Ok(Self {
            path: self.path.clone(),
            files: alike(wide)?,
        })
    }
}

/// Opens what lies at a path.
///
/// # Errors
/// Nothing lies there, no file there is a table, or the files have other columns.
pub fn open(path: &Path, options: &ReadOptions) -> Result<Tables> {
    let found = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::of(path, "there is no such file or folder")
            .with_hint("a version of data on a server is written as azureml:NAME:VERSION"),
        _ => Error::of(path, error),
    })?;
    if !found.is_dir() {
        return Ok(Tables {
            path: path.to_path_buf(),
            files: vec![of_file(path, options)?],
        });
    }
    if path.join("MLTable").is_file() {
        return mltable::open(path, options);
    }
    if path.join("_delta_log").is_dir() {
        return of_delta(path, options);
    }
    let mut files = Vec::new();
    walk(path, &mut files)?;
    files.sort();
    let format = options
        .format
        .or_else(|| files.iter().find_map(|file| Format::of_name(file)));
    let Some(format) = format else {
        return Err(Error::of(path, "no file in it is a table")
            .with_hint("Parquet, CSV, JSON lines and Arrow IPC are read"));
    };
    files.retain(|file| options.format.is_some() || Format::of_name(file) == Some(format));
    of_files(
        path,
        &files,
        &ReadOptions {
            format: Some(format),
            ..options.clone()
        },
    )
}

/// Opens the newest version of a Delta table.
fn of_delta(path: &Path, options: &ReadOptions) -> Result<Tables> {
    let options = ReadOptions {
        format: Some(Format::Parquet),
        ..options.clone()
    };
    let found = delta::files(path, None)?;
    if found.is_empty() {
        return Err(Error::of(
            path,
            "the newest version of the Delta table has no rows",
        ));
    }
    let opened = |file: &delta::DeltaFile| {
        Ok(delta::with_constants(
            of_file(&file.path, &options)?,
            &file.constants,
        ))
    };
    Ok(Tables {
        path: path.to_path_buf(),
        files: alike(found.iter().map(opened).collect::<Result<Vec<_>>>()?)?,
    })
}

/// Opens files that are one table.
fn of_files(path: &Path, files: &[PathBuf], options: &ReadOptions) -> Result<Tables> {
    if files.is_empty() {
        return Err(Error::of(path, "no file lies in it"));
    }
    let files = files
        .iter()
        .map(|path| of_file(path, options))
        .collect::<Result<Vec<_>>>()?;
    Ok(Tables {
        path: path.to_path_buf(),
        files: alike(files)?,
    })
}

/// Opens a file.
pub(crate) fn of_file(path: &Path, options: &ReadOptions) -> Result<Box<dyn Table>> {
    let format = match options.format.or_else(|| Format::of_name(path)) {
        Some(format) => format,
        None => {
            let mut start = [0; 512];
            let got = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
            Format::of_bytes(&start[..got.map_err(|error| Error::of(path, error))?])
        }
    };
    Ok(match format {
        Format::Parquet => Box::new(ParquetTable::open(path)?),
        Format::Csv => Box::new(CsvTable::open(path, options)?),
        Format::Json => Box::new(JsonTable::open(path, options)?),
        Format::Arrow => Box::new(ArrowTable::open(path)?),
    })
}

/// All files below a folder, without hidden ones and what writers leave beside their data.
pub(crate) fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|error| Error::of(folder, error))? {
        let path = entry.map_err(|error| Error::of(folder, error))?.path();
        let hidden = path.file_name().is_some_and(|name| {
            name.as_encoded_bytes().starts_with(b".") || name.as_encoded_bytes().starts_with(b"_")
        });
        match path.is_dir() {
            _ if hidden => {}
            true => walk(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

/// The files with types that fit all of them, where their formats leave a choice.
pub(crate) fn alike(files: Vec<Box<dyn Table>>) -> Result<Vec<Box<dyn Table>>> {
    let Some(first) = files.first() else {
        return Ok(files);
    };
    let mut whole: SchemaRef = first.schema();
    let names = |schema: &Schema| {
        schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect::<Vec<_>>()
    };
    for table in &files[1..] {
        let schema = table.schema();
        if names(&schema) != names(&whole) {
            return Err(other_columns(first.as_ref(), table.as_ref()));
        }
        let fields = whole.fields().iter().zip(schema.fields()).map(|(own, other)| {
            Field::clone(own).with_data_type(widen::both(own.data_type(), other.data_type()))
        });
        whole = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    }
    let retype = |table: Box<dyn Table>| {
        if table.schema() == whole {
            table
        } else {
            table.retyped(&whole).unwrap_or(table)
        }
    };
    Ok(files.into_iter().map(retype).collect())
}

fn other_columns(first: &dyn Table, other: &dyn Table) -> Error {
    let (own, found) = (first.schema(), other.schema());
    let lacking = own
        .fields()
        .iter()
        .find(|field| found.field_with_name(field.name()).is_err());
    let more = found
        .fields()
        .iter()
        .find(|field| own.field_with_name(field.name()).is_err());
    let reason = match (lacking, more) {
        (Some(lacking), _) => format!(
            "it has no column `{}`, which {} has",
            lacking.name(),
            first.path().display()
        ),
        (None, Some(more)) => format!(
            "it has a column `{}`, which {} has not",
            more.name(),
            first.path().display()
        ),
        (None, None) => format!(
            "its columns stand in another order than those of {}",
            first.path().display()
        ),
    };
    Error::of(other.path(), reason)
        .with_hint("the files of a folder are one table; name one file, or write them alike")
}
