//! Lays locked conda packages into a prefix.

use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use rattler::install::{Installer, Reporter, Transaction};
use rattler::package_cache::PackageCache;
use rattler_conda_types::{PrefixRecord, RepoDataRecord};

use crate::error::EnvError;
use crate::event::EnvEvent;
use crate::lock::ChannelPackage;
use crate::process::Journal;

/// Downloads what is not in the cache, checks it against the lock, and links it into `prefix`.
pub(crate) fn install(
    packages: &[ChannelPackage],
    prefix: &Path,
    data_dir: &Path,
    journal: &Journal<'_>,
) -> Result<(), EnvError> {
    let records = packages.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let (sender, events) = channel();
    let installer = Installer::new()
        .with_package_cache(PackageCache::new(super::package_cache(data_dir)))
        .with_reporter(Told {
            sender: Mutex::new(sender),
            total: packages.len(),
        });
    let tell = || told(&events, journal);
    let result = super::block_on(journal, &tell, async {
        installer
            .install(prefix, records)
            .await
            .map_err(|e| failure(&e, packages, journal))
    });
    tell();
    for package in packages {
        journal.keep(&format!(
            " + {}={}={}",
            package.name, package.version, package.build
        ));
    }
    result.map(|_| ())
}

/// The record of a locked package; its hash is the lock's own, whatever the record says.
fn record(package: &ChannelPackage) -> Result<RepoDataRecord, EnvError> {
    let what = || format!("conda package {} of the lock", package.name);
    let record: RepoDataRecord =
        serde_json::from_str(&package.record).map_err(|e| EnvError::invalid(what(), e))?;
    let hash = record
        .package_record
        .sha256
        .map(|hash| hash.iter().map(|b| format!("{b:02x}")).collect::<String>());
    if hash.as_deref() != Some(package.sha256.as_str()) {
        return Err(EnvError::invalid(
            what(),
            "its record and its hash do not belong together",
        ));
    }
    Ok(record)
}

fn failure(error: &dyn std::error::Error, packages: &[ChannelPackage], journal: &Journal<'_>) -> EnvError {
    let message = super::solve::causes(error);
    journal.keep(&message);
    let named = packages
        .iter()
        .find(|p| message.contains(&p.file_name) || message.contains(&p.sha256));
    let mismatch = message.contains("mismatch");
    match named {
        Some(package) if mismatch => EnvError::HashMismatch {
            package: package.file_name.clone(),
            expected: format!("sha256:{}", package.sha256),
            found: message,
        },
        _ => EnvError::BuildFailed {
            message,
            log: journal.text(),
        },
    }
}

fn told(events: &Receiver<EnvEvent>, journal: &Journal<'_>) {
    for event in events.try_iter() {
        if let EnvEvent::Downloading { name, .. } = &event {
            journal.keep(&format!("Downloading {name}"));
        }
        (journal.progress)(event);
    }
}

/// Passes the library's reports on to the thread that waits.
struct Told {
    sender: Mutex<Sender<EnvEvent>>,
    total: usize,
}

impl Told {
    fn tell(&self, event: EnvEvent) {
        if let Ok(sender) = self.sender.lock() {
            // Nobody listens any more only where the work was given up.
            let _ = sender.send(event);
        }
    }
}

impl Reporter for Told {
    fn on_populate_cache_start(&self, operation: usize, record: &RepoDataRecord) -> usize {
        let size = record
            .package_record
            .size
            .map(|bytes| format!("{:.1}MiB", bytes as f64 / 1_048_576.0));
        self.tell(EnvEvent::Downloading {
            name: record.package_record.name.as_normalized().to_owned(),
            size,
        });
        operation
    }
    fn on_transaction_operation_complete(&self, operation: usize) {
        self.tell(EnvEvent::Installing {
            done: (operation + 1).min(self.total),
            total: self.total,
        });
    }
    fn on_transaction_start(&self, _: &Transaction<PrefixRecord, RepoDataRecord>) {}
    fn on_transaction_operation_start(&self, _: usize) {}
    fn on_validate_start(&self, entry: usize) -> usize {
        entry
    }
    fn on_validate_complete(&self, _: usize) {}
    fn on_download_start(&self, entry: usize) -> usize {
        entry
    }
    fn on_download_progress(&self, _: usize, _: u64, _: Option<u64>) {}
    fn on_download_completed(&self, _: usize) {}
    fn on_populate_cache_complete(&self, _: usize) {}
    fn on_unlink_start(&self, operation: usize, _: &PrefixRecord) -> usize {
        operation
    }
    fn on_unlink_complete(&self, _: usize) {}
    fn on_link_start(&self, operation: usize, _: &RepoDataRecord) -> usize {
        operation
    }
    fn on_link_complete(&self, _: usize) {}
    fn on_transaction_complete(&self) {}
    fn on_post_link_start(&self, _: &str, _: &str) -> usize {
        0
    }
    fn on_post_link_complete(&self, _: usize, _: bool) {}
    fn on_pre_unlink_start(&self, _: &str, _: &str) -> usize {
        0
    }
    fn on_pre_unlink_complete(&self, _: usize, _: bool) {}
}
