//! Conda channels: which can be reached, what they have, and laying their packages into a prefix. Nothing outside
//! this folder knows the library that does it.

mod install;
mod reach;
mod solve;

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rattler_conda_types::{Channel, ChannelConfig};

use crate::error::EnvError;
use crate::process::Journal;

pub(crate) use install::install;
pub(crate) use reach::reachable;
pub(crate) use solve::solve;

/// The channel that a name or URL stands for.
fn channel(name: &str, data_dir: &Path) -> Result<Channel, EnvError> {
    // What conda's own configuration calls `defaults` is served under this name too.
    let name = if name == "defaults" { "main" } else { name };
    let config = ChannelConfig::default_with_root_dir(data_dir.to_path_buf());
    Channel::from_str(name, &config).map_err(|e| EnvError::invalid(format!("conda channel `{name}`"), e))
}

fn package_cache(data_dir: &Path) -> PathBuf {
    data_dir.join("cache/conda/pkgs")
}

/// Runs asynchronous work on a runtime of its own, until it ends or the caller cancels.
fn block_on<T>(
    journal: &Journal<'_>,
    tick: &dyn Fn(),
    work: impl Future<Output = Result<T, EnvError>>,
) -> Result<T, EnvError> {
    static RING: Once = Once::new();
    RING.call_once(|| {
        // Somebody else of this process may have installed one already, which will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(EnvError::io("start a runtime for", Path::new("conda channels")))?;
    runtime.block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(Duration::from_millis(100)) => tick(),
            }
            if journal.cancel.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(EnvError::Cancelled);
            }
        }
    })
}
