//! What a model is and has done, in the words of Triton's configuration and statistics.

use std::sync::atomic::{AtomicU64, Ordering};

use super::message::*;
use crate::oip::{Batching, DataType, Described, Served};

/// A model's configuration.
pub(super) fn configuration(model: &Served) -> ModelConfig {
    // Where a model has a largest batch, the number of rows is not among its dimensions.
    let skipped = usize::from(model.max_batch > 0);
    let dims = |known: &Described| known.shape.get(skipped..).unwrap_or_default().to_vec();
    let batching = model.batcher.as_ref().map(|batcher| {
        let Batching { max_size, max_time } = batcher.settings();
        ModelDynamicBatching {
            preferred_batch_size: vec![i32::try_from(max_size).unwrap_or(i32::MAX)],
            max_queue_delay_microseconds: u64::try_from(max_time.as_micros()).unwrap_or(u64::MAX),
        }
    });
    ModelConfig {
        name: model.name.clone(),
        platform: model.platform.into(),
        max_batch_size: i32::try_from(model.max_batch).unwrap_or(i32::MAX),
        input: model
            .inputs
            .iter()
            .map(|known| ModelInput {
                name: known.name.clone(),
                data_type: number(known.datatype),
                dims: dims(known),
            })
            .collect(),
        output: model
            .outputs
            .iter()
            .map(|known| ModelOutput {
                name: known.name.clone(),
                data_type: number(known.datatype),
                dims: dims(known),
            })
            .collect(),
        dynamic_batching: batching,
        backend: model.backend().into(),
    }
}

/// The number of a type in `model_config.proto`.
fn number(datatype: DataType) -> i32 {
    match datatype {
        DataType::Bool => 1,
        DataType::Uint8 => 2,
        DataType::Uint16 => 3,
        DataType::Uint32 => 4,
        DataType::Uint64 => 5,
        DataType::Int8 => 6,
        DataType::Int16 => 7,
        DataType::Int32 => 8,
        DataType::Int64 => 9,
        DataType::Fp16 => 10,
        DataType::Fp32 => 11,
        DataType::Fp64 => 12,
        DataType::Bytes => 13,
        DataType::Bf16 => 14,
    }
}

/// What a model has done.
pub(super) fn statistics(model: &Served) -> ModelStatistics {
    let counts = &model.counts;
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let pair = |count: u64, ns: u64| Some(StatisticDuration { count, ns });
    let (succeeded, runs) = (of(&counts.succeeded), of(&counts.runs));
    ModelStatistics {
        name: model.name.clone(),
        version: model.version.clone(),
        last_inference: of(&counts.last_ms),
        inference_count: of(&counts.rows),
        execution_count: runs,
        inference_stats: Some(InferStatistics {
            success: pair(succeeded, of(&counts.succeeded_ns)),
            fail: pair(of(&counts.failed), of(&counts.failed_ns)),
            queue: pair(succeeded, counts.waited_ns()),
            compute_input: pair(runs, 0),
            compute_infer: pair(runs, of(&counts.runs_ns)),
            compute_output: pair(runs, 0),
            cache_hit: pair(0, 0),
            cache_miss: pair(0, 0),
        }),
    }
}
