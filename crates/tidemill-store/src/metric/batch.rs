//! The bytes of one row of the tail: points of any series, as they came together.
//!
//! Layout, version 1: one byte for the version; then, to the end, for each series the texts workspace, run and key (length
//! as a varint, UTF-8), and a stretch of points as [`super::column`] writes it.

use super::column::{decode_from, encode_plain};
use super::sample::Sample;
use super::varint::{Reader, put_text};

const VERSION: u8 = 1;

/// Which series: workspace, run, key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SeriesName {
    pub workspace: String,
    pub run_id: String,
    pub key: String,
}

/// Points by series, in the order of their first points.
pub(super) type Batch = Vec<(SeriesName, Vec<Sample>)>;

pub(super) fn encode(batch: &Batch) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for (
        SeriesName {
            workspace,
            run_id,
            key,
        },
        samples,
    ) in batch
    {
        for text in [workspace, run_id, key] {
            put_text(&mut bytes, text);
        }
        encode_plain(&mut bytes, samples);
    }
    bytes
}

/// Reads what [`encode`] wrote; `None` when the bytes are damaged.
pub(super) fn decode(bytes: &[u8]) -> Option<Batch> {
    let mut reader = Reader(bytes);
    if reader.byte()? != VERSION {
        return None;
    }
    let mut batch = Batch::new();
    while !reader.0.is_empty() {
        let name = SeriesName {
            workspace: reader.text()?.to_owned(),
            run_id: reader.text()?.to_owned(),
            key: reader.text()?.to_owned(),
        };
        batch.push((name, decode_from(&mut reader)?));
    }
    Some(batch)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_batch_comes_back(
            series in prop::collection::vec(("\\PC*", prop::collection::vec((any::<i64>(), any::<f64>()), 0..20)), 0..10),
        ) {
            let batch: Batch = series
                .into_iter()
                .map(|(key, points)| {
                    let name = SeriesName { workspace: "ws".into(), run_id: "r".into(), key };
                    (name, points.into_iter().map(|(t, v)| Sample::new(t, 1, v)).collect())
                })
                .collect();
            prop_assert_eq!(decode(&encode(&batch)).unwrap(), batch);
        }

        #[test]
        fn damaged_bytes_are_refused_not_feared(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let damaged: Vec<u8> = std::iter::once(VERSION).chain(bytes).collect();
            decode(&damaged);
        }
    }
}
