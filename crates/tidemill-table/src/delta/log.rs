//! The actions of a log: files that come and go, the schema, and what a reader must know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_schema::{DataType, Field, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::error::{Error, Result};

/// The values of the partition columns in a file; missing ones are null.
pub(super) type Values = BTreeMap<String, Option<String>>;

/// What a reader of version 3 is told of and need not know: nothing of it changes what a row is.
const HARMLESS: [&str; 3] = ["timestampNtz", "vacuumProtocolCheck", "v2Checkpoint"];
/// What matters only where it is used, which is looked at.
const IF_USED: [&str; 2] = ["deletionVectors", "columnMapping"];

/// What a log comes to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The files that are there, with their values.
    pub(super) live: BTreeMap<String, Values>,
    partitions: Vec<String>,
    schema: Option<String>,
    maps_columns: bool,
    reader: i64,
    features: Vec<String>,
    /// Files with deletion vectors.
    deleted_in: BTreeSet<String>,
}

impl Log {
    /// Reads a commit.
    pub(super) fn read_commit(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::of(path, error))?;
        self.read_actions(path, &text)
    }

    /// Reads a checkpoint, or a part of one: its rows are actions.
    pub(super) fn read_checkpoint(&mut self, path: &Path) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| Error::of(path, error);
        let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(&error))?;
        let fields = reader.schema().fields().iter().enumerate();
        let wanted = ["protocol", "metaData", "add"];
        let roots = fields.filter(|(_, field)| wanted.contains(&field.name().as_str()));
        let mask = ProjectionMask::roots(reader.parquet_schema(), roots.map(|(at, _)| at));
        let reader = reader
            .with_projection(mask)
            .build()
            .map_err(|error| failed(&error))?;
        for batch in reader {
            let batch = batch.map_err(|error| failed(&error))?;
            let mut writer = arrow_json::LineDelimitedWriter::new(Vec::new());
            writer.write(&batch).map_err(|error| failed(&error))?;
            writer.finish().map_err(|error| failed(&error))?;
            let text = String::from_utf8(writer.into_inner()).map_err(|error| failed(&error))?;
            self.read_actions(path, &text)?;
        }
        Ok(())
    }

    fn read_actions(&mut self, path: &Path, text: &str) -> Result<()> {
        let lines = text.lines().enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let action: Value =
                serde_json::from_str(line).map_err(|error| Error::of(path, error).at_row(at as u64 + 1))?;
            self.act(&action);
        }
        Ok(())
    }

    fn act(&mut self, action: &Value) {
        if let Some(version) = action["protocol"]["minReaderVersion"].as_i64() {
            self.reader = version;
            self.features = texts(&action["protocol"]["readerFeatures"]);
        }
        let meta = &action["metaData"];
        if meta.is_object() {
            self.partitions = texts(&meta["partitionColumns"]);
            self.schema = meta["schemaString"].as_str().map(str::to_owned);
            let mapping = meta["configuration"]["delta.columnMapping.mode"].as_str();
            self.maps_columns = mapping.is_some_and(|mode| mode != "none");
        }
        let (add, remove) = (&action["add"], &action["remove"]);
        if let Some(file) = remove["path"].as_str() {
            self.live.remove(file);
        }
        if let Some(file) = add["path"].as_str() {
            let values = add["partitionValues"].as_object().into_iter().flatten();
            let values = values.map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned)));
            self.live.insert(file.to_owned(), values.collect());
            match add["deletionVector"].is_object() {
                true => self.deleted_in.insert(file.to_owned()),
                false => self.deleted_in.remove(file),
            };
        }
    }

    /// The partition columns, where nothing of the table needs more than is known here.
    ///
    /// # Errors
    /// What the table uses and is not read here.
    pub(super) fn checked(&self, table: &Path) -> Result<Vec<Field>> {
        let refused = |what: String| {
            Error::of(table, what).with_hint("write the table without it, or export it as Parquet")
        };
        let unknown = self
            .features
            .iter()
            .find(|feature| !HARMLESS.contains(&feature.as_str()) && !IF_USED.contains(&feature.as_str()));
        if let Some(feature) = unknown {
            return Err(refused(format!(
                "the table needs the reader feature `{feature}`, which is not read here"
            )));
        }
        if self.reader > 3 {
            return Err(refused(format!(
                "the table needs Delta reader version {}, and up to version 3 is read here",
                self.reader
            )));
        }
        if self.maps_columns {
            return Err(refused(
                "the table has a column mapping, which is not read here".to_owned(),
            ));
        }
        if let Some(file) = self.deleted_in.iter().find(|file| self.live.contains_key(*file)) {
            return Err(refused(format!(
                "rows of `{file}` are deleted by a deletion vector, which is not read here"
            )));
        }
        self.partitions
            .iter()
            .map(|name| self.partition(table, name))
            .collect()
    }

    fn partition(&self, table: &Path, name: &str) -> Result<Field> {
        let schema: Option<Value> = self
            .schema
            .as_ref()
            .and_then(|text| serde_json::from_str(text).ok());
        let fields = schema.as_ref().and_then(|schema| schema["fields"].as_array());
        let word = fields
            .into_iter()
            .flatten()
            .find(|field| field["name"] == name)
            .and_then(|field| field["type"].as_str());
        let data_type = match word {
            // A log that says no type says no more than texts.
            None => Some(text()),
            Some(word) => type_of(word),
        };
        let data_type = data_type.ok_or_else(|| {
            let word = word.unwrap_or_default();
            Error::of(
                table,
                format!("the partition column `{name}` is of type `{word}`, which is not read here"),
            )
        })?;
        Ok(Field::new(name, data_type, true))
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

fn text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type of a primitive of Delta.
fn type_of(word: &str) -> Option<DataType> {
    Some(match word {
        "string" => text(),
        "long" => DataType::Int64,
        "integer" => DataType::Int32,
        "short" => DataType::Int16,
        "byte" => DataType::Int8,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "boolean" => DataType::Boolean,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "timestamp_ntz" => DataType::Timestamp(TimeUnit::Microsecond, None),
        decimal => {
            let inside = decimal.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (precision, scale) = inside.split_once(',')?;
            DataType::Decimal128(precision.trim().parse().ok()?, scale.trim().parse().ok()?)
        }
    })
}
