//! Tells the server what is being done, and no more often than somebody can read.

use crate::link::Link;
use std::time::Duration;
use tidemill_api::runner::Progress;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What takes less is not worth a call, and the pause between two calls.
const PAUSE: Duration = Duration::from_millis(250);

/// Takes messages of one phase and tells the latest. Cheap to clone, and usable from any thread.
#[derive(Clone)]
pub(crate) struct Teller {
    message: watch::Sender<Option<String>>,
}

/// The task that tells; ended, it lets no message travel any more.
pub(crate) struct Telling {
    task: JoinHandle<()>,
}

impl Teller {
    /// Starts to tell messages, each made into a report by `phase`.
    pub(crate) fn start(link: Link, phase: fn(String) -> Progress) -> (Self, Telling) {
        let (message, mut latest) = watch::channel(None);
        let task = tokio::spawn(async move {
            let mut over = latest.clone();
            while latest.changed().await.is_ok() {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    // Nobody speaks any more: the phase is over, and its last words with it.
                    () = closed(&mut over) => return,
                }
                let Some(message) = latest.borrow_and_update().clone() else {
                    continue;
                };
                if link.progress(&phase(message)).await.is_err() {
                    return;
                }
            }
        });
        (Self { message }, Telling { task })
    }

    pub(crate) fn say(&self, message: String) {
        self.message.send_replace(Some(message));
    }
}

async fn closed(latest: &mut watch::Receiver<Option<String>>) {
    while latest.changed().await.is_ok() {}
}

impl Telling {
    /// Waits for a call that is under way, so that no report of this phase comes after the next phase's. All tellers must
    /// be gone.
    pub(crate) async fn end(self) {
        let _ = self.task.await;
    }
}
