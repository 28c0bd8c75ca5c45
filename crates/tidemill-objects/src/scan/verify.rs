//! Checking that data is still exactly what its manifest says.

use std::time::SystemTime;

use super::{Scan, ScanTarget, scan};
use crate::datastore::Datastore;
use crate::error::{ObjectsError, Result};
use crate::manifest::{Change, FileChange, Manifest};
use crate::progress::Progress;

/// Compares what lies at `target` now with its manifest. A changed, missing or added file is an error that names the
/// first few and says what happened. `quick` trusts files whose size and marks are unchanged and reads only the others;
/// otherwise every byte is read. Gives the scan, whose manifest carries the marks of now.
pub async fn verify(
    datastore: &Datastore,
    target: &ScanTarget,
    manifest: &Manifest,
    quick: bool,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Scan> {
    let found = match scan(datastore, target, quick.then_some(manifest), now, progress).await {
        Ok(found) => found,
        // That all is gone is a change too.
        Err(ObjectsError::NotFound { .. }) if !manifest.is_empty() => {
            let all = manifest.entries().iter();
            let changes = all.take(5).map(|entry| FileChange {
                path: entry.path.clone(),
                change: Change::Missing,
            });
            return Err(ObjectsError::Changed {
                changes: changes.collect(),
                total: manifest.len(),
            });
        }
        Err(error) => return Err(error),
    };
    manifest.expect_same(&found.manifest)?;
    Ok(found)
}
