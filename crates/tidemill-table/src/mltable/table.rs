//! An MLTable as a table: the parts of its files, each with what its steps make of the rows; where rows are counted from the
//! top, one part that reads the files in their order and stops when it has enough.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::chain::Chain;
use super::document::Document;
use crate::error::{Error, Result};
use crate::open::alike;
use crate::table::{Part, Parts, Sink, Table};
use crate::widen;

/// An MLTable.
#[derive(Debug)]
pub(super) struct MlTable {
    file: PathBuf,
    document: Arc<Document>,
    /// How the files are called.
    shown: Arc<[String]>,
    source: Arc<Source>,
}

/// The files, with the columns that they become.
#[derive(Debug)]
struct Source {
    files: Vec<Box<dyn Table>>,
    /// Where each file has each of the columns.
    places: Vec<Vec<Option<usize>>>,
    /// The columns before the steps.
    schema: SchemaRef,
    chain: Chain,
}

impl MlTable {
    pub(super) fn new(
        file: PathBuf,
        document: Document,
        files: Vec<Box<dyn Table>>,
        shown: Vec<String>,
    ) -> Result<Self> {
        Self::of(file, Arc::new(document), files, shown.into())
    }

    fn of(
        file: PathBuf,
        document: Arc<Document>,
        files: Vec<Box<dyn Table>>,
        shown: Arc<[String]>,
    ) -> Result<Self> {
        let schema = whole(&files);
        let places = files
            .iter()
            .map(|table| {
                let own = table.schema();
                let place = |field: &Arc<Field>| own.index_of(field.name()).ok();
                schema.fields().iter().map(place).collect()
            })
            .collect();
        let chain = Chain::bind(&file, &document, &shown, Arc::clone(&schema))?;
        let source = Source {
            files,
            places,
            schema,
            chain,
        };
        Ok(Self {
            file,
            document,
            shown,
            source: Arc::new(source),
        })
    }
}

impl MlTable {
    fn parts_of<'t>(&'t self, file: usize, table: &'t dyn Table) -> Parts<'t> {
        let parts = match table.parts() {
            Ok(parts) => parts,
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        Box::new(parts.enumerate().map(move |(number, part)| {
            let part: Box<dyn Part> = Box::new(OfFile {
                source: Arc::clone(&self.source),
                file,
                number,
                part: part?,
            });
            Ok(part)
        }))
    }
}

/// The columns of all files, with types that fit all of them.
fn whole(files: &[Box<dyn Table>]) -> SchemaRef {
    let mut fields: Vec<Field> = Vec::new();
    for file in files {
        for field in file.schema().fields() {
            let own = plain(field.data_type());
            match fields.iter_mut().find(|known| known.name() == field.name()) {
                Some(known) => known.set_data_type(widen::both(known.data_type(), &own)),
                None => fields.push(Field::new(field.name(), own, true)),
            }
        }
    }
    Arc::new(Schema::new(fields))
}

fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        other => other.clone(),
    }
}

impl Table for MlTable {
    fn path(&self) -> &Path {
        &self.file
    }

    fn has(&self, file: &Path) -> bool {
        file == self.file || self.source.files.iter().any(|table| table.has(file))
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.source.chain.schema)
    }

    fn rows(&self) -> Option<u64> {
        if !self.source.chain.keeps_rows() {
            return None;
        }
        self.source.files.iter().map(|file| file.rows()).sum()
    }

    fn parts(&self) -> Result<Parts<'_>> {
        if self.source.chain.is_ordered() {
            let part: Box<dyn Part> = Box::new(InOrder(Arc::clone(&self.source)));
            return Ok(Box::new(std::iter::once(Ok(part))));
        }
        let files = self.source.files.iter().enumerate();
        Ok(Box::new(
            files.flat_map(|(file, table)| self.parts_of(file, table.as_ref())),
        ))
    }

    fn widened(&self) -> Result<Option<Box<dyn Table>>> {
        let mut changed = false;
        let mut files = Vec::new();
        for file in &self.source.files {
            let other = file.widened()?;
            changed |= other.is_some();
            match other.or_else(|| file.retyped(&file.schema())) {
                Some(other) => files.push(other),
                // Formats that say their types leave nothing to be found out.
                None => return Ok(None),
            }
        }
        if !changed {
            return Ok(None);
        }
        if self.document.reading.headers != super::Headers::Different {
            files = alike(files)?;
        }
        let table = Self::of(
            self.file.clone(),
            Arc::clone(&self.document),
            files,
            Arc::clone(&self.shown),
        )?;
        Ok(Some(Box::new(table)))
    }
}

impl Source {
    /// A batch of a file with the columns of all files.
    fn shaped(&self, file: usize, batch: &RecordBatch) -> Result<RecordBatch> {
        let path = self.files[file].path();
        let columns = self
            .schema
            .fields()
            .iter()
            .zip(&self.places[file])
            .map(|(field, place)| match place {
                None => Ok(new_null_array(field.data_type(), batch.num_rows())),
                Some(place) if batch.column(*place).data_type() == field.data_type() => {
                    Ok(Arc::clone(batch.column(*place)))
                }
                Some(place) => arrow_cast::cast(batch.column(*place), field.data_type())
                    .map_err(|error| Error::of(path, error).in_column(field.name())),
            })
            .collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| Error::of(path, error))
    }
}

/// A part of a file, with what the steps make of it.
struct OfFile {
    source: Arc<Source>,
    file: usize,
    number: usize,
    part: Box<dyn Part>,
}

impl Part for OfFile {
    fn rows(&self) -> Option<u64> {
        self.source.chain.keeps_rows().then(|| self.part.rows()).flatten()
    }

    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        let chain = &self.source.chain;
        let path = self.source.files[self.file].path();
        let mut progress = chain.begin(((self.file as u64) << 32) | self.number as u64);
        self.part.read(&mut |batch| {
            let batch = self.source.shaped(self.file, batch)?;
            let batch = chain.apply(self.file, path, batch, &mut progress)?;
            if batch.num_rows() > 0 {
                sink(&batch)
            } else {
                Ok(())
            }
        })
    }
}

/// All files, one after the other.
struct InOrder(Arc<Source>);

impl Part for InOrder {
    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        let source = &self.0;
        let chain = &source.chain;
        let mut progress = chain.begin(0);
        for (number, file) in source.files.iter().enumerate() {
            for part in file.parts()? {
                if chain.is_over(&progress) {
                    return Ok(());
                }
                let mut over = false;
                let read = part?.read(&mut |batch| {
                    let batch = source.shaped(number, batch)?;
                    let batch = chain.apply(number, file.path(), batch, &mut progress)?;
                    if batch.num_rows() > 0 {
                        sink(&batch)?;
                    }
                    over = chain.is_over(&progress);
                    // Ends the reading of the part; nobody sees it.
                    if over {
                        Err(Error::of(file.path(), "enough rows are read"))
                    } else {
                        Ok(())
                    }
                });
                if over {
                    return Ok(());
                }
                read?;
            }
        }
        Ok(())
    }
}
