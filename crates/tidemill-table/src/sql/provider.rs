//! A table as DataFusion sees it: only the columns that a query needs are read, by as many threads as it has partitions.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result as Planned};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::queue::Passes;
use crate::error::{Error, Result};
use crate::open::Tables;
use crate::widen;

/// Batches that wait for whoever takes them, a partition.
const AHEAD: usize = 2;
/// Rows of a batch without columns.
const COUNTED: u64 = 8192;

/// A table of a query.
#[derive(Debug)]
pub(super) struct Provider {
    tables: Arc<Tables>,
    schema: SchemaRef,
}

impl Provider {
    pub(super) fn new(tables: Arc<Tables>) -> Self {
        let schema = schema_of(&tables);
        Self { tables, schema }
    }
}

/// The columns with types that all files fit; dictionaries are a matter of files.
fn schema_of(tables: &Tables) -> SchemaRef {
    let mut fields: Vec<Field> = Vec::new();
    for (number, file) in tables.files.iter().enumerate() {
        for (at, field) in file.schema().fields().iter().enumerate() {
            let own = plain(field.data_type());
            match fields.get_mut(at) {
                Some(known) => {
                    let both = widen::both(known.data_type(), &own);
                    known.set_data_type(both);
                }
                None if number == 0 => {
                    fields.push(Field::new(field.name(), own, true));
                }
                None => {}
            }
        }
    }
    Arc::new(Schema::new(fields))
}

fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) if values.is_string() => DataType::Utf8View,
        DataType::Dictionary(_, values) => plain(values),
        DataType::Utf8 => DataType::Utf8View,
        other => other.clone(),
    }
}

#[async_trait]
impl TableProvider for Provider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Planned<Arc<dyn ExecutionPlan>> {
        let columns = projection
            .cloned()
            .unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&columns)?);
        let partitions = state.config().target_partitions().max(1);
        let scan = Arc::new(Scan {
            passes: Passes::new(Arc::clone(&self.tables), partitions),
            tables: Arc::clone(&self.tables),
            columns,
            schema: Arc::clone(&schema),
        });
        let streams = (0..partitions)
            .map(|partition| -> Arc<dyn PartitionStream> {
                Arc::new(Partition {
                    scan: Arc::clone(&scan),
                    partition,
                })
            })
            .collect();
        let plan = StreamingTableExec::try_new(schema, streams, None, [], false, limit)?;
        Ok(Arc::new(plan))
    }
}

/// A reading of some columns.
#[derive(Debug)]
struct Scan {
    passes: Passes,
    tables: Arc<Tables>,
    columns: Vec<usize>,
    schema: SchemaRef,
}

#[derive(Debug)]
struct Partition {
    scan: Arc<Scan>,
    partition: usize,
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.scan.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (scan, queue) = (Arc::clone(&self.scan), self.scan.passes.join(self.partition));
        let mut stream = RecordBatchReceiverStream::builder(Arc::clone(&scan.schema), AHEAD);
        let batches = stream.tx();
        stream.spawn_blocking(move || {
            while let Some(work) = queue.take() {
                let mut gone = false;
                let read = work.and_then(|(file, part)| {
                    let path = scan.tables.files[file].path();
                    guarded(path, || {
                        scan.read(path, part.as_ref(), &mut |batch| {
                            gone = batches.blocking_send(Ok(batch)).is_err();
                            if gone {
                                Err(Error::of(path, "nobody reads it"))
                            } else {
                                Ok(())
                            }
                        })
                    })
                });
                if gone {
                    break;
                }
                read.map_err(|error| DataFusionError::External(Box::new(error)))?;
            }
            Ok(())
        });
        stream.build()
    }
}

impl Scan {
    fn read(
        &self,
        path: &std::path::Path,
        part: &dyn crate::table::Part,
        to: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        if self.columns.is_empty() {
            let mut send = |rows: u64| {
                let mut left = rows;
                while left > 0 {
                    let now = left.min(COUNTED);
                    left -= now;
                    let options = RecordBatchOptions::new().with_row_count(Some(now as usize));
                    let batch =
                        RecordBatch::try_new_with_options(Arc::clone(&self.schema), Vec::new(), &options);
                    to(batch.map_err(|error| Error::of(path, error))?)?;
                }
                Ok(())
            };
            return match part.rows() {
                Some(rows) => send(rows),
                None => part.read_some(&[0], &mut |batch| send(batch.num_rows() as u64)),
            };
        }
        part.read_some(&self.columns, &mut |batch| to(self.shaped(path, batch)?))
    }

    /// A batch with the types that the query was planned with.
    fn shaped(&self, path: &std::path::Path, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = self
            .schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| -> Result<ArrayRef> {
                if column.data_type() == field.data_type() {
                    return Ok(Arc::clone(column));
                }
                arrow_cast::cast(column, field.data_type())
                    .map_err(|error| Error::of(path, error).in_column(field.name()))
            })
            .collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| Error::of(path, error))
    }
}

/// Damaged files make some decoders panic; that is an error of the file.
fn guarded<T>(path: &std::path::Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_: Box<dyn Any + Send>| {
        Err(Error::of(path, "its content contradicts itself")
            .with_hint("the file is damaged; write or copy it again"))
    })
}
