//! The one switch that ends a job before its time, and why it was thrown.

use tokio::sync::watch;

/// Why a job must end before its command has ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody asked for it.
    Canceled,
    /// Another attempt owns the job, or the server does not know this one: leave without a word.
    Disowned(String),
    /// It ran longer than it may.
    Timeout {
        /// The limit, in seconds.
        limit_s: u64,
    },
    /// It took more memory than it may; the text says how much.
    Memory(String),
    /// The runner cannot go on: a full disk, a server that stays away.
    Broken(String),
}

/// The switch. Cheap to clone; the first cause stays.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    cause: watch::Sender<Option<Cause>>,
    /// The runner itself was told to end.
    leaving: watch::Sender<bool>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            cause: watch::Sender::new(None),
            leaving: watch::Sender::new(false),
        }
    }

    /// The runner was told to end by a signal: its job is cancelled, and a server that is away is no longer waited for.
    pub(crate) fn leave(&self) {
        self.leaving.send_replace(true);
        self.throw(Cause::Canceled);
    }

    pub(crate) fn is_leaving(&self) -> bool {
        *self.leaving.borrow()
    }

    /// Waits until the runner was told to end.
    pub(crate) async fn told_to_leave(&self) {
        // The sender is this very switch.
        let _ = self.leaving.subscribe().wait_for(|leaving| *leaving).await;
    }

    pub(crate) fn throw(&self, cause: Cause) {
        self.cause.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(cause);
            }
            first
        });
    }

    pub(crate) fn cause(&self) -> Option<Cause> {
        self.cause.borrow().clone()
    }

    /// Waits until it is thrown.
    pub(crate) async fn thrown(&self) -> Cause {
        let mut watched = self.cause.subscribe();
        let cause = watched
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|cause| cause.clone());
        cause.unwrap_or(Cause::Canceled)
    }

    /// Runs `work` to its end, or until the switch is thrown.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Result<T, Cause> {
        tokio::select! {
            biased;
            cause = self.thrown() => Err(cause),
            done = work => Ok(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_cause_stays() {
        let stop = Stop::new();
        assert_eq!(stop.unless(async { 1 }).await, Ok(1));
        stop.throw(Cause::Timeout { limit_s: 1 });
        stop.throw(Cause::Canceled);
        assert_eq!(stop.thrown().await, Cause::Timeout { limit_s: 1 });
        assert_eq!(stop.unless(async { 1 }).await, Err(Cause::Timeout { limit_s: 1 }));
    }
}
