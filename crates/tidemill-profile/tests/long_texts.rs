//! A million distinct texts of 10 kB: the memory of a profile does not grow with them. In a file of its own, for it looks at the memory
//! of its process.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use tidemill_profile::{Asked, Likelihood, Profiler};

const TEXTS: usize = 1_000_000;
const LENGTH: usize = 10_000;
const BATCH: usize = 500;

/// The most memory that this process had so far, in MB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kb.unwrap_or_default() / 1000
}

#[test]
fn a_million_distinct_texts_of_10_kb_take_bounded_memory() {
    let mut bytes = vec![b'x'; BATCH * LENGTH];
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(LENGTH, BATCH));
    let mut profiler: Option<Profiler> = None;
    for first in (0..TEXTS).step_by(BATCH) {
        for (at, text) in bytes.chunks_exact_mut(LENGTH).enumerate() {
            text[..8].copy_from_slice(format!("{:08}", first + at).as_bytes());
        }
        let array = StringArray::new(offsets.clone(), Buffer::from_slice_ref(&bytes), None);
        let batch = RecordBatch::try_from_iter([("text", Arc::new(array) as ArrayRef)]).expect("a batch");
        let profiler = profiler.get_or_insert_with(|| Profiler::new(&batch.schema()));
        let at = tidemill_profile::Position {
            part: 0,
            row: first as u64,
        };
        profiler.update(&batch, at).expect("is added");
    }
    let profiler = profiler.expect("a profiler");
    let state = profiler.to_bytes().expect("bytes").len();
    assert!(state < 8 << 20, "its state takes {state} bytes");
    let found = profiler.finish(&Asked::default()).expect("finishes");
    let text = found.column("text").expect("a column");
    let n = TEXTS as f64;
    assert!(!text.exact && (text.distinct.value - n).abs() < 4.0 * text.distinct.standard_error);
    assert_eq!((text.key, text.top.is_empty()), (Some(Likelihood::Likely), true));
    let lengths = text.numbers.as_ref().expect("lengths");
    assert_eq!((found.rows, lengths.mean), (TEXTS as u64, Some(LENGTH as f64)));
    // Of ten gigabytes of text.
    assert!(most_memory() < 200, "{} MB", most_memory());
}
