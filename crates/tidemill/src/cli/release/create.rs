//! `tidemill release create`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::{Family, Spec};

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
        let folder = self.written.file.as_deref().and_then(std::path::Path::parent).unwrap_or_else(|| "".as_ref());
        for test in &mut release.tests {
            let Some(file) = test.request_file.take() else { continue };
            let path = folder.join(&file);
            let failed = |why: String| {
                Error::failed(format!("failed to read {} of system test `{}`: {why}", path.display(), test.name))
            };
            let text = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
            let body: Value = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
            test.request = Some(body);
        }
        let body = document::body(&spec)?;
        session.show(session.client.post(&session.path(&[super::NOUN]), &body).await?)
    }
}
