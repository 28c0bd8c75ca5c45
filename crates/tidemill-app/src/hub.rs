//! What happens while it happens: changes of jobs and new log bytes, to whoever listens in this process.
//!
//! Nothing depends on it being heard: a listener that falls behind looks at the store again.

use tokio::sync::broadcast;

/// Something that happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobNews {
    /// The workspace.
    pub workspace: String,
    /// The outermost job.
    pub root: String,
    /// The job.
    pub job: String,
    /// What happened.
    pub what: What,
}

/// What happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is in another state.
    Status,
    /// Its log has grown.
    Log,
    /// It says what it does now.
    Message(String),
}

/// A run was created, logged to or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNews {
    /// The workspace.
    pub workspace: String,
    /// The run.
    pub run: String,
}

/// The place where news is told.
#[derive(Debug)]
pub struct Hub {
    sender: broadcast::Sender<JobNews>,
    runs: broadcast::Sender<RunNews>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(4096),
            runs: broadcast::Sender::new(4096),
        }
    }
}

impl Hub {
    /// Tells news; nobody needs to listen.
    pub fn tell(&self, news: JobNews) {
        // An error means that nobody listens.
        drop(self.sender.send(news));
    }

    /// Tells that a run is about to change or has changed. Costs nothing while nobody listens: points come by the thousand.
    pub fn tell_run(&self, workspace: &str, run: &str) {
        if self.runs.receiver_count() == 0 {
            return;
        }
        let (workspace, run) = (workspace.to_owned(), run.to_owned());
        drop(self.runs.send(RunNews { workspace, run }));
    }

    /// Listens to runs from now on.
    pub fn listen_runs(&self) -> broadcast::Receiver<RunNews> {
        self.runs.subscribe()
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<JobNews> {
        self.sender.subscribe()
    }
}
