//! Arrays of doubles by name, as the scoring process left them. Whatever it wrote, reading them does no harm.

use crate::metric::Answers;
use crate::told::Told;

/// All arrays.
#[derive(Debug, Clone)]
pub struct Arrays<'t> {
    told: &'t Told,
    bytes: &'t [u8],
}

impl<'t> Arrays<'t> {
    /// Reads `bytes`, little-endian doubles one after the other, in the places that were told.
    ///
    /// # Errors
    /// Says which array lies outside of the bytes.
    pub fn new(told: &'t Told, bytes: &'t [u8]) -> Result<Self, String> {
        let doubles = bytes.len() as u64 / 8;
        for (name, (at, count)) in &told.arrays {
            if at.checked_add(*count).is_none_or(|end| end > doubles) {
                return Err(format!("array `{name}` is cut short"));
            }
        }
        Ok(Self { told, bytes })
    }

    /// One array.
    pub fn get(&self, name: &str) -> Option<Vec<f64>> {
        let (at, count) = self.told.arrays.get(name)?;
        let (from, to) = (
            usize::try_from(at * 8).ok()?,
            usize::try_from((at + count) * 8).ok()?,
        );
        let double = |chunk: &[u8]| f64::from_le_bytes(chunk.try_into().unwrap_or_default());
        Some(self.bytes.get(from..to)?.chunks_exact(8).map(double).collect())
    }

    /// What was said of `rows` rows.
    pub fn answers(&self, prefix: &str, rows: usize) -> Option<Answers> {
        let classes = self.told.classes.len();
        if let Some(scores) = self.get(&format!("{prefix}scores")) {
            return (classes > 0 && scores.len() == rows.checked_mul(classes)?)
                .then_some(Answers::Scores(scores));
        }
        let values = self.get(&format!("{prefix}values"))?;
        (values.len() == rows).then_some(Answers::Values(values))
    }
}
