//! A uniform sample of rows, in one pass: each row draws a number, and the rows with the lowest ones stay. The numbers depend
//! on the seed and on where a row stands, so that the same rows in the same order give the same sample.

use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;

use super::failure::Failure;
use super::run::Sample;

/// Draws rows.
pub(super) struct Sampler {
    schema: SchemaRef,
    sample: Sample,
    /// Rows that were seen.
    seen: u64,
    /// What each row of `kept` drew, and where it stood.
    drawn: Vec<(u64, u64)>,
    kept: Vec<RecordBatch>,
    /// Rows that drew more are out.
    bound: u64,
}

impl Sampler {
    pub(super) fn new(schema: SchemaRef, sample: Sample) -> Self {
        Self {
            schema,
            sample,
            seen: 0,
            drawn: Vec::new(),
            kept: Vec::new(),
            bound: u64::MAX,
        }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let mut chosen = Vec::new();
        for row in 0..batch.num_rows() {
            let at = self.seen + row as u64;
            let drew = mixed(self.sample.seed ^ mixed(at));
            if drew <= self.bound {
                chosen.push(row as u32);
                self.drawn.push((drew, at));
            }
        }
        self.seen += batch.num_rows() as u64;
        if !chosen.is_empty() {
            self.kept
                .push(take_record_batch(batch, &UInt32Array::from(chosen)).map_err(failed)?);
        }
        if self.drawn.len() > self.sample.rows.saturating_mul(2).max(8192) {
            self.prune()?;
        }
        Ok(())
    }

    /// Keeps the rows that drew the least, in the order in which they stood.
    fn prune(&mut self) -> Result<(), Failure> {
        let whole = concat_batches(&self.schema, &self.kept).map_err(failed)?;
        let mut order: Vec<u32> = (0..self.drawn.len() as u32).collect();
        order.sort_unstable_by_key(|row| self.drawn[*row as usize]);
        order.truncate(self.sample.rows);
        if order.len() == self.sample.rows {
            self.bound = order.last().map_or(0, |row| self.drawn[*row as usize].0);
        }
        order.sort_unstable_by_key(|row| self.drawn[*row as usize].1);
        self.drawn = order.iter().map(|row| self.drawn[*row as usize]).collect();
        self.kept = vec![take_record_batch(&whole, &UInt32Array::from(order)).map_err(failed)?];
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, Failure> {
        self.prune()?;
        Ok(self
            .kept
            .pop()
            .unwrap_or_else(|| RecordBatch::new_empty(self.schema)))
    }
}

fn failed(error: ArrowError) -> Failure {
    Failure::invalid(error)
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
