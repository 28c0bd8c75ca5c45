//! `tidemill user create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::client::path;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make or change a user
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  TIDEMILL_NEW_PASSWORD=... tidemill user create --name ada --password-env TIDEMILL_NEW_PASSWORD
  tidemill user create -f ada.yml")]
pub struct Create {
    /// Name to sign in with
    #[arg(long, short)]
    name: Option<String>,
    /// Name that people see
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Address; a sign-in by OIDC with it is this user's
    #[arg(long)]
    email: Option<String>,
    /// Variable of the environment that holds a new password; a password in arguments would be seen by others
    #[arg(long, value_name = "VARIABLE")]
    password_env: Option<String>,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("display_name", self.display_name),
            ("email", self.email),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::User)?;
        document::tell(session, &loaded);
        let name = loaded.spec.name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Error::usage("failed to make a user: it has no name").with_hint("add --name"));
        }
        let mut body = document::body(&loaded.spec)?;
        if let Some(variable) = &self.password_env {
            let password = std::env::var(variable)
                .map_err(|_| Error::usage(format!("failed to read the password: {variable} is not set")))?;
            body["password"] = password.into();
        }
        let view = session.client.put(&path(&["users", &name]), &body, None).await?;
        session.show(view)
    }
}
