//! A session of DataFusion that reads the tables it was given, and nothing else: no files, no settings, no catalogue.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow_array::Float64Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, FieldRef};
use datafusion::common::TableReference;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{ColumnarValue, LogicalPlan, ScalarUDF, Volatility, create_udf};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures::StreamExt;

use super::failure::Failure;
use super::limits::Limits;
use super::provider::Provider;
use super::statement;
use crate::open::Tables;

/// Where a query runs.
pub(super) struct Session(SessionContext);

impl Session {
    /// A session with tables. `merge_joins`: joins sort both sides, and so can spill.
    pub(super) fn open(
        limits: &Limits,
        tables: &[(String, Arc<Tables>)],
        merge_joins: bool,
    ) -> Result<Self, Failure> {
        let mut config = SessionConfig::new()
            .with_target_partitions(limits.threads())
            .with_information_schema(true);
        let options = config.options_mut();
        // Names are as they are written: columns of data have capitals more often than queries shout.
        options.sql_parser.enable_ident_normalization = false;
        options.optimizer.prefer_hash_join = !merge_joins;
        options.optimizer.expand_views_at_output = true;
        // What merging spilled runs takes is set aside by each sort: two sides of a join on each thread.
        let aside = limits.memory_bytes / (16 * limits.threads() as u64);
        options.execution.sort_spill_reservation_bytes = aside.clamp(512 << 10, 10 << 20) as usize;
        let pool = FairSpillPool::new(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX));
        let mut runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(TrackConsumersPool::new(pool, NonZeroUsize::MIN)))
            .with_max_temp_directory_size(limits.spill_bytes);
        if let Some(scratch) = &limits.scratch {
            runtime = runtime.with_temp_file_path(scratch);
        }
        let runtime = runtime.build_arc()?;
        // No address leads to a file.
        runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        context.register_udf(share_of());
        for (name, tables) in tables {
            let provider = Arc::new(Provider::new(Arc::clone(tables)));
            context.register_table(TableReference::bare(name.as_str()), provider)?;
        }
        Ok(Self(context))
    }

    /// Keeps a query under a name, as a table that is made when it is asked for.
    pub(super) async fn keep(&self, name: &str, sql: &str) -> Result<(), Failure> {
        let view = self.plan(sql).await?.into_view();
        self.0.register_table(TableReference::bare(name), view)?;
        Ok(())
    }

    /// The columns of a table.
    pub(super) async fn columns(&self, table: &str) -> Result<Vec<(String, DataType)>, Failure> {
        let provider = self.0.table_provider(TableReference::bare(table)).await?;
        let schema = provider.schema();
        let column = |field: &FieldRef| (field.name().clone(), field.data_type().clone());
        Ok(schema.fields().iter().map(column).collect())
    }

    /// A query, planned and not yet run.
    pub(super) async fn plan(&self, sql: &str) -> Result<DataFrame, Failure> {
        let statement = statement::read(sql)?;
        let state = self.0.state();
        let plan: LogicalPlan = state.statement_to_plan(statement).await?;
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false)
            .verify_plan(&plan)?;
        Ok(DataFrame::new(state, plan))
    }
}

/// Runs a planned query on a task of its own. A query may compute for long without letting go, and who waits for its rows must
/// not be held up by that.
pub(super) async fn streamed(planned: DataFrame) -> datafusion::error::Result<SendableRecordBatchStream> {
    let mut rows = planned.execute_stream().await?;
    let mut apart = RecordBatchReceiverStream::builder(rows.schema(), 2);
    let sender = apart.tx();
    apart.spawn(async move {
        while let Some(batch) = rows.next().await {
            let failed = batch.is_err();
            if sender.send(batch).await.is_err() || failed {
                break;
            }
        }
        Ok(())
    });
    Ok(apart.build())
}

/// `share_of(text)`: a number from 0 to 1 that depends on the text alone and is spread evenly over texts, to split rows by key.
/// FNV-1a, mixed by SplitMix64's finish.
fn share_of() -> ScalarUDF {
    let shares = |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let texts = arrays[0].as_string_view();
        let share = |text: &str| {
            let start = 0xcbf2_9ce4_8422_2325_u64;
            let hash = text.bytes().fold(start, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            let z = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        let shares: Float64Array = texts.iter().map(|text| text.map(share)).collect();
        Ok(ColumnarValue::Array(Arc::new(shares)))
    };
    create_udf(
        "share_of",
        vec![DataType::Utf8View],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(shares),
    )
}
