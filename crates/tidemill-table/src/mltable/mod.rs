//! Azure ML's MLTable: a YAML file that names files, how to read them, and what becomes of their rows. All of it is followed as
//! rows stream by; what cannot be is refused with its line and field.

mod chain;
mod convert;
mod document;
mod expression;
mod filter;
mod partition;
mod paths;
mod place;
mod reading;
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use self::document::{Columns, Document, Step};
use self::paths::Found;
use self::reading::Headers;
use self::table::MlTable;
use crate::delta::{self, DeltaFile};
use crate::error::{Error, Result};
use crate::open::{Tables, alike, of_file};
use crate::table::{ReadOptions, Table, Texts};

/// Opens the folder of an MLTable.
pub(crate) fn open(folder: &Path, options: &ReadOptions) -> Result<Tables> {
    let file = folder.join("MLTable");
    let document = Document::read(&file)?;
    let files = paths::files(&file, folder, &document.paths)?;
    if files.is_empty() {
        return Err(Error::of(&file, "`paths` is empty"));
    }
    let options = options_of(&document, options);
    let files = of_delta(&file, &document, files)?;
    let tables = opened(&files, &options, document.reading.headers)?;
    let path = folder.to_path_buf();
    if document.steps.is_empty()
        && document.reading.path_column.is_none()
        && document.reading.overrides.is_empty()
        && document.reading.headers != Headers::Different
    {
        return Ok(Tables { path, files: tables });
    }
    let shown = files.into_iter().map(|found| found.shown).collect();
    let table = MlTable::new(file, document, tables, shown)?;
    Ok(Tables {
        path,
        files: vec![Box::new(table)],
    })
}

/// How the files are read: what the MLTable says holds before what is asked.
fn options_of(document: &Document, asked: &ReadOptions) -> ReadOptions {
    let said = &document.reading.options;
    let mut options = ReadOptions {
        format: said.format.or(asked.format),
        delimiter: said.delimiter.or(asked.delimiter),
        header: said.header.or(asked.header),
        encoding: said.encoding.clone().or_else(|| asked.encoding.clone()),
        ..said.clone()
    };
    if options.texts != Texts::All {
        options.texts = Texts::Of(read_as_text(document));
    }
    options
}

/// Columns whose values are converted from what is written, unless a filter before looks at them as what they seem to be.
fn read_as_text(document: &Document) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let mut seen = Vec::new();
    for (_, columns, kind) in &document.reading.overrides {
        texts.extend(columns.iter().filter(|_| kind.is_of_text()).cloned());
    }
    for (_, step) in &document.steps {
        match step {
            Step::Filter(node) => filter::named(node, &mut seen),
            Step::Convert(conversions) => {
                for (_, columns, kind) in conversions {
                    if let (Columns::Named(names), true) = (columns, kind.is_of_text()) {
                        let unseen = names.iter().filter(|name| !seen.contains(&name.as_str()));
                        texts.extend(unseen.cloned());
                    }
                }
            }
            _ => {}
        }
    }
    texts
}

/// The files of the Delta tables among them.
fn of_delta(file: &Path, document: &Document, found: Vec<Found>) -> Result<Vec<Found>> {
    let mut files = Vec::new();
    for one in found {
        if !one.path.join("_delta_log").is_dir() {
            if document.reading.delta {
                return Err(Error::of(file, format!("`{}` is no Delta table", one.shown))
                    .with_hint("its folder has one named `_delta_log`"));
            }
            files.push(one);
            continue;
        }
        let as_of = document.reading.as_of.as_ref();
        let there = delta::files(&one.path, as_of.map(|(_, as_of)| *as_of)).map_err(|error| match as_of {
            Some((at, _)) if error.file == one.path.display().to_string() => at.refuse(file, error.reason),
            _ => error,
        })?;
        let real = one
            .path
            .canonicalize()
            .map_err(|error| Error::of(&one.path, error))?;
        for DeltaFile { path, constants } in there {
            // A file that is not there is told of when it is read.
            if path.canonicalize().is_ok_and(|file| !file.starts_with(&real)) {
                return Err(Error::of(&path, "it is a link out of the Delta table"));
            }
            let inside = path
                .strip_prefix(&one.path)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.push(Found {
                shown: format!("{}/{inside}", one.shown),
                path,
                constants,
            });
        }
    }
    Ok(files)
}

fn opened(files: &[Found], options: &ReadOptions, headers: Headers) -> Result<Vec<Box<dyn Table>>> {
    let mut tables: Vec<Box<dyn Table>> = Vec::new();
    let mut options = options.clone();
    for found in files {
        let table = delta::with_constants(of_file(&found.path, &options)?, &found.constants);
        if headers == Headers::First && options.names.is_none() {
            let names = table
                .schema()
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect();
            options.names = Some(names);
            options.header = Some(false);
        }
        tables.push(table);
    }
    if headers == Headers::Different {
        return Ok(tables);
    }
    alike(tables)
}
