//! Delta tables: which Parquet files the newest version has, by the log of the table (Delta protocol, reader version 1).
//! Columns of partitions lie in the names of folders and are not read; what needs a newer reader is refused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::error::{Error, Result};

/// Which version of a table is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// The version of this number.
    Version(u64),
    /// The newest one at this instant, in milliseconds since 1970.
    Instant { ms: i64 },
}

/// The files of a version, or of the newest, in the order of their names.
pub(crate) fn files(table: &Path, as_of: Option<AsOf>) -> Result<Vec<PathBuf>> {
    let log = table.join("_delta_log");
    let mut names: Vec<String> = std::fs::read_dir(&log)
        .map_err(|error| Error::of(&log, error))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    if let Some(as_of) = as_of {
        let last = version_of(table, &log, &names, as_of)?;
        names.retain(|name| number(name).is_some_and(|number| number <= last));
    }
    let mut live = BTreeSet::new();
    let checkpoint = names
        .iter()
        .rev()
        .find(|name| name.ends_with(".checkpoint.parquet"));
    let mut after = String::new();
    if let Some(name) = checkpoint {
        read_checkpoint(&log.join(name), &mut live)?;
        name[..20.min(name.len())].clone_into(&mut after);
    }
    let mut next = number(&after).map_or(0, |checkpoint| checkpoint + 1);
    for name in names.iter().filter(|name| is_commit(name) && name[..20] > *after) {
        if number(name) != Some(next) {
            return Err(Error::of(
                table,
                format!(
                    "version {next} is not in its log any more, and no checkpoint that is read here stands for it"
                ),
            ));
        }
        next += 1;
        read_commit(&log.join(name), &mut live)?;
    }
    live.into_iter().map(|path| located(table, &path)).collect()
}

/// The version that the name of a file of the log begins with.
fn number(name: &str) -> Option<u64> {
    name.get(..20)?.parse().ok()
}

fn is_commit(name: &str) -> bool {
    name.len() == 25 && name.ends_with(".json")
}

/// The number of the version that is meant.
fn version_of(table: &Path, log: &Path, names: &[String], as_of: AsOf) -> Result<u64> {
    let known: Vec<(u64, &String)> = names
        .iter()
        .filter(|name| is_commit(name) || name.ends_with(".checkpoint.parquet"))
        .filter_map(|name| Some((number(name)?, name)))
        .collect();
    let newest = known.last().map(|(number, _)| *number);
    match as_of {
        AsOf::Version(wanted) if known.iter().any(|(number, _)| *number == wanted) => Ok(wanted),
        AsOf::Version(wanted) => Err(Error::of(
            table,
            format!(
                "there is no version {wanted} of the table; its newest is {}",
                newest.map_or("none".to_owned(), |newest| newest.to_string())
            ),
        )),
        AsOf::Instant { ms } => {
            let mut found = None;
            for (number, name) in known.iter().filter(|(_, name)| is_commit(name)) {
                if written_ms(&log.join(name))? <= ms {
                    found = Some(*number);
                }
            }
            found.ok_or_else(|| Error::of(table, "the table was begun after that instant"))
        }
    }
}

/// When a commit was written: as it says itself, else as its file does.
fn written_ms(commit: &Path) -> Result<i64> {
    let text = std::fs::read_to_string(commit).map_err(|error| Error::of(commit, error))?;
    let said = text.lines().find_map(|line| {
        let action: Value = serde_json::from_str(line).ok()?;
        action["commitInfo"]["timestamp"].as_i64()
    });
    if let Some(said) = said {
        return Ok(said);
    }
    let changed = std::fs::metadata(commit).and_then(|found| found.modified());
    let changed = changed.map_err(|error| Error::of(commit, error))?;
    let since = changed.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn read_commit(path: &Path, live: &mut BTreeSet<String>) -> Result<()> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::of(path, error))?;
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let action: Value =
            serde_json::from_str(line).map_err(|error| Error::of(path, error).at_row(at as u64 + 1))?;
        if let Some(version) = action["protocol"]["minReaderVersion"].as_i64() {
            check_version(path, version)?;
        }
        if let Some(partitions) = action["metaData"]["partitionColumns"]
            .as_array()
            .filter(|columns| !columns.is_empty())
        {
            return Err(partitioned(path, &partitions[0].to_string()));
        }
        if let Some(file) = action["add"]["path"].as_str() {
            live.insert(file.to_owned());
        }
        if let Some(file) = action["remove"]["path"].as_str() {
            live.remove(file);
        }
    }
    Ok(())
}

fn read_checkpoint(path: &Path, live: &mut BTreeSet<String>) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::of(path, error);
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(&error))?;
    for batch in reader.build().map_err(|error| failed(&error))? {
        let batch = batch.map_err(|error| failed(&error))?;
        if let Some(protocol) = batch
            .column_by_name("protocol")
            .and_then(|column| column.as_struct_opt())
            && let Some(versions) = protocol.column_by_name("minReaderVersion")
            && let Some(versions) = versions.as_primitive_opt::<arrow_array::types::Int32Type>()
        {
            versions
                .iter()
                .flatten()
                .try_for_each(|version| check_version(path, i64::from(version)))?;
        }
        let added = batch
            .column_by_name("add")
            .and_then(|column| column.as_struct_opt());
        let paths = added
            .and_then(|added| added.column_by_name("path"))
            .and_then(|paths| paths.as_string_opt::<i32>());
        if let Some(paths) = paths {
            live.extend(
                (0..paths.len())
                    .filter(|row| paths.is_valid(*row))
                    .map(|row| paths.value(row).to_owned()),
            );
        }
    }
    Ok(())
}

fn check_version(path: &Path, version: i64) -> Result<()> {
    if version <= 1 {
        return Ok(());
    }
    Err(Error::of(
        path,
        format!("the table needs Delta reader version {version}, and version 1 is read here"),
    )
    .with_hint(
        "deletion vectors and column mapping need it; write the table without them, or export it as Parquet",
    ))
}

fn partitioned(path: &Path, column: &str) -> Error {
    Error::of(
        path,
        format!("the table is partitioned by {column}, and partition columns are not read yet"),
    )
    .with_hint("export it as Parquet")
}

/// The file on this machine; its name is percent-encoded in the log.
fn located(table: &Path, name: &str) -> Result<PathBuf> {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let decoded = (*first == b'%')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten();
        match decoded.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    let name = String::from_utf8_lossy(&bytes).into_owned();
    let inside = Path::new(&name)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if !inside {
        return Err(Error::of(
            table,
            format!("its log names the file `{name}`, which does not lie in it"),
        ));
    }
    Ok(table.join(name))
}
