//! `tidemill release create`.

use std::path::Path;

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::{Family, Release, Spec};

use crate::cli::args::Written;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make a release of exactly what a deployment of the first stage runs
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill release create -f release.yml
  tidemill release create --set name=flights endpoint=flights deployment=blue")]
pub struct Create {
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let changes = self.written.set.overrides()?;
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Release)?;
        document::tell(session, &loaded);
        let mut spec = loaded.spec;
        let Spec::Release(release) = &mut spec else {
            return Err(Error::usage("this is no release"));
        };
        read_requests(release, self.written.file.as_deref())?;
        let body = document::body(&spec)?;
        session.show(session.client.post(&session.path(&[super::NOUN]), &body).await?)
    }
}

/// Puts the content of the files that system tests name into the release; relative paths start beside the release's file.
///
/// # Errors
/// A file that cannot be read, or is no JSON.
pub(crate) fn read_requests(release: &mut Release, beside: Option<&Path>) -> Result<()> {
    let folder = beside.and_then(Path::parent).unwrap_or_else(|| "".as_ref());
    for test in &mut release.tests {
        let Some(file) = test.request_file.take() else {
            continue;
        };
        let path = folder.join(&file);
        let failed = |why: String| {
            Error::failed(format!(
                "failed to read {} of system test `{}`: {why}",
                path.display(),
                test.name
            ))
        };
        let text = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let body: Value = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        test.request = Some(body);
    }
    Ok(())
}
