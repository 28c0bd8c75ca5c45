//! `tidemill online-deployment update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use super::Which;
use super::wait::until_up;
use crate::cli::args::Edit;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::upload;

/// Change an online deployment, and wait until the change is up
///
/// New instances are ready before old ones end, so that no request is lost.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-deployment update --name blue --endpoint-name flights --set instance_count=2
  tidemill online-deployment update -n blue -e flights -f blue.yml")]
pub struct Update {
    #[command(flatten)]
    which: Which,
    /// YAML file with the whole specification
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    edit: Edit,
    /// Do not wait until it is up
    #[arg(long)]
    no_wait: bool,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.which.local {
            return Err(Error::usage("a deployment of this machine is not updated")
                .with_hint("create it again: `tidemill online-deployment create --local -f <file>`"));
        }
        let path = self.which.path(session);
        let mut changes = self.edit.overrides()?;
        let shown = session.client.get(&path).await?;
        let etag = shown.get("etag").and_then(Value::as_str);
        let loaded = match &self.file {
            Some(file) => {
                changes.push(document::option("name", self.which.name.as_str()));
                changes.push(document::option(
                    "endpoint_name",
                    self.which.endpoint_name.as_str(),
                ));
                document::load(Some(file), &changes, Family::OnlineDeployment)?
            }
            None if changes.is_empty() => {
                return Err(
                    Error::usage("failed to update the deployment: nothing to change is given")
                        .with_hint("name a field, as in --set instance_count=2"),
                );
            }
            None => {
                let what = format!("deployment {}", self.which.name);
                let spec = shown.get("spec").cloned().unwrap_or_default();
                document::change(&what, &spec, &changes, Family::OnlineDeployment)?
            }
        };
        document::tell(session, &loaded);
        let mut spec = loaded.spec;
        upload::upload(session, &mut spec).await?;
        let view = session.client.put(&path, &document::body(&spec)?, etag).await?;
        super::warn(session, &view);
        let view = match self.no_wait {
            true => view,
            false => until_up(session, &path, view).await?,
        };
        session.show(view)
    }
}
