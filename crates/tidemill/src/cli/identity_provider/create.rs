//! `tidemill identity-provider create`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::client::path;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make or change an identity provider
///
/// At the provider, this server's address with /api/v1/session/callback is the redirect URI. The secret goes into the vault.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill identity-provider create -f company.yml
  tidemill identity-provider create --name company --issuer https://login.example.org --client-id tidemill --client-secret-file secret.txt")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Name on the button of the sign-in page
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Address below which .well-known/openid-configuration lies
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// What this server is called there
    #[arg(long)]
    client_id: Option<String>,
    /// File with the secret that the provider gave to this server; it is kept in the vault
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("display_name", self.display_name),
            ("issuer", self.issuer),
            ("client_id", self.client_id),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let mut loaded = document::load(self.written.file.as_deref(), &changes, Family::IdentityProvider)?;
        let name = loaded.spec.name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(
                Error::usage("failed to make an identity provider: it has no name").with_hint("add --name"),
            );
        }
        if let Some(file) = &self.client_secret_file {
            let text = std::fs::read_to_string(file).map_err(|error| Error::file("read", file, error))?;
            let secret = format!("identity-provider-{name}");
            let body = json!({ "value": text.trim(), "description": format!("Of identity provider {name}") });
            session
                .client
                .put(&path(&["groups", "default", "secrets", &secret]), &body, None)
                .await?;
            changes.push(document::option(
                "client_secret",
                format!("${{{{secrets.{secret}}}}}"),
            ));
            changes.push(document::option("group", "default"));
            loaded = document::load(self.written.file.as_deref(), &changes, Family::IdentityProvider)?;
        }
        document::tell(session, &loaded);
        let body = document::body(&loaded.spec)?;
        session.show(
            session
                .client
                .put(&path(&["identity-providers", &name]), &body, None)
                .await?,
        )
    }
}
