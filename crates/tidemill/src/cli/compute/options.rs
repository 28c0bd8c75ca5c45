//! The options that `compute create` and `compute update` share.

use clap::Args;
use serde_json::Value;
use tidemill_spec::yaml::Override;

use crate::cli::args::Words;
use crate::document;
use crate::error::Result;

/// How much room a compute has, and its words.
#[derive(Debug, Clone, Args)]
pub struct Room {
    /// Fewest nodes
    #[arg(long, value_name = "COUNT")]
    min_instances: Option<u32>,
    /// Most nodes: so many jobs of one node run at once
    #[arg(long, value_name = "COUNT")]
    max_instances: Option<u32>,
    /// Seconds without work after which a node is given back; kept, of no effect on this machine
    #[arg(long, value_name = "SECONDS")]
    idle_time_before_scale_down: Option<u32>,
    /// Cores of each node, as in 2 or 0.5 [default: those of the machine]
    #[arg(long, value_name = "COUNT")]
    cores: Option<String>,
    /// Memory of each node, as in 8g [default: that of the machine]
    #[arg(long, value_name = "BYTES")]
    memory: Option<String>,
    #[command(flatten)]
    words: Words,
}

impl Room {
    /// As changes of fields, those that are given first.
    ///
    /// # Errors
    /// Tags that cannot be read.
    pub fn changes(self, mut changes: Vec<Override>) -> Result<Vec<Override>> {
        let numbers = [
            ("min_instances", self.min_instances),
            ("max_instances", self.max_instances),
            ("idle_time_before_scale_down", self.idle_time_before_scale_down),
        ];
        changes.extend(
            numbers
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let texts = [
            ("cores", self.cores),
            ("memory", self.memory),
            ("description", self.words.description),
        ];
        changes.extend(
            texts
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        Ok(changes)
    }
}
