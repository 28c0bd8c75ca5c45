//! Parquet: a part is a row group, or some columns of it. Statistics in the file are not believed, so they cannot mislead.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ColumnChunkMetaData;

use crate::blocks;
use crate::error::{Error, Result};
use crate::table::{Part, Parts, Sink, Table, of_columns};

/// Rows of a batch: few enough that a column of it stays in the nearest caches while it is looked at in several ways.
const BATCH: usize = 8192;
/// Bytes of a batch, as the file says: long texts come in batches of fewer rows.
const BATCH_BYTES: u64 = 32 << 20;
/// Dictionaries of texts up to this size stay dictionaries.
const DICTIONARY_BYTES: i64 = 512 * 1024;

/// A Parquet file.
#[derive(Debug)]
pub struct ParquetTable {
    path: PathBuf,
    /// With the types that its columns are read as.
    metadata: ArrowReaderMetadata,
}

impl ParquetTable {
    /// Reads the footer.
    ///
    /// # Errors
    /// The file is no Parquet, or was cut off.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::of(path, error))?;
        let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| {
            Error::of(path, error).with_hint("the file may have been cut off; write or copy it again")
        })?;
        let metadata = Arc::clone(plain.metadata());
        let options = ArrowReaderOptions::new().with_schema(read_as(&plain));
        // A file whose types cannot be read in another way is read in its own.
        let metadata = ArrowReaderMetadata::try_new(metadata, options).unwrap_or(plain);
        Ok(Self {
            path: path.to_path_buf(),
            metadata,
        })
    }
}

/// The schema with texts as dictionaries where the file has small ones, and as views elsewhere.
fn read_as(plain: &ArrowReaderMetadata) -> SchemaRef {
    let fields = plain.schema().fields().iter().enumerate().map(|(at, field)| {
        if !matches!(
            field.data_type(),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        ) {
            return Field::clone(field);
        }
        let leaf = (0..plain.parquet_schema().num_columns())
            .find(|leaf| plain.parquet_schema().get_column_root_idx(*leaf) == at);
        let groups = plain.metadata().row_groups();
        let small = leaf.is_some_and(|leaf| {
            !groups.is_empty() && groups.iter().all(|group| is_small(group.column(leaf)))
        });
        let read = if small {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        } else {
            DataType::Utf8View
        };
        Field::clone(field).with_data_type(read)
    });
    Arc::new(Schema::new_with_metadata(
        fields.collect::<Vec<_>>(),
        plain.schema().metadata().clone(),
    ))
}

fn is_small(chunk: &ColumnChunkMetaData) -> bool {
    let Some(dictionary) = chunk.dictionary_page_offset() else {
        return false;
    };
    let share = chunk.uncompressed_size() as f64 / chunk.compressed_size().max(1) as f64;
    let bytes = (chunk.data_page_offset() - dictionary) as f64 * share;
    (0.0..DICTIONARY_BYTES as f64).contains(&bytes)
}

impl Table for ParquetTable {
    fn path(&self) -> &Path {
        &self.path
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(self.metadata.schema())
    }

    fn rows(&self) -> Option<u64> {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).ok()
    }

    fn parts(&self) -> Result<Parts<'_>> {
        let group = |group| -> Result<Box<dyn Part>> {
            Ok(Box::new(Group {
                path: self.path.clone(),
                metadata: self.metadata.clone(),
                group,
                fields: None,
            }))
        };
        Ok(Box::new(
            (0..self.metadata.metadata().num_row_groups()).map(group),
        ))
    }
}

/// A row group, or some of its columns.
struct Group {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    group: usize,
    fields: Option<std::ops::Range<usize>>,
}

impl Group {
    /// Reads some of its columns; `None` means all.
    fn read_fields(&self, fields: Option<Vec<usize>>, sink: &mut Sink<'_>) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::of(&self.path, format!("row group {}: {error}", self.group))
                .with_hint("the file is damaged; write or copy it again")
        };
        let file = File::open(&self.path).map_err(|error| Error::of(&self.path, error))?;
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![self.group])
            .with_batch_size(self.rows_of_batch(fields.as_deref()));
        if let Some(fields) = fields {
            let mask = ProjectionMask::roots(self.metadata.parquet_schema(), fields);
            builder = builder.with_projection(mask);
        }
        for batch in builder.build().map_err(|error| failed(&error))? {
            sink(&batch.map_err(|error| failed(&error))?)?;
        }
        Ok(())
    }
}

impl Group {
    /// Rows of a batch of some of its columns.
    fn rows_of_batch(&self, fields: Option<&[usize]>) -> usize {
        let schema = self.metadata.parquet_schema();
        let group = self.metadata.metadata().row_group(self.group);
        let is_read =
            |leaf: &usize| fields.is_none_or(|fields| fields.contains(&schema.get_column_root_idx(*leaf)));
        let bytes: u64 = (0..group.num_columns())
            .filter(is_read)
            .filter_map(|leaf| u64::try_from(group.column(leaf).uncompressed_size()).ok())
            .sum();
        let a_row = bytes / u64::try_from(group.num_rows()).unwrap_or(0).max(1);
        let columns = fields.map_or(self.metadata.schema().fields().len(), <[usize]>::len);
        let most = BATCH_BYTES / a_row.max(1);
        blocks::rows_of_batch(columns, BATCH).min(usize::try_from(most).unwrap_or(BATCH).max(16))
    }
}

impl Part for Group {
    fn rows(&self) -> Option<u64> {
        u64::try_from(self.metadata.metadata().row_group(self.group).num_rows()).ok()
    }

    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        self.read_fields(self.fields.clone().map(Iterator::collect), sink)
    }

    fn read_some(&self, columns: &[usize], sink: &mut Sink<'_>) -> Result<()> {
        let mut stored = columns.to_vec();
        stored.sort_unstable();
        // They come in the order of the file.
        let order: Vec<usize> = columns
            .iter()
            .filter_map(|column| stored.binary_search(column).ok())
            .collect();
        self.read_fields(Some(stored), &mut |batch| sink(&of_columns(batch, &order)?))
    }

    fn by_columns(&self, slices: usize) -> Option<Vec<(usize, Box<dyn Part>)>> {
        let schema = self.metadata.parquet_schema();
        let mut weights = vec![0i64; self.metadata.schema().fields().len()];
        for (leaf, chunk) in self
            .metadata
            .metadata()
            .row_group(self.group)
            .columns()
            .iter()
            .enumerate()
        {
            *weights.get_mut(schema.get_column_root_idx(leaf))? +=
                chunk.uncompressed_size() + chunk.num_values();
        }
        let whole: i64 = weights.iter().sum();
        let mut found: Vec<(usize, Box<dyn Part>)> = Vec::new();
        let (mut first, mut weight) = (0, 0);
        for (at, own) in weights.iter().enumerate() {
            weight += own;
            let full = weight * slices as i64 >= whole;
            if full || at + 1 == weights.len() {
                found.push((
                    first,
                    Box::new(Self {
                        path: self.path.clone(),
                        metadata: self.metadata.clone(),
                        group: self.group,
                        fields: Some(first..at + 1),
                    }),
                ));
                (first, weight) = (at + 1, 0);
            }
        }
        Some(found)
    }
}
