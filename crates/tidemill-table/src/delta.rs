//! Delta tables: which Parquet files the newest version has, by the log of the table (Delta protocol, reader version 1).
//! Columns of partitions lie in the names of folders and are not read; what needs a newer reader is refused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::error::{Error, Result};

/// The files of the newest version, in the order of their names.
pub(crate) fn files(table: &Path) -> Result<Vec<PathBuf>> {
    let log = table.join("_delta_log");
    let mut names: Vec<String> = std::fs::read_dir(&log)
        .map_err(|error| Error::of(&log, error))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
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
    for name in names
        .iter()
        .filter(|name| name.len() == 25 && name.ends_with(".json") && name[..20] > *after)
    {
        read_commit(&log.join(name), &mut live)?;
    }
    live.into_iter().map(|path| located(table, &path)).collect()
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
