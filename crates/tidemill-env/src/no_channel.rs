//! What stands for conda channels in a build without them: none answers.

use std::path::Path;

use crate::error::EnvError;
use crate::lock::ChannelPackage;
use crate::process::Journal;

/// No channel is within reach.
pub(crate) fn reachable(
    channels: &[String],
    _data_dir: &Path,
    _journal: &Journal<'_>,
) -> Result<(Vec<String>, Vec<String>), EnvError> {
    Ok((Vec::new(), channels.to_vec()))
}

/// Never called, since no channel is within reach.
pub(crate) fn solve(
    channels: &[String],
    specs: &[String],
    _data_dir: &Path,
    _journal: &Journal<'_>,
) -> Result<Vec<ChannelPackage>, EnvError> {
    Err(EnvError::ChannelsUnreachable {
        channels: channels.to_vec(),
        packages: specs.to_vec(),
    })
}

/// A lock from elsewhere may hold conda packages; this build cannot install them.
pub(crate) fn install(
    packages: &[ChannelPackage],
    _prefix: &Path,
    _data_dir: &Path,
    _journal: &Journal<'_>,
) -> Result<(), EnvError> {
    let packages = packages.iter().map(|package| package.name.clone()).collect();
    Err(EnvError::ChannelsUnreachable {
        channels: vec!["this build has no conda support".into()],
        packages,
    })
}
