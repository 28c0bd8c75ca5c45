//! What an MLTable says: its files, how they are read, and what becomes of their rows, in order.

use std::path::Path;

use regex::{Regex, RegexBuilder};
use tidemill_spec::yaml::parse_document;

use super::convert::{ColumnType, conversions};
use super::expression::{self, Node};
use super::partition::PartitionFormat;
use super::place::{At, Place};
use super::reading::{self, READERS, Reading};
use crate::error::{Error, Result};

/// The greatest MLTable.
const LARGEST: u64 = 1 << 20;
const FIELDS: [&str; 10] = [
    "$schema",
    "type",
    "paths",
    "transformations",
    "metadata",
    "traits",
    "name",
    "version",
    "description",
    "tags",
];
const TRANSFORMATIONS: [&str; 14] = [
    "read_delimited",
    "read_parquet",
    "read_json_lines",
    "read_delta_lake",
    "filter",
    "take",
    "skip",
    "take_random_sample",
    "sample",
    "keep_columns",
    "drop_columns",
    "convert_column_types",
    "extract_columns_from_partition_format",
    "select_partitions",
];

/// An MLTable.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) paths: Vec<(At, Named)>,
    pub(super) reading: Reading,
    pub(super) steps: Vec<(At, Step)>,
}

/// An entry of `paths`.
#[derive(Debug)]
pub(super) enum Named {
    File(String),
    Folder(String),
    Pattern(String),
}

/// A transformation that follows the reading.
#[derive(Debug)]
pub(super) enum Step {
    Filter(Node),
    Keep(Columns),
    Drop(Columns),
    Convert(Vec<(At, Columns, ColumnType)>),
    Partition(PartitionFormat),
    Skip(u64),
    Take(u64),
    Sample { probability: f64, seed: u64 },
}

/// Columns that are meant.
#[derive(Debug)]
pub(super) enum Columns {
    Named(Vec<String>),
    Like { pattern: Regex, invert: bool },
}

impl Document {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let size = std::fs::metadata(file)
            .map_err(|error| Error::of(file, error))?
            .len();
        if size > LARGEST {
            return Err(Error::of(file, format!("it is larger than {} MB", LARGEST >> 20)));
        }
        let text = std::fs::read_to_string(file).map_err(|error| Error::of(file, error))?;
        let root = parse_document(&text, 0).map_err(|found| {
            let (problem, span) = *found;
            Error::of(file, format!("line {}: {}", span.line, problem.message))
        })?;
        let root = Place::of(file, &root);
        if let Some(place) = root.get("query_source") {
            return Err(place
                .refuse("rows of a query are not read")
                .with_hint("bring them in as files first: `tidemill data import create`"));
        }
        root.only(&FIELDS)?;
        if let Some(kind) = root.get("type") {
            kind.word(&[("mltable", ())])?;
        }
        let Some(paths) = root.get("paths") else {
            return Err(
                Error::of(file, "it has no `paths`").with_hint("a list of `file`, `folder` or `pattern`")
            );
        };
        let paths = paths.items()?.iter().map(named).collect::<Result<Vec<_>>>()?;
        let mut found = Self {
            paths,
            reading: Reading::default(),
            steps: Vec::new(),
        };
        if let Some(transformations) = root.get("transformations") {
            for one in transformations.items()? {
                found.take_in(&one)?;
            }
        }
        Ok(found)
    }

    fn take_in(&mut self, one: &Place<'_>) -> Result<()> {
        let (name, said) = one.single()?;
        if READERS.contains(&name.as_str()) {
            if self.reading.is_said() {
                return Err(one.refuse(format!("`{name}` is a second way to read the files")));
            }
            self.reading = reading::read(&name, said.as_ref())?;
            return Ok(());
        }
        let Some(said) = said else {
            return Err(match TRANSFORMATIONS.contains(&name.as_str()) {
                true => one.refuse(format!("`{name}` says nothing more")),
                false => unknown(one, &name),
            });
        };
        let step = match name.as_str() {
            "filter" => {
                let text = said.text()?;
                Step::Filter(expression::parse(&text).map_err(|why| said.refuse(why))?)
            }
            "take" => Step::Take(said.count()?),
            "skip" => Step::Skip(said.count()?),
            "take_random_sample" => sampled(&said)?,
            "sample" => {
                said.only(&["sampler", "sampler_arguments"])?;
                if let Some(sampler) = said.get("sampler") {
                    sampler.word(&[("randompercent", ()), ("random_percent", ())])?;
                }
                sampled(&said.get("sampler_arguments").unwrap_or_else(|| said.clone()))?
            }
            "keep_columns" => Step::Keep(columns(&said)?),
            "drop_columns" => Step::Drop(columns(&said)?),
            "convert_column_types" => Step::Convert(conversions(&said)?),
            "extract_columns_from_partition_format" => Step::Partition(partition_format(&said)?),
            "select_partitions" => {
                return Err(said.refuse("partitions have no numbers here").with_hint(
                    "name the files in `paths`, or choose rows with `filter` by a column of their path",
                ));
            }
            _ => return Err(unknown(one, &name)),
        };
        self.steps.push((said.at(), step));
        Ok(())
    }
}

fn unknown(one: &Place<'_>, name: &str) -> Error {
    let error = one.refuse(format!("there is no transformation `{name}`"));
    match tidemill_spec::error::did_you_mean(name, TRANSFORMATIONS, "transformations") {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn named(place: &Place<'_>) -> Result<(At, Named)> {
    place.only(&["file", "folder", "pattern"])?;
    let (name, said) = place.single()?;
    let Some(said) = said else {
        return Err(place
            .refuse("names nothing")
            .with_hint("`file`, `folder` or `pattern`"));
    };
    let text = said.text()?;
    let named = match name.as_str() {
        "file" => Named::File(text),
        "folder" => Named::Folder(text),
        _ => Named::Pattern(text),
    };
    Ok((said.at(), named))
}

pub(super) fn columns(said: &Place<'_>) -> Result<Columns> {
    if said.node.as_map().is_none() {
        return Ok(Columns::Named(said.texts()?));
    }
    said.only(&["pattern", "ignore_case", "invert"])?;
    let flag = |name: &str| said.get(name).map_or(Ok(false), |place| place.flag());
    let pattern = said
        .get("pattern")
        .ok_or_else(|| said.refuse("`pattern` is not said"))?;
    let compiled = RegexBuilder::new(&format!("^(?:{})$", pattern.text()?))
        .case_insensitive(flag("ignore_case")?)
        .build()
        .map_err(|_| pattern.refuse("it is no regular expression"))?;
    Ok(Columns::Like {
        pattern: compiled,
        invert: flag("invert")?,
    })
}

fn sampled(said: &Place<'_>) -> Result<Step> {
    said.only(&["probability", "seed", "probability_lower_bound"])?;
    if let Some(bound) = said.get("probability_lower_bound") {
        return Err(bound.refuse("samples have no lower bound"));
    }
    let place = said
        .get("probability")
        .ok_or_else(|| said.refuse("`probability` is not said"))?;
    let probability = place.number()?;
    if !(0.0..=1.0).contains(&probability) {
        return Err(place.refuse("a probability is from 0 to 1"));
    }
    let seed = said.get("seed").map_or(Ok(0), |seed| seed.count())?;
    Ok(Step::Sample { probability, seed })
}

/// The format as text, as `partition_format`, or as the braces of one column, which YAML takes for a map.
fn partition_format(said: &Place<'_>) -> Result<PartitionFormat> {
    let (place, text) = match said.node.as_map() {
        None => (said.clone(), said.text()?),
        Some([(key, value)]) if value.is_null() => (said.clone(), format!("{{{}}}", key.text)),
        Some(_) => {
            said.only(&["partition_format"])?;
            let format = said
                .get("partition_format")
                .ok_or_else(|| said.refuse("`partition_format` is not said"))?;
            (format.clone(), format.text()?)
        }
    };
    PartitionFormat::parse(&text).map_err(|why| place.refuse(why))
}
