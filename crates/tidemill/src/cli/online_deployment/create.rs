//! `tidemill online-deployment create`.

use clap::Args;
use tidemill_spec::kinds::{Family, Spec};

use super::wait::until_up;
use crate::cli::args::Written;
use crate::document;
use crate::error::{Error, Result};
use crate::local;
use crate::session::Session;
use crate::upload;

/// Make an online deployment, or change one, and wait until it is up
///
/// Ctrl-C leaves it coming up.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-deployment create -f blue.yml --all-traffic
  tidemill online-deployment create -f blue.yml --endpoint-name flights --set instance_count=2 --no-wait")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Endpoint
    #[arg(long, short, value_name = "NAME", alias = "endpoint")]
    endpoint_name: Option<String>,
    /// Send it all the requests once it is up
    #[arg(long)]
    all_traffic: bool,
    /// Do not wait until it is up
    #[arg(long)]
    no_wait: bool,
    /// Taken for scripts of `az ml`; a script is tried where it runs
    #[arg(long, hide = true)]
    skip_script_validation: bool,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [("name", self.name), ("endpoint_name", self.endpoint_name)];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::OnlineDeployment)?;
        document::tell(session, &loaded);
        let mut spec = loaded.spec;
        if let (true, Spec::OnlineDeployment(deployment)) = (self.local, &spec) {
            let view = local::put_deployment(deployment, |text| session.note(text)).await?;
            return session.show(view);
        }
        upload::upload(session, &mut spec).await?;
        let Spec::OnlineDeployment(deployment) = &spec else {
            return Err(Error::usage("this is no online deployment"));
        };
        let path = super::path(session, &deployment.endpoint_name, &deployment.name);
        let query = if self.all_traffic { "?all_traffic=true" } else { "" };
        let view = session
            .client
            .put(&format!("{path}{query}"), &document::body(&spec)?, None)
            .await?;
        super::warn(session, &view);
        let view = match self.no_wait {
            true => view,
            false => until_up(session, &path, view).await?,
        };
        session.show(view)
    }
}
