//! What a driver is given to start, and what it gives back to be kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// One try of one job.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attempt {
    /// Workspace of the job.
    pub workspace: String,
    /// Name of the job.
    pub job: String,
    /// Which try, from 1.
    pub number: u32,
}

impl fmt::Display for Attempt {
    /// `<workspace>/<job>/<number>`, the value of `TIDEMILL_ATTEMPT` in every process of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.workspace, self.job, self.number)
    }
}

/// A program to start for an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The attempt that it is for.
    pub attempt: Attempt,
    /// The program, usually this very binary.
    pub program: PathBuf,
    /// Its arguments. Seen by everyone on the machine: never a secret.
    pub args: Vec<String>,
    /// Variables beside those of the machine that a driver passes on.
    pub env: BTreeMap<String, String>,
    /// Folder of the job; made when it is missing. `runner.log` in it takes what the program prints.
    pub work_dir: PathBuf,
}

/// Where a started program is: kept by the server, so that it finds its jobs again after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// Kind of the driver that wrote it.
    pub driver: String,
    /// The attempt that it is for.
    pub attempt: Attempt,
    /// What only that driver reads.
    pub at: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_reads_as_its_path() {
        let attempt = Attempt {
            workspace: "default".into(),
            job: "calm_tide_1".into(),
            number: 2,
        };
        assert_eq!(attempt.to_string(), "default/calm_tide_1/2");
    }
}
