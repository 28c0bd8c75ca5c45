//! The bytes of a stretch of one series. A stretch of a few points is written plainly; a longer one as three columns,
//! compressed with pcodec (<https://github.com/pcodec/pcodec>), which keeps every bit.
//!
//! Layout, version 1: one byte for the form, then the number of points as a LEB128 varint. Plain (1): for each point the
//! zigzag varints of how far time and step are from the point before, then the value, 8 bytes, little endian. Plain with
//! single precision (2): the same with 4 bytes, where each value is one. Columns (3): for time, step and value each, the
//! length as a varint and a standalone pco chunk.

use super::sample::Sample;
use super::varint::{Reader, put, put_signed};

/// From how many points on columns are smaller than plain points.
const COLUMNS_FROM: usize = 24;
/// More points than any writer puts into one stretch; what claims more is damaged.
const MOST: usize = 1 << 24;

const PLAIN: u8 = 1;
const PLAIN_SINGLE: u8 = 2;
const COLUMNS: u8 = 3;

/// Writes the samples, in their order.
pub(super) fn encode(samples: &[Sample]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, samples, samples.len() >= COLUMNS_FROM);
    bytes
}

/// Writes the samples plainly: quick, for what does not stay long.
pub(super) fn encode_plain(bytes: &mut Vec<u8>, samples: &[Sample]) {
    encode_into(bytes, samples, false);
}

fn encode_into(bytes: &mut Vec<u8>, samples: &[Sample], columns: bool) {
    if columns && let Some(packed) = pack(samples) {
        bytes.push(COLUMNS);
        put(bytes, samples.len() as u64);
        for column in packed {
            put(bytes, column.len() as u64);
            bytes.extend_from_slice(&column);
        }
        return;
    }
    let single = samples.iter().all(|sample| is_single(sample.value));
    bytes.push(if single { PLAIN_SINGLE } else { PLAIN });
    put(bytes, samples.len() as u64);
    let (mut timestamp, mut step) = (0_i64, 0_i64);
    for sample in samples {
        put_signed(bytes, sample.timestamp.wrapping_sub(timestamp));
        put_signed(bytes, sample.step.wrapping_sub(step));
        if single {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it was checked that nothing is lost"
            )]
            bytes.extend_from_slice(&(sample.value as f32).to_le_bytes());
        } else {
            bytes.extend_from_slice(&sample.value.to_le_bytes());
        }
        (timestamp, step) = (sample.timestamp, sample.step);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "this is the question")]
fn is_single(value: f64) -> bool {
    value.is_nan() || f64::from(value as f32).to_bits() == value.to_bits()
}

fn pack(samples: &[Sample]) -> Option<[Vec<u8>; 3]> {
    let config = pco::ChunkConfig::default();
    let timestamps: Vec<i64> = samples.iter().map(|sample| sample.timestamp).collect();
    let steps: Vec<i64> = samples.iter().map(|sample| sample.step).collect();
    let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
    Some([
        pco::standalone::simple_compress(&timestamps, &config).ok()?,
        pco::standalone::simple_compress(&steps, &config).ok()?,
        pco::standalone::simple_compress(&values, &config).ok()?,
    ])
}

/// Reads what [`encode`] wrote; `None` when the bytes are damaged.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Sample>> {
    let mut reader = Reader(bytes);
    let samples = decode_from(&mut reader)?;
    reader.0.is_empty().then_some(samples)
}

/// Reads one stretch, and leaves what follows it.
pub(super) fn decode_from(reader: &mut Reader<'_>) -> Option<Vec<Sample>> {
    let form = reader.byte()?;
    let length = usize::try_from(reader.unsigned()?)
        .ok()
        .filter(|length| *length <= MOST)?;
    if form == COLUMNS {
        let timestamps: Vec<i64> = unpack(reader, length)?;
        let steps: Vec<i64> = unpack(reader, length)?;
        let values: Vec<f64> = unpack(reader, length)?;
        let points = timestamps.into_iter().zip(steps).zip(values);
        return Some(
            points
                .map(|((timestamp, step), value)| Sample {
                    timestamp,
                    step,
                    value,
                })
                .collect(),
        );
    }
    // A point takes six bytes at least: a damaged length does not make a large allocation.
    let mut samples = Vec::with_capacity(length.min(reader.0.len() / 6 + 1));
    let (mut timestamp, mut step) = (0_i64, 0_i64);
    for _ in 0..length {
        timestamp = timestamp.wrapping_add(reader.signed()?);
        step = step.wrapping_add(reader.signed()?);
        let value = match form {
            PLAIN => f64::from_le_bytes(reader.array()?),
            PLAIN_SINGLE => f64::from(f32::from_le_bytes(reader.array()?)),
            _ => return None,
        };
        samples.push(Sample {
            timestamp,
            step,
            value,
        });
    }
    Some(samples)
}

fn unpack<T: pco::data_types::Number>(reader: &mut Reader<'_>, length: usize) -> Option<Vec<T>> {
    let size = usize::try_from(reader.unsigned()?).ok()?;
    let column = pco::standalone::simple_decompress::<T>(reader.bytes(size)?).ok()?;
    (column.len() == length).then_some(column)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(samples: &[Sample]) -> Vec<(i64, i64, u64)> {
        samples
            .iter()
            .map(|sample| (sample.timestamp, sample.step, sample.value.to_bits()))
            .collect()
    }

    /// Bytes a point of 8,192 points with unit steps and a jittered clock.
    fn size(value: impl Fn(u32) -> f64) -> f64 {
        let samples: Vec<_> = (0..8192_u32)
            .map(|at| {
                let jitter = i64::from(at.wrapping_mul(2_654_435_761) >> 29);
                Sample::new(
                    1_700_000_000_000 + i64::from(at) * 100 + jitter,
                    i64::from(at),
                    value(at),
                )
            })
            .collect();
        let bytes = encode(&samples);
        assert_eq!(bits(&decode(&bytes).unwrap()), bits(&samples));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let size = bytes.len() as f64 / samples.len() as f64;
        size
    }

    #[test]
    fn a_point_takes_bytes_not_a_row() {
        let noise = |at: u32| f64::from(at.wrapping_mul(2_246_822_519) >> 8) / f64::from(1 << 24);
        #[expect(clippy::cast_possible_truncation, reason = "a loss as frameworks log it")]
        let loss = size(|at| f64::from((2.0 / f64::from(at + 1).sqrt() + 0.1 * noise(at)) as f32));
        assert!(loss < 5.5, "a loss takes {loss} bytes a point");
        let constant = size(|_| 0.001);
        assert!(constant < 1.0, "a constant takes {constant} bytes a point");
        let integer = size(f64::from);
        assert!(integer < 1.0, "a counter takes {integer} bytes a point");
    }

    proptest! {
        #[test]
        fn every_bit_comes_back(points in prop::collection::vec((any::<i64>(), any::<i64>(), any::<f64>()), 0..100)) {
            let samples: Vec<_> = points.into_iter().map(|(t, s, v)| Sample::new(t, s, v)).collect();
            prop_assert_eq!(bits(&decode(&encode(&samples)).unwrap()), bits(&samples));
            let mut plain = Vec::new();
            encode_plain(&mut plain, &samples);
            prop_assert_eq!(bits(&decode(&plain).unwrap()), bits(&samples));
        }

        #[test]
        fn damaged_bytes_are_refused_not_feared(
            form in 0..4_u8,
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let damaged: Vec<u8> = std::iter::once(form).chain(bytes).collect();
            decode(&damaged);
        }
    }
}
