//! Telling how far work over files has come.

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

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _files: u64, _bytes: u64) {}
}
