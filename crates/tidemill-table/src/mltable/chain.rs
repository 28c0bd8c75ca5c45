//! The steps of an MLTable, bound to the columns of its files: a batch goes in, and what becomes of it comes out.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use datafusion::common::ScalarValue;
use datafusion::physical_plan::PhysicalExpr;

use super::convert::ColumnType;
use super::document::{Columns, Document, Step};
use super::filter::{condition, no_column};
use super::place::At;
use crate::error::{Error, Result};
use crate::sql::mixed;

/// The steps of a table.
#[derive(Debug)]
pub(super) struct Chain {
    links: Vec<Link>,
    /// The columns that come out.
    pub(super) schema: SchemaRef,
    /// The MLTable.
    file: std::path::PathBuf,
}

#[derive(Debug)]
struct Link {
    at: At,
    work: Work,
    /// The columns after it.
    schema: SchemaRef,
}

#[derive(Debug)]
enum Work {
    Filter(Arc<dyn PhysicalExpr>),
    Columns(Vec<usize>),
    Convert(Vec<(usize, ColumnType)>),
    /// Values that all rows of a file share, by file; before or behind the other columns.
    OfFile {
        values: Vec<Vec<ScalarValue>>,
        first: bool,
    },
    Skip(u64),
    Take(u64),
    Sample {
        bound: u64,
        seed: u64,
    },
}

/// How far a reading has come: for each step, the rows that it has seen.
pub(super) struct Progress {
    seen: Vec<u64>,
    /// Tells readings of different parts apart.
    part: u64,
}

impl Chain {
    /// Binds the steps of an MLTable. `shown` are the files as they are called.
    pub(super) fn bind(
        file: &Path,
        document: &Document,
        shown: &[String],
        schema: SchemaRef,
    ) -> Result<Self> {
        let mut chain = Self {
            links: Vec::new(),
            schema,
            file: file.to_path_buf(),
        };
        if let Some((at, name)) = &document.reading.path_column {
            let values = shown
                .iter()
                .map(|path| vec![ScalarValue::Utf8(Some(path.clone()))])
                .collect();
            let field = Field::new(name, arrow_schema::DataType::Utf8, true);
            chain.of_file(at, vec![field], values, true)?;
        }
        for (at, columns, kind) in &document.reading.overrides {
            let columns = Columns::Named(columns.clone());
            chain.convert(at, &[(at, &columns, kind)])?;
        }
        for (at, step) in &document.steps {
            match step {
                Step::Filter(node) => {
                    let work = condition(node, &chain.schema).map_err(|why| at.refuse(file, why))?;
                    chain.push(at, Work::Filter(work), None);
                }
                Step::Keep(columns) => chain.choose(at, columns, true)?,
                Step::Drop(columns) => chain.choose(at, columns, false)?,
                Step::Convert(all) => {
                    let all: Vec<_> = all
                        .iter()
                        .map(|(at, columns, kind)| (at, columns, kind))
                        .collect();
                    chain.convert(at, &all)?;
                }
                Step::Partition(format) => {
                    let values = shown
                        .iter()
                        .map(|path| format.values(path))
                        .collect::<Result<_, _>>();
                    let values = values.map_err(|why| at.refuse(file, why))?;
                    chain.of_file(at, format.fields(), values, false)?;
                }
                Step::Skip(rows) => chain.push(at, Work::Skip(*rows), None),
                Step::Take(rows) => chain.push(at, Work::Take(*rows), None),
                Step::Sample { probability, seed } => {
                    let bound = (probability * u64::MAX as f64) as u64;
                    chain.push(at, Work::Sample { bound, seed: *seed }, None);
                }
            }
        }
        Ok(chain)
    }

    fn push(&mut self, at: &At, work: Work, schema: Option<Schema>) {
        if let Some(schema) = schema {
            self.schema = Arc::new(schema);
        }
        self.links.push(Link {
            at: at.clone(),
            work,
            schema: Arc::clone(&self.schema),
        });
    }

    fn of_file(
        &mut self,
        at: &At,
        fields: Vec<Field>,
        values: Vec<Vec<ScalarValue>>,
        first: bool,
    ) -> Result<()> {
        let own: Vec<Field> = self
            .schema
            .fields()
            .iter()
            .map(|field| Field::clone(field))
            .collect();
        if let Some(field) = fields
            .iter()
            .find(|field| self.schema.field_with_name(field.name()).is_ok())
        {
            return Err(at.refuse(
                &self.file,
                format!("there is a column `{}` already", field.name()),
            ));
        }
        let fields = if first {
            [fields, own].concat()
        } else {
            [own, fields].concat()
        };
        self.push(at, Work::OfFile { values, first }, Some(Schema::new(fields)));
        Ok(())
    }

    fn choose(&mut self, at: &At, columns: &Columns, keep: bool) -> Result<()> {
        let meant = self.places(at, columns)?;
        // Columns that are kept come in the order in which they are named.
        let kept: Vec<usize> = if keep {
            meant
        } else {
            let dropped: BTreeSet<usize> = meant.into_iter().collect();
            (0..self.schema.fields().len())
                .filter(|place| !dropped.contains(place))
                .collect()
        };
        if kept.is_empty() {
            return Err(at.refuse(&self.file, "no column is left"));
        }
        let schema = self
            .schema
            .project(&kept)
            .map_err(|error| at.refuse(&self.file, error))?;
        self.push(at, Work::Columns(kept), Some(schema));
        Ok(())
    }

    fn convert(&mut self, at: &At, all: &[(&At, &Columns, &ColumnType)]) -> Result<()> {
        let mut fields: Vec<Field> = self
            .schema
            .fields()
            .iter()
            .map(|field| Field::clone(field))
            .collect();
        let mut work = Vec::new();
        for (at, columns, kind) in all {
            for place in self.places(at, columns)? {
                let field = &mut fields[place];
                if !kind.takes(field.data_type()) {
                    let why = format!(
                        "the column `{}` ({}) cannot be converted",
                        field.name(),
                        field.data_type()
                    );
                    return Err(at.refuse(&self.file, why));
                }
                field.set_data_type(kind.data_type());
                field.set_nullable(true);
                work.push((place, (*kind).clone()));
            }
        }
        self.push(at, Work::Convert(work), Some(Schema::new(fields)));
        Ok(())
    }

    fn places(&self, at: &At, columns: &Columns) -> Result<Vec<usize>> {
        match columns {
            Columns::Named(names) => {
                let mut places = Vec::new();
                for name in names {
                    let place = self.schema.index_of(name);
                    let place = place.map_err(|_| at.refuse(&self.file, no_column(name, &self.schema)))?;
                    if !places.contains(&place) {
                        places.push(place);
                    }
                }
                Ok(places)
            }
            Columns::Like { pattern, invert } => {
                let fields = self.schema.fields().iter().enumerate();
                Ok(fields
                    .filter(|(_, field)| pattern.is_match(field.name()) != *invert)
                    .map(|(place, _)| place)
                    .collect())
            }
        }
    }

    /// True where what becomes of a row depends on the rows before it.
    pub(super) fn is_ordered(&self) -> bool {
        self.links
            .iter()
            .any(|link| matches!(link.work, Work::Skip(_) | Work::Take(_)))
    }

    /// True where as many rows come out as go in.
    pub(super) fn keeps_rows(&self) -> bool {
        let keeps = |link: &Link| {
            matches!(
                link.work,
                Work::Columns(_) | Work::Convert(_) | Work::OfFile { .. }
            )
        };
        self.links.iter().all(keeps)
    }

    /// The beginning of a reading of a part.
    pub(super) fn begin(&self, part: u64) -> Progress {
        Progress {
            seen: vec![0; self.links.len()],
            part,
        }
    }

    /// True where no row can come any more.
    pub(super) fn is_over(&self, progress: &Progress) -> bool {
        let ended = |(link, seen): (&Link, &u64)| matches!(link.work, Work::Take(rows) if *seen >= rows);
        self.links.iter().zip(&progress.seen).any(ended)
    }

    /// What becomes of a batch of a file.
    pub(super) fn apply(
        &self,
        number: usize,
        path: &Path,
        mut batch: RecordBatch,
        progress: &mut Progress,
    ) -> Result<RecordBatch> {
        for (at, link) in self.links.iter().enumerate() {
            let seen = progress.seen[at];
            progress.seen[at] += batch.num_rows() as u64;
            batch = link.apply(number, path, batch, seen, progress.part)?;
        }
        Ok(batch)
    }
}

impl Link {
    fn apply(
        &self,
        number: usize,
        path: &Path,
        batch: RecordBatch,
        seen: u64,
        part: u64,
    ) -> Result<RecordBatch> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::of(path, error).with_hint(format!("see {}", self.at.shown()))
        };
        let rows = batch.num_rows();
        match &self.work {
            Work::Filter(condition) => {
                let found = condition
                    .evaluate(&batch)
                    .and_then(|value| value.into_array(rows));
                let found = found.map_err(|error| failed(&error))?;
                filter_record_batch(&batch, found.as_boolean()).map_err(|error| failed(&error))
            }
            Work::Columns(places) => batch.project(places).map_err(|error| failed(&error)),
            Work::Convert(work) => {
                let mut columns = batch.columns().to_vec();
                for (place, kind) in work {
                    let converted = kind.convert(&columns[*place]);
                    columns[*place] =
                        converted.map_err(|why| failed(&why).in_column(self.schema.field(*place).name()))?;
                }
                self.batch(columns, rows).map_err(|error| failed(&error))
            }
            Work::OfFile { values, first } => {
                let values = values[number].iter().map(|value| value.to_array_of_size(rows));
                let values = values
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| failed(&error))?;
                let own = batch.columns().to_vec();
                let columns = if *first {
                    [values, own].concat()
                } else {
                    [own, values].concat()
                };
                self.batch(columns, rows).map_err(|error| failed(&error))
            }
            Work::Skip(skipped) => {
                let now = skipped.saturating_sub(seen).min(rows as u64) as usize;
                Ok(batch.slice(now, rows - now))
            }
            Work::Take(taken) => {
                let now = taken.saturating_sub(seen).min(rows as u64) as usize;
                Ok(batch.slice(0, now))
            }
            Work::Sample { bound, seed } => {
                // What a row draws depends on the seed and on where it stands: the same rows come each time.
                let drawn = |row: usize| mixed(seed ^ mixed(part ^ mixed(seen + row as u64)));
                let chosen = (0..rows).map(|row| Some(*bound == u64::MAX || drawn(row) < *bound));
                filter_record_batch(&batch, &BooleanArray::from_iter(chosen)).map_err(|error| failed(&error))
            }
        }
    }

    fn batch(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }
}
