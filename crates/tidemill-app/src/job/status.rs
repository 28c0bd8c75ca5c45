//! The states of a job, in Azure's words.

use std::fmt;
use std::str::FromStr;

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// A step whose turn has not come.
    NotStarted,
    /// Waits for room on its compute.
    Queued,
    /// Its runner is being started.
    Starting,
    /// Its environment and inputs are being prepared.
    Preparing,
    /// Its command runs, or its steps do.
    Running,
    /// Its outputs are being written.
    Finalizing,
    /// It has been told to stop.
    CancelRequested,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Stopped, or never started because something before it did not end well.
    Canceled,
    /// A step that was not needed: a condition chose otherwise. Its pipeline goes on.
    Skipped,
}

impl Status {
    /// Every state in which something is still to come.
    pub const OPEN: &[&str] = &[
        "NotStarted",
        "Queued",
        "Starting",
        "Preparing",
        "Running",
        "Finalizing",
        "CancelRequested",
    ];
    /// The states in which a runner may be at work.
    pub const LAUNCHED: &[&str] = &[
        "Starting",
        "Preparing",
        "Running",
        "Finalizing",
        "CancelRequested",
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::NotStarted => "NotStarted",
            Status::Queued => "Queued",
            Status::Starting => "Starting",
            Status::Preparing => "Preparing",
            Status::Running => "Running",
            Status::Finalizing => "Finalizing",
            Status::CancelRequested => "CancelRequested",
            Status::Completed => "Completed",
            Status::Failed => "Failed",
            Status::Canceled => "Canceled",
            Status::Skipped => "Skipped",
        }
    }

    /// Nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Status::Completed | Status::Failed | Status::Canceled | Status::Skipped
        )
    }

    /// The word of MLflow for the run.
    pub fn run_status(self) -> &'static str {
        match self {
            Status::NotStarted | Status::Queued | Status::Starting | Status::Preparing => "SCHEDULED",
            Status::Running | Status::Finalizing | Status::CancelRequested => "RUNNING",
            Status::Completed => "FINISHED",
            Status::Failed => "FAILED",
            Status::Canceled | Status::Skipped => "KILLED",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        use Status::*;
        [
            NotStarted,
            Queued,
            Starting,
            Preparing,
            Running,
            Finalizing,
            CancelRequested,
            Completed,
            Failed,
            Canceled,
            Skipped,
        ]
        .into_iter()
        .find(|status| status.as_str().eq_ignore_ascii_case(text))
        .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for word in Status::OPEN
            .iter()
            .chain(&["Completed", "Failed", "Canceled", "Skipped"])
        {
            let status: Status = word.parse().expect("a known word");
            assert_eq!(status.as_str(), *word);
            assert_eq!(status.is_over(), !Status::OPEN.contains(word));
        }
    }
}
