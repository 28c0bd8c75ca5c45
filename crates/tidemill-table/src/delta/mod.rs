//! Delta tables: which Parquet files a version has, by the log of the table (Delta protocol), and the values of its partition
//! columns, which stand in the log and not in the files. Reader versions 2 and 3 are read as far as the table uses nothing that only
//! they know: deletion vectors and column mapping are refused.

mod log;
mod partition;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::log::Log;
pub(crate) use self::partition::{Constants, with as with_constants};
use crate::error::{Error, Result};

/// Which version of a table is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// The version of this number.
    Version(u64),
    /// The newest one at this instant, in milliseconds since 1970.
    Instant { ms: i64 },
}

/// A file of a table.
#[derive(Debug)]
pub(crate) struct DeltaFile {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The columns that are the same in all of its rows.
    pub(crate) constants: Constants,
}

/// The files of a version, or of the newest, in the order of their names.
pub(crate) fn files(table: &Path, as_of: Option<AsOf>) -> Result<Vec<DeltaFile>> {
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
    let mut found = Log::default();
    let mut next = 0;
    if let Some((version, parts)) = checkpoint(&names) {
        for part in parts {
            found.read_checkpoint(&log.join(part))?;
        }
        next = version + 1;
    }
    let first = Some(next);
    for name in names
        .iter()
        .filter(|name| is_commit(name) && number(name) >= first)
    {
        if number(name) != Some(next) {
            return Err(Error::of(
                table,
                format!(
                    "version {next} is not in its log any more, and no checkpoint that is read here stands for it"
                ),
            ));
        }
        next += 1;
        found.read_commit(&log.join(name))?;
    }
    let partitions = found.checked(table)?;
    found
        .live
        .iter()
        .map(|(name, values)| {
            Ok(DeltaFile {
                path: located(table, name)?,
                constants: partition::constants(table, &partitions, values)?,
            })
        })
        .collect()
}

/// The newest checkpoint all of whose parts are there.
fn checkpoint(names: &[String]) -> Option<(u64, Vec<&String>)> {
    let mut best: Option<(u64, Vec<&String>)> = None;
    for name in names.iter().filter(|name| name.ends_with(".parquet")) {
        let mut words = name.split('.');
        let (Some(version), Some("checkpoint")) = (number(name), {
            words.next();
            words.next()
        }) else {
            continue;
        };
        let parts: Vec<&String> = match words.collect::<Vec<_>>()[..] {
            ["parquet"] => vec![name],
            // Each of the parts says how many there are.
            [_, of, "parquet"] => {
                let alike = |other: &&String| {
                    number(other) == Some(version) && other.ends_with(&format!(".{of}.parquet"))
                };
                let parts: Vec<&String> = names.iter().filter(alike).collect();
                match of.parse::<usize>() {
                    Ok(all) if parts.len() == all => parts,
                    _ => continue,
                }
            }
            _ => continue,
        };
        if best.as_ref().is_none_or(|(newest, _)| version >= *newest) {
            best = Some((version, parts));
        }
    }
    best
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
