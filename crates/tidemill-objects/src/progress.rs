//! Telling how far work over files has come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Hears of progress; called from several threads, so it must be quick.
pub trait Progress: Send + Sync {
    /// So many more files and bytes are done (differences, not sums).
    fn advance(&self, files: u64, bytes: u64);
}

impl<F: Fn(u64, u64) + Send + Sync> Progress for F {
    fn advance(&self, files: u64, bytes: u64) {
        self(files, bytes);
    }
}

/// Adds up what threads tell, for somebody who looks from time to time.
#[derive(Default)]
pub(crate) struct Tally {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Progress for Tally {
    fn advance(&self, files: u64, bytes: u64) {
        if files > 0 {
            self.files.fetch_add(files, Ordering::Relaxed);
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Tally {
    /// How often somebody looks.
    pub(crate) const PERIOD: Duration = Duration::from_millis(50);

    /// Passes on what came since the last time.
    pub(crate) fn pass_on(&self, progress: &dyn Progress) {
        let (files, bytes) = (
            self.files.swap(0, Ordering::Relaxed),
            self.bytes.swap(0, Ordering::Relaxed),
        );
        if files > 0 || bytes > 0 {
            progress.advance(files, bytes);
        }
    }

    /// Waits for work, passing on what it tells.
    pub(crate) async fn follow<T>(&self, work: impl Future<Output = T>, progress: &dyn Progress) -> T {
        tokio::pin!(work);
        let mut ticks = tokio::time::interval(Self::PERIOD);
        loop {
            tokio::select! {
                done = &mut work => {
                    self.pass_on(progress);
                    return done;
                }
                _ = ticks.tick() => self.pass_on(progress),
            }
        }
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _files: u64, _bytes: u64) {}
}
