//! From what was kept to what is said.

mod column;
mod distribution;
mod joint;
mod relation;
mod segments;
mod stop_words;
mod target;
mod text;
mod time;

pub use distribution::Distribution;
pub(crate) use joint::Joint;

use crate::error::{Error, Result};
use crate::profile::{Estimate, MissingTogether, Profile};
use crate::profiler::Profiler;

/// What is asked beside the profile of the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The column that a model is to learn.
    pub target: Option<String>,
    /// The column that segments the rows.
    pub by: Option<String>,
}

impl Profiler {
    /// The profile of what was read.
    ///
    /// # Errors
    /// A target or a segment column that is not there.
    pub fn finish(&self, asked: &Asked) -> Result<Profile> {
        let joint = joint::Joint::of(self);
        let target = asked
            .target
            .as_deref()
            .map(|name| self.sampled(name))
            .transpose()?;
        let by = asked.by.as_deref().map(|name| self.sampled(name)).transpose()?;
        let (duplicates, standard_error, _) = self.duplicates.estimate();
        // Columns and what is between them are looked at side by side.
        let (columns, correlations) = std::thread::scope(|scope| {
            let between = scope.spawn(|| relation::all(self, &joint));
            let columns = self.columns.iter().map(column::finish).collect();
            let between = between.join();
            (
                columns,
                between.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            )
        });
        Ok(Profile {
            format: Profile::FORMAT,
            rows: self.rows,
            columns,
            duplicate_rows: Estimate {
                value: duplicates.round(),
                standard_error,
            },
            sample_rows: joint.rows() as u64,
            correlations,
            missing_together: self.missing_pairs(),
            target: target.map(|column| target::finish(self, &joint, column)),
            segments: by.map(|column| segments::finish(self, &joint, column, target)),
        })
    }

    /// The place of a column that is in the sample.
    fn sampled(&self, name: &str) -> Result<usize> {
        let found = self.columns.iter().position(|column| column.name == name);
        let reason = match found {
            Some(at) if at < self.options.sample_columns => return Ok(at),
            Some(_) => format!(
                "only the first {} columns of a table are in its sample",
                self.options.sample_columns
            ),
            None => {
                let names: Vec<&str> = self.names().take(20).collect();
                format!("there is no such column; there are {}", names.join(", "))
            }
        };
        Err(Error::Column {
            column: name.to_owned(),
            reason,
        })
    }

    fn missing_pairs(&self) -> Vec<MissingTogether> {
        let pair = |((left, right), both): (&(u32, u32), &u64)| {
            let (left, right) = (
                self.columns.get(*left as usize)?,
                self.columns.get(*right as usize)?,
            );
            let either = left.missing + right.missing - both;
            Some(MissingTogether {
                left: left.name.clone(),
                right: right.name.clone(),
                rows: *both,
                share: *both as f64 / either.max(1) as f64,
            })
        };
        let mut pairs: Vec<_> = self.missing_together.iter().filter_map(pair).collect();
        pairs.sort_by(|a, b| b.share.total_cmp(&a.share));
        pairs
    }
}
