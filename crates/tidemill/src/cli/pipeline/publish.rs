//! `tidemill pipeline publish`.

use clap::Args;
use tidemill_spec::kinds::{Family, Spec};

use super::NOUN;
use crate::cli::args::Written;
use crate::cli::release::read_requests;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::upload::upload;

/// Publish a pipeline under the next version of its name, which is the default one from then on
///
/// With `candidate`, the model that a run makes is deployed in the first stage, and a release of it opens there by itself, as you.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill pipeline publish -f published.yml -w prd
  tidemill pipeline publish --set name=retrain job=./pipeline.yml")]
pub struct Publish {
    #[command(flatten)]
    written: Written,
}

impl Publish {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let changes = self.written.set.overrides()?;
        let mut loaded = document::load(self.written.file.as_deref(), &changes, Family::PublishedPipeline)?;
        document::tell(session, &loaded);
        upload(session, &mut loaded.spec).await?;
        let Spec::PublishedPipeline(pipeline) = &mut loaded.spec else {
            return Err(Error::usage("this is no published pipeline"));
        };
        if let Some(candidate) = &mut pipeline.candidate {
            read_requests(&mut candidate.release, self.written.file.as_deref())?;
        }
        let path = session.path(&[NOUN, loaded.spec.name().unwrap_or_default()]);
        let body = document::body(&loaded.spec)?;
        session.show(session.client.put(&path, &body, None).await?)
    }
}
